//! The limit of how deep messages are nested.
//!
//! prost counts the levels in its [`DecodeContext`], which only its own decoder of messages can descend with. A count
//! of our own could not be given to prost for the messages without views and the groups inside of a view.

use prost::bytes::{Buf, BufMut};
use prost::encoding::{DecodeContext, WireType, decode_varint, message};
use prost::{DecodeError, Message};

/// A message with a field: its size, the key, and the value.
const WITH_A_FIELD: &[u8] = &[2, 1 << 3, 0];

/// Returns the context of a message inside of another.
///
/// # Errors
///
/// The message would be nested too deep.
#[inline]
pub(super) fn nested(context: &DecodeContext) -> Result<DecodeContext, DecodeError> {
    let mut inside = Inside::default();
    message::merge(
        WireType::LengthDelimited,
        &mut inside,
        &mut &*WITH_A_FIELD,
        context.clone(),
    )?;
    Ok(inside.0)
}

/// A message that keeps the context in which it is decoded.
#[derive(Debug, Default)]
struct Inside(DecodeContext);

impl Message for Inside {
    fn encode_raw(&self, _buffer: &mut impl BufMut) {}

    #[inline]
    fn merge_field(
        &mut self,
        _number: u32,
        _wire_type: WireType,
        buffer: &mut impl Buf,
        context: DecodeContext,
    ) -> Result<(), DecodeError> {
        self.0 = context;
        decode_varint(buffer).map(drop)
    }

    fn encoded_len(&self) -> usize {
        0
    }

    fn clear(&mut self) {}
}
