//! A change of a schema while the program is open.

use crate::Test;
use crate::editor::Editor;

pub(crate) const TESTS: &[Test] = &[(
    "a_changed_schema_is_read_when_the_call_of_the_macro_is_edited",
    edit,
)];

const CALLER: &str = "src/notes.rs";

fn edit(editor: &mut Editor) {
    let schema = include_str!("program/notes.proto");
    let new = schema.replace("string text = 1;", "string text = 1; bool urgent = 2;");
    assert!(!message(editor).contains("urgent"));
    editor.program().write("src/notes.proto", &new);

    let text = editor.program().read(CALLER);
    editor.edit(CALLER, &text.replace("(\"", "( \""));
    assert!(message(editor).contains("urgent"));

    editor.edit(CALLER, &text);
    assert!(message(editor).contains("urgent"));
}

/// Returns the declaration of the message that the editor shows.
fn message(editor: &mut Editor) -> String {
    editor.hover(CALLER, "note: NoteInd", "NoteInd")
}
