//! The buffer into which sockets are read.

use std::cell::Cell;
use std::mem;
use std::ops::{Deref, DerefMut};

/// Most bytes of one read.
pub(crate) const READ_SIZE: usize = 64 * 1024;

thread_local! {
    /// One buffer per thread, not per connection: most connections are idle.
    static BUFFER: Cell<Vec<u8>> = const { Cell::new(Vec::new()) };
}

/// The buffer of this thread, until it is dropped.
///
/// It is taken out rather than borrowed: while a socket is read and the bytes are handled, a waker may run
/// another connection on this thread, which then reads into a buffer of its own.
pub(crate) struct Scratch(Vec<u8>);

impl Scratch {
    /// Takes the buffer.
    #[inline]
    pub(crate) fn take() -> Self {
        let mut buffer = BUFFER.take();
        buffer.resize(READ_SIZE, 0);
        Self(buffer)
    }
}

impl Drop for Scratch {
    #[inline]
    fn drop(&mut self) {
        BUFFER.set(mem::take(&mut self.0));
    }
}

impl Deref for Scratch {
    type Target = [u8];

    fn deref(&self) -> &[u8] {
        &self.0
    }
}

impl DerefMut for Scratch {
    fn deref_mut(&mut self) -> &mut [u8] {
        &mut self.0
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_buffer_may_be_taken_while_another_is_in_use() {
        let mut outer = Scratch::take();
        outer[0] = 1;
        let mut inner = Scratch::take();
        inner[0] = 2;
        assert_eq!(inner.len(), READ_SIZE);
        drop(inner);
        assert_eq!(outer[0], 1);
    }
}
