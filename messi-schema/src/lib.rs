//! Reads a proto3 schema of a messi protocol into a [model](Schema) for back ends of any language.
//!
//! [`read`] passes a schema through these stages. Within a stage every rule is checked, so that one
//! run shows as many problems as possible.
//!
//! 1. `source` finds and reads the files, `lexer` and `parser` turn each into a syntax tree (`ast`).
//! 2. `check` checks the rules of proto3 and of a messi protocol, with the names that `resolve`
//!    resolves.
//! 3. `second_parser` has `protobuf-parse` parse the files as well, with the feature of that name.
//! 4. `lower` makes the model, and `descriptors` the descriptors in the form of protoc.
//!
//! `diagnostics` collects the problems. If there are any, `mend` makes a schema of the valid rest.
//!
//! # Two parsers
//!
//! `protobuf-parse` recurses without a limit, accepts files that are not proto3, and forgets places and comments. So
//! the parser of this crate reads a file first, and `protobuf-parse` only files without a known problem. Its public
//! functions that return descriptors read files from disk themselves; the one that takes a text, `parse_dependencies`,
//! parses all of it and returns the imports. That one is used: every file is opened once, no files are written, and
//! `protobuf-parse` may refuse a file. The descriptors are those of the model. Tests compare them with those of protoc,
//! byte for byte, and of `protobuf-parse`. Without the feature, the only difference is that no file is refused by it:
//! such as one with a field `inf`, which it can't read.

mod ast;
mod check;
mod comments;
mod custom_options;
mod descriptors;
mod diagnostics;
mod edits;
mod encoder;
mod entries;
mod google;
mod json_name;
mod lexer;
mod list;
mod locations;
mod lower;
mod mend;
mod model;
mod numbers;
mod options;
mod parser;
mod position;
mod protocol;
mod read;
mod resolve;
mod scalar;
#[cfg(feature = "protobuf-parse")]
mod second_parser;
mod similar;
mod source;

pub use self::ast::ImportKind;
pub use self::comments::Comments;
pub use self::diagnostics::{Diagnostic, Diagnostics};
pub use self::google::{GoogleType, is_bundled};
pub use self::list::{code_list, list};
pub use self::locations::{Locations, Reader};
pub use self::model::{
    Direction, Enum, Extension, Field, FieldKind, Import, Message, Method, Oneof, OptionValue,
    Options, Package, Part, ProtoFile, Protocol, Request, Reserved, Schema, Service, Type, Value,
};
pub use self::parser::is_proto3;
pub use self::position::Position;
pub use self::protocol::Expected;
pub use self::read::{SchemaError, read, read_text, read_with};
pub use self::scalar::Scalar;
pub use self::similar::nearest;
