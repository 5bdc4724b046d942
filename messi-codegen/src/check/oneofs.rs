//! Oneofs: none without a member.

use crate::diagnostics::Diagnostics;
use crate::scan::{DeclarationKind, Scan};

pub(super) fn check(scan: &Scan, diagnostics: &mut Diagnostics) {
    for oneof in scan.of_kind(DeclarationKind::Oneof) {
        let mut fields = scan.of_kind(DeclarationKind::Field);
        if !fields.any(|field| field.oneof.as_ref() == Some(&oneof.full_name)) {
            let message = format!("found the oneof `{}` without a member", oneof.name.text);
            let help = "add a field, or leave the oneof out";
            diagnostics.report_with_help(&scan.file, oneof.name.position, message, help);
        }
    }
}
