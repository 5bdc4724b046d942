//! The layout of a schema in Rust, as plain data.
//!
//! Items have both the name in the schema and the name in Rust, which is unique in its scope and raw
//! (`r#type`) where Rust requires it. So expanding a layout can't fail, even if it is that of the valid rest
//! of a schema.

use std::fmt::{self, Display, Formatter};
use std::path::PathBuf;

pub use messi_schema::Scalar;

/// A protocol: two directions of messages, and all their types.
#[derive(Clone, Debug, PartialEq)]
pub struct Protocol {
    /// The last part of the package that is no version, or the stem of the file: `my_protocol`.
    pub name: String,
    /// The prefix of the generated names: `MyProtocol`.
    pub rust_name: String,
    /// The name of the marker type: `MyProtocol`, or `MyProtocolProtocol` if the schema has a type of that name.
    pub marker: String,
    /// The types of the schema's own package. Those of imported packages are in its `modules`.
    pub root: Module,
    /// The messages that clients send.
    pub client_to_server: Direction,
    /// The messages that servers send.
    pub server_to_client: Direction,
    /// The requests of clients.
    pub client_requests: Vec<Request>,
    /// The requests of servers.
    pub server_requests: Vec<Request>,
    /// The packages that the schema imports, beside its own and `google.protobuf`, by name.
    pub packages: Vec<Package>,
    /// The paths of the schema and of its imports, the schema first, without those of
    /// `google/protobuf/`. A change of one of them must rebuild the user's crate.
    pub sources: Vec<PathBuf>,
}

/// A package that a schema imports.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Package {
    /// The name: `acme.types`.
    pub name: String,
    /// The modules of its types: `["packages", "acme", "types"]`.
    pub modules: Vec<String>,
}

/// The types of one package, or those nested in a message.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Module {
    /// In the order of declaration.
    pub messages: Vec<Message>,
    /// In the order of declaration.
    pub enums: Vec<Enum>,
    /// Modules of imported packages inside this one, by their name in Rust. The root has one at most, with all
    /// others inside. Nested types are in [`Message::nested`] instead.
    pub modules: Vec<(String, Self)>,
    /// The names in Rust of types that fields have and the schema does not declare. A valid schema has no such
    /// types.
    pub undeclared: Vec<String>,
}

impl Module {
    /// Returns whether the module has no items.
    pub fn is_empty(&self) -> bool {
        self.messages.is_empty()
            && self.enums.is_empty()
            && self.modules.is_empty()
            && self.undeclared.is_empty()
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
    /// The name of the module of its oneofs and nested types: `connect_req`.
    pub module_name: String,
    /// Its nested types.
    pub nested: Module,
}

impl Message {
    /// Returns the types of all values.
    pub(crate) fn types(&self) -> Vec<Type> {
        let fields = self.fields.iter().flat_map(|field| match &field.kind {
            FieldKind::Singular(ty) | FieldKind::Optional(ty) | FieldKind::Repeated { ty, .. } => {
                vec![ty.clone()]
            }
            FieldKind::Map { key, value } => vec![Type::Scalar(*key), value.clone()],
        });
        let members = self.oneofs.iter().flat_map(|oneof| &oneof.members);
        fields.chain(members.map(|it| it.ty.clone())).collect()
    }
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
    /// The number of values and their type.
    pub kind: FieldKind,
}

/// A method that prost derives for a field.
pub(crate) struct Accessor {
    /// Its name in Rust, which is not raw.
    pub(crate) name: String,
    /// Its parameters after `self`.
    pub(crate) parameters: &'static [&'static str],
}

impl Field {
    /// Returns the methods that prost derives for a field of an enum, or a scalar with presence. An
    /// undeclared type may be an enum.
    pub(crate) fn accessors(&self) -> Vec<Accessor> {
        let name = self.rust_name.trim_start_matches("r#");
        let is_enum = |ty: &Type| {
            matches!(
                ty,
                Type::Enum(_) | Type::WellKnownEnum(_) | Type::Undeclared
            )
        };
        let accessor = |prefix: &str, parameters| Accessor {
            name: format!("{prefix}{name}"),
            parameters,
        };
        let get = accessor("", &[]);
        match &self.kind {
            FieldKind::Singular(ty) | FieldKind::Optional(ty) if is_enum(ty) => {
                vec![get, accessor("set_", &["value"])]
            }
            FieldKind::Optional(Type::Scalar(_)) => vec![get],
            FieldKind::Repeated { ty, .. } if is_enum(ty) => {
                vec![get, accessor("push_", &["value"])]
            }
            FieldKind::Map { value, .. } if is_enum(value) => {
                vec![
                    accessor("get_", &["key"]),
                    accessor("insert_", &["key", "value"]),
                ]
            }
            _ => Vec::new(),
        }
    }

    /// Returns whether the schema does not declare the type of the values.
    pub(crate) fn is_undeclared(&self) -> bool {
        match &self.kind {
            FieldKind::Singular(ty)
            | FieldKind::Optional(ty)
            | FieldKind::Repeated { ty, .. }
            | FieldKind::Map { value: ty, .. } => *ty == Type::Undeclared,
        }
    }
}

/// The number of values of a field and their type.
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
    /// A map, with keys that are integers, `bool` or `string`.
    Map {
        /// The type of the keys.
        key: Scalar,
        /// The type of the values.
        value: Type,
    },
}

impl FieldKind {
    /// Returns the type of the values; those of a map have keys beside.
    pub fn value(&self) -> &Type {
        match self {
            Self::Singular(ty) | Self::Optional(ty) | Self::Repeated { ty, .. } => ty,
            Self::Map { value, .. } => value,
        }
    }
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
    /// The name that methods are named after: `foo_req`. It differs from the name in the schema only if the
    /// user has chosen another one.
    pub method: String,
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
        /// The path of the message.
        path: TypePath,
        /// Whether the value must be boxed because the message contains itself through it.
        boxed: bool,
    },
    /// A message of `google.protobuf` with a type in `prost_types` or an external one, by its name in that
    /// package: `Timestamp`, `DescriptorProto.ReservedRange`, `compiler.Version`.
    WellKnown(String),
    /// The same for an enum: `NullValue`, `Field.Kind`.
    WellKnownEnum(String),
    /// `google.protobuf.Empty`: `()`.
    Empty,
    /// A wrapper of `google.protobuf` (`StringValue`), which is a message on the wire and a plain value
    /// in Rust.
    Wrapper(Scalar),
    /// A type that the schema does not declare. A valid schema has no such type.
    Undeclared,
}

/// The path of a type from the module of the expansion.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct TypePath {
    /// The modules, outermost first: `["packages", "acme", "types", "shape"]`. Empty for the types of the root.
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
    /// The values in the order of declaration. The first is zero. All have different numbers: aliases
    /// are in [`Variant::aliases`].
    pub variants: Vec<Variant>,
}

/// A value of an enum.
#[derive(Clone, Debug, PartialEq)]
pub struct Variant {
    /// The name in the schema: `COLOR_KIND_RED`.
    pub name: String,
    /// The name in Rust: `Red`, without the name of the enum, like prost.
    pub rust_name: String,
    /// Other names of the same number. They become associated constants, unless they are the same
    /// in Rust.
    pub aliases: Vec<Alias>,
    /// Its number on the wire.
    pub number: i32,
    /// Lines of the comment in the schema, without its markers.
    pub docs: Vec<String>,
    /// Whether the schema marks it as deprecated.
    pub deprecated: bool,
}

/// Another name of a value of an enum.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Alias {
    /// The name in the schema: `COLOR_KIND_CRIMSON`.
    pub name: String,
    /// The name in Rust: `Crimson`.
    pub rust_name: String,
}

impl Variant {
    /// Returns whether the value or one of its aliases has this name in Rust.
    pub(crate) fn has_name(&self, rust_name: &str) -> bool {
        let mut aliases = self.aliases.iter();
        self.rust_name == rust_name || aliases.any(|alias| alias.rust_name == rust_name)
    }
}

/// One direction of a protocol: the messages that one side sends and the other handles.
#[derive(Clone, Debug, PartialEq)]
pub struct Direction {
    /// The members of the oneof `messages`, in the order of declaration.
    pub members: Vec<DirectionMember>,
    /// Whether the message has fields beside the oneof.
    pub has_fields: bool,
}

impl Direction {
    /// Returns the member with this name in the schema.
    pub(crate) fn member(&self, name: &str) -> Option<&Member> {
        let mut members = self.members.iter().map(|it| &it.member);
        members.find(|member| member.name == name)
    }
}

/// A member of the oneof of a direction.
#[derive(Clone, Debug, PartialEq)]
pub struct DirectionMember {
    /// The member of the oneof.
    pub member: Member,
    /// The method of the handler that gets it: `on_foo_req`.
    pub handler: String,
    /// Whether the direction's message is `From` its type: a message type (no scalar, wrapper or
    /// `Empty`) that no other member of the direction has, and not the direction's message itself.
    pub convertible: bool,
}

/// A member `foo_req` of one direction, with the response `foo_rsp` of the other.
#[derive(Clone, Debug, PartialEq)]
pub struct Request {
    /// The request. Its name in Rust is that of the method that sends it: `foo_req`.
    pub request: Member,
    /// Its response.
    pub response: Member,
}
