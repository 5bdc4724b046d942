//! Documentation of generated items.

use proc_macro2::TokenStream;
use quote::quote;

/// Returns documentation from the comment in the schema, or else this sentence, as users may
/// `deny(missing_docs)`.
pub(super) fn docs(comment: &[String], otherwise: &str) -> TokenStream {
    if comment.iter().all(|line| line.trim().is_empty()) {
        return lines(&[otherwise]);
    }
    let comment: Vec<String> = comment.iter().map(|line| escape(line)).collect();
    lines(&comment)
}

/// Returns documentation with these lines, unchanged.
pub(super) fn lines(lines: &[impl AsRef<str>]) -> TokenStream {
    let lines = lines.iter().map(|line| match line.as_ref() {
        "" => String::new(),
        line => format!(" {line}"),
    });
    quote!( #( #[doc = #lines] )* )
}

/// Returns the attribute of a deprecated item.
pub(super) fn deprecated(is_deprecated: bool) -> TokenStream {
    if is_deprecated {
        quote!( #[deprecated] )
    } else {
        TokenStream::new()
    }
}

/// Escapes a comment, which is plain text, for Markdown and rustdoc. Indentation is removed, because it
/// would make the line a code block, which rustdoc tests. Addresses become links, because rustdoc warns
/// of bare ones.
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

/// Returns the text before the first web address, that address, and the rest.
fn split_at_address(line: &str) -> Option<(&str, &str, &str)> {
    let starts = ["http://", "https://"].map(|scheme| line.find(scheme));
    let start = starts.into_iter().flatten().min()?;
    let (text, rest) = line.split_at(start);
    let end = |character: char| character.is_whitespace() || "<>()[]\"`|".contains(character);
    let address = &rest[..rest.find(end).unwrap_or(rest.len())];
    // Punctuation at the end belongs to the sentence.
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
