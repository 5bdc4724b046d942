//! Names of generated files and items, by the rules of the original. The languages share them.

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

/// Capitalises the first letter of each run of letters, and no other.
pub(crate) fn title(name: &str) -> String {
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
            ("v1Req", "v1_req"),
            ("FooBARReq", "foo_bar_req"),
            ("foo__bar", "foo_bar"),
            ("my-proto.v2", "my_proto_v2"),
            ("acme.types.Point", "acme_types_point"),
            ("x86CPU", "x86_cpu"),
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
    }

    #[test]
    fn each_run_of_letters_is_capitalised() {
        assert_eq!(title("my_protocol"), "My_Protocol");
        assert_eq!(title("chat2go"), "Chat2Go");
    }
}
