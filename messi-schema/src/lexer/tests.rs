use super::*;

fn texts(text: &str) -> Vec<String> {
    lex(text)
        .tokens
        .into_iter()
        .map(|token| token.text)
        .collect()
}

fn find(text: &str, word: &str) -> Token {
    lex(text)
        .tokens
        .into_iter()
        .find(|token| token.text == word)
        .unwrap()
}

fn error(text: &str) -> (String, usize, usize) {
    let error = lex(text).error.unwrap();
    (error.message, error.position.line, error.position.column)
}

#[test]
fn tokens_are_words_numbers_texts_and_symbols() {
    assert_eq!(
        texts("message Foo { a.b x = 0x1F; } // end\n'it''s' 1.5e3"),
        [
            "message", "Foo", "{", "a", ".", "b", "x", "=", "0x1F", ";", "}", "it", "s", "1.5e3"
        ]
    );
}

#[test]
fn places_are_counted_in_lines_and_characters() {
    let token = find("/* ä\n*/ x\r\n\t\"ö\" y", "y");
    assert_eq!(token.position, Position { line: 3, column: 6 });
}

#[test]
fn a_comment_directly_before_a_token_is_its_leading_comment() {
    assert_eq!(find("// one\n// two\nword", "word").leading, ["one", "two"]);
    assert_eq!(
        find("/* one\n * two\n */\nword", "word").leading,
        ["one", "two"]
    );
    assert_eq!(find("/** one */ word", "word").leading, ["one"]);
}

#[test]
fn a_detached_comment_belongs_to_no_token() {
    let text = "// licence\n\n// docs\nword";
    assert_eq!(find(text, "word").leading, ["docs"]);
    assert!(find("// licence\n\nword", "word").leading.is_empty());
}

#[test]
fn a_comment_after_a_token_on_its_line_is_its_trailing_comment() {
    let text = "a; // of a\nb; // of b\n// of c\nc;";
    let semicolons: Vec<_> = lex(text)
        .tokens
        .into_iter()
        .filter(|token| token.is_symbol(';'))
        .collect();
    assert_eq!(semicolons[0].trailing, ["of a"]);
    assert_eq!(semicolons[1].trailing, ["of b"]);
    assert!(find(text, "b").leading.is_empty());
    assert_eq!(find(text, "c").leading, ["of c"]);
}

#[test]
fn invalid_tokens_are_errors_with_their_places() {
    assert_eq!(
        error("a\n  \"open"),
        (
            "found a string without a closing quote on the same line".into(),
            2,
            3
        )
    );
    assert_eq!(
        error("a /* open"),
        ("found a comment without its end, `*/`".into(), 1, 3)
    );
    assert_eq!(
        error("a\n ¤"),
        (
            "found the character '¤', which is not part of proto3".into(),
            2,
            2
        )
    );
    assert_eq!(
        error("\"\\"),
        (
            "found a string without a closing quote on the same line".into(),
            1,
            1
        )
    );
}
