//! The bytes of a received message, for as long as a handler has a message that borrows from them.

use std::cell::Cell;
use std::mem;

use prost::bytes::Bytes;

/// Largest buffer that a thread keeps. Larger payloads are mostly shared, and not copied.
const MAX_KEPT: usize = 64 * 1024;

thread_local! {
    /// One buffer per thread, not per connection: most connections are idle.
    static BUFFER: Cell<Vec<u8>> = const { Cell::new(Vec::new()) };
}

/// The bytes of one received message.
///
/// A small payload is copied into the buffer of the thread, which costs less than an allocation. The buffer is taken
/// out while the callback runs: a pending one keeps it, and other connections of the thread use another.
#[derive(Debug, Default)]
pub struct HeldPayload {
    /// The buffer of a thread. Empty if the payload is shared.
    copy: Vec<u8>,
    /// `None` if the payload is copied: an empty `Bytes` costs a call when it is dropped.
    shared: Option<Bytes>,
}

impl HeldPayload {
    /// Holds a copy of a payload.
    #[inline]
    pub(crate) fn copy(&mut self, payload: &[u8]) -> &[u8] {
        self.copy = BUFFER.take();
        self.copy.clear();
        self.copy.extend_from_slice(payload);
        &self.copy
    }

    /// Holds a payload with its memory.
    pub(crate) fn share(&mut self, payload: Bytes) -> &Bytes {
        self.shared.insert(payload)
    }
}

impl Drop for HeldPayload {
    #[inline]
    fn drop(&mut self) {
        if (1..=MAX_KEPT).contains(&self.copy.capacity()) {
            let buffer = mem::take(&mut self.copy);
            // A task may be dropped by a thread that ends, which has no buffer any more.
            let _ = BUFFER.try_with(|place| place.set(buffer));
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_buffer_is_used_again_unless_it_is_in_use() {
        let mut first = HeldPayload::default();
        let place = first.copy(b"abc").as_ptr();
        let mut second = HeldPayload::default();
        assert_ne!(second.copy(b"de").as_ptr(), place);
        drop(second);
        assert_eq!(first.copy, b"abc");
        drop(first);
        // Asked of the thread, as the allocator may return the same place again.
        let kept = BUFFER.take();
        assert_eq!(kept.as_ptr(), place);
    }

    #[test]
    fn a_large_buffer_is_freed() {
        let mut large = HeldPayload::default();
        large.copy(&[7; MAX_KEPT + 1]);
        drop(large);
        assert!(BUFFER.take().capacity() <= MAX_KEPT);
    }
}
