//! The meaning of a valid schema, for a back end of any language.
//!
//! Names are those of protobuf: `acme.types.Shape.Inner` is the full name of a message inside a
//! message of the package `acme.types`. Items keep the order of their declaration, their place and
//! their comments. Only [`read`](crate::read) makes a model, and only of a valid schema.

use std::path::PathBuf;

use crate::ast::ImportKind;
use crate::comments::Comments;
use crate::encoder::Encoder;
use crate::google::GoogleType;
use crate::position::Position;
use crate::protocol;
use crate::scalar::Scalar;

/// A schema: a protocol, and the files that declare it.
#[derive(Clone, Debug, PartialEq)]
#[non_exhaustive]
pub struct Schema {
    /// The name of the protocol: the last part of the package, or the stem of the file if there is
    /// no package.
    pub name: String,
    /// The files, each after those that it imports. The last is the schema itself. Files of
    /// `google/protobuf/` are not among them.
    pub files: Vec<ProtoFile>,
    /// The messages that clients send.
    pub client_to_server: Direction,
    /// The messages that servers send.
    pub server_to_client: Direction,
    /// The paths of all files, the schema first.
    pub sources: Vec<PathBuf>,
}

impl Schema {
    /// Returns the package of the schema itself, or an empty name.
    pub fn package(&self) -> &str {
        self.files.last().map_or("", ProtoFile::package_name)
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
    /// The place of the name.
    pub position: Position,
    /// The comments of the statement.
    pub comments: Comments,
}

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
    /// One value. A message has presence; a scalar or an enum has none, unless it is in a oneof.
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
}

impl Type {
    /// Returns the full name of a message or an enum.
    pub fn full_name(&self) -> Option<String> {
        match self {
            Self::Scalar(_) => None,
            Self::Message(name) | Self::Enum(name) => Some(name.clone()),
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

/// A service.
#[derive(Clone, Debug, PartialEq)]
#[non_exhaustive]
pub struct Service {
    /// The name: `Greeter`.
    pub name: String,
    /// The name with its scope: `acme.Greeter`.
    pub full_name: String,
    /// The place of the name.
    pub position: Position,
    /// The comments.
    pub comments: Comments,
    /// The options.
    pub options: Options,
    /// The methods in the order of declaration.
    pub methods: Vec<Method>,
}

/// A method of a service.
#[derive(Clone, Debug, PartialEq)]
#[non_exhaustive]
pub struct Method {
    /// The name: `SayHello`.
    pub name: String,
    /// The place of the name.
    pub position: Position,
    /// The comments.
    pub comments: Comments,
    /// The options.
    pub options: Options,
    /// The type of its requests.
    pub request: Type,
    /// Whether it takes a stream of requests.
    pub is_client_streaming: bool,
    /// The type of its responses.
    pub response: Type,
    /// Whether it gives a stream of responses.
    pub is_server_streaming: bool,
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

/// The options of an item that are set. Those that a schema declares are in its descriptor alone.
#[derive(Clone, Debug, PartialEq)]
pub struct Options {
    values: Vec<(&'static str, OptionValue)>,
    /// The options that the schema declares, encoded as fields of the message of options.
    pub(crate) custom: Vec<u8>,
    /// Whether the descriptor has a message of options even if it is empty.
    pub(crate) is_present: bool,
}

/// The value of an option.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum OptionValue {
    /// `true` or `false`.
    Bool(bool),
    /// A text.
    Text(String),
    /// A value of an enum: `LITE_RUNTIME`.
    Enum(&'static str),
}

impl Options {
    pub(crate) fn new(
        values: Vec<(&'static str, OptionValue)>,
        custom: Vec<u8>,
        is_present: bool,
    ) -> Self {
        Self {
            values,
            custom,
            is_present,
        }
    }

    /// Returns the names and values, in the order of the file.
    pub fn iter(&self) -> impl Iterator<Item = (&'static str, &OptionValue)> {
        self.values.iter().map(|(name, value)| (*name, value))
    }

    /// Returns the value of an option, if it is set: `go_package`.
    pub fn get(&self, name: &str) -> Option<&OptionValue> {
        let mut options = self.iter();
        options.find(|(known, _)| *known == name).map(|it| it.1)
    }

    /// Returns whether the item is deprecated.
    pub fn is_deprecated(&self) -> bool {
        self.get("deprecated") == Some(&OptionValue::Bool(true))
    }

    /// Returns whether two values of an enum may have the same number.
    pub fn allows_aliases(&self) -> bool {
        self.get("allow_alias") == Some(&OptionValue::Bool(true))
    }
}
