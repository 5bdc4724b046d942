//! The messages of a file as C: the values of the templates `c/message.h` and `c/message.c`.
//!
//! Structs have only pointers to other messages, and arrays of them. So they can be declared in any order,
//! and recursive messages need no rule of their own.

mod file;
mod message;
mod scalar;
mod types;

use messi_schema::{Comments, Position};
use serde::Serialize;

pub(crate) use self::file::file;
pub(crate) use self::types::Types;

/// A file.
#[derive(Debug, Serialize)]
pub(crate) struct File {
    /// The name of the schema: `chat.proto`.
    pub(crate) name: String,
    /// The name of the header: `chat.h`.
    pub(crate) header: String,
    /// The name of the source: `chat.c`.
    #[serde(skip)]
    pub(crate) source: String,
    /// The include guard.
    guard: String,
    /// The headers of the imported files.
    includes: Vec<String>,
    pub(crate) enums: Vec<Enum>,
    /// The messages, nested ones and those of entries of maps included.
    pub(crate) messages: Vec<Message>,
}

/// An enum.
#[derive(Debug, Serialize)]
pub(crate) struct Enum {
    /// The name in the schema: `chat.Color`.
    pub(crate) full_name: String,
    /// The name behind `enum`.
    pub(crate) tag: String,
    comments: Vec<String>,
    pub(crate) values: Vec<EnumValue>,
    #[serde(skip)]
    pub(crate) position: Position,
}

/// A value of an enum.
#[derive(Debug, Serialize)]
pub(crate) struct EnumValue {
    pub(crate) name: String,
    /// The number, as C writes it.
    number: String,
    comments: Vec<String>,
    #[serde(skip)]
    pub(crate) position: Position,
}

/// A message.
#[derive(Debug, Serialize)]
pub(crate) struct Message {
    /// The name in the schema: `chat.MessageInd`.
    pub(crate) full_name: String,
    /// The name that all of its names begin with: `chat_message_ind`.
    pub(crate) base: String,
    comments: Vec<String>,
    /// Whether it is the entry of a map, which is not encoded on its own.
    pub(crate) is_map_entry: bool,
    /// The macro of the greatest encoded size, if the schema bounds it.
    encoded_max: Option<EncodedMax>,
    pub(crate) oneofs: Vec<Oneof>,
    pub(crate) members: Vec<Member>,
    /// The fields by number.
    fields: Vec<Field>,
    pub(crate) functions: Vec<Function>,
    has_repeated: bool,
    #[serde(skip)]
    pub(crate) position: Position,
}

/// The greatest encoded size of a message.
#[derive(Debug, Serialize)]
struct EncodedMax {
    name: String,
    size: u32,
}

/// A oneof.
#[derive(Debug, Serialize)]
pub(crate) struct Oneof {
    /// The name in the schema: `chat.ClientToServer.messages`.
    pub(crate) full_name: String,
    /// The name that all of its names begin with: `chat_client_to_server_messages`.
    pub(crate) base: String,
    /// The member of the struct.
    #[serde(skip)]
    pub(crate) member: String,
    comments: Vec<String>,
    pub(crate) members: Vec<Member>,
    #[serde(skip)]
    pub(crate) position: Position,
}

/// A member of a struct or a union.
#[derive(Debug, Serialize)]
pub(crate) struct Member {
    /// The type, without `*`.
    #[serde(rename = "type")]
    pub(crate) ty: String,
    /// `*` for a pointer.
    pub(crate) star: &'static str,
    pub(crate) name: String,
    /// The name of the value in the struct of an optional field.
    optional_value: Option<&'static str>,
    /// The constant and the function that select a member of a oneof.
    pub(crate) choice: Option<String>,
    #[serde(skip)]
    pub(crate) function: String,
    comments: Vec<String>,
    /// The name in the schema.
    #[serde(skip)]
    pub(crate) field: String,
    #[serde(skip)]
    pub(crate) position: Position,
}

/// A row of the table of a message.
#[derive(Debug, Serialize)]
struct Field {
    number: u32,
    /// The name behind `messi_kind_`.
    kind: &'static str,
    /// The enum that the kind depends on.
    #[serde(rename = "enum")]
    enumeration: Option<EnumKind>,
    /// The base of the type of a message.
    message: Option<String>,
    /// The name behind `messi_label_`.
    label: &'static str,
    /// The base of the oneof.
    oneof: Option<String>,
    /// The member of the struct that has the value.
    member: String,
    /// The member that says whether the value is there.
    presence: Option<String>,
    /// The value of `presence` for a member of a oneof.
    choice: Option<String>,
}

/// An enum with a size and sign that the compiler chooses.
#[derive(Debug, Serialize)]
struct EnumKind {
    tag: String,
    is_signed: bool,
}

/// A function that prepares a field.
#[derive(Debug, Serialize)]
pub(crate) struct Function {
    pub(crate) name: String,
    kind: FunctionKind,
    /// The name of the field in the schema.
    pub(crate) field: String,
    /// The index of its row in the table.
    index: usize,
    #[serde(skip)]
    pub(crate) position: Position,
}

/// The kind of field that a function prepares.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
enum FunctionKind {
    /// The items of an array.
    Items,
    /// A message.
    Message,
    /// A member of a oneof that is no message.
    Member,
}

/// Returns comments as lines that can be in a comment of C.
fn comments(comments: &Comments) -> Vec<String> {
    let lines = comments.lines().into_iter();
    let lines = lines.map(|line| line.replace("*/", "* /").replace("/*", "/ *"));
    lines.map(|line| line.trim_end().to_owned()).collect()
}
