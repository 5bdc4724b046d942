//! The bytes of a message that are not decoded yet.

use prost::bytes::{Buf, Bytes};
use prost::encoding::{DecodeContext, WireType, decode_key, decode_varint};

use super::depth::Depth;
use super::{Field, Malformed};

/// The bytes of a message that are not decoded yet. The decoders of prost read them too.
#[derive(Debug)]
pub struct Input<'a> {
    pub(super) rest: &'a [u8],
    /// The memory around the bytes, if fields of owned members can share it.
    shared: Option<&'a Bytes>,
    depth: Depth,
}

impl<'a> Input<'a> {
    /// Creates the input of a whole message.
    #[inline]
    #[must_use]
    pub fn new(bytes: &'a [u8]) -> Self {
        Self {
            rest: bytes,
            shared: None,
            depth: Depth::default(),
        }
    }

    /// Creates the input of a whole message. Fields of the type `Bytes` share its memory.
    #[must_use]
    pub fn shared(bytes: &'a Bytes) -> Self {
        Self {
            shared: Some(bytes),
            ..Self::new(bytes)
        }
    }

    #[inline]
    pub(super) fn is_empty(&self) -> bool {
        self.rest.is_empty()
    }

    /// Returns the context for the decoders of prost.
    #[inline]
    pub(super) fn context(&self) -> DecodeContext {
        self.depth.context()
    }

    /// Takes the key of the next field.
    #[inline]
    pub(super) fn field(&mut self) -> Result<Field<'_, 'a>, Malformed> {
        let (number, wire_type) = match *self.rest {
            // A small number and a value with a size, as most fields have: the rule for all others is that of prost.
            [key @ 0x08..0x80, ref rest @ ..] if key & 7 == WireType::LengthDelimited as u8 => {
                self.rest = rest;
                (u32::from(key >> 3), WireType::LengthDelimited)
            }
            _ => decode_key(self)?,
        };
        Ok(Field {
            number,
            wire_type,
            input: self,
        })
    }

    /// Takes a size, and a value of this size.
    #[inline]
    pub(super) fn delimited(&mut self) -> Result<&'a [u8], Malformed> {
        let size = match *self.rest {
            // Like in `field`.
            [size @ ..0x80, ref rest @ ..] => {
                self.rest = rest;
                usize::from(size)
            }
            _ => usize::try_from(decode_varint(self)?).map_err(|_| Malformed)?,
        };
        let (taken, rest) = self.rest.split_at_checked(size).ok_or(Malformed)?;
        self.rest = rest;
        Ok(taken)
    }

    /// Takes a size, and a message of this size as the input of its own fields.
    #[inline]
    pub(super) fn message(&mut self) -> Result<Self, Malformed> {
        Ok(Self {
            rest: self.delimited()?,
            shared: self.shared,
            depth: self.depth.inside().ok_or(Malformed)?,
        })
    }
}

impl Buf for Input<'_> {
    #[inline]
    fn remaining(&self) -> usize {
        self.rest.len()
    }

    #[inline]
    fn chunk(&self) -> &[u8] {
        self.rest
    }

    #[inline]
    fn advance(&mut self, count: usize) {
        self.rest = &self.rest[count..];
    }

    fn copy_to_bytes(&mut self, count: usize) -> Bytes {
        let (taken, rest) = self.rest.split_at(count);
        self.rest = rest;
        match self.shared {
            Some(shared) => shared.slice_ref(taken),
            None => Bytes::copy_from_slice(taken),
        }
    }
}
