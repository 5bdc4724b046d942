//! The problems that an editor reports.

use crate::Test;
use crate::editor::Editor;

pub(crate) const TESTS: &[Test] = &[
    ("a_valid_program_has_no_problem", valid),
    ("a_missing_schema_is_one_problem", missing),
    ("schemas_of_one_name_are_one_problem_at_most", several),
    (
        "a_missing_method_is_one_problem_that_names_it",
        missing_method,
    ),
];

fn valid(editor: &mut Editor) {
    let problems = editor.problems("src/main.rs");
    assert!(problems.is_empty(), "{problems:#?}");
}

fn missing(editor: &mut Editor) {
    let problems = editor.problems("src/lost.rs");
    assert_eq!(problems.len(), 1, "{problems:#?}");
    assert!(
        problems[0].contains("can't read the schema `lost.proto`"),
        "{problems:#?}"
    );
}

/// A rust-analyzer that passes the path of the file to macros finds the right one.
fn several(editor: &mut Editor) {
    let problems = editor.problems("src/east/mod.rs");
    assert!(problems.len() <= 1, "{problems:#?}");
    let is_expected = |it: &String| it.contains("found more than one schema `twice.proto`");
    assert!(problems.iter().all(is_expected), "{problems:#?}");
}

fn missing_method(editor: &mut Editor) {
    let problems = editor.problems("src/required.rs");
    assert_eq!(problems.len(), 1, "{problems:#?}");
    assert!(
        problems[0].contains("missing: `fn on_erase_ind`"),
        "{problems:#?}"
    );
}
