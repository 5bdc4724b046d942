//! The head of a file.

use crate::diagnostics::Diagnostics;
use crate::scan::{START, Scan};

pub(super) fn check(scan: &Scan, diagnostics: &mut Diagnostics) {
    let file = &scan.file;
    match scan.syntax.first() {
        // A broken statement has been reported.
        None if diagnostics.concern(file) => {}
        None => diagnostics.report_with_help(
            file,
            START,
            "found no `syntax` statement",
            "begin the file with `syntax = \"proto3\";`",
        ),
        Some(syntax) if syntax.text != "proto3" => {
            let message = format!("found the syntax \"{}\", expected \"proto3\"", syntax.text);
            diagnostics.report(file, syntax.position, message);
        }
        Some(_) => {}
    }
    for package in scan.packages.iter().skip(1) {
        let first = &scan.packages[0].text;
        let message = format!(
            "found a second package, `{}`, after `{first}`: expected one",
            package.text
        );
        diagnostics.report(file, package.position, message);
    }
}
