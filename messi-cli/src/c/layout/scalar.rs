//! The scalar types of proto3 in C.

use messi_schema::Scalar;

/// A scalar type in C.
pub(super) struct CScalar {
    /// The type of a value, without `*`.
    pub(super) ty: &'static str,
    /// The name behind `messi_kind_`.
    pub(super) kind: &'static str,
    /// The type of an array.
    pub(super) array: &'static str,
}

const fn c_scalar(ty: &'static str, kind: &'static str, array: &'static str) -> CScalar {
    CScalar { ty, kind, array }
}

/// Returns a scalar type in C.
pub(super) fn of(scalar: Scalar) -> CScalar {
    match scalar {
        Scalar::Double => c_scalar("double", "fixed64", "messi_repeated_double_t"),
        Scalar::Float => c_scalar("float", "fixed32", "messi_repeated_float_t"),
        Scalar::Int32 => c_scalar("int32_t", "int32", "messi_repeated_int32_t"),
        Scalar::Int64 => c_scalar("int64_t", "int64", "messi_repeated_int64_t"),
        Scalar::Uint32 => c_scalar("uint32_t", "uint32", "messi_repeated_uint32_t"),
        Scalar::Uint64 => c_scalar("uint64_t", "uint64", "messi_repeated_uint64_t"),
        Scalar::Sint32 => c_scalar("int32_t", "sint32", "messi_repeated_int32_t"),
        Scalar::Sint64 => c_scalar("int64_t", "sint64", "messi_repeated_int64_t"),
        Scalar::Fixed32 => c_scalar("uint32_t", "fixed32", "messi_repeated_uint32_t"),
        Scalar::Fixed64 => c_scalar("uint64_t", "fixed64", "messi_repeated_uint64_t"),
        Scalar::Sfixed32 => c_scalar("int32_t", "fixed32", "messi_repeated_int32_t"),
        Scalar::Sfixed64 => c_scalar("int64_t", "fixed64", "messi_repeated_int64_t"),
        Scalar::Bool => c_scalar("bool", "bool", "messi_repeated_bool_t"),
        Scalar::String => c_scalar("char", "string", "messi_repeated_string_t"),
        Scalar::Bytes => c_scalar("struct messi_bytes_t", "bytes", "messi_repeated_bytes_t"),
    }
}
