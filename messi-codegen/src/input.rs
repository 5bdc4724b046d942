//! The arguments of the macro: a path, and options.

use proc_macro2::{Span, TokenStream};
use quote::{ToTokens, quote};
use syn::parse::{Parse, ParseStream};
use syn::{Error, Ident, LitStr, Path, Result, Token};

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
    fn parse(input: ParseStream<'_>) -> Result<Self> {
        if !input.peek(LitStr) {
            let message = "expected the path of a schema in quotes, as in `\"chat.proto\"`";
            return Err(Error::new(input.span(), message));
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
                krate = absolute(&input.call(Path::parse_mod_style)?)?;
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

/// The path of the crate, which must be right in every module of the expansion.
fn absolute(path: &Path) -> Result<TokenStream> {
    let starts_at_root = path.leading_colon.is_some();
    let starts_at_crate = path.segments.first().is_some_and(|it| it.ident == "crate");
    if starts_at_root || starts_at_crate {
        return Ok(path.into_token_stream());
    }
    let text = path.to_token_stream().to_string().replace(' ', "");
    let message = format!(
        "found the relative path `{text}`: write `::{text}` for a crate, or `crate::...` for what is in this one"
    );
    Err(Error::new_spanned(path, message))
}

fn unknown_option(input: ParseStream<'_>) -> Error {
    let found = input
        .fork()
        .parse::<Ident>()
        .map_or("this".into(), |option| {
            format!("the unknown option `{option}`")
        });
    let message = format!("found {found}: the only option is `crate = ::path::to::messi`");
    Error::new(input.span(), message)
}
