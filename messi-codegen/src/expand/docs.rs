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
/// indentation that would make a line code, and a code block a test, is too. Addresses become links,
/// as rustdoc warns of bare ones.
fn escape(line: &str) -> String {
    let mut rest = line.trim();
    let mut escaped = String::with_capacity(rest.len());
    while let Some((text, address, after)) = split_at_address(rest) {
        escape_text(text, &mut escaped);
        escaped.extend(["<", address, ">"]);
        rest = after;
    }
    escape_text(rest, &mut escaped);
    escaped
}

/// The text before the first address of the web, that address, and the rest.
fn split_at_address(line: &str) -> Option<(&str, &str, &str)> {
    let starts = ["http://", "https://"].map(|scheme| line.find(scheme));
    let start = starts.into_iter().flatten().min()?;
    let (text, rest) = line.split_at(start);
    let end = |character: char| character.is_whitespace() || "<>()[]\"`|".contains(character);
    let address = &rest[..rest.find(end).unwrap_or(rest.len())];
    // What ends a sentence is not part of it.
    let address = address.trim_end_matches(['.', ',', ';', ':', '!', '?']);
    Some((text, address, &rest[address.len()..]))
}

fn escape_text(text: &str, escaped: &mut String) {
    for character in text.chars() {
        if "[]<>`*_\\~#".contains(character) {
            escaped.push('\\');
        }
        escaped.push(character);
    }
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
    fn addresses_become_links() {
        for (line, expected) in [
            (
                "at https://a.example/b_c today",
                "at <https://a.example/b_c> today",
            ),
            ("(http://a.example)", "(<http://a.example>)"),
            ("<https://a.example/b>", r"\<<https://a.example/b>\>"),
            (
                "https://a.example/?b. And http://c.example, d_e",
                r"<https://a.example/?b>. And <http://c.example>, d\_e",
            ),
        ] {
            assert_eq!(escape(line), expected);
        }
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
