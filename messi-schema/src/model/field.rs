//! Fields, extensions and oneofs, with the types of values.

use super::options::Options;
use crate::comments::Comments;
use crate::google::GoogleType;
use crate::position::Position;
use crate::scalar::Scalar;

/// A field of a message, or a member of a oneof.
#[derive(Clone, Debug, PartialEq)]
#[non_exhaustive]
pub struct Field {
    /// The name: `user_name`.
    pub name: String,
    /// The name with its scope: `acme.types.Shape.user_name`.
    pub full_name: String,
    /// The name in JSON: `userName`, or that of its option.
    pub json_name: String,
    /// The number on the wire.
    pub number: u32,
    /// The place of the name.
    pub position: Position,
    /// The comments.
    pub comments: Comments,
    /// The options.
    pub options: Options,
    /// The number of values and their type.
    pub kind: FieldKind,
    /// The index of its oneof, if it is in one.
    pub oneof: Option<usize>,
}

/// The number of values of a field and their type.
#[derive(Clone, Debug, PartialEq)]
#[non_exhaustive]
pub enum FieldKind {
    /// One value. A message has presence; a scalar or an enum does not, unless it is in a oneof.
    Singular(Type),
    /// One value marked `optional`, with presence.
    Optional(Type),
    /// Any number of values, in order.
    Repeated {
        /// The type of each value.
        ty: Type,
        /// Whether the values share one length on the wire.
        is_packed: bool,
    },
    /// A map.
    Map {
        /// The type of the keys: an integer, `bool` or `string`.
        key: Scalar,
        /// The type of the values.
        value: Type,
    },
}

/// The type of one value.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum Type {
    /// A number, `bool`, `string` or `bytes`.
    Scalar(Scalar),
    /// A message of the schema, by its full name.
    Message(String),
    /// An enum of the schema, by its full name.
    Enum(String),
    /// A message or an enum of `google.protobuf`.
    Google(GoogleType),
    /// A type that the schema does not declare, by the full name that it would have. Only a schema with
    /// problems has it: see [`SchemaError::rest`](crate::SchemaError::rest).
    Unknown(String),
}

impl Type {
    /// Returns the full name of a message or an enum.
    pub fn full_name(&self) -> Option<String> {
        match self {
            Self::Scalar(_) => None,
            Self::Message(name) | Self::Enum(name) | Self::Unknown(name) => Some(name.clone()),
            Self::Google(google) => Some(google.full_name()),
        }
    }

    /// Returns whether values are messages.
    pub fn is_message(&self) -> bool {
        matches!(self, Self::Message(_)) || matches!(self, Self::Google(google) if !google.is_enum)
    }

    /// Returns whether several values can share one length on the wire.
    pub fn is_packable(&self) -> bool {
        match self {
            Self::Scalar(scalar) => scalar.is_packable(),
            _ => !self.is_message(),
        }
    }
}

/// A oneof of a message.
#[derive(Clone, Debug, PartialEq)]
#[non_exhaustive]
pub struct Oneof {
    /// The name: `messages`.
    pub name: String,
    /// The name with its scope: `chat.ClientToServer.messages`.
    pub full_name: String,
    /// The index by which its members name it.
    pub index: usize,
    /// The place of the name.
    pub position: Position,
    /// The comments.
    pub comments: Comments,
    /// The options.
    pub options: Options,
}

/// An extension of the options of `google.protobuf`: an option that the schema declares.
#[derive(Clone, Debug, PartialEq)]
#[non_exhaustive]
pub struct Extension {
    /// The extended options.
    pub extendee: GoogleType,
    /// The field.
    pub field: Field,
}
