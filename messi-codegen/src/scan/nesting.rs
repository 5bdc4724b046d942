//! Blocks and brackets: each opened and closed, and not nested deeper than a parser can follow.

use crate::diagnostics::Diagnostics;
use crate::lex::{Kind, Token};

/// How deep blocks and brackets may be nested. Far deeper than anything readable, and shallow
/// enough for a parser that recurses.
const MAX_NESTING: usize = 64;

/// Reports the first fault; `None` if there is one.
pub(super) fn check(file: &str, tokens: &[Token], diagnostics: &mut Diagnostics) -> Option<()> {
    let mut open: Vec<&Token> = Vec::new();
    for token in tokens.iter().filter(|token| token.kind == Kind::Symbol) {
        match token.text.as_str() {
            "{" | "[" | "(" | "<" => open.push(token),
            "}" | "]" | ")" | ">" => {
                let matches = open.pop().is_some_and(|opening| {
                    matches!(
                        (opening.text.as_str(), token.text.as_str()),
                        ("{", "}") | ("[", "]") | ("(", ")") | ("<", ">")
                    )
                });
                if !matches {
                    let message = format!("found `{}` without its opening half", token.text);
                    diagnostics.report(file, token.position, message);
                    return None;
                }
            }
            _ => {}
        }
        if open.len() > MAX_NESTING {
            let message = format!("found more than {MAX_NESTING} nested blocks");
            diagnostics.report(file, token.position, message);
            return None;
        }
    }
    if let Some(token) = open.first() {
        let message = format!("found `{}` without its closing half", token.text);
        diagnostics.report(file, token.position, message);
        return None;
    }
    Some(())
}
