//! Invocations of `messi::protocol!`.

use messi_schema::{Locations, SchemaError};
use proc_macro2::{Span, TokenStream};
use quote::{quote, quote_spanned};

use crate::config::Config;
use crate::expand::{expand, rebuild, skeleton};
use crate::input::Input;
use crate::names;
use crate::read::read_with;

/// Expands `messi::protocol!(input)`. `locate` returns the directories that the path of the schema is
/// relative to, from the span of that path.
pub fn protocol(input: TokenStream, locate: impl FnOnce(Span) -> Locations) -> TokenStream {
    let input: Input = match syn::parse2(input) {
        Ok(input) => input,
        Err(error) => return error.into_compile_error(),
    };
    let mut locations = locate(input.span);
    locations.include.clone_from(&input.config.include);
    let mut mistakes = input.mistakes;
    let expansion = match read_with(&input.schema, &locations, &input.config) {
        Ok(protocol) => {
            mistakes.extend(input.config.check(&protocol));
            expand(&protocol, &input.config)
        }
        Err(error) => errors(&error, input.span, &input.config),
    };
    let mistakes = mistakes.iter().map(syn::Error::to_compile_error);
    quote!( #(#mistakes)* #expansion )
}

/// Returns an error for each problem, and a skeleton of the protocol.
fn errors(error: &SchemaError, span: Span, config: &Config) -> TokenStream {
    let errors = error.diagnostics.iter().map(|diagnostic| {
        let message = diagnostic.to_string();
        quote_spanned!(span=> ::core::compile_error!(#message);)
    });
    let rebuild = rebuild(&error.sources);
    let skeleton = skeleton(&names::protocol(&error.name), config);
    quote!( #(#errors)* #rebuild #skeleton )
}
