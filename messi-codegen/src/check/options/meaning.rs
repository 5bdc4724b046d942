//! What options mean: where one has no meaning, it is refused.

use super::{is_set, setting};
use crate::check::symbols::{Meaning, Symbols};
use crate::diagnostics::Diagnostics;
use crate::scan::{Declaration, DeclarationKind, Scan, Setting};

/// Types of which several values can be packed into one.
const NUMERIC: &[&str] = &[
    "double", "float", "int32", "int64", "uint32", "uint64", "sint32", "sint64", "fixed32",
    "fixed64", "sfixed32", "sfixed64", "bool",
];

/// Types that are not numbers of JavaScript.
const WIDE: &[&str] = &["int64", "uint64", "sint64", "fixed64", "sfixed64"];

/// Checks the options of one declaration.
pub(super) fn check(
    scan: &Scan,
    declaration: &Declaration,
    symbols: &Symbols<'_>,
    diagnostics: &mut Diagnostics,
) {
    let settings = &declaration.settings;
    let mut refuse = |setting: Option<&Setting>, rule: &str, help: &str| {
        let Some(setting) = setting else { return };
        let message = format!(
            "found `{} = {}` of `{}`, {rule}",
            setting.name.text, setting.value.text, declaration.name.text
        );
        diagnostics.report_with_help(&scan.file, setting.name.position, message, help);
    };
    let set = |name: &str| setting(settings, name).filter(|_| is_set(settings, name));
    match declaration.kind {
        DeclarationKind::Message => {
            let rule = "which is for protobuf to set";
            let help = "declare a field of a type `map<…>`";
            refuse(setting(settings, "map_entry"), rule, help);
            let rule = "which proto3 does not have";
            refuse(set("message_set_wire_format"), rule, "leave it out");
        }
        DeclarationKind::Field | DeclarationKind::Extension => {
            let ty = TypeOf::field(scan, declaration, symbols);
            if !(declaration.is_repeated() && ty.is_packable()) {
                let rule = "but only a repeated field of numbers or enums can be packed";
                refuse(set("packed"), rule, "leave it out");
            }
            if !ty.is_message() {
                let rule = "but only a field of a message type can be lazy";
                refuse(set("lazy"), rule, "leave it out");
                refuse(set("unverified_lazy"), rule, "leave it out");
            }
            let jstype = setting(settings, "jstype");
            if !ty.is_one_of(WIDE) {
                let jstype = jstype.filter(|jstype| jstype.value.text != "JS_NORMAL");
                let rule =
                    "but only integers of 64 bits can have a type of their own in JavaScript";
                refuse(jstype, rule, "leave it out");
            }
            if !ty.is_one_of(&["string", "bytes"]) {
                let ctype = setting(settings, "ctype");
                let ctype = ctype.filter(|ctype| ctype.value.text != "STRING");
                let rule = "but only `string` and `bytes` can have a type of their own in C++";
                refuse(ctype, rule, "leave it out");
            }
            let json_name = setting(settings, "json_name");
            if declaration.kind == DeclarationKind::Extension {
                refuse(
                    json_name,
                    "but an extension has no name in JSON",
                    "leave it out",
                );
            }
            let bracketed =
                |it: &&Setting| it.value.text.starts_with('[') && it.value.text.ends_with(']');
            let rule = "but names in brackets are for extensions";
            refuse(json_name.filter(bracketed), rule, "leave the brackets out");
        }
        _ => {}
    }
}

/// The type of a field, as far as it is known.
struct TypeOf<'a> {
    name: &'a str,
    /// What is declared under that name.
    kind: Option<DeclarationKind>,
}

impl<'a> TypeOf<'a> {
    fn field(scan: &Scan, field: &'a Declaration, symbols: &Symbols<'_>) -> Self {
        let name = match &field.types[..] {
            [ty] => ty.text.as_str(),
            // A map is a list of messages.
            _ => "",
        };
        let kind = match symbols.resolve(scan, &field.scope, name) {
            Meaning::Declared(kind, _) => Some(kind),
            _ if field.is_map() => Some(DeclarationKind::Message),
            _ => None,
        };
        Self { name, kind }
    }

    fn is_one_of(&self, names: &[&str]) -> bool {
        names.contains(&self.name)
    }

    fn is_message(&self) -> bool {
        self.kind == Some(DeclarationKind::Message)
    }

    fn is_packable(&self) -> bool {
        self.is_one_of(NUMERIC) || self.kind == Some(DeclarationKind::Enum)
    }
}

/// A file that is not for the lite runtime can't import one that is.
pub(super) fn check_optimization(scans: &[&Scan], diagnostics: &mut Diagnostics) {
    let is_lite = |scan: &Scan| {
        let optimization = setting(&scan.settings, "optimize_for");
        optimization.is_some_and(|setting| setting.value.text == "LITE_RUNTIME")
    };
    for scan in scans.iter().filter(|scan| !is_lite(scan)) {
        for import in &scan.imports {
            let path = &import.path;
            if scans.iter().any(|it| it.file == path.text && is_lite(it)) {
                let message = format!(
                    "found the import of \"{}\", which has `optimize_for = LITE_RUNTIME` where this file has not",
                    path.text
                );
                let help = "set the option in both files or in none";
                diagnostics.report_with_help(&scan.file, path.position, message, help);
            }
        }
    }
}
