//! The Rust back end of messi: expands a proto3 schema into the Rust of a messi protocol.
//!
//! `messi::protocol!` is a shim over [`protocol`], and build scripts call [`Config::compile`]. Both
//! pass a schema through these stages:
//!
//! 1. `messi-schema` reads and checks the files, and returns a model for any language.
//! 2. `layout` chooses names, modules, boxes and the types of prost, and reports names that clash in
//!    Rust. Its result is the [`model`].
//! 3. `config` checks the options against the model.
//! 4. `expand` writes the items.
//!
//! `input` parses the arguments of the macro into a [`Config`].

#[cfg(feature = "build")]
mod compile;
mod config;
mod expand;
mod input;
mod invocation;
mod layout;
mod names;
mod read;

pub mod model;

pub use messi_schema::{Diagnostic, Locations, Position, SchemaError};

#[cfg(feature = "build")]
pub use self::compile::CompileError;
pub use self::config::{BytesType, Config, Handlers, Side};
pub use self::expand::expand;
pub use self::invocation::protocol;
pub use self::read::{check, read};
