//! Checks that every oneof has a member.

use crate::ast::{DeclarationKind, File};
use crate::diagnostics::Diagnostics;

pub(super) fn check(file: &File, diagnostics: &mut Diagnostics) {
    for oneof in file.of_kind(DeclarationKind::Oneof) {
        let mut fields = file.of_kind(DeclarationKind::Field);
        if !fields.any(|field| field.oneof.as_ref() == Some(&oneof.full_name)) {
            let message = format!("found the oneof `{}` without a member", oneof.name.value);
            let help = "add a field, or remove the oneof";
            diagnostics.report_with_help(&file.display_name, oneof.name.position, message, help);
        }
    }
}
