//! The names of a schema as Rust identifiers, by the rules of prost.

mod case;
mod items;

use self::case::{snake, upper_camel};
pub(crate) use self::items::{DirectionNames, ItemNames, ident};

/// Words that can't be identifiers, but can be raw ones.
const KEYWORDS: &[&str] = &[
    "abstract", "as", "async", "await", "become", "box", "break", "const", "continue", "do", "dyn",
    "else", "enum", "extern", "false", "final", "fn", "for", "gen", "if", "impl", "in", "let",
    "loop", "macro", "match", "mod", "move", "mut", "override", "priv", "pub", "ref", "return",
    "static", "struct", "trait", "true", "try", "type", "typeof", "unsafe", "unsized", "use",
    "virtual", "where", "while", "yield",
];

/// Words that can't even be raw identifiers.
const NEVER: &[&str] = &["_", "self", "Self", "super", "crate"];

/// Returns the name of a struct, an enum or a variant: `FooReq` for `foo_req`.
pub(crate) fn type_name(name: &str) -> String {
    identifier(upper_camel(name))
}

/// Returns the name of the view of a type: `FooReqView` for `FooReq`.
pub(crate) fn view_name(rust_name: &str) -> String {
    // One that would be a keyword has an underscore there.
    format!("{}View", rust_name.trim_end_matches('_'))
}

/// Returns the name of a field or a module: `r#type` for `type`.
pub(crate) fn value_name(name: &str) -> String {
    identifier(snake(name))
}

/// Returns the handler method for a member of a direction: `on_foo_req` for `foo_req`. As `on_message` gets
/// all messages, that of a member `message` is `on_message_`.
pub(crate) fn handler_name(member: &str) -> String {
    match snake(member).as_str() {
        "message" => "on_message_".into(),
        member => format!("on_{member}"),
    }
}

/// Returns the name of a value without the name of its enum before it: `Red` for
/// `COLOR_KIND_RED` of `ColorKind`.
pub(crate) fn variant_name(enumeration: &str, value: &str) -> String {
    let value = upper_camel(value);
    let prefix = upper_camel(enumeration);
    // A new word must begin behind the prefix.
    let stripped = value
        .strip_prefix(&prefix)
        .filter(|rest| rest.starts_with(|first: char| first.is_ascii_uppercase()));
    identifier(stripped.unwrap_or(&value).into())
}

/// Returns the name of a protocol in snake case: `chat_room` for `ChatRoom`.
pub(crate) fn protocol(name: &str) -> String {
    snake(name)
}

fn identifier(name: String) -> String {
    if NEVER.contains(&name.as_str()) {
        return format!("{name}_");
    }
    if name.is_empty() || name.starts_with(|first: char| first.is_ascii_digit()) {
        return format!("_{name}");
    }
    if KEYWORDS.contains(&name.as_str()) {
        return format!("r#{name}");
    }
    name
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn types_are_camel_case_and_values_snake_case() {
        assert_eq!(type_name("foo_req"), "FooReq");
        assert_eq!(type_name("HTTPServer"), "HttpServer");
        assert_eq!(value_name("fooBar"), "foo_bar");
        assert_eq!(handler_name("FooReq"), "on_foo_req");
        assert_eq!(handler_name("Message"), "on_message_");
    }

    #[test]
    fn keywords_become_raw_or_get_an_underscore() {
        assert_eq!(value_name("type"), "r#type");
        assert_eq!(value_name("self"), "self_");
        assert_eq!(type_name("self"), "Self_");
        assert_eq!(value_name("_1st"), "_1st");
    }

    #[test]
    fn values_of_an_enum_lose_its_name() {
        assert_eq!(variant_name("ColorKind", "COLOR_KIND_RED"), "Red");
        assert_eq!(variant_name("Color", "COLORFUL"), "Colorful");
        assert_eq!(variant_name("Color", "COLOR"), "Color");
        assert_eq!(variant_name("Level", "LEVEL_1"), "Level1");
    }

    #[test]
    fn protocols_are_snake_case() {
        assert_eq!(protocol("ChatRoom"), "chat_room");
    }
}
