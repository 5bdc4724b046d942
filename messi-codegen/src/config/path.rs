//! Paths of Rust that are valid in every module of an expansion.

use proc_macro2::TokenStream;
use quote::ToTokens;
use syn::parse::ParseStream;
use syn::{Error, Path, Result};

/// Parses an absolute path.
pub(crate) fn parse_absolute(input: ParseStream<'_>) -> Result<TokenStream> {
    absolute(&input.call(Path::parse_mod_style)?)
}

/// Refuses a path that is not absolute.
pub(crate) fn absolute(path: &Path) -> Result<TokenStream> {
    let starts_at_root = path.leading_colon.is_some();
    let starts_at_crate = path.segments.first().is_some_and(|it| it.ident == "crate");
    if starts_at_root || starts_at_crate {
        return Ok(path.into_token_stream());
    }
    let text = shown(path);
    let message = format!(
        "found the relative path `{text}`: write `::{text}` for a crate, or `crate::...` for an item of this crate"
    );
    Err(Error::new_spanned(path, message))
}

/// Returns a path as users write it.
pub(crate) fn shown(path: &impl ToTokens) -> String {
    path.to_token_stream().to_string().replace(' ', "")
}
