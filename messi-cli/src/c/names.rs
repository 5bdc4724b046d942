//! Names that only C has, by the rules of the original Messi and of pbtools.

use crate::names::title;
pub(crate) use crate::names::{snake, stem};

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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn words_begin_where_pbtools_begins_them() {
        let names = [
            ("COLOR_UNSPECIFIED", "color_unspecified"),
            ("darkBlue", "dark_blue"),
            ("Foo2Bar", "foo2_bar"),
            ("FooBarBaz", "foo_bar_baz"),
            ("V1Req", "v1_req"),
            ("_Foo", "_foo"),
            ("A", "a"),
        ];
        for (name, expected) in names {
            assert_eq!(snake(name), expected, "of {name}");
        }
    }

    #[test]
    fn files_of_google_keep_their_directory() {
        let stem = stem("google/protobuf/timestamp.proto");
        assert_eq!(stem, "google_protobuf_timestamp");
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
