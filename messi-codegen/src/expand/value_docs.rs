//! Documentation of fields, members, and messages of handlers: of everything that has a value.

use proc_macro2::TokenStream;
use quote::quote;

use super::docs::docs;
use super::scope::{Scope, spaceless};
use super::types::enum_type;
use crate::model::Type;

/// Returns documentation from the comment in the schema, or else this sentence. Numbers of an enum have a link to
/// its type, which the `i32` in the declaration does not name.
pub(super) fn value_docs(
    comment: &[String],
    otherwise: &str,
    ty: &Type,
    scope: &Scope,
) -> TokenStream {
    let docs = docs(comment, otherwise);
    let Some(path) = enum_type(ty, scope) else {
        return docs;
    };
    let path = spaceless(&path);
    let (_, name) = path.rsplit_once("::").unwrap_or(("", &path));
    let link = format!(" The values are those of [`{name}`](enum@{path}).");
    quote!( #docs #[doc = ""] #[doc = #link] )
}
