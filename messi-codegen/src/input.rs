//! The arguments of the macro: the path of a schema, and options.

mod options;

use proc_macro2::Span;
use syn::parse::{Parse, ParseStream};
use syn::{Error, LitStr, Result};

use self::options::Options;
use crate::config::Config;

/// The arguments of the macro: `"chat.proto", side = client`.
#[derive(Debug)]
pub(crate) struct Input {
    /// The schema, as the user wrote it.
    pub(crate) schema: String,
    /// The place of errors of the schema.
    pub(crate) span: Span,
    pub(crate) config: Config,
    /// The errors of options. The other options apply.
    pub(crate) mistakes: Vec<Error>,
}

impl Parse for Input {
    fn parse(input: ParseStream<'_>) -> Result<Self> {
        if !input.peek(LitStr) {
            let message = "expected the path of a schema in quotes, as in `\"chat.proto\"`";
            return Err(Error::new(input.span(), message));
        }
        let schema: LitStr = input.parse()?;
        let options = Options::parse(input)?;
        Ok(Self {
            schema: schema.value(),
            span: schema.span(),
            config: options.config,
            mistakes: options.mistakes,
        })
    }
}
