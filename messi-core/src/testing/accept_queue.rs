//! Connections that wait to be accepted.

use std::collections::VecDeque;
use std::mem;
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::task::{Context, Poll, Waker};

use super::socket::SimulatedSocket;

/// The connections to one address that its server has not accepted yet.
#[derive(Debug, Default)]
pub(super) struct AcceptQueue(Mutex<AcceptQueueState>);

#[derive(Debug, Default)]
struct AcceptQueueState {
    sockets: VecDeque<SimulatedSocket>,
    waiting: Vec<Waker>,
    closed: bool,
}

impl AcceptQueue {
    /// Adds a connection. It is reset if the queue is closed.
    pub(super) fn push(&self, socket: SimulatedSocket) {
        let mut state = self.lock();
        if state.closed {
            drop(state);
            return socket.reset();
        }
        state.sockets.push_back(socket);
        let waiting = mem::take(&mut state.waiting);
        drop(state);
        waiting.into_iter().for_each(Waker::wake);
    }

    /// Waits for a connection, and takes it.
    pub(super) fn poll_take(&self, cx: &mut Context<'_>) -> Poll<SimulatedSocket> {
        let mut state = self.lock();
        if let Some(socket) = state.sockets.pop_front() {
            return Poll::Ready(socket);
        }
        state.waiting.retain(|waker| !waker.will_wake(cx.waker()));
        state.waiting.push(cx.waker().clone());
        Poll::Pending
    }

    /// Resets the connections that are left, and those that come later.
    pub(super) fn close(&self) {
        let mut state = self.lock();
        state.closed = true;
        let left = mem::take(&mut state.sockets);
        drop(state);
        left.iter().for_each(SimulatedSocket::reset);
    }

    fn lock(&self) -> MutexGuard<'_, AcceptQueueState> {
        // No code that runs under the lock leaves it half changed.
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
