//! Names of Python.

use crate::names;

/// Words that are no identifiers. An attribute of such a name is only reached by `getattr`.
const KEYWORDS: &[&str] = &[
    "False", "None", "True", "and", "as", "assert", "async", "await", "break", "class", "continue",
    "def", "del", "elif", "else", "except", "finally", "for", "from", "global", "if", "import",
    "in", "is", "lambda", "nonlocal", "not", "or", "pass", "raise", "return", "try", "while",
    "with", "yield",
];

/// Returns whether a name is a keyword.
pub(crate) fn is_keyword(name: &str) -> bool {
    KEYWORDS.contains(&name)
}

/// Returns the name of the module with the messages of a file: `my_chat_pb2` for `sub/my-chat.proto`.
///
/// Unlike those of protoc, all modules are in one directory.
pub(crate) fn messages_module(file: &str) -> String {
    let name = file.rsplit(['/', '\\']).next().unwrap_or(file);
    let name = name.strip_suffix(".proto").unwrap_or(name);
    let word = |character: char| match character.is_ascii_alphanumeric() {
        true => character,
        false => '_',
    };
    importable(name.chars().map(word).collect::<String>() + "_pb2")
}

/// Returns the name that the modules of a protocol begin with: `my_chat` for `sub/My-Chat.proto`.
pub(crate) fn stem(file: &str) -> String {
    importable(names::stem(file))
}

/// Returns the name that the classes of a protocol begin with: `MyChat` for `my_chat.proto`.
pub(crate) fn class(file: &str) -> String {
    importable(names::title(&names::stem(file)).replace('_', ""))
}

/// Puts `_` before a digit: no identifier begins with one.
fn importable(name: String) -> String {
    match name.starts_with(|first: char| first.is_ascii_digit()) {
        true => format!("_{name}"),
        false => name,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn modules_and_classes_are_named_after_the_file() {
        for (file, module, stem_of_file, class_of_file) in [
            ("chat.proto", "chat_pb2", "chat", "Chat"),
            (
                "sub/My-Chat.v2.proto",
                "My_Chat_v2_pb2",
                "my_chat_v2",
                "MyChatV2",
            ),
            ("chat2go.proto", "chat2go_pb2", "chat2go", "Chat2Go"),
            ("my_2nd.proto", "my_2nd_pb2", "my_2nd", "My2Nd"),
            ("2nd.proto", "_2nd_pb2", "_2nd", "_2Nd"),
        ] {
            assert_eq!(messages_module(file), module);
            assert_eq!(stem(file), stem_of_file);
            assert_eq!(class(file), class_of_file);
        }
    }
}
