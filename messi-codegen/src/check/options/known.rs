//! The options that protobuf itself has, as its `descriptor.proto` declares them.

use std::fmt::{self, Display, Formatter};

use crate::scan::DeclarationKind;

/// What an option is of.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Owner {
    File,
    Message,
    Field,
    Oneof,
    Enum,
    Value,
    Service,
    Method,
}

impl Owner {
    pub(super) fn of(kind: DeclarationKind) -> Self {
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
}

impl Display for Owner {
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
pub(super) struct Known {
    name: &'static str,
    pub(super) ty: Type,
    /// Whether it may be set more than once.
    pub(super) repeats: bool,
}

/// The type of an option's value.
#[derive(Debug)]
pub(super) enum Type {
    Bool,
    Text,
    Enum(&'static [&'static str]),
}

/// Options that only files with an edition have, or only protobuf's own files.
pub(super) const OF_EDITIONS: &[&str] = &["features", "feature_support", "edition_defaults"];

/// The option with this name.
pub(super) fn find(owner: Owner, name: &str) -> Option<&'static Known> {
    of(owner).iter().find(|known| known.name == name)
}

/// The names of all options.
pub(super) fn names(owner: Owner) -> Vec<&'static str> {
    of(owner).iter().map(|known| known.name).collect()
}

fn of(owner: Owner) -> &'static [Known] {
    match owner {
        Owner::File => FILE,
        Owner::Message => MESSAGE,
        Owner::Field => FIELD,
        Owner::Oneof => &[],
        Owner::Enum => ENUM,
        Owner::Value => VALUE,
        Owner::Service => SERVICE,
        Owner::Method => METHOD,
    }
}

const fn boolean(name: &'static str) -> Known {
    option(name, Type::Bool)
}

const fn text(name: &'static str) -> Known {
    option(name, Type::Text)
}

const fn option(name: &'static str, ty: Type) -> Known {
    let repeats = false;
    Known { name, ty, repeats }
}

const FILE: &[Known] = &[
    text("java_package"),
    text("java_outer_classname"),
    boolean("java_multiple_files"),
    boolean("java_generate_equals_and_hash"),
    boolean("java_string_check_utf8"),
    option(
        "optimize_for",
        Type::Enum(&["SPEED", "CODE_SIZE", "LITE_RUNTIME"]),
    ),
    text("go_package"),
    boolean("cc_generic_services"),
    boolean("java_generic_services"),
    boolean("py_generic_services"),
    boolean("deprecated"),
    boolean("cc_enable_arenas"),
    text("objc_class_prefix"),
    text("csharp_namespace"),
    text("swift_prefix"),
    text("php_class_prefix"),
    text("php_namespace"),
    text("php_metadata_namespace"),
    text("ruby_package"),
];

const MESSAGE: &[Known] = &[
    boolean("message_set_wire_format"),
    boolean("no_standard_descriptor_accessor"),
    boolean("deprecated"),
    boolean("map_entry"),
    boolean("deprecated_legacy_json_field_conflicts"),
];

const FIELD: &[Known] = &[
    option("ctype", Type::Enum(&["STRING", "CORD", "STRING_PIECE"])),
    boolean("packed"),
    option(
        "jstype",
        Type::Enum(&["JS_NORMAL", "JS_STRING", "JS_NUMBER"]),
    ),
    boolean("lazy"),
    boolean("unverified_lazy"),
    boolean("deprecated"),
    boolean("weak"),
    boolean("debug_redact"),
    text("json_name"),
    option(
        "retention",
        Type::Enum(&["RETENTION_UNKNOWN", "RETENTION_RUNTIME", "RETENTION_SOURCE"]),
    ),
    Known {
        name: "targets",
        ty: Type::Enum(&[
            "TARGET_TYPE_UNKNOWN",
            "TARGET_TYPE_FILE",
            "TARGET_TYPE_EXTENSION_RANGE",
            "TARGET_TYPE_MESSAGE",
            "TARGET_TYPE_FIELD",
            "TARGET_TYPE_ONEOF",
            "TARGET_TYPE_ENUM",
            "TARGET_TYPE_ENUM_ENTRY",
            "TARGET_TYPE_SERVICE",
            "TARGET_TYPE_METHOD",
        ]),
        repeats: true,
    },
];

const ENUM: &[Known] = &[
    boolean("allow_alias"),
    boolean("deprecated"),
    boolean("deprecated_legacy_json_field_conflicts"),
];

const VALUE: &[Known] = &[boolean("deprecated"), boolean("debug_redact")];

const SERVICE: &[Known] = &[boolean("deprecated")];

const METHOD: &[Known] = &[
    boolean("deprecated"),
    option(
        "idempotency_level",
        Type::Enum(&["IDEMPOTENCY_UNKNOWN", "NO_SIDE_EFFECTS", "IDEMPOTENT"]),
    ),
];
