//! The meaning of a valid schema, for a back end of any language.
//!
//! Names are those of protobuf: `acme.types.Shape.Inner` is the full name of a message inside a
//! message of the package `acme.types`. Items keep the order of their declaration, their place and
//! their comments. Only [`read`](crate::read) makes a model, and only of a valid schema.

mod enumeration;
mod field;
mod message;
mod options;
mod service;

use std::path::PathBuf;

pub use self::enumeration::{Enum, Reserved, Value};
pub use self::field::{Extension, Field, FieldKind, Oneof, Type};
pub use self::message::{Message, Part};
pub use self::options::{OptionValue, Options};
pub use self::service::{Method, Service};
use crate::ast::{ImportKind, join};
use crate::comments::Comments;
use crate::encoder::Encoder;
use crate::position::Position;
use crate::protocol;

/// A schema: a file with all that it imports, and the protocol that it declares.
#[derive(Clone, Debug, PartialEq)]
#[non_exhaustive]
pub struct Schema {
    /// The name of the schema: the last part of the package that is no version, such as `v1`, or the stem of
    /// the file if there is no such part.
    pub name: String,
    /// The files, each after those that it imports. The last is the schema itself. Files of
    /// `google/protobuf/` are not among them.
    pub files: Vec<ProtoFile>,
    /// The protocol. Only a schema that was read for its messages alone may have no protocol.
    pub protocol: Option<Protocol>,
    /// The paths of all files, the schema first.
    pub sources: Vec<PathBuf>,
}

/// The two directions of a protocol.
#[derive(Clone, Debug, PartialEq)]
#[non_exhaustive]
pub struct Protocol {
    /// The messages that clients send.
    pub client_to_server: Direction,
    /// The messages that servers send.
    pub server_to_client: Direction,
}

impl Schema {
    /// Returns the package of the schema itself, or an empty name.
    pub fn package(&self) -> &str {
        self.files.last().map_or("", ProtoFile::package_name)
    }

    /// Returns the message of one direction and the missing one of the other, if the package of the
    /// schema has only one of them. That is no protocol, and most likely a mistake.
    pub fn half_a_protocol(&self) -> Option<(&'static str, &'static str)> {
        let has = |name| {
            let full_name = join(self.package(), name);
            let mut messages = self.files.iter().flat_map(|file| &file.messages);
            messages.any(|message| message.full_name == full_name)
        };
        let (client, server) = (protocol::CLIENT_TO_SERVER, protocol::SERVER_TO_CLIENT);
        match (has(client), has(server)) {
            (true, false) => Some((client, server)),
            (false, true) => Some((server, client)),
            _ => None,
        }
    }

    /// Returns every file as a `FileDescriptorProto`, in one `FileDescriptorSet`, like
    /// `protoc --descriptor_set_out` with `--include_imports`, but without the files of
    /// `google/protobuf/`.
    pub fn descriptor_set(&self) -> Vec<u8> {
        let mut set = Encoder::default();
        for file in &self.files {
            set.bytes(1, &file.descriptor);
        }
        set.into_bytes()
    }
}

/// One direction of a protocol.
#[derive(Clone, Debug, PartialEq)]
#[non_exhaustive]
pub struct Direction {
    /// The full name of its message: `chat.ClientToServer`. The members of the oneof `messages` are
    /// the messages that one side sends and the other handles.
    pub message: String,
    /// The members that are requests.
    pub requests: Vec<Request>,
}

impl Direction {
    /// The name of the oneof in the message of a direction.
    pub const ONEOF: &'static str = protocol::ONEOF;
}

/// A request and its response, as names of members of the two directions.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct Request {
    /// The member of this direction: `foo_req`.
    pub request: String,
    /// The member of the other direction: `foo_rsp`.
    pub response: String,
}

/// A file.
#[derive(Clone, Debug, PartialEq)]
#[non_exhaustive]
pub struct ProtoFile {
    /// The name by which others import it: `acme/shapes.proto`.
    pub name: String,
    /// The path that problems show: as the user or the import wrote it.
    pub display_name: String,
    /// The path of the file.
    pub path: PathBuf,
    /// The text of the file.
    pub text: String,
    /// The package, if the file has one.
    pub package: Option<Package>,
    /// The imports.
    pub imports: Vec<Import>,
    /// The messages outside of messages.
    pub messages: Vec<Message>,
    /// The enums outside of messages.
    pub enums: Vec<Enum>,
    /// The services, which messi ignores.
    pub services: Vec<Service>,
    /// The extensions outside of messages: options that the schema declares.
    pub extensions: Vec<Extension>,
    /// The options of the file.
    pub options: Options,
    /// The comments of the `syntax` statement.
    pub comments: Comments,
    /// The file as a `FileDescriptorProto` in the form of protoc.
    pub descriptor: Vec<u8>,
}

impl ProtoFile {
    /// Returns the name of the package, or an empty name.
    pub fn package_name(&self) -> &str {
        self.package.as_ref().map_or("", |package| &package.name)
    }
}

/// The package of a file.
#[derive(Clone, Debug, PartialEq)]
#[non_exhaustive]
pub struct Package {
    /// The name: `acme.types`.
    pub name: String,
    /// The place of the name.
    pub position: Position,
    /// The comments of the statement.
    pub comments: Comments,
}

/// An import.
#[derive(Clone, Debug, PartialEq)]
#[non_exhaustive]
pub struct Import {
    /// The name of the imported file: `acme/shapes.proto`.
    pub name: String,
    /// The kind of the import.
    pub kind: ImportKind,
    /// The files of proto3 that an imported file of another syntax imports publicly.
    pub through: Vec<String>,
    /// The place of the name.
    pub position: Position,
    /// The comments of the statement.
    pub comments: Comments,
}
