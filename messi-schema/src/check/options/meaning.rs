//! Checks that options make sense where they are set.

use crate::ast::{Declaration, DeclarationKind, File, Setting, is_set, setting};
use crate::diagnostics::Diagnostics;
use crate::options::JSON_NAME;
use crate::resolve::{Meaning, Symbols};
use crate::scalar::Scalar;

/// Checks the options of one declaration.
pub(super) fn check(
    file: &File,
    declaration: &Declaration,
    symbols: &Symbols<'_>,
    diagnostics: &mut Diagnostics,
) {
    let mut check = MeaningCheck {
        file,
        declaration,
        diagnostics,
    };
    match declaration.kind {
        DeclarationKind::Message => check.message(),
        DeclarationKind::Field | DeclarationKind::Extension => {
            let ty = TypeOf::field(file, declaration, symbols);
            check.encoding(&ty);
            check.languages(&ty);
            check.json_name();
        }
        _ => {}
    }
}

struct MeaningCheck<'a> {
    file: &'a File,
    declaration: &'a Declaration,
    diagnostics: &'a mut Diagnostics,
}

impl<'a> MeaningCheck<'a> {
    fn message(&mut self) {
        let rule = "which is for protobuf to set";
        let help = "declare a field of a type `map<…>`";
        self.refuse(self.setting("map_entry"), rule, help);
        let rule = "which proto3 does not have";
        self.refuse(self.set("message_set_wire_format"), rule, "remove it");
    }

    /// Checks options of how a field is encoded and decoded.
    fn encoding(&mut self, ty: &TypeOf<'_>) {
        if !(self.declaration.is_repeated() && ty.is_packable()) {
            let rule = "but only a repeated field of numbers or enums can be packed";
            self.refuse(self.set("packed"), rule, "remove it");
        }
        if !ty.is_message() {
            let rule = "but only a field of a message type can be lazy";
            self.refuse(self.set("lazy"), rule, "remove it");
            self.refuse(self.set("unverified_lazy"), rule, "remove it");
        }
    }

    /// Checks options of the type of a field in one language.
    fn languages(&mut self, ty: &TypeOf<'_>) {
        if !ty.is_scalar(Scalar::is_wide_integer) {
            let jstype = self.setting("jstype");
            let jstype = jstype.filter(|jstype| jstype.value.text != "JS_NORMAL");
            let rule = "but only integers of 64 bits can have a type of their own in JavaScript";
            self.refuse(jstype, rule, "remove it");
        }
        if !ty.is_scalar(|scalar| matches!(scalar, Scalar::String | Scalar::Bytes)) {
            let ctype = self.setting("ctype");
            let ctype = ctype.filter(|ctype| ctype.value.text != "STRING");
            let rule = "but only `string` and `bytes` can have a type of their own in C++";
            self.refuse(ctype, rule, "remove it");
        }
    }

    fn json_name(&mut self) {
        let json_name = self.setting(JSON_NAME);
        if self.declaration.kind == DeclarationKind::Extension {
            let rule = "but an extension has no name in JSON";
            self.refuse(json_name, rule, "remove it");
        }
        let bracketed =
            |it: &&Setting| it.value.text.starts_with('[') && it.value.text.ends_with(']');
        let rule = "but names in brackets are for extensions";
        self.refuse(json_name.filter(bracketed), rule, "remove the brackets");
    }

    /// Reports an option, if it is set.
    fn refuse(&mut self, setting: Option<&Setting>, rule: &str, help: &str) {
        let Some(setting) = setting else { return };
        let message = format!(
            "found `{} = {}` of `{}`, {rule}",
            setting.name.value, setting.value.text, self.declaration.name.value
        );
        let (file, position) = (&self.file.display_name, setting.name.position);
        self.diagnostics
            .report_with_help(file, position, message, help);
    }

    fn setting(&self, name: &str) -> Option<&'a Setting> {
        setting(&self.declaration.settings, name)
    }

    /// Returns an option that is set to `true`.
    fn set(&self, name: &str) -> Option<&'a Setting> {
        let setting = self.setting(name);
        setting.filter(|_| is_set(&self.declaration.settings, name))
    }
}

/// The type of a field.
struct TypeOf<'a> {
    name: &'a str,
    /// The kind of its declaration.
    kind: Option<DeclarationKind>,
}

impl<'a> TypeOf<'a> {
    fn field(file: &File, field: &'a Declaration, symbols: &Symbols<'_>) -> Self {
        let name = match &field.types[..] {
            [ty] => ty.value.as_str(),
            // A map is a list of messages.
            _ => "",
        };
        let kind = match symbols.resolve(file, &field.scope, name) {
            Meaning::Declared(kind, _) => Some(kind),
            _ if field.is_map() => Some(DeclarationKind::Message),
            _ => None,
        };
        Self { name, kind }
    }

    fn is_scalar(&self, is_meant: impl Fn(Scalar) -> bool) -> bool {
        Scalar::from_name(self.name).is_some_and(is_meant)
    }

    fn is_message(&self) -> bool {
        self.kind == Some(DeclarationKind::Message)
    }

    fn is_packable(&self) -> bool {
        self.is_scalar(Scalar::is_packable) || self.kind == Some(DeclarationKind::Enum)
    }
}

/// Checks that no file for the full runtime imports one for the lite runtime.
pub(super) fn check_optimization(files: &[&File], diagnostics: &mut Diagnostics) {
    let is_lite = |file: &File| {
        let optimization = setting(&file.settings, "optimize_for");
        optimization.is_some_and(|setting| setting.value.text == "LITE_RUNTIME")
    };
    for file in files.iter().filter(|file| !is_lite(file)) {
        for import in &file.imports {
            let path = &import.path;
            if files
                .iter()
                .any(|it| it.display_name == path.value && is_lite(it))
            {
                let message = format!(
                    "found the import of \"{}\", which has `optimize_for = LITE_RUNTIME` where this file has not",
                    path.value
                );
                let help = "set the option in both files or in none";
                diagnostics.report_with_help(&file.display_name, path.position, message, help);
            }
        }
    }
}
