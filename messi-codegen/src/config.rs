//! The options of the macro and of build scripts.

mod ability;
mod attribute;
mod attributes;
mod derive;
mod derives;
mod externs;
mod item;
mod list;
mod path;
mod rename;
mod requests;
mod target;
mod views;

use std::path::PathBuf;

use proc_macro2::TokenStream;
use quote::quote;
use syn::Error;
use syn::parse::Parser;

pub(crate) use self::attribute::Attribute;
pub(crate) use self::attributes::Attributes;
pub(crate) use self::derive::Derive;
pub(crate) use self::derives::Derives;
pub(crate) use self::externs::{Extern, Externs};
pub(crate) use self::list::parse_list;
pub(crate) use self::path::parse_absolute;
pub(crate) use self::rename::Rename;
use self::requests::Exception;
pub(crate) use self::requests::Requests;
pub(crate) use self::target::Target;
pub(crate) use self::views::Views;
use crate::model::{Module, Protocol};
use crate::names::DirectionNames;

/// The options of an expansion.
#[derive(Clone, Debug)]
pub struct Config {
    /// The path of the crate `messi`.
    pub(crate) krate: TokenStream,
    pub(crate) include: Vec<PathBuf>,
    pub(crate) side: Side,
    pub(crate) derives: Vec<Derive>,
    pub(crate) attributes: Vec<Attribute>,
    pub(crate) bytes: BytesType,
    pub(crate) externs: Vec<Extern>,
    pub(crate) renames: Vec<Rename>,
    pub(crate) requests: Requests,
    pub(crate) handlers: Handlers,
    /// The messages that handlers get as views.
    pub(crate) views: Vec<Target>,
    /// The directory of the file, if not that of build scripts.
    #[cfg(feature = "build")]
    pub(crate) out_dir: Option<PathBuf>,
    /// The errors of the arguments of setters.
    pub(crate) mistakes: Vec<Error>,
}

/// The sides of a protocol to generate.
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
    /// Returns whether to generate the items of clients.
    pub(crate) fn has_client(self) -> bool {
        self != Self::Server
    }

    /// Returns whether to generate the items of servers.
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
    /// `bytes::Bytes`, from `messi::prost::bytes`: a clone shares the bytes. Values of maps are a
    /// `Vec<u8>`, as prost supports no other type there.
    Bytes,
}

/// Which methods for messages a handler must have.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Handlers {
    /// Each method has a default, which counts the message as unhandled.
    #[default]
    Optional,
    /// All of them.
    Required,
}

impl Default for Config {
    fn default() -> Self {
        Self {
            krate: quote!(::messi),
            include: Vec::new(),
            side: Side::default(),
            derives: Vec::new(),
            attributes: Vec::new(),
            bytes: BytesType::default(),
            externs: Vec::new(),
            renames: Vec::new(),
            requests: Requests::default(),
            handlers: Handlers::default(),
            views: Vec::new(),
            #[cfg(feature = "build")]
            out_dir: None,
            mistakes: Vec::new(),
        }
    }
}

/// Each setter corresponds to an option of `messi::protocol!`. Errors of its argument are reported
/// when the schema is compiled.
impl Config {
    /// Creates options for both sides without extras.
    pub fn new() -> Self {
        Self::default()
    }

    /// Sets the path of the crate `messi`, which begins with `::` or `crate::`. The default is
    /// `::messi`.
    #[must_use]
    pub fn messi(mut self, path: &str) -> Self {
        match parse_absolute.parse_str(path) {
            Ok(path) => self.krate = path,
            Err(mistake) => self.mistakes.push(mistake),
        }
        self
    }

    /// Adds a directory in which schemas and imports are searched. Its path is relative to
    /// `Cargo.toml`.
    #[must_use]
    pub fn include(mut self, directory: impl Into<PathBuf>) -> Self {
        self.include.push(directory.into());
        self
    }

    /// Sets the sides to generate. The default is both.
    #[must_use]
    pub fn side(mut self, side: Side) -> Self {
        self.side = side;
        self
    }

    /// Adds derives for all types, as in `"Eq, Hash"`, or for one, as in `"ConnectReq: Eq + Hash"`.
    #[must_use]
    pub fn derive(mut self, derives: &str) -> Self {
        match parse_list.parse_str(derives) {
            Ok(derives) => self.derives.extend(derives),
            Err(mistake) => self.mistakes.push(mistake),
        }
        self
    }

    /// Adds attributes, as in `"messages: #[serde(default)]"`, for a type, as in
    /// `"ConnectReq: #[serde(rename = \"Login\")]"`, or for a field or variant, as in
    /// `"ConnectReq.user: #[serde(skip)]"`.
    #[must_use]
    pub fn attributes(mut self, attributes: &str) -> Self {
        match parse_list.parse_str(attributes) {
            Ok(attributes) => self.attributes.extend(attributes),
            Err(mistake) => self.mistakes.push(mistake),
        }
        self
    }

    /// Sets the type of `bytes` fields. The default is [`BytesType::Vec`].
    #[must_use]
    pub fn bytes(mut self, bytes: BytesType) -> Self {
        self.bytes = bytes;
        self
    }

    /// Uses the types of a package from a module, instead of generating them, or instead of those of `prost_types` for
    /// `google.protobuf`. The path of the module begins with `::` or `crate::`.
    #[must_use]
    pub fn extern_package(mut self, package: &str, path: &str) -> Self {
        match Extern::new(package, path) {
            Ok(package) => self.externs.push(package),
            Err(mistake) => self.mistakes.push(mistake),
        }
        self
    }

    /// Uses another name for an item in Rust, as if the schema had it: for a message, an enum, a field, a oneof
    /// or a value. The item is named with its package, a value with that of its enum: `chat.Color.COLOR_RED`.
    #[must_use]
    pub fn rename(mut self, item: &str, name: &str) -> Self {
        match Rename::new(item, name) {
            Ok(rename) => self.renames.push(rename),
            Err(mistake) => self.mistakes.push(mistake),
        }
        self
    }

    /// Makes these members `foo_req` messages like all others, though there is a `foo_rsp`.
    #[must_use]
    pub fn no_requests_of(mut self, members: &[&str]) -> Self {
        let exceptions = members.iter().map(|name| Exception::new(name));
        self.requests = Requests::Except(exceptions.collect());
        self
    }

    /// Makes all members messages: no member is a request.
    #[must_use]
    pub fn no_requests(mut self) -> Self {
        self.requests = Requests::None;
        self
    }

    /// Sets which methods for messages a handler must have. The default is [`Handlers::Optional`].
    #[must_use]
    pub fn handlers(mut self, handlers: Handlers) -> Self {
        self.handlers = handlers;
        self
    }

    /// Lets handlers get these messages as views, which borrow from the received bytes. They are named as in
    /// [`derive`](Self::derive).
    #[must_use]
    pub fn views(mut self, messages: &[&str]) -> Self {
        self.views = messages.iter().map(|name| Target::new(name)).collect();
        self
    }

    /// Sets the directory that [`compile`](Self::compile) writes to. The default is that of build
    /// scripts, `OUT_DIR`.
    #[cfg(feature = "build")]
    #[must_use]
    pub fn out_dir(mut self, directory: impl Into<PathBuf>) -> Self {
        self.out_dir = Some(directory.into());
        self
    }

    /// Returns the errors of the options for a protocol.
    pub(crate) fn check(&self, protocol: &Protocol) -> Vec<Error> {
        let mut mistakes = self.mistakes.clone();
        mistakes.extend(externs::check(&self.externs, protocol));
        mistakes.extend(self.requests.check(protocol));
        let externs = Externs::new(&self.externs, protocol);
        let root = externs.without(&protocol.root);
        mistakes.extend(Derives::new(&self.derives, &root, &externs).mistakes);
        mistakes.extend(Attributes::new(&self.attributes, &root).mistakes);
        mistakes.extend(self.views_of(&root, protocol).mistakes);
        mistakes
    }

    /// Returns the views for a protocol, with these types beside those of external packages.
    pub(crate) fn views_of(&self, root: &Module, protocol: &Protocol) -> Views {
        let (client, server) = (self.side.has_client(), self.side.has_server());
        let to_server = DirectionNames::client_to_server().path();
        let to_client = DirectionNames::server_to_client().path();
        let received = [
            server.then_some((to_server, &protocol.client_to_server)),
            client.then_some((to_client, &protocol.server_to_client)),
        ];
        let received: Vec<_> = received.into_iter().flatten().collect();
        Views::new(&self.views, &received, root, protocol)
    }
}
