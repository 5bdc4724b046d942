//! The arguments of the macro: a path, and options.

use proc_macro2::{Span, TokenStream};
use quote::{ToTokens, quote};
use syn::parse::{Parse, ParseStream};
use syn::{Ident, LitStr, Path, Token};

/// `"chat.proto", crate = ::renamed`.
#[derive(Debug)]
pub(crate) struct Input {
    /// The schema, as the user wrote it.
    pub(crate) schema: String,
    /// Where errors are shown.
    pub(crate) span: Span,
    /// The path of the crate `messi`.
    pub(crate) krate: TokenStream,
}

impl Parse for Input {
    fn parse(input: ParseStream<'_>) -> syn::Result<Self> {
        if !input.peek(LitStr) {
            let message = "expected the path of a schema in quotes, as in `\"chat.proto\"`";
            return Err(syn::Error::new(input.span(), message));
        }
        let schema: LitStr = input.parse()?;
        let mut krate = quote!(::messi);
        while !input.is_empty() {
            input.parse::<Token![,]>()?;
            if input.is_empty() {
                break;
            }
            if input.peek(Token![crate]) {
                input.parse::<Token![crate]>()?;
                input.parse::<Token![=]>()?;
                krate = input.call(Path::parse_mod_style)?.into_token_stream();
            } else {
                return Err(unknown_option(input));
            }
        }
        Ok(Self {
            schema: schema.value(),
            span: schema.span(),
            krate,
        })
    }
}

fn unknown_option(input: ParseStream<'_>) -> syn::Error {
    let found = input
        .fork()
        .parse::<Ident>()
        .map_or("this".into(), |option| {
            format!("the unknown option `{option}`")
        });
    let message = format!("found {found}: the only option is `crate = ::path::to::messi`");
    syn::Error::new(input.span(), message)
}
