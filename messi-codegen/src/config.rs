//! What to generate of a schema, and how: the options of the macro and of build scripts.

mod ability;
mod derive;
mod derives;
mod externs;
mod item;
mod path;

use std::path::PathBuf;

use proc_macro2::TokenStream;
use quote::quote;
use syn::Error;
use syn::parse::Parser;

pub(crate) use self::derive::Derive;
pub(crate) use self::derives::Derives;
pub(crate) use self::externs::{Extern, Externs};
pub(crate) use self::path::parse_absolute;
use crate::model::Protocol;

/// What to generate of a schema, and how.
#[derive(Clone, Debug)]
pub struct Config {
    /// The path of the crate `messi`.
    pub(crate) krate: TokenStream,
    pub(crate) include: Vec<PathBuf>,
    pub(crate) side: Side,
    pub(crate) derives: Vec<Derive>,
    pub(crate) bytes: BytesType,
    pub(crate) externs: Vec<Extern>,
    /// Where to write, if not to the directory of build scripts.
    #[cfg(feature = "build")]
    pub(crate) out_dir: Option<PathBuf>,
    /// What is wrong with the texts that the setters were given.
    pub(crate) mistakes: Vec<Error>,
}

/// The sides of a protocol that a program needs.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Side {
    /// The client alone.
    Client,
    /// The server alone.
    Server,
    /// Both.
    #[default]
    Both,
}

impl Side {
    /// Whether the items of clients are wanted.
    pub(crate) fn has_client(self) -> bool {
        self != Self::Server
    }

    /// Whether the items of servers are wanted.
    pub(crate) fn has_server(self) -> bool {
        self != Self::Client
    }
}

/// The Rust type of `bytes` fields.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum BytesType {
    /// `Vec<u8>`.
    #[default]
    Vec,
    /// `bytes::Bytes`, as `messi::prost::bytes` has it: a clone shares the bytes. Values of maps
    /// are a `Vec<u8>` all the same, as prost knows no other.
    Bytes,
}

impl Default for Config {
    fn default() -> Self {
        Self {
            krate: quote!(::messi),
            include: Vec::new(),
            side: Side::default(),
            derives: Vec::new(),
            bytes: BytesType::default(),
            externs: Vec::new(),
            #[cfg(feature = "build")]
            out_dir: None,
            mistakes: Vec::new(),
        }
    }
}

/// Each setter does what the option of the same name of `messi::protocol!` does. What is wrong with
/// its text is told when the schema is compiled.
impl Config {
    /// Both sides, with no more than what every protocol has.
    pub fn new() -> Self {
        Self::default()
    }

    /// The path of the crate `messi`, where it is not `::messi`. It begins with `::` or `crate::`.
    #[must_use]
    pub fn messi(mut self, path: &str) -> Self {
        match parse_absolute.parse_str(path) {
            Ok(path) => self.krate = path,
            Err(mistake) => self.mistakes.push(mistake),
        }
        self
    }

    /// A directory in which schemas and imports are looked for as well. Its path leads from that
    /// of `Cargo.toml`.
    #[must_use]
    pub fn include(mut self, directory: impl Into<PathBuf>) -> Self {
        self.include.push(directory.into());
        self
    }

    /// The sides to generate: both, unless one is chosen.
    #[must_use]
    pub fn side(mut self, side: Side) -> Self {
        self.side = side;
        self
    }

    /// Derives for all types, as in `"Eq, Hash"`, or for one, as in `"ConnectReq: Eq + Hash"`.
    #[must_use]
    pub fn derive(mut self, derives: &str) -> Self {
        match Derive::parse_list.parse_str(derives) {
            Ok(derives) => self.derives.extend(derives),
            Err(mistake) => self.mistakes.push(mistake),
        }
        self
    }

    /// The type of `bytes` fields: [`BytesType::Vec`], unless another is chosen.
    #[must_use]
    pub fn bytes(mut self, bytes: BytesType) -> Self {
        self.bytes = bytes;
        self
    }

    /// The module of the types of a package, which are then not generated. Its path begins with
    /// `::` or `crate::`.
    #[must_use]
    pub fn extern_package(mut self, package: &str, path: &str) -> Self {
        match Extern::new(package, path) {
            Ok(package) => self.externs.push(package),
            Err(mistake) => self.mistakes.push(mistake),
        }
        self
    }

    /// The directory that [`compile`](Self::compile) writes to: that of build scripts, `OUT_DIR`,
    /// unless another is chosen.
    #[cfg(feature = "build")]
    #[must_use]
    pub fn out_dir(mut self, directory: impl Into<PathBuf>) -> Self {
        self.out_dir = Some(directory.into());
        self
    }

    /// What is wrong with the options for a protocol.
    pub(crate) fn check(&self, protocol: &Protocol) -> Vec<Error> {
        let mut mistakes = self.mistakes.clone();
        mistakes.extend(externs::check(&self.externs, protocol));
        let root = Externs::new(&self.externs, protocol).without(&protocol.root);
        mistakes.extend(Derives::new(&self.derives, &root).mistakes);
        mistakes
    }
}
