//! What waits to be written on a connection, and for whom to wake.

use std::mem;
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::task::Waker;

/// Filled by anyone, emptied by the connection's task.
#[derive(Debug, Default)]
pub(crate) struct WriteQueue(Mutex<State>);

#[derive(Debug, Default)]
struct State {
    bytes: Vec<u8>,
    waker: Option<Waker>,
}

impl WriteQueue {
    pub(crate) fn push(&self, bytes: &[u8]) {
        let mut state = self.lock();
        state.bytes.extend_from_slice(bytes);
        let waker = state.waker.take();
        drop(state);
        if let Some(waker) = waker {
            waker.wake();
        }
    }

    /// Exchanges the empty `bytes` for what waits. If that is nothing, `waker` is woken by the
    /// next push.
    pub(crate) fn take(&self, bytes: &mut Vec<u8>, waker: &Waker) {
        let mut state = self.lock();
        mem::swap(&mut state.bytes, bytes);
        state.waker = bytes.is_empty().then(|| waker.clone());
    }

    fn lock(&self) -> MutexGuard<'_, State> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
