//! References to types: each means something, and something that may be there.

use super::list::one_of;
use super::names::article;
use super::similar::nearest;
use super::symbols::{Meaning, Symbols};
use crate::bundled;
use crate::diagnostics::Diagnostics;
use crate::scan::{DeclarationKind, Scan, Word};

const SCALARS: &[&str] = &[
    "double", "float", "int32", "int64", "uint32", "uint64", "sint32", "sint64", "fixed32",
    "fixed64", "sfixed32", "sfixed64", "bool", "string", "bytes",
];

/// What a schema may extend, in `google.protobuf`.
const EXTENDABLE: &[&str] = &[
    "FileOptions",
    "MessageOptions",
    "FieldOptions",
    "OneofOptions",
    "ExtensionRangeOptions",
    "EnumOptions",
    "EnumValueOptions",
    "ServiceOptions",
    "MethodOptions",
];

pub(super) fn check(scans: &[&Scan], symbols: &Symbols<'_>, diagnostics: &mut Diagnostics) {
    for scan in scans {
        let check = &mut Check {
            scan,
            symbols,
            diagnostics,
        };
        check.declarations();
        check.extended();
    }
}

struct Check<'a> {
    scan: &'a Scan,
    symbols: &'a Symbols<'a>,
    diagnostics: &'a mut Diagnostics,
}

impl Check<'_> {
    fn declarations(&mut self) {
        for declaration in &self.scan.declarations {
            let is_method = declaration.kind == DeclarationKind::Method;
            for reference in &declaration.types {
                if is_method {
                    self.method_type(&declaration.full_name, reference);
                } else if !SCALARS.contains(&reference.text.as_str()) {
                    self.field_type(&declaration.scope, reference);
                }
            }
        }
    }

    fn field_type(&mut self, scope: &str, reference: &Word) {
        let Some((kind, full_name)) = self.resolve(scope, reference) else {
            return;
        };
        let is_enum = kind == DeclarationKind::Enum;
        if is_enum && is_of_proto2(&full_name) {
            let message = format!(
                "found the enum `{full_name}`, which is of proto2 and so no type for a field of proto3"
            );
            let help = "declare an enum of your own, or an `int32`";
            self.report(reference, message, help);
        }
    }

    fn method_type(&mut self, scope: &str, reference: &Word) {
        if SCALARS.contains(&reference.text.as_str()) {
            let message = format!("found the type `{}`, expected a message", reference.text);
            return self.report(reference, message, "declare a message that holds it");
        }
        let resolved = self.resolve(scope, reference);
        if let Some((DeclarationKind::Enum, _)) = resolved {
            let message = format!("found the enum `{}`, expected a message", reference.text);
            self.report(reference, message, "declare a message that holds it");
        }
    }

    fn extended(&mut self) {
        for reference in &self.scan.extended {
            let name = &reference.name;
            let Some((_, full_name)) = self.resolve(&reference.scope, name) else {
                continue;
            };
            let in_package = full_name.strip_prefix(bundled::PACKAGE);
            let own = in_package.and_then(|name| name.strip_prefix('.'));
            if !own.is_some_and(|name| EXTENDABLE.contains(&name)) {
                let message = format!(
                    "found an extension of `{full_name}`: in proto3, only options can be extended"
                );
                let help = format!("extend {} of {}", one_of(EXTENDABLE), bundled::PACKAGE);
                self.report(name, message, help);
            }
        }
    }

    /// The type that a name means. That it means none is reported.
    fn resolve(&mut self, scope: &str, reference: &Word) -> Option<(DeclarationKind, String)> {
        let name = &reference.text;
        match self.symbols.resolve(self.scan, scope, name) {
            Meaning::Declared(kind, full_name) if is_type(kind) => return Some((kind, full_name)),
            Meaning::Declared(kind, full_name) => {
                let message = format!("found {} `{full_name}`, expected a type", article(kind));
                self.report(reference, message, "types are messages, enums and scalars");
            }
            Meaning::NotImported(file) => {
                let message =
                    format!("found the type `{name}` of \"{file}\", which is not imported here");
                let help = format!("add `import \"{file}\";`");
                self.report(reference, message, help);
            }
            Meaning::NotInside(outer) => self.not_inside(reference, &outer),
            Meaning::Nothing => self.unknown(reference),
        }
        None
    }

    fn not_inside(&mut self, reference: &Word, outer: &str) {
        let name = &reference.text;
        let absolute = self.symbols.resolve(self.scan, "", &format!(".{name}"));
        if let Meaning::Declared(..) = absolute {
            let message = format!(
                "found the unknown type `{name}`: the first part of the name is `{outer}` here, which has no such type"
            );
            let help = format!("write `.{name}` for the type outside");
            return self.report(reference, message, help);
        }
        self.unknown(reference);
    }

    fn unknown(&mut self, reference: &Word) {
        let name = &reference.text;
        let message = format!("found the unknown type `{name}`");
        let last = name.rsplit('.').next().unwrap_or(name);
        let help = match (bundled::home(name), self.similar(last)) {
            (Some(file), _) => format!("add `import \"{file}\";`"),
            (None, Some(similar)) => {
                format!("there is a type of a similar name, `{similar}`")
            }
            (None, None) => "declare it, or import the file that does".into(),
        };
        self.report(reference, message, help);
    }

    /// The type whose last part is nearest to a name: by its full name where that part is the same.
    fn similar(&self, last: &str) -> Option<&str> {
        let last_part = |name: &'_ str| name.rfind('.').map_or(0, |dot| dot + 1);
        let types = || self.symbols.types().chain(SCALARS.iter().copied());
        let same = types().filter(|name| name[last_part(name)..] == *last);
        same.min()
            .or_else(|| nearest(last, types().map(|name| &name[last_part(name)..])))
    }

    fn report(&mut self, reference: &Word, message: String, help: impl Into<String>) {
        let position = reference.position;
        self.diagnostics
            .report_with_help(&self.scan.file, position, message, help);
    }
}

fn is_type(kind: DeclarationKind) -> bool {
    matches!(kind, DeclarationKind::Message | DeclarationKind::Enum)
}

fn is_of_proto2(full_name: &str) -> bool {
    bundled::home(full_name).is_some_and(|file| file == bundled::DESCRIPTOR)
}
