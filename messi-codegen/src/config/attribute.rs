//! Parses the option `attributes`, as far as that needs no schema.

use proc_macro2::{Ident, Span, TokenStream};
use quote::ToTokens;
use syn::ext::IdentExt;
use syn::parse::{Parse, ParseStream};
use syn::{Error, Path, Result, Token};

use super::target::Target;

/// Attributes and their place: `ConnectReq.user: #[serde(skip)]`.
#[derive(Clone, Debug)]
pub(crate) struct Attribute {
    pub(super) place: Place,
    /// One or more attributes.
    pub(super) tokens: TokenStream,
}

/// The items that get attributes.
#[derive(Clone, Debug)]
pub(super) enum Place {
    /// All types of a kind.
    All(Kind),
    /// One type.
    Type(Target),
    /// A field or variant of a type.
    Part {
        owner: Target,
        name: String,
        span: Span,
    },
}

/// A kind of types.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Kind {
    Messages,
    Oneofs,
    Enums,
}

impl Kind {
    /// Returns the kind that a path names.
    fn of(path: &Path) -> Option<Self> {
        let name = path.get_ident()?.to_string();
        match name.as_str() {
            "messages" => Some(Self::Messages),
            "oneofs" => Some(Self::Oneofs),
            "enums" => Some(Self::Enums),
            _ => None,
        }
    }
}

impl Parse for Attribute {
    fn parse(input: ParseStream<'_>) -> Result<Self> {
        if input.peek(Token![#]) {
            let message = "expected a type before the attribute, as in `ConnectReq: #[serde(default)]`, or one of `messages`, `oneofs` and `enums`";
            return Err(input.error(message));
        }
        let place = input.parse()?;
        input.parse::<Token![:]>()?;
        Ok(Self {
            place,
            tokens: attributes(input)?,
        })
    }
}

impl Parse for Place {
    fn parse(input: ParseStream<'_>) -> Result<Self> {
        let path = input.call(Path::parse_mod_style)?;
        if input.peek(Token![.]) {
            input.parse::<Token![.]>()?;
            let name = input.call(Ident::parse_any)?;
            return Ok(Self::Part {
                owner: Target::of(&path),
                // As the layout has it, raw or not.
                name: name.to_string(),
                span: name.span(),
            });
        }
        Ok(match Kind::of(&path) {
            Some(kind) => Self::All(kind),
            None => Self::Type(Target::of(&path)),
        })
    }
}

/// Parses attributes that messi does not generate itself.
fn attributes(input: ParseStream<'_>) -> Result<TokenStream> {
    let attributes = input.call(syn::Attribute::parse_outer)?;
    if attributes.is_empty() {
        return Err(input.error("expected an attribute, as in `#[serde(default)]`"));
    }
    for attribute in &attributes {
        if attribute.path().is_ident("prost") {
            let message = "found the attribute `prost`, which messi generates itself";
            return Err(Error::new_spanned(attribute.path(), message));
        }
    }
    Ok(attributes.iter().map(ToTokens::to_token_stream).collect())
}
