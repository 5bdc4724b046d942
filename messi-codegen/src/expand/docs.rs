//! Documentation of generated items.

use proc_macro2::TokenStream;
use quote::quote;

/// Documentation taken from the schema's comment, or this sentence where it has none: generated
/// items are documented, so that a user's `deny(missing_docs)` holds.
pub(super) fn docs(comment: &[String], otherwise: &str) -> TokenStream {
    if comment.iter().all(|line| line.trim().is_empty()) {
        return lines(&[otherwise]);
    }
    let comment: Vec<String> = comment.iter().map(|line| escape(line)).collect();
    lines(&comment)
}

/// Documentation of these lines, as they are.
pub(super) fn lines(lines: &[impl AsRef<str>]) -> TokenStream {
    let lines = lines.iter().map(|line| match line.as_ref() {
        "" => String::new(),
        line => format!(" {line}"),
    });
    quote!( #( #[doc = #lines] )* )
}

/// The attribute of a deprecated item.
pub(super) fn deprecated(is_deprecated: bool) -> TokenStream {
    if is_deprecated {
        quote!( #[deprecated] )
    } else {
        TokenStream::new()
    }
}

/// A comment is plain text: what Markdown or rustdoc would read into it is taken from it. The
/// indentation that would make a line code, and a code block a test, is too.
fn escape(line: &str) -> String {
    let mut escaped = String::with_capacity(line.len());
    for character in line.trim().chars() {
        if matches!(
            character,
            '[' | ']' | '<' | '>' | '`' | '*' | '_' | '\\' | '~' | '#'
        ) {
            escaped.push('\\');
        }
        escaped.push(character);
    }
    link(&escaped)
}

/// Makes links of bare addresses, which rustdoc warns of.
fn link(line: &str) -> String {
    let words = line.split(' ').map(|word| {
        if word.starts_with("http://") || word.starts_with("https://") {
            format!("<{}>", word.replace('\\', ""))
        } else {
            word.into()
        }
    });
    words.collect::<Vec<String>>().join(" ")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn comments_are_plain_text() {
        assert_eq!(
            escape("see [Foo] and <b>, `x`"),
            r"see \[Foo\] and \<b\>, \`x\`"
        );
        assert_eq!(escape("    let code = 1;"), "let code = 1;");
        assert_eq!(escape("# no heading"), r"\# no heading");
    }

    #[test]
    fn bare_addresses_become_links() {
        assert_eq!(
            escape("at https://a.example/b_c today"),
            "at <https://a.example/b_c> today"
        );
    }

    #[test]
    fn an_item_without_a_comment_is_documented_all_the_same() {
        let tokens = docs(&[], "The message `Foo`.").to_string();
        assert_eq!(tokens, quote!( #[doc = " The message `Foo`."] ).to_string());
        assert_eq!(
            docs(&["  ".into()], "Else.").to_string(),
            docs(&[], "Else.").to_string()
        );
    }
}
