//! The limit of how deep messages are nested.
//!
//! prost counts the levels in its [`DecodeContext`], which only its own decoder of messages can descend with. So the
//! contexts of all levels are made once, by that decoder, and views count their levels themselves.

use std::iter;
use std::sync::LazyLock;

use prost::bytes::{Buf, BufMut};
use prost::encoding::{DecodeContext, WireType, decode_varint, message};
use prost::{DecodeError, Message};

/// The number of levels that prost accepts, with the outermost. It is that of views even if a program builds prost
/// without a limit.
const LEVELS: usize = 101;

/// A message with a field: its size, the key, and the value.
const WITH_A_FIELD: &[u8] = &[2, 1 << 3, 0];

/// The context of each level.
static CONTEXTS: LazyLock<Vec<DecodeContext>> = LazyLock::new(|| {
    let contexts = iter::successors(Some(DecodeContext::default()), |it| Some(nested(it)));
    contexts.take(LEVELS).collect()
});

/// The level of a message inside of others.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct Depth(usize);

impl Depth {
    /// Returns the depth of a message inside of this one, unless that is too deep.
    #[inline]
    pub(super) fn inside(self) -> Option<Self> {
        (self.0 + 1 < LEVELS).then_some(Self(self.0 + 1))
    }

    /// Returns the context for the decoders of prost.
    pub(super) fn context(self) -> DecodeContext {
        CONTEXTS[self.0].clone()
    }
}

/// Returns the context of a message inside of another.
fn nested(context: &DecodeContext) -> DecodeContext {
    let mut inside = Inside(context.clone());
    // It fails only below the last level, which is not asked for.
    let _ = message::merge(
        WireType::LengthDelimited,
        &mut inside,
        &mut &*WITH_A_FIELD,
        context.clone(),
    );
    inside.0
}

/// A message that keeps the context in which it is decoded.
#[derive(Debug)]
struct Inside(DecodeContext);

impl Message for Inside {
    fn encode_raw(&self, _buffer: &mut impl BufMut) {}

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
