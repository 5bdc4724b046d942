//! From a proto3 schema to the Rust of a messi protocol.
//!
//! `messi::protocol!` is a shim over this crate: [`protocol`] does its work, from the macro's
//! arguments, which `input` reads into a [`Config`], to its expansion. The way is read, check,
//! build, expand: `source` finds and reads the files, `scan` sees their names and places, `parse`
//! hands them to `protobuf-parse`, `check` holds the rules, `build` makes the [`model`], and
//! `expand` turns it into tokens. Problems are collected as `diagnostics` and shown all at once.

mod build;
mod bundled;
mod check;
#[cfg(feature = "build")]
mod compile;
mod config;
mod diagnostics;
mod expand;
mod input;
mod lex;
mod names;
mod parse;
mod scan;
mod source;

pub mod model;

use std::path::PathBuf;

use proc_macro2::{Span, TokenStream};
use quote::{quote, quote_spanned};

use self::check::File;
#[cfg(feature = "build")]
pub use self::compile::CompileError;
pub use self::config::{BytesType, Config, Side};
use self::diagnostics::Diagnostics;
pub use self::diagnostics::{Diagnostic, Position};
pub use self::expand::expand;
use self::input::Input;
use self::model::Protocol;
pub use self::source::Locations;
use self::source::Sources;

/// Why a schema could not be read.
#[derive(Debug)]
pub struct SchemaError {
    /// Every problem found, at least one.
    pub diagnostics: Vec<Diagnostic>,
    /// The name that the protocol would have: `my_protocol`.
    pub name: String,
    /// The files that were read: an edit of one may mend it.
    pub sources: Vec<PathBuf>,
}

/// Reads a schema and all that it imports.
///
/// # Errors
///
/// Every problem with it, each with its place.
pub fn read(schema: &str, locations: &Locations) -> Result<Protocol, SchemaError> {
    let mut diagnostics = Diagnostics::default();
    let sources = source::load(schema, locations, &mut diagnostics);
    let protocol = understand(&sources, &mut diagnostics);
    match protocol {
        Some(protocol) if diagnostics.is_empty() => Ok(protocol),
        _ => Err(SchemaError {
            name: protocol_name(schema, &sources),
            diagnostics: diagnostics.into_sorted(&sources.texts),
            sources: sources.paths,
        }),
    }
}

/// Goes from stage to stage. Where names are not sound, those after it would report what follows
/// from that; where other rules are broken, they may find more.
fn understand(sources: &Sources, diagnostics: &mut Diagnostics) -> Option<Protocol> {
    check::heads(sources, diagnostics);
    if !diagnostics.is_empty() {
        return None;
    }
    check::names(sources, diagnostics);
    let are_names_sound = diagnostics.is_empty();
    check::rules(sources, diagnostics);
    if !are_names_sound {
        return None;
    }
    let descriptors = parse::parse(sources, diagnostics)?;
    let files: Vec<File<'_>> = sources
        .files
        .iter()
        .filter_map(|source| {
            let descriptor = descriptors.iter().find(|file| file.name() == source.name)?;
            Some(File {
                scan: &source.scan,
                descriptor,
            })
        })
        .collect();
    check::directions(&files, diagnostics);
    build::build(&files, &sources.paths, diagnostics)
}

fn protocol_name(schema: &str, sources: &Sources) -> String {
    let package = sources
        .files
        .last()
        .map_or("", |source| source.scan.package());
    names::protocol(package, schema)
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
    let skeleton = expand::skeleton(&error.name, config);
    quote!( #(#errors)* #rebuild #skeleton )
}
