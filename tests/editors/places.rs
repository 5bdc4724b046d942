//! Information and proposals of an editor at places in a program.

use crate::Test;
use crate::editor::Editor;

pub(crate) const TESTS: &[Test] = &[
    ("a_message_shows_its_comment_in_the_schema", message),
    ("a_field_shows_its_comment_in_the_schema", field),
    ("an_enum_field_names_its_enum", enum_field),
    ("a_method_shows_the_comment_of_its_member", method),
    ("a_request_returns_the_type_of_its_response", request),
    ("a_message_is_defined_at_the_call_of_the_macro", definition),
    (
        "the_path_of_the_schema_shows_the_messages_of_the_protocol",
        path,
    ),
    ("the_macro_shows_what_it_does", name),
    ("the_methods_of_a_handler_are_proposed", methods),
];

fn message(editor: &mut Editor) {
    let shown = editor.hover("src/main.rs", "line: LineInd", "LineInd");
    assert!(shown.contains("A line of text."), "{shown}");
}

fn field(editor: &mut Editor) {
    let shown = editor.hover("src/main.rs", "line.name.clear", "line.name");
    assert!(shown.contains("The server sets it."), "{shown}");
}

fn enum_field(editor: &mut Editor) {
    let shown = editor.hover("src/main.rs", "line.tone =", "line.tone");
    assert!(shown.contains("How it is meant."), "{shown}");
    assert!(shown.contains("The values are those of"), "{shown}");
}

fn method(editor: &mut Editor) {
    let shown = editor.hover("src/main.rs", "fn on_line_ind", "on_line_ind");
    assert!(
        shown.contains("Comes to all who are in the room."),
        "{shown}"
    );
}

fn request(editor: &mut Editor) {
    let shown = editor.hover("src/main.rs", "history, ..", "history");
    assert!(shown.contains("Vec<LineInd>"), "{shown}");
}

fn definition(editor: &mut Editor) {
    let places = editor.definitions("src/main.rs", "line: LineInd", "LineInd");
    let is_call = |(file, line): &(String, u64)| file.ends_with("/src/main.rs") && *line == 7;
    assert!(places.iter().any(is_call), "{places:?}");
}

fn path(editor: &mut Editor) {
    let shown = editor.hover("src/main.rs", "room.proto", "room.proto");
    for text in ["The protocol `room`", "Messages of clients", "`enter_req`"] {
        assert!(shown.contains(text), "{shown}");
    }
}

fn name(editor: &mut Editor) {
    let shown = editor.hover("src/main.rs", "room.proto", "protocol");
    assert!(shown.contains("generates the types"), "{shown}");
}

fn methods(editor: &mut Editor) {
    let proposed = editor.completions("src/typing.rs", "    on_", "on_");
    for method in ["on_client_connected", "on_enter_req", "on_line_ind"] {
        let method = format!("async fn {method}(..)");
        assert!(proposed.contains(&method), "{proposed:?}");
    }
}
