//! Names that the user chooses for Rust.

use proc_macro2::Span;
use syn::ext::IdentExt;
use syn::parse::{Parse, ParseStream, Parser};
use syn::{Error, Ident, LitStr, Result, Token};

/// An item of the schema and its name: `"chat.ChatClient" => ClientInfo`.
#[derive(Clone, Debug)]
pub(crate) struct Rename {
    /// The full name in the schema.
    pub(crate) item: String,
    /// The name to use in its place.
    pub(crate) name: String,
}

impl Rename {
    pub(crate) fn new(item: &str, name: &str) -> Result<Self> {
        let name = Ident::parse_any.parse_str(name).map_err(|_| {
            let message =
                format!("found the new name `{name}` of `{item}`, expected an identifier");
            Error::new(Span::call_site(), message)
        })?;
        Ok(Self {
            item: item.into(),
            name: name.unraw().to_string(),
        })
    }
}

impl Parse for Rename {
    fn parse(input: ParseStream<'_>) -> Result<Self> {
        let item: LitStr = input.parse()?;
        input.parse::<Token![=>]>()?;
        let name = input.call(Ident::parse_any)?;
        Ok(Self {
            item: item.value(),
            name: name.unraw().to_string(),
        })
    }
}
