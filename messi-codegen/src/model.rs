//! What a schema means, once every rule has been checked: plain data, no tokens and no I/O.
//!
//! Only a valid protocol can be represented, so that expanding one can't fail. Every name is
//! here twice where the two differ: as the schema has it, and as the Rust identifier it becomes
//! (already unique in its scope, and raw, `r#type`, where the language needs it).

use std::fmt::{self, Display, Formatter};
use std::path::PathBuf;

/// A protocol: two directions of messages, and every type they are made of.
#[derive(Clone, Debug, PartialEq)]
pub struct Protocol {
    /// The last part of the package, or the file's stem where there is none: `my_protocol`.
    pub name: String,
    /// The prefix of the generated names, and the name of the marker type: `MyProtocol`.
    pub rust_name: String,
    /// The types of the schema's own package; those of the others are in its `modules`.
    pub root: Module,
    /// What a client may send.
    pub client_to_server: Direction,
    /// What a server may send.
    pub server_to_client: Direction,
    /// What a client may ask of the server.
    pub client_requests: Vec<Request>,
    /// What a server may ask of a client.
    pub server_requests: Vec<Request>,
    /// The packages that the schema imports, beside its own and `google.protobuf`, by name.
    pub packages: Vec<Package>,
    /// Absolute paths of the schema and of all it imports, the schema first, without the
    /// bundled ones: an edit of any of them must rebuild the user's crate.
    pub sources: Vec<PathBuf>,
}

/// A package that a schema imports.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Package {
    /// Its name: `acme.types`.
    pub name: String,
    /// The modules that its types are in: `["acme", "types"]`.
    pub modules: Vec<String>,
}

/// The types of one package, or those nested in a message.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Module {
    /// In the order of declaration.
    pub messages: Vec<Message>,
    /// In the order of declaration.
    pub enums: Vec<Enum>,
    /// Modules of imported packages inside this one, by their Rust name. (Those of nested types
    /// are not here but in their message's `nested`.)
    pub modules: Vec<(String, Self)>,
}

impl Module {
    /// Whether nothing is declared here, so that no module needs to be emitted.
    pub fn is_empty(&self) -> bool {
        self.messages.is_empty() && self.enums.is_empty() && self.modules.is_empty()
    }
}

/// A message type.
#[derive(Clone, Debug, PartialEq)]
pub struct Message {
    /// The name in the schema: `ConnectReq`.
    pub name: String,
    /// The name in Rust: `ConnectReq`.
    pub rust_name: String,
    /// Lines of the comment in the schema, without its markers.
    pub docs: Vec<String>,
    /// Whether the schema marks it as deprecated.
    pub deprecated: bool,
    /// Fields that are not in a oneof, in the order of declaration.
    pub fields: Vec<Field>,
    /// Oneofs, in the order of declaration.
    pub oneofs: Vec<Oneof>,
    /// Name of the module that holds the enums of its oneofs and its nested types: `connect_req`.
    pub module_name: String,
    /// Its nested types.
    pub nested: Module,
}

/// A field of a message.
#[derive(Clone, Debug, PartialEq)]
pub struct Field {
    /// The name in the schema: `type`.
    pub name: String,
    /// The name in Rust: `r#type`.
    pub rust_name: String,
    /// Its number on the wire.
    pub number: u32,
    /// Lines of the comment in the schema, without its markers.
    pub docs: Vec<String>,
    /// Whether the schema marks it as deprecated.
    pub deprecated: bool,
    /// How many values it holds, of which type.
    pub kind: FieldKind,
}

/// How many values a field holds, of which type.
#[derive(Clone, Debug, PartialEq)]
pub enum FieldKind {
    /// A scalar or an enum without presence, or a message (which always has presence).
    Singular(Type),
    /// A scalar or an enum marked `optional`.
    Optional(Type),
    /// Any number of values, in order.
    Repeated {
        /// The type of each value.
        ty: Type,
        /// Whether numbers share one length on the wire, as is proto3's default.
        packed: bool,
    },
    /// A map; its keys are integers, `bool` or `string`.
    Map {
        /// The type of the keys.
        key: Scalar,
        /// The type of the values.
        value: Type,
    },
}

/// A oneof: an optional Rust enum with a variant for each member.
#[derive(Clone, Debug, PartialEq)]
pub struct Oneof {
    /// The name in the schema: `messages`.
    pub name: String,
    /// The name of the field in Rust: `messages`.
    pub rust_name: String,
    /// The name of the enum in Rust, in the message's module: `Messages`.
    pub enum_name: String,
    /// Lines of the comment in the schema, without its markers.
    pub docs: Vec<String>,
    /// Its members, in the order of declaration.
    pub members: Vec<Member>,
}

/// A member of a oneof.
#[derive(Clone, Debug, PartialEq)]
pub struct Member {
    /// The name in the schema: `foo_req`.
    pub name: String,
    /// The name of the variant in Rust: `FooReq`.
    pub variant: String,
    /// Its number on the wire.
    pub number: u32,
    /// Lines of the comment in the schema, without its markers.
    pub docs: Vec<String>,
    /// Whether the schema marks it as deprecated.
    pub deprecated: bool,
    /// Its type.
    pub ty: Type,
}

/// The type of one value.
#[derive(Clone, Debug, PartialEq)]
pub enum Type {
    /// A number, `bool`, `string` or `bytes`.
    Scalar(Scalar),
    /// An enum of the schema.
    Enum(TypePath),
    /// A message of the schema.
    Message {
        /// Which one.
        path: TypePath,
        /// Whether the value must be boxed because the message contains itself through it.
        boxed: bool,
    },
    /// A message of `google.protobuf` that comes as a type of its own: `prost_types::Timestamp`.
    WellKnown(String),
    /// An enum of `google.protobuf` (`NullValue`), likewise.
    WellKnownEnum(String),
    /// `google.protobuf.Empty`: `()`.
    Empty,
    /// A wrapper of `google.protobuf` (`StringValue`), which becomes the plain value, on the wire
    /// still a message.
    Wrapper(Scalar),
}

/// Where a type is, from the module that holds the expansion: module names, then the type's name.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct TypePath {
    /// The modules, outermost first: `["acme", "types", "shape"]`; empty for the root's own types.
    pub modules: Vec<String>,
    /// The name of the type in Rust.
    pub name: String,
}

impl Display for TypePath {
    fn fmt(&self, formatter: &mut Formatter<'_>) -> fmt::Result {
        for module in &self.modules {
            write!(formatter, "{module}::")?;
        }
        formatter.write_str(&self.name)
    }
}

/// The scalar types of proto3.
#[allow(missing_docs)]
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Scalar {
    Double,
    Float,
    Int32,
    Int64,
    Uint32,
    Uint64,
    Sint32,
    Sint64,
    Fixed32,
    Fixed64,
    Sfixed32,
    Sfixed64,
    Bool,
    String,
    Bytes,
}

impl Scalar {
    /// The name in a schema: `sint32`.
    pub(crate) fn name(self) -> &'static str {
        match self {
            Self::Double => "double",
            Self::Float => "float",
            Self::Int32 => "int32",
            Self::Int64 => "int64",
            Self::Uint32 => "uint32",
            Self::Uint64 => "uint64",
            Self::Sint32 => "sint32",
            Self::Sint64 => "sint64",
            Self::Fixed32 => "fixed32",
            Self::Fixed64 => "fixed64",
            Self::Sfixed32 => "sfixed32",
            Self::Sfixed64 => "sfixed64",
            Self::Bool => "bool",
            Self::String => "string",
            Self::Bytes => "bytes",
        }
    }
}

/// An enum type.
#[derive(Clone, Debug, PartialEq)]
pub struct Enum {
    /// The name in the schema: `ColorKind`.
    pub name: String,
    /// The name in Rust: `ColorKind`.
    pub rust_name: String,
    /// Lines of the comment in the schema, without its markers.
    pub docs: Vec<String>,
    /// Whether the schema marks it as deprecated.
    pub deprecated: bool,
    /// Its values in the order of declaration; the first is zero. No two have the same number:
    /// an alias is in its original's `aliases`.
    pub variants: Vec<Variant>,
}

/// A value of an enum.
#[derive(Clone, Debug, PartialEq)]
pub struct Variant {
    /// The name in the schema: `COLOR_KIND_RED`.
    pub name: String,
    /// The name in Rust: `Red` (the enum's own name as a prefix is left out, as prost does).
    pub rust_name: String,
    /// Other names of the same number, as `(name, rust_name)`; they become associated constants,
    /// but for those that Rust calls the same.
    pub aliases: Vec<(String, String)>,
    /// Its number on the wire.
    pub number: i32,
    /// Lines of the comment in the schema, without its markers.
    pub docs: Vec<String>,
    /// Whether the schema marks it as deprecated.
    pub deprecated: bool,
}

impl Variant {
    /// Whether the value, or one that is the same, has this name in Rust.
    pub(crate) fn has_name(&self, rust_name: &str) -> bool {
        let mut aliases = self.aliases.iter();
        self.rust_name == rust_name || aliases.any(|(_, alias)| alias == rust_name)
    }
}

/// One direction of a protocol: the messages that one side sends and the other handles.
#[derive(Clone, Debug, PartialEq)]
pub struct Direction {
    /// A choice for each member of the oneof `messages`, in the order of declaration.
    pub choices: Vec<Choice>,
    /// Whether the message has fields beside the oneof.
    pub has_fields: bool,
}

/// One message of a direction.
#[derive(Clone, Debug, PartialEq)]
pub struct Choice {
    /// The member of the oneof.
    pub member: Member,
    /// The method of the handler that gets it: `on_foo_req`.
    pub handler: String,
    /// Whether `From<T>` makes the direction's message of it: `T` is a message type (not a
    /// scalar, wrapper or `Empty`) that no other choice of the direction has, and not the
    /// direction's message itself.
    pub convertible: bool,
}

/// A choice `foo_req` of one direction whose answer is `foo_rsp` of the other.
#[derive(Clone, Debug, PartialEq)]
pub struct Request {
    /// The request; its name in Rust is that of the method that sends it: `foo_req`.
    pub request: Member,
    /// Its answer.
    pub answer: Member,
}
