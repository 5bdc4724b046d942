//! From a proto3 schema to the Rust of a messi protocol.
//!
//! `messi::protocol!` is a shim over this crate: [`protocol`] does its work, from the macro's
//! arguments, which `input` reads into a [`Config`], to its expansion. The way is read, check,
//! build, expand: `source` finds and reads the files, `scan` sees their names and places, `parse`
//! hands them to `protobuf-parse`, `check` holds the rules, `build` makes the [`model`], and
//! `expand` turns it into tokens. Problems are collected as `diagnostics` and shown all at once.

#[cfg(feature = "build")]
mod compile;
mod config;
mod expand;
mod input;
mod layout;
mod names;

pub mod model;

pub use messi_schema::{Diagnostic, Locations, Position, SchemaError};
use proc_macro2::{Span, TokenStream};
use quote::{quote, quote_spanned};

#[cfg(feature = "build")]
pub use self::compile::CompileError;
pub use self::config::{BytesType, Config, Side};
pub use self::expand::expand;
use self::input::Input;
use self::layout::lay_out;
use self::model::Protocol;

/// Reads a schema and all that it imports, and lays it out in Rust.
///
/// # Errors
///
/// Every problem with the schema, with its place.
pub fn read(schema: &str, locations: &Locations) -> Result<Protocol, SchemaError> {
    messi_schema::read_with(schema, locations, |schema, diagnostics| {
        lay_out(&schema, diagnostics)
    })
}

/// Expands `messi::protocol!(input)`. `locate` tells, from the span of the schema's path, where
/// that path leads from.
pub fn protocol(input: TokenStream, locate: impl FnOnce(Span) -> Locations) -> TokenStream {
    let input: Input = match syn::parse2(input) {
        Ok(input) => input,
        Err(error) => return error.into_compile_error(),
    };
    let mut locations = locate(input.span);
    locations.include.clone_from(&input.config.include);
    let mut mistakes = input.mistakes;
    let expansion = match read(&input.schema, &locations) {
        Ok(protocol) => {
            mistakes.extend(input.config.check(&protocol));
            expand(&protocol, &input.config)
        }
        Err(error) => explain(&error, input.span, &input.config),
    };
    let mistakes = mistakes.iter().map(syn::Error::to_compile_error);
    quote!( #(#mistakes)* #expansion )
}

/// An error for each problem, and what can be expanded all the same.
fn explain(error: &SchemaError, span: Span, config: &Config) -> TokenStream {
    let errors = error.diagnostics.iter().map(|diagnostic| {
        let message = diagnostic.to_string();
        quote_spanned!(span=> ::core::compile_error!(#message);)
    });
    let rebuild = expand::rebuild(&error.sources);
    let skeleton = expand::skeleton(&names::protocol(&error.name), config);
    quote!( #(#errors)* #rebuild #skeleton )
}
