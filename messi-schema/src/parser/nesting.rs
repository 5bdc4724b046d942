//! Checks that blocks and brackets are balanced, and not too deep.

use crate::diagnostics::Diagnostics;
use crate::lexer::{Kind, Token};

/// The greatest depth of nested blocks and brackets: far deeper than readable schemas, and shallow
/// enough for parsers that recurse.
const MAX_NESTING: usize = 64;

/// Returns the index of the closing token for each opening token, and its own index for any other.
/// Reports the first fault and returns `None` if there is one.
pub(super) fn check(
    file: &str,
    tokens: &[Token],
    diagnostics: &mut Diagnostics,
) -> Option<Vec<usize>> {
    let mut closing: Vec<usize> = (0..tokens.len()).collect();
    let mut open: Vec<usize> = Vec::new();
    let symbols = tokens.iter().enumerate();
    for (index, token) in symbols.filter(|(_, token)| token.kind == Kind::Symbol) {
        match token.text.as_str() {
            "{" | "[" | "(" | "<" => open.push(index),
            "}" | "]" | ")" | ">" => {
                let opening = open
                    .pop()
                    .filter(|&opening| are_halves(&tokens[opening], token));
                let Some(opening) = opening else {
                    let message = format!("found `{}` without an opening half", token.text);
                    diagnostics.report(file, token.position, message);
                    return None;
                };
                closing[opening] = index;
            }
            _ => {}
        }
        if open.len() > MAX_NESTING {
            let message = format!("found more than {MAX_NESTING} nested blocks");
            diagnostics.report(file, token.position, message);
            return None;
        }
    }
    if let Some(&opening) = open.first() {
        let token = &tokens[opening];
        let message = format!("found `{}` without a closing half", token.text);
        diagnostics.report(file, token.position, message);
        return None;
    }
    Some(closing)
}

fn are_halves(opening: &Token, closing: &Token) -> bool {
    matches!(
        (opening.text.as_str(), closing.text.as_str()),
        ("{", "}") | ("[", "]") | ("(", ")") | ("<", ">")
    )
}
