//! Messages.

use super::enumeration::{Enum, Reserved};
use super::field::{Extension, Field, Oneof};
use super::options::Options;
use crate::comments::Comments;
use crate::position::Position;

/// A message.
#[derive(Clone, Debug, PartialEq)]
#[non_exhaustive]
pub struct Message {
    /// The name: `Inner`.
    pub name: String,
    /// The name with its scope: `acme.types.Shape.Inner`.
    pub full_name: String,
    /// The place of the name.
    pub position: Position,
    /// The comments.
    pub comments: Comments,
    /// The options.
    pub options: Options,
    /// All fields in the order of declaration, the members of oneofs included.
    pub fields: Vec<Field>,
    /// The oneofs in the order of declaration.
    pub oneofs: Vec<Oneof>,
    /// The messages inside, without those that protobuf declares for the entries of maps.
    pub messages: Vec<Self>,
    /// The enums inside.
    pub enums: Vec<Enum>,
    /// The extensions inside.
    pub extensions: Vec<Extension>,
    /// The reserved names and numbers.
    pub reserved: Reserved,
}

/// A field of a message, or a oneof.
#[derive(Clone, Copy, Debug, PartialEq)]
#[non_exhaustive]
pub enum Part<'a> {
    /// A field in no oneof.
    Field(&'a Field),
    /// A oneof with all its members.
    Oneof(&'a Oneof),
}

impl Message {
    /// Returns the fields and oneofs in the order of declaration.
    pub fn parts(&self) -> impl Iterator<Item = Part<'_>> {
        let is_first = |index: usize, oneof: usize| {
            let earlier = &self.fields[..index];
            earlier.iter().all(|field| field.oneof != Some(oneof))
        };
        let fields = self.fields.iter().enumerate();
        fields.filter_map(move |(index, field)| match field.oneof {
            None => Some(Part::Field(field)),
            Some(oneof) if is_first(index, oneof) => self.oneofs.get(oneof).map(Part::Oneof),
            Some(_) => None,
        })
    }

    /// Returns the members of the oneof with this index.
    pub fn members(&self, oneof: usize) -> impl Iterator<Item = &Field> {
        let fields = self.fields.iter();
        fields.filter(move |field| field.oneof == Some(oneof))
    }
}
