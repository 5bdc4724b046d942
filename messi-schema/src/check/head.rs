//! Checks the head of a file.

use crate::ast::File;
use crate::diagnostics::Diagnostics;
use crate::position::Position;

pub(super) fn check(file: &File, diagnostics: &mut Diagnostics) {
    let name = &file.display_name;
    match file.syntax.first() {
        // A broken statement has been reported.
        None if diagnostics.has_problem_in(name) => {}
        None => diagnostics.report_with_help(
            name,
            Position::START,
            "found no `syntax` statement: without one, the file is of proto2, expected \"proto3\"",
            "begin the file with `syntax = \"proto3\";`",
        ),
        Some(syntax) if syntax.value != "proto3" => {
            let message = format!("found the syntax \"{}\", expected \"proto3\"", syntax.value);
            diagnostics.report(name, syntax.position, message);
        }
        Some(_) => {}
    }
    for package in file.packages.iter().skip(1) {
        let first = &file.packages[0].value;
        let message = format!(
            "found a second package, `{}`, after `{first}`: expected one",
            package.value
        );
        diagnostics.report(name, package.position, message);
    }
}
