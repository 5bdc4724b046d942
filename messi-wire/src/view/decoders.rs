//! The decoders of values.

use std::str;

use prost::DecodeError;
use prost::encoding::{DecodeContext, WireType};

use super::{Field, Input, Malformed, View, merge};

/// Decodes bytes.
#[inline]
pub fn bytes<'a>(field: Field<'_, 'a>, value: &mut &'a [u8]) -> Result<(), Malformed> {
    *value = field.delimited()?;
    Ok(())
}

/// Decodes a string, which must be UTF-8.
#[inline]
pub fn string<'a>(field: Field<'_, 'a>, value: &mut &'a str) -> Result<(), Malformed> {
    *value = utf8(field.delimited()?).ok_or(Malformed)?;
    Ok(())
}

/// Returns the text of these bytes.
// A call by itself, since it returns in registers: the result of `from_utf8` is written to memory by halves, and to
// read it from there as a whole, as the caller would, takes as long as a small string.
#[inline(never)]
fn utf8(bytes: &[u8]) -> Option<&str> {
    str::from_utf8(bytes).ok()
}

/// Decodes a message, and merges it into an earlier value.
#[inline]
pub fn message<'a, V: View<'a>>(field: Field<'_, 'a>, value: &mut V) -> Result<(), Malformed> {
    merge(value, field.message()?)
}

/// Returns the decoder of values that do not borrow, by a function of prost.
#[inline]
pub fn owned<'a, T>(
    function: impl Fn(WireType, &mut T, &mut Input<'a>, DecodeContext) -> Result<(), DecodeError>,
) -> impl Fn(Field<'_, 'a>, &mut T) -> Result<(), Malformed> {
    move |field, value| {
        let context = field.input.context();
        Ok(function(field.wire_type, value, field.input, context)?)
    }
}
