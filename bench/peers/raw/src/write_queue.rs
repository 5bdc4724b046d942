//! The bytes to write on a connection, and the waker of its task.

use std::mem;
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::task::Waker;

/// A queue that any task may push to, and the connection's task takes from.
#[derive(Debug, Default)]
pub(crate) struct WriteQueue(Mutex<State>);

#[derive(Debug, Default)]
struct State {
    bytes: Vec<u8>,
    waker: Option<Waker>,
}

impl WriteQueue {
    /// Appends bytes, and wakes the connection's task.
    pub(crate) fn push(&self, bytes: &[u8]) {
        let mut state = self.lock();
        state.bytes.extend_from_slice(bytes);
        let waker = state.waker.take();
        // The waker is called without the lock.
        drop(state);
        if let Some(waker) = waker {
            waker.wake();
        }
    }

    /// Swaps the empty `bytes` with the queued bytes. If the queue is empty, the next push wakes `waker`.
    pub(crate) fn take(&self, bytes: &mut Vec<u8>, waker: &Waker) {
        let mut state = self.lock();
        mem::swap(&mut state.bytes, bytes);
        state.waker = bytes.is_empty().then(|| waker.clone());
    }

    fn lock(&self) -> MutexGuard<'_, State> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
