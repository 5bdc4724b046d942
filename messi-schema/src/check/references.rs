//! Checks that references resolve to types that are allowed in their place.

use crate::ast::{Declaration, DeclarationKind, File};
use crate::diagnostics::Diagnostics;
use crate::google::{self, GoogleType};
use crate::list::list;
use crate::position::Spanned;
use crate::resolve::{Meaning, Symbols};
use crate::scalar::{Scalar, in_place_of};
use crate::similar::nearest;

pub(super) fn check(files: &[&File], symbols: &Symbols<'_>, diagnostics: &mut Diagnostics) {
    for &file in files {
        let check = &mut ReferenceCheck {
            file,
            symbols,
            diagnostics,
        };
        check.declarations();
        check.extended();
    }
}

struct ReferenceCheck<'a> {
    file: &'a File,
    symbols: &'a Symbols<'a>,
    diagnostics: &'a mut Diagnostics,
}

impl ReferenceCheck<'_> {
    fn declarations(&mut self) {
        for declaration in &self.file.declarations {
            let is_method = declaration.kind == DeclarationKind::Method;
            for reference in &declaration.types {
                if is_method {
                    self.method_type(&declaration.full_name, reference);
                } else if Scalar::from_name(&reference.value).is_none() {
                    self.field_type(declaration, reference);
                }
            }
        }
    }

    fn field_type(&mut self, field: &Declaration, reference: &Spanned<String>) {
        let (scope, name) = (&field.scope, &field.name.value);
        let meaning = self.symbols.resolve(self.file, scope, &reference.value);
        if matches!(meaning, Meaning::Unknown) && Scalar::from_name(name).is_some() {
            let ty = &reference.value;
            let message = format!("found the unknown type `{ty}` of the field `{name}`");
            let help = format!("the type is before the name: `{name} {ty}`");
            return self.report(reference, message, help);
        }
        let Some((kind, full_name)) = self.resolve(scope, reference) else {
            return;
        };
        let file = self.symbols.file_of(&full_name);
        if let Some(file) = file.filter(|file| !file.is_proto3()) {
            self.foreign_type(reference, kind, &full_name, file);
        }
    }

    /// Reports a type of another syntax, unless it is a message that every implementation of protobuf has.
    fn foreign_type(
        &mut self,
        reference: &Spanned<String>,
        kind: DeclarationKind,
        full_name: &str,
        file: &File,
    ) {
        let syntax = match file.is_proto2() {
            true => "proto2",
            false => "an edition",
        };
        let name = &file.display_name;
        if kind == DeclarationKind::Enum {
            let message = format!(
                "found the enum `{full_name}`, which is of {syntax}: fields of proto3 can't have it"
            );
            let help = "declare an enum of your own, or an `int32`";
            self.report(reference, message, help);
        } else if GoogleType::find(full_name).is_none() {
            let message =
                format!("found the message `{full_name}` of {syntax}, expected one of proto3");
            let help = match file.syntax.first() {
                Some(_) => format!("of \"{name}\", only the options can be used"),
                None => format!(
                    "\"{name}\" has no `syntax` statement, and is of proto2: begin it with `syntax = \"proto3\";`"
                ),
            };
            self.report(reference, message, help);
        }
    }

    fn method_type(&mut self, scope: &str, reference: &Spanned<String>) {
        if Scalar::from_name(&reference.value).is_some() {
            let message = format!("found the type `{}`, expected a message", reference.value);
            return self.report(reference, message, "declare a message that holds it");
        }
        let resolved = self.resolve(scope, reference);
        if let Some((DeclarationKind::Enum, _)) = resolved {
            let message = format!("found the enum `{}`, expected a message", reference.value);
            self.report(reference, message, "declare a message that holds it");
        }
    }

    fn extended(&mut self) {
        for reference in &self.file.extended {
            let name = &reference.name;
            let Some((_, full_name)) = self.resolve(&reference.scope, name) else {
                continue;
            };
            let extended = GoogleType::find(&full_name);
            if !extended.is_some_and(|it| google::extendable().any(|name| name == it.name)) {
                let message = format!(
                    "found an extension of `{full_name}`: in proto3, only options can be extended"
                );
                let extendable: Vec<&str> = google::extendable().collect();
                let help = format!("extend {} of {}", list(&extendable, "or"), google::PACKAGE);
                self.report(name, message, help);
            }
        }
    }

    /// Resolves the name of a type, or reports it.
    fn resolve(
        &mut self,
        scope: &str,
        reference: &Spanned<String>,
    ) -> Option<(DeclarationKind, String)> {
        let name = &reference.value;
        match self.symbols.resolve(self.file, scope, name) {
            Meaning::Declared(kind, full_name) if kind.is_type() => return Some((kind, full_name)),
            Meaning::Declared(kind, full_name) => {
                let message = format!(
                    "found {} `{full_name}`, expected a type",
                    kind.with_article()
                );
                self.report(reference, message, "types are messages, enums and scalars");
            }
            Meaning::NotImported(file) => {
                let message =
                    format!("found the type `{name}` of \"{file}\", which is not imported here");
                let help = format!("add `import \"{file}\";`");
                self.report(reference, message, help);
            }
            Meaning::NotInside(outer) => self.not_inside(reference, &outer),
            Meaning::Unknown => self.unknown(reference),
        }
        None
    }

    fn not_inside(&mut self, reference: &Spanned<String>, outer: &str) {
        let name = &reference.value;
        let absolute = self.symbols.resolve(self.file, "", &format!(".{name}"));
        if let Meaning::Declared(..) = absolute {
            let message = format!(
                "found the unknown type `{name}`: the first part of the name is `{outer}` here, which has no such type"
            );
            let help = format!("write `.{name}` for the type outside");
            return self.report(reference, message, help);
        }
        self.unknown(reference);
    }

    fn unknown(&mut self, reference: &Spanned<String>) {
        let name = &reference.value;
        let message = format!("found the unknown type `{name}`");
        let last = last_part(name);
        let google = GoogleType::find(name.trim_start_matches('.'));
        let similar = |similar| format!("a type with a similar name exists: `{similar}`");
        let help = google
            .map(|google| format!("add `import \"{}\";`", google.file))
            .or_else(|| in_place_of(name).map(|scalars| format!("proto3 has {scalars}")))
            .or_else(|| self.same(last).map(similar))
            .or_else(|| GoogleType::common(name).map(|google| self.with_package(google)))
            .or_else(|| self.near(last).map(similar))
            .unwrap_or_else(|| "declare it, or import the file that does".into());
        self.report(reference, message, help);
    }

    /// Returns the advice for a type of `google.protobuf` without its package.
    fn with_package(&self, google: GoogleType) -> String {
        let (full_name, file) = (google.full_name(), google.file);
        match self.file.imports.iter().any(|it| it.path.value == file) {
            true => format!("write `{full_name}`"),
            false => format!("write `{full_name}`, and add `import \"{file}\";`"),
        }
    }

    /// Returns the full name of a type with the same last part.
    fn same(&self, last: &str) -> Option<&str> {
        let same = self.types().filter(|name| last_part(name) == last);
        same.min()
    }

    /// Returns the most similar last part of a type.
    fn near(&self, last: &str) -> Option<&str> {
        nearest(last, self.types().map(last_part))
    }

    fn types(&self) -> impl Iterator<Item = &str> {
        self.symbols.types().chain(Scalar::names())
    }

    fn report(&mut self, reference: &Spanned<String>, message: String, help: impl Into<String>) {
        let position = reference.position;
        self.diagnostics
            .report_with_help(&self.file.display_name, position, message, help);
    }
}

fn last_part(name: &str) -> &str {
    name.rsplit('.').next().unwrap_or(name)
}
