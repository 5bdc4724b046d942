//! The files of `google/protobuf/` and the types that they declare. The only table of them.

use crate::ast::{Declaration, DeclarationKind, File, join};
use crate::position::Spanned;
use crate::scalar::Scalar;

/// The package of these files.
pub(crate) const PACKAGE: &str = "google.protobuf";

/// The directory that they are imported from.
pub(crate) const DIRECTORY: &str = "google/protobuf/";

/// The file with the options that schemas extend. It is of proto2.
const DESCRIPTOR: &str = "google/protobuf/descriptor.proto";

/// The file of plugins of protoc. It is of proto2.
const PLUGIN: &str = "google/protobuf/compiler/plugin.proto";

/// The files of descriptions of types and services.
const API: &str = "google/protobuf/api.proto";
const TYPE: &str = "google/protobuf/type.proto";

/// The file of the wrappers.
const WRAPPERS: &str = "google/protobuf/wrappers.proto";

/// A file and the types that it declares, nested ones included.
struct GoogleFile {
    name: &'static str,
    messages: &'static [&'static str],
    enums: &'static [&'static str],
}

const fn file(
    name: &'static str,
    messages: &'static [&'static str],
    enums: &'static [&'static str],
) -> GoogleFile {
    GoogleFile {
        name,
        messages,
        enums,
    }
}

const FILES: &[GoogleFile] = &[
    file("google/protobuf/any.proto", &["Any"], &[]),
    file(API, &["Api", "Method", "Mixin"], &[]),
    file(
        DESCRIPTOR,
        &[
            "FileDescriptorSet",
            "FileDescriptorProto",
            "DescriptorProto",
            "DescriptorProto.ExtensionRange",
            "DescriptorProto.ReservedRange",
            "FieldDescriptorProto",
            "OneofDescriptorProto",
            "EnumDescriptorProto",
            "EnumDescriptorProto.EnumReservedRange",
            "EnumValueDescriptorProto",
            "ServiceDescriptorProto",
            "MethodDescriptorProto",
            "FileOptions",
            "MessageOptions",
            "FieldOptions",
            "OneofOptions",
            "ExtensionRangeOptions",
            "EnumOptions",
            "EnumValueOptions",
            "ServiceOptions",
            "MethodOptions",
            "UninterpretedOption",
            "UninterpretedOption.NamePart",
            "SourceCodeInfo",
            "SourceCodeInfo.Location",
            "GeneratedCodeInfo",
            "GeneratedCodeInfo.Annotation",
        ],
        &[
            "FieldDescriptorProto.Type",
            "FieldDescriptorProto.Label",
            "FileOptions.OptimizeMode",
            "FieldOptions.CType",
            "FieldOptions.JSType",
            "MethodOptions.IdempotencyLevel",
        ],
    ),
    file(
        PLUGIN,
        &[
            "compiler.Version",
            "compiler.CodeGeneratorRequest",
            "compiler.CodeGeneratorResponse",
            "compiler.CodeGeneratorResponse.File",
        ],
        &["compiler.CodeGeneratorResponse.Feature"],
    ),
    file("google/protobuf/duration.proto", &["Duration"], &[]),
    file("google/protobuf/empty.proto", &["Empty"], &[]),
    file("google/protobuf/field_mask.proto", &["FieldMask"], &[]),
    file(
        "google/protobuf/source_context.proto",
        &["SourceContext"],
        &[],
    ),
    file(
        "google/protobuf/struct.proto",
        &["Struct", "Value", "ListValue"],
        &["NullValue"],
    ),
    file("google/protobuf/timestamp.proto", &["Timestamp"], &[]),
    file(
        TYPE,
        &["Type", "Field", "Enum", "EnumValue", "Option"],
        &["Field.Kind", "Field.Cardinality", "Syntax"],
    ),
    file(
        WRAPPERS,
        &[
            "DoubleValue",
            "FloatValue",
            "Int64Value",
            "UInt64Value",
            "Int32Value",
            "UInt32Value",
            "BoolValue",
            "StringValue",
            "BytesValue",
        ],
        &[],
    ),
];

/// A type of `google.protobuf`. Every implementation of protobuf comes with these types.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub struct GoogleType {
    /// The name in the package `google.protobuf`: `Timestamp`, `Field.Kind`, `compiler.Version`.
    pub name: &'static str,
    /// The file that declares it: `google/protobuf/timestamp.proto`.
    pub file: &'static str,
    /// Whether it is an enum. The others are messages.
    pub is_enum: bool,
}

impl GoogleType {
    /// Returns the type with this full name.
    pub(crate) fn find(full_name: &str) -> Option<Self> {
        let name = full_name.strip_prefix(PACKAGE)?.strip_prefix('.')?;
        let find = |names: &'static [&str]| names.iter().copied().find(|it| *it == name);
        FILES.iter().find_map(|file| {
            let message = find(file.messages);
            let found = message.or_else(|| find(file.enums))?;
            Some(Self {
                name: found,
                file: file.name,
                is_enum: message.is_none(),
            })
        })
    }

    /// Returns the type with this name in its package, unless it is one of those that describe schemas. These
    /// have names such as `Type` and `Method`.
    pub(crate) fn common(name: &str) -> Option<Self> {
        let found = Self::find(&join(PACKAGE, name))?;
        let is_common = !found.is_descriptor() && !matches!(found.file, API | TYPE);
        is_common.then_some(found)
    }

    /// Returns the name with its package: `google.protobuf.Timestamp`.
    pub fn full_name(self) -> String {
        join(PACKAGE, self.name)
    }

    /// Returns the name without its package: `CodeGeneratorResponse.File` for
    /// `compiler.CodeGeneratorResponse.File`.
    pub fn path(self) -> &'static str {
        self.name.strip_prefix("compiler.").unwrap_or(self.name)
    }

    /// Returns the type of the value in a wrapper: `string` for `StringValue`.
    pub fn wrapped(self) -> Option<Scalar> {
        let wrapped = self.name.strip_suffix("Value")?.to_ascii_lowercase();
        (self.file == WRAPPERS).then(|| Scalar::from_name(&wrapped))?
    }

    /// Returns whether the type describes schemas, and is of proto2.
    pub fn is_descriptor(self) -> bool {
        is_proto2(self.file)
    }
}

fn is_proto2(file: &str) -> bool {
    matches!(file, DESCRIPTOR | PLUGIN)
}

/// Returns whether every implementation of protobuf comes with a file: `google/protobuf/any.proto`.
pub fn is_bundled(file: &str) -> bool {
    FILES.iter().any(|known| known.name == file)
}

/// Returns the messages that a schema may extend, without their package.
pub(crate) fn extendable() -> impl Iterator<Item = &'static str> {
    let descriptor = FILES.iter().filter(|file| file.name == DESCRIPTOR);
    let messages = descriptor.flat_map(|file| file.messages);
    messages.copied().filter(|name| name.ends_with("Options"))
}

/// Returns the names of the files in their directory.
pub(crate) fn files() -> impl Iterator<Item = &'static str> {
    FILES.iter().map(|file| &file.name[DIRECTORY.len()..])
}

/// Returns the types of a file as declarations, as if they had been parsed.
pub(crate) fn parsed(name: &str) -> Option<File> {
    let google = FILES.iter().find(|file| file.name == name)?;
    let mut file = File::new(name);
    let syntax = if is_proto2(name) { "proto2" } else { "proto3" };
    file.syntax.push(unplaced(syntax));
    let directory = name.rsplit_once('/').map_or("", |(directory, _)| directory);
    file.packages.push(unplaced(&directory.replace('/', ".")));
    for message in google.messages {
        file.declare(declaration(DeclarationKind::Message, message));
    }
    for enumeration in google.enums {
        file.declare(declaration(DeclarationKind::Enum, enumeration));
    }
    Some(file)
}

fn declaration(kind: DeclarationKind, path: &str) -> Declaration {
    match path.rsplit_once('.') {
        Some((scope, name)) => {
            Declaration::new(kind, unplaced(name), &format!("{PACKAGE}.{scope}"))
        }
        None => Declaration::new(kind, unplaced(path), PACKAGE),
    }
}

fn unplaced(name: &str) -> Spanned<String> {
    Spanned {
        value: name.into(),
        ..Spanned::default()
    }
}
