//! The options of protobuf itself, as its `descriptor.proto` declares them.

use std::fmt::{self, Display, Formatter};

use crate::ast::DeclarationKind;

/// The kind of item that an option belongs to.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum OptionOwner {
    File,
    Message,
    Field,
    Oneof,
    Enum,
    Value,
    Service,
    Method,
}

impl OptionOwner {
    /// Returns the kind of item that a declaration is.
    pub(crate) fn of(kind: DeclarationKind) -> Self {
        match kind {
            DeclarationKind::Message => Self::Message,
            DeclarationKind::Field | DeclarationKind::Extension => Self::Field,
            DeclarationKind::Oneof => Self::Oneof,
            DeclarationKind::Enum => Self::Enum,
            DeclarationKind::Value => Self::Value,
            DeclarationKind::Service => Self::Service,
            DeclarationKind::Method => Self::Method,
        }
    }

    /// Returns the message of `google.protobuf` that holds the options.
    pub(crate) fn message(self) -> &'static str {
        match self {
            Self::File => "google.protobuf.FileOptions",
            Self::Message => "google.protobuf.MessageOptions",
            Self::Field => "google.protobuf.FieldOptions",
            Self::Oneof => "google.protobuf.OneofOptions",
            Self::Enum => "google.protobuf.EnumOptions",
            Self::Value => "google.protobuf.EnumValueOptions",
            Self::Service => "google.protobuf.ServiceOptions",
            Self::Method => "google.protobuf.MethodOptions",
        }
    }

    /// Returns the option with this name.
    pub(crate) fn find(self, name: &str) -> Option<&'static KnownOption> {
        self.options().iter().find(|known| known.name == name)
    }

    /// Returns the names of all options.
    pub(crate) fn names(self) -> Vec<&'static str> {
        self.options().iter().map(|known| known.name).collect()
    }

    fn options(self) -> &'static [KnownOption] {
        match self {
            Self::File => FILE,
            Self::Message => MESSAGE,
            Self::Field => FIELD,
            Self::Oneof => &[],
            Self::Enum => ENUM,
            Self::Value => VALUE,
            Self::Service => SERVICE,
            Self::Method => METHOD,
        }
    }
}

impl Display for OptionOwner {
    fn fmt(&self, formatter: &mut Formatter<'_>) -> fmt::Result {
        formatter.write_str(match self {
            Self::File => "a file",
            Self::Message => "a message",
            Self::Field => "a field",
            Self::Oneof => "a oneof",
            Self::Enum => "an enum",
            Self::Value => "a value",
            Self::Service => "a service",
            Self::Method => "a method",
        })
    }
}

/// An option.
#[derive(Debug)]
pub(crate) struct KnownOption {
    pub(crate) name: &'static str,
    /// The number of its field in the message of options. `json_name` is not in there.
    pub(crate) number: u32,
    pub(crate) ty: OptionType,
    /// Whether it may be set more than once.
    pub(crate) repeats: bool,
}

/// The type of an option's value.
#[derive(Debug)]
pub(crate) enum OptionType {
    Bool,
    Text,
    /// The names and numbers of the values.
    Enum(&'static [(&'static str, u32)]),
}

/// Options that only files with an edition have, or only protobuf's own files.
pub(crate) const OF_EDITIONS: &[&str] = &["features", "feature_support", "edition_defaults"];

/// The option that allows two values of an enum to have the same number.
pub(crate) const ALLOW_ALIAS: &str = "allow_alias";

/// The option that marks an item as deprecated.
pub(crate) const DEPRECATED: &str = "deprecated";

/// The option that gives the name of a field in JSON.
pub(crate) const JSON_NAME: &str = "json_name";

const fn boolean(name: &'static str, number: u32) -> KnownOption {
    option(name, number, OptionType::Bool)
}

const fn text(name: &'static str, number: u32) -> KnownOption {
    option(name, number, OptionType::Text)
}

const fn option(name: &'static str, number: u32, ty: OptionType) -> KnownOption {
    KnownOption {
        name,
        number,
        ty,
        repeats: false,
    }
}

const FILE: &[KnownOption] = &[
    text("java_package", 1),
    text("java_outer_classname", 8),
    boolean("java_multiple_files", 10),
    boolean("java_generate_equals_and_hash", 20),
    boolean("java_string_check_utf8", 27),
    option(
        "optimize_for",
        9,
        OptionType::Enum(&[("SPEED", 1), ("CODE_SIZE", 2), ("LITE_RUNTIME", 3)]),
    ),
    text("go_package", 11),
    boolean("cc_generic_services", 16),
    boolean("java_generic_services", 17),
    boolean("py_generic_services", 18),
    boolean("deprecated", 23),
    boolean("cc_enable_arenas", 31),
    text("objc_class_prefix", 36),
    text("csharp_namespace", 37),
    text("swift_prefix", 39),
    text("php_class_prefix", 40),
    text("php_namespace", 41),
    text("php_metadata_namespace", 44),
    text("ruby_package", 45),
];

const MESSAGE: &[KnownOption] = &[
    boolean("message_set_wire_format", 1),
    boolean("no_standard_descriptor_accessor", 2),
    boolean("deprecated", 3),
    boolean("map_entry", 7),
    boolean("deprecated_legacy_json_field_conflicts", 11),
];

const FIELD: &[KnownOption] = &[
    option(
        "ctype",
        1,
        OptionType::Enum(&[("STRING", 0), ("CORD", 1), ("STRING_PIECE", 2)]),
    ),
    boolean("packed", 2),
    option(
        "jstype",
        6,
        OptionType::Enum(&[("JS_NORMAL", 0), ("JS_STRING", 1), ("JS_NUMBER", 2)]),
    ),
    boolean("lazy", 5),
    boolean("unverified_lazy", 15),
    boolean("deprecated", 3),
    boolean("weak", 10),
    boolean("debug_redact", 16),
    text("json_name", 0),
    option(
        "retention",
        17,
        OptionType::Enum(&[
            ("RETENTION_UNKNOWN", 0),
            ("RETENTION_RUNTIME", 1),
            ("RETENTION_SOURCE", 2),
        ]),
    ),
    KnownOption {
        name: "targets",
        number: 19,
        ty: OptionType::Enum(&[
            ("TARGET_TYPE_UNKNOWN", 0),
            ("TARGET_TYPE_FILE", 1),
            ("TARGET_TYPE_EXTENSION_RANGE", 2),
            ("TARGET_TYPE_MESSAGE", 3),
            ("TARGET_TYPE_FIELD", 4),
            ("TARGET_TYPE_ONEOF", 5),
            ("TARGET_TYPE_ENUM", 6),
            ("TARGET_TYPE_ENUM_ENTRY", 7),
            ("TARGET_TYPE_SERVICE", 8),
            ("TARGET_TYPE_METHOD", 9),
        ]),
        repeats: true,
    },
];

const ENUM: &[KnownOption] = &[
    boolean("allow_alias", 2),
    boolean("deprecated", 3),
    boolean("deprecated_legacy_json_field_conflicts", 6),
];

const VALUE: &[KnownOption] = &[boolean("deprecated", 1), boolean("debug_redact", 3)];

const SERVICE: &[KnownOption] = &[boolean("deprecated", 33)];

const METHOD: &[KnownOption] = &[
    boolean("deprecated", 33),
    option(
        "idempotency_level",
        34,
        OptionType::Enum(&[
            ("IDEMPOTENCY_UNKNOWN", 0),
            ("NO_SIDE_EFFECTS", 1),
            ("IDEMPOTENT", 2),
        ]),
    ),
];
