//! The decoders of values that borrow.

use std::str;

use prost::DecodeError;
use prost::encoding::{self, DecodeContext, WireType, check_wire_type, decode_varint, merge_loop};

use super::nested::nested;
use super::{Input, View, merge_next};

/// Decodes bytes.
#[inline]
pub fn bytes<'a>(
    wire_type: WireType,
    value: &mut &'a [u8],
    input: &mut Input<'a>,
    context: DecodeContext,
) -> Result<(), DecodeError> {
    check_wire_type(WireType::LengthDelimited, wire_type)?;
    let mut rest = *input;
    let size = decode_varint(&mut rest)?;
    let Some(taken) = rest.take(size) else {
        // prost finds the same, and only prost can make the error.
        return encoding::bytes::merge(wire_type, &mut Vec::new(), input, context);
    };
    *input = rest;
    *value = taken;
    Ok(())
}

/// Decodes a string, which must be UTF-8.
#[inline]
pub fn string<'a>(
    wire_type: WireType,
    value: &mut &'a str,
    input: &mut Input<'a>,
    context: DecodeContext,
) -> Result<(), DecodeError> {
    let mut start = *input;
    let mut taken: &[u8] = &[];
    bytes(wire_type, &mut taken, input, context.clone())?;
    let Ok(text) = str::from_utf8(taken) else {
        // Like above.
        return encoding::string::merge(wire_type, &mut String::new(), &mut start, context);
    };
    *value = text;
    Ok(())
}

/// Decodes a message, and merges it into an earlier value.
pub fn message<'a, V: View<'a>>(
    wire_type: WireType,
    value: &mut V,
    input: &mut Input<'a>,
    context: DecodeContext,
) -> Result<(), DecodeError> {
    check_wire_type(WireType::LengthDelimited, wire_type)?;
    merge_loop(value, input, nested(&context)?, merge_next)
}
