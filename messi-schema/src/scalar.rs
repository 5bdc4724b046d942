//! The scalar types of proto3. The only table of their names.

/// A scalar type of proto3.
#[allow(missing_docs, reason = "the names are those of proto3")]
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
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

/// Every scalar with its name and the number of its type in descriptors.
const TABLE: [(Scalar, &str, u32); 15] = [
    (Scalar::Double, "double", 1),
    (Scalar::Float, "float", 2),
    (Scalar::Int32, "int32", 5),
    (Scalar::Int64, "int64", 3),
    (Scalar::Uint32, "uint32", 13),
    (Scalar::Uint64, "uint64", 4),
    (Scalar::Sint32, "sint32", 17),
    (Scalar::Sint64, "sint64", 18),
    (Scalar::Fixed32, "fixed32", 7),
    (Scalar::Fixed64, "fixed64", 6),
    (Scalar::Sfixed32, "sfixed32", 15),
    (Scalar::Sfixed64, "sfixed64", 16),
    (Scalar::Bool, "bool", 8),
    (Scalar::String, "string", 9),
    (Scalar::Bytes, "bytes", 12),
];

/// Types of other languages, and the scalars to use in their place.
const FOREIGN: &[(&[&str], &str)] = &[
    (&["bit", "boolean"], "`bool`"),
    (&["binary", "blob", "byte"], "`bytes`"),
    (&["char", "str", "text", "varchar"], "`string`"),
    (&["decimal", "f64", "float64", "number", "real"], "`double`"),
    (&["f32", "float32", "single"], "`float`"),
    (
        &[
            "i16", "i32", "i8", "int", "int16", "int8", "integer", "short",
        ],
        "`int32`, or `int64` for larger numbers",
    ),
    (&["bigint", "i64", "long", "longlong"], "`int64`"),
    (
        &[
            "u16", "u32", "u8", "uint", "uint16", "uint8", "unsigned", "ushort",
        ],
        "`uint32`, or `uint64` for larger numbers",
    ),
    (&["size_t", "u64", "ulong"], "`uint64`"),
];

/// Returns the scalars to use in place of a type of other languages, in words.
pub(crate) fn in_place_of(name: &str) -> Option<&'static str> {
    let name = name.to_ascii_lowercase();
    let mut rows = FOREIGN.iter();
    let (_, scalars) = rows.find(|(names, _)| names.contains(&name.as_str()))?;
    Some(scalars)
}

impl Scalar {
    /// Returns the scalar with this name.
    pub fn from_name(name: &str) -> Option<Self> {
        let mut rows = TABLE.iter();
        rows.find(|row| row.1 == name).map(|row| row.0)
    }

    /// Returns the names of all scalars.
    pub(crate) fn names<'a>() -> impl Iterator<Item = &'a str> {
        TABLE.iter().map(|row| row.1)
    }

    /// Returns the name in a schema: `sint32`.
    pub fn name(self) -> &'static str {
        self.row().1
    }

    /// Returns the number of the type in descriptors (`FieldDescriptorProto.Type`).
    pub(crate) fn type_number(self) -> u32 {
        self.row().2
    }

    /// Returns whether the keys of a map may have the type.
    pub fn is_map_key(self) -> bool {
        !matches!(self, Self::Double | Self::Float | Self::Bytes)
    }

    /// Returns whether several values can share one length on the wire.
    pub fn is_packable(self) -> bool {
        !matches!(self, Self::String | Self::Bytes)
    }

    /// Returns whether the type is an integer of 64 bits.
    pub fn is_wide_integer(self) -> bool {
        matches!(
            self,
            Self::Int64 | Self::Uint64 | Self::Sint64 | Self::Fixed64 | Self::Sfixed64
        )
    }

    fn row(self) -> &'static (Self, &'static str, u32) {
        // The table is in the order of the variants, which a test checks.
        &TABLE[self as usize]
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_table_is_in_the_order_of_the_variants() {
        for (index, (scalar, name, _)) in TABLE.into_iter().enumerate() {
            assert_eq!(scalar as usize, index);
            assert_eq!(scalar.name(), name);
            assert_eq!(Scalar::from_name(name), Some(scalar));
        }
    }
}
