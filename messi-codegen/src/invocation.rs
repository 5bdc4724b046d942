//! Invocations of `messi::protocol!`.

mod source_directory;

use messi_schema::{Locations, SchemaError};
use proc_macro2::{Span, TokenStream};
use quote::{quote, quote_spanned};

use crate::config::Config;
use crate::expand::{expand, rebuild, undeclared};
use crate::input::Input;
use crate::model::Protocol;
use crate::names;
use crate::read::{lay_out_rest, read_with};

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
    if let Err(problem) = source_directory::complete(&input.schema, &mut locations) {
        mistakes.push(syn::Error::new(input.span, problem));
    }
    let expansion = match read_with(&input.schema, &locations, &input.config) {
        Ok(protocol) => {
            mistakes.extend(input.config.check(&protocol));
            let mention = mention(&protocol, input.span);
            let items = expand(&protocol, &input.config);
            quote!( #items #mention )
        }
        Err(error) => errors(&error, input.span, &input.config),
    };
    let mistakes = mistakes.iter().map(syn::Error::to_compile_error);
    quote!( #(#mistakes)* #expansion )
}

/// Expands a use of the protocol at the path of the schema: there, editors show its documentation.
fn mention(protocol: &Protocol, path: Span) -> TokenStream {
    let mut marker = names::ident(&protocol.marker);
    marker.set_span(path.resolved_at(Span::call_site()));
    quote!( const _: ::core::option::Option<#marker> = ::core::option::Option::None; )
}

/// Returns an error for each problem, and the expansion of the valid part. The uses of a protocol in
/// the user's program are then no errors.
fn errors(error: &SchemaError, span: Span, config: &Config) -> TokenStream {
    let mut errors = error.diagnostics.iter().map(|diagnostic| {
        let message = diagnostic.to_string();
        quote_spanned!(span=> ::core::compile_error!(#message))
    });
    let Some(rest) = lay_out_rest(error, config) else {
        let rebuild = rebuild(&error.sources);
        return quote!( #(#errors;)* #rebuild );
    };
    let undeclared = errors.next().map(|first| undeclared(&first));
    let expansion = expand(&rest, config);
    quote!( #undeclared #(#errors;)* #expansion )
}
