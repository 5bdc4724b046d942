//! The files of `google/protobuf/`, which come with the crate, and what they declare.

use crate::scan::{Declaration, DeclarationKind, Scan, Word};

/// The package of these files.
pub(crate) const PACKAGE: &str = "google.protobuf";

/// The directory that they are imported from.
pub(crate) const DIRECTORY: &str = "google/protobuf/";

/// The one that is not of proto3 but of proto2.
pub(crate) const DESCRIPTOR: &str = "google/protobuf/descriptor.proto";

struct Bundled {
    name: &'static str,
    messages: &'static [&'static str],
    enums: &'static [&'static str],
}

const fn file(
    name: &'static str,
    messages: &'static [&'static str],
    enums: &'static [&'static str],
) -> Bundled {
    Bundled {
        name,
        messages,
        enums,
    }
}

const FILES: &[Bundled] = &[
    file("any.proto", &["Any"], &[]),
    file("api.proto", &["Api", "Method", "Mixin"], &[]),
    file(
        "descriptor.proto",
        &[
            "FileDescriptorSet",
            "FileDescriptorProto",
            "DescriptorProto",
            "DescriptorProto.ExtensionRange",
            "DescriptorProto.ReservedRange",
            "ExtensionRangeOptions",
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
    file("duration.proto", &["Duration"], &[]),
    file("empty.proto", &["Empty"], &[]),
    file("field_mask.proto", &["FieldMask"], &[]),
    file("source_context.proto", &["SourceContext"], &[]),
    file(
        "struct.proto",
        &["Struct", "Value", "ListValue"],
        &["NullValue"],
    ),
    file("timestamp.proto", &["Timestamp"], &[]),
    file(
        "type.proto",
        &["Type", "Field", "Enum", "EnumValue", "Option"],
        &["Field.Kind", "Field.Cardinality", "Syntax"],
    ),
    file(
        "wrappers.proto",
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

/// The names of the files in their directory.
pub(crate) fn files() -> impl Iterator<Item = &'static str> {
    FILES.iter().map(|file| file.name)
}

/// What a file declares, as if it had been scanned. `name` is that in its directory.
pub(crate) fn scan(name: &str) -> Option<Scan> {
    let file = FILES.iter().find(|file| file.name == name)?;
    let mut scan = Scan::new(&format!("{DIRECTORY}{name}"));
    scan.packages.push(word(PACKAGE));
    for message in file.messages {
        scan.declare(declaration(DeclarationKind::Message, message));
    }
    for enumeration in file.enums {
        scan.declare(declaration(DeclarationKind::Enum, enumeration));
    }
    Some(scan)
}

fn declaration(kind: DeclarationKind, path: &str) -> Declaration {
    match path.rsplit_once('.') {
        Some((scope, name)) => Declaration::new(kind, word(name), &format!("{PACKAGE}.{scope}")),
        None => Declaration::new(kind, word(path), PACKAGE),
    }
}

fn word(text: &str) -> Word {
    Word {
        text: text.into(),
        ..Word::default()
    }
}

/// The file that declares a type, by the name with which it is imported.
pub(crate) fn home(full_name: &str) -> Option<String> {
    let name = full_name.trim_start_matches('.').strip_prefix(PACKAGE)?;
    let name = name.strip_prefix('.')?;
    let mut files = FILES.iter();
    let file = files.find(|file| file.messages.contains(&name) || file.enums.contains(&name))?;
    Some(format!("{DIRECTORY}{}", file.name))
}
