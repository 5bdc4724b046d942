//! Names of a schema as C identifiers, by the rules of the original Messi and of pbtools.

/// Words that can't be the name of a member: keywords of C and C++, and macros in lower case of
/// common headers and compilers.
const RESERVED: &[&str] = &[
    // C
    "auto",
    "break",
    "case",
    "char",
    "const",
    "continue",
    "default",
    "do",
    "double",
    "else",
    "enum",
    "extern",
    "float",
    "for",
    "goto",
    "if",
    "inline",
    "int",
    "long",
    "register",
    "restrict",
    "return",
    "short",
    "signed",
    "sizeof",
    "static",
    "struct",
    "switch",
    "typedef",
    "union",
    "unsigned",
    "void",
    "volatile",
    "while",
    // C11 and C23, as keywords or as macros
    "alignas",
    "alignof",
    "atomic_init",
    "bool",
    "complex",
    "constexpr",
    "false",
    "imaginary",
    "noreturn",
    "nullptr",
    "static_assert",
    "thread_local",
    "true",
    "typeof",
    "typeof_unqual",
    // C++
    "and",
    "and_eq",
    "asm",
    "bitand",
    "bitor",
    "catch",
    "char16_t",
    "char32_t",
    "char8_t",
    "class",
    "co_await",
    "co_return",
    "co_yield",
    "compl",
    "concept",
    "const_cast",
    "consteval",
    "constinit",
    "decltype",
    "delete",
    "dynamic_cast",
    "explicit",
    "export",
    "friend",
    "mutable",
    "namespace",
    "new",
    "noexcept",
    "not",
    "not_eq",
    "operator",
    "or",
    "or_eq",
    "private",
    "protected",
    "public",
    "reinterpret_cast",
    "requires",
    "static_cast",
    "template",
    "this",
    "throw",
    "try",
    "typeid",
    "typename",
    "using",
    "virtual",
    "wchar_t",
    "xor",
    "xor_eq",
    // Macros
    "arm",
    "assert",
    "errno",
    "far",
    "hyper",
    "i386",
    "interface",
    "linux",
    "mips",
    "near",
    "offsetof",
    "small",
    "sparc",
    "stderr",
    "stdin",
    "stdout",
    "unix",
];

/// Returns a name in snake case: `acme_types_phone_number2` for `acme.types.PhoneNumber2`.
///
/// pbtools defines it by regular expressions, which differ from other rules of snake case: a word also
/// begins at a capital letter behind any character if small letters follow it.
pub(crate) fn snake(name: &str) -> String {
    let characters: Vec<char> = name.chars().map(word_character).collect();
    let separated = separate_capitalised_words(&characters);
    let mut snake = String::new();
    let mut previous = ' ';
    for character in separated {
        if character == '_' && previous == '_' {
            continue;
        }
        let follows_word = previous.is_ascii_lowercase() || previous.is_ascii_digit();
        if character.is_ascii_uppercase() && follows_word {
            snake.push('_');
        }
        snake.push(character.to_ascii_lowercase());
        previous = character;
    }
    snake
}

fn word_character(character: char) -> char {
    match character.is_ascii_alphanumeric() {
        true => character,
        false => '_',
    }
}

/// Puts `_` between any character and a capital letter that small letters follow. No letter belongs to two
/// such pairs.
fn separate_capitalised_words(characters: &[char]) -> Vec<char> {
    let mut separated = Vec::new();
    let mut index = 0;
    while index < characters.len() {
        separated.push(characters[index]);
        index += 1;
        let is_capitalised = matches!(
            characters[index..],
            [first, second, ..] if first.is_ascii_uppercase() && second.is_ascii_lowercase()
        );
        if is_capitalised {
            let rest = &characters[index + 1..];
            let small = rest.iter().take_while(|it| it.is_ascii_lowercase());
            let end = index + 1 + small.count();
            separated.push('_');
            separated.extend(&characters[index..end]);
            index = end;
        }
    }
    separated
}

/// Returns the name that generated files, functions and structs of a protocol begin with: `my_chat_v2`
/// for `sub/My-Chat.v2.proto`. Files of `google/protobuf/` keep their directory, as their names are
/// common words.
pub(crate) fn stem(file: &str) -> String {
    let file = file.strip_suffix(".proto").unwrap_or(file);
    match file.starts_with("google/protobuf/") {
        true => snake(file),
        false => snake(file.rsplit(['/', '\\']).next().unwrap_or(file)),
    }
}

/// Returns a name that can be a member of a struct: `int_` for `int`.
pub(crate) fn member(mut name: String) -> String {
    if RESERVED.contains(&name.as_str()) {
        name.push('_');
    }
    name
}

/// Returns the full name of the message of a map's entries, as pbtools calls it.
pub(crate) fn map_entry(message: &str, field: &str) -> String {
    format!("{message}.PbtoolsMap{}", title(field))
}

/// Capitalises the first letter of each run of letters, and no other.
fn title(name: &str) -> String {
    let mut is_in_word = false;
    let characters = name.chars().map(|character| {
        let is_first = !is_in_word;
        is_in_word = character.is_ascii_alphabetic();
        match is_first {
            true => character.to_ascii_uppercase(),
            false => character.to_ascii_lowercase(),
        }
    });
    characters.collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_become_snake_case_as_by_pbtools() {
        let names = [
            ("ConnectReq", "connect_req"),
            ("PhoneNumber2", "phone_number2"),
            ("HTTPServer", "http_server"),
            ("V1Req", "v1_req"),
            ("v1Req", "v1_req"),
            ("FooBARReq", "foo_bar_req"),
            ("foo__bar", "foo_bar"),
            ("Foo2Bar", "foo2_bar"),
            ("my-proto.v2", "my_proto_v2"),
            ("acme.types.Point", "acme_types_point"),
            ("x86CPU", "x86_cpu"),
            ("COLOR_UNSPECIFIED", "color_unspecified"),
            ("darkBlue", "dark_blue"),
            ("FooBarBaz", "foo_bar_baz"),
            ("_Foo", "_foo"),
            ("A", "a"),
            ("", ""),
        ];
        for (name, expected) in names {
            assert_eq!(snake(name), expected, "of {name}");
        }
    }

    #[test]
    fn a_stem_is_the_name_of_the_file() {
        assert_eq!(stem("my_protocol.proto"), "my_protocol");
        assert_eq!(stem("sub/My-Chat.v2.proto"), "my_chat_v2");
        assert_eq!(
            stem("google/protobuf/timestamp.proto"),
            "google_protobuf_timestamp"
        );
    }

    #[test]
    fn reserved_words_get_an_underscore() {
        assert_eq!(member("int".into()), "int_");
        assert_eq!(member("class".into()), "class_");
        assert_eq!(member("linux".into()), "linux_");
        assert_eq!(member("int_p".into()), "int_p");
    }

    #[test]
    fn entries_of_maps_are_called_as_by_pbtools() {
        let entry = |field| snake(&map_entry("kit.Foo", field));
        assert_eq!(entry("m1"), "kit_foo_pbtools_map_m1");
        assert_eq!(entry("mapOfThings"), "kit_foo_pbtools_map_mapofthings");
        assert_eq!(entry("my_map2x"), "kit_foo_pbtools_map_my_map2_x");
    }
}
