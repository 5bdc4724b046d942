//! Enums and reservations.

use super::options::Options;
use crate::comments::Comments;
use crate::position::Position;

/// An enum.
#[derive(Clone, Debug, PartialEq)]
#[non_exhaustive]
pub struct Enum {
    /// The name: `ColorKind`.
    pub name: String,
    /// The name with its scope: `acme.types.ColorKind`.
    pub full_name: String,
    /// The place of the name.
    pub position: Position,
    /// The comments.
    pub comments: Comments,
    /// The options.
    pub options: Options,
    /// The values in the order of declaration, aliases included. The first is zero.
    pub values: Vec<Value>,
    /// The reserved names and numbers.
    pub reserved: Reserved,
}

/// A value of an enum.
#[derive(Clone, Debug, PartialEq)]
#[non_exhaustive]
pub struct Value {
    /// The name: `COLOR_KIND_RED`.
    pub name: String,
    /// The number on the wire.
    pub number: i32,
    /// The place of the name.
    pub position: Position,
    /// The comments.
    pub comments: Comments,
    /// The options.
    pub options: Options,
}

/// The reserved names and numbers of a message or an enum.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct Reserved {
    /// The first and the last number of each range.
    pub ranges: Vec<(i32, i32)>,
    /// The names.
    pub names: Vec<String>,
}
