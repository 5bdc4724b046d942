//! The bytes of a message that are not decoded yet.

use prost::bytes::{Buf, Bytes};

/// The bytes of a message that are not decoded yet, as prost reads them.
#[derive(Clone, Copy, Debug)]
pub struct Input<'a> {
    rest: &'a [u8],
    /// The memory around the bytes, if fields of owned members can share it.
    shared: Option<&'a Bytes>,
}

impl<'a> Input<'a> {
    /// Creates the input of a whole message.
    #[inline]
    #[must_use]
    pub fn new(bytes: &'a [u8]) -> Self {
        Self {
            rest: bytes,
            shared: None,
        }
    }

    /// Creates the input of a whole message, whose memory fields of the type `Bytes` share.
    #[must_use]
    pub fn shared(bytes: &'a Bytes) -> Self {
        Self {
            rest: bytes,
            shared: Some(bytes),
        }
    }

    /// Takes the next bytes, unless there are fewer.
    #[inline]
    pub(super) fn take(&mut self, count: u64) -> Option<&'a [u8]> {
        let (taken, rest) = self.rest.split_at_checked(usize::try_from(count).ok()?)?;
        self.rest = rest;
        Some(taken)
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
