//! Received messages that wait for the node.

use std::future::poll_fn;
use std::mem;
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::task::Poll;

use futures::future::AbortHandle;
use futures::task::AtomicWaker;
use messi_core::cluster::EngineError;

use crate::error::Failure;

/// Bytes that may wait for the node. Beyond them the link is closed: a node that does not receive must not fill the memory.
pub(crate) const MAX_WAITING: usize = 64 * 1024 * 1024;

/// Memory that a message takes besides its bytes, so that empty messages are limited too.
const OVERHEAD: usize = size_of::<Message>() + 32;

/// A received message.
#[derive(Debug)]
pub(crate) struct Message {
    pub(crate) channel: String,
    pub(crate) payload: Vec<u8>,
}

/// The messages on their way from the driver of a connection to its receiver, and the end of the connection.
#[derive(Debug)]
pub(crate) struct Queue {
    /// Under this lock, nothing is awaited or woken, and no foreign code is called.
    state: Mutex<State>,
    receiver: AtomicWaker,
    /// Stops the driver, which drops the connection.
    driver: AbortHandle,
}

#[derive(Debug, Default)]
struct State {
    messages: Vec<Message>,
    /// Bytes of the messages, with their overhead.
    bytes: usize,
    /// The reason of the end. The first one counts.
    end: Option<EngineError>,
}

impl Queue {
    pub(crate) fn new(driver: AbortHandle) -> Self {
        Self {
            state: Mutex::default(),
            receiver: AtomicWaker::new(),
            driver,
        }
    }

    /// Appends a message. Closes the connection if too many bytes wait.
    pub(crate) fn push(&self, message: Message) {
        let mut state = self.lock();
        if state.end.is_some() {
            return;
        }
        state.bytes += message.channel.len() + message.payload.len() + OVERHEAD;
        if state.bytes > MAX_WAITING {
            // A receiver that continued here would have a gap.
            state.messages = Vec::new();
            drop(state);
            return self.close(Failure::TooSlow(MAX_WAITING));
        }
        state.messages.push(message);
        let is_first = state.messages.len() == 1;
        drop(state);
        if is_first {
            self.receiver.wake();
        }
    }

    /// Closes the connection. Messages that have come are received before the error.
    pub(crate) fn close(&self, reason: Failure) {
        self.lock().end.get_or_insert_with(|| reason.into());
        self.receiver.wake();
        self.driver.abort();
    }

    /// Returns the reason why the connection is closed, if it is.
    pub(crate) fn end(&self) -> Option<EngineError> {
        self.lock().end.clone()
    }

    /// Waits for messages, and moves them into an empty list.
    pub(crate) async fn take(&self, messages: &mut Vec<Message>) -> Result<(), EngineError> {
        poll_fn(|cx| {
            // Before the look: a message that comes in between wakes.
            self.receiver.register(cx.waker());
            let mut state = self.lock();
            if !state.messages.is_empty() {
                state.bytes = 0;
                mem::swap(&mut state.messages, messages);
                return Poll::Ready(Ok(()));
            }
            state
                .end
                .clone()
                .map_or(Poll::Pending, |end| Poll::Ready(Err(end)))
        })
        .await
    }

    fn lock(&self) -> MutexGuard<'_, State> {
        // Nothing that runs under the lock leaves it half changed.
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

#[cfg(test)]
mod tests {
    use std::io;

    use futures::FutureExt;

    use super::*;

    fn queue() -> Queue {
        Queue::new(AbortHandle::new_pair().0)
    }

    fn message(size: usize) -> Message {
        Message {
            channel: "a".into(),
            payload: vec![0; size],
        }
    }

    /// Returns the number of messages that have come; `None` if there is nothing yet.
    fn take(queue: &Queue) -> Option<Result<usize, EngineError>> {
        let mut messages = Vec::new();
        let result = queue.take(&mut messages).now_or_never()?;
        Some(result.map(|()| messages.len()))
    }

    fn lost() -> Failure {
        Failure::Lost(io::ErrorKind::ConnectionReset.into())
    }

    #[test]
    fn messages_come_before_the_end() {
        let queue = queue();
        assert_eq!(take(&queue), None);
        queue.push(message(1));
        queue.push(message(1));
        queue.close(lost());
        queue.close(Failure::TooSlow(1));
        queue.push(message(1));
        assert_eq!(take(&queue), Some(Ok(2)));
        assert_eq!(take(&queue), Some(Err(lost().into())));
        assert!(queue.driver.is_aborted());
    }

    #[test]
    fn a_receiver_that_is_too_slow_gets_an_error_instead_of_a_gap() {
        let queue = queue();
        queue.push(message(MAX_WAITING / 2));
        queue.push(message(MAX_WAITING / 2));
        assert!(queue.driver.is_aborted());
        let expected = Failure::TooSlow(MAX_WAITING).into();
        assert_eq!(take(&queue), Some(Err(expected)));
    }

    #[test]
    fn empty_messages_are_limited_too() {
        let queue = queue();
        let most = MAX_WAITING / OVERHEAD;
        (0..most).for_each(|_| queue.push(message(0)));
        assert!(queue.end().is_some());
    }

    #[test]
    fn a_receiver_that_keeps_up_is_not_limited() {
        let queue = queue();
        for _ in 0..3 {
            queue.push(message(MAX_WAITING / 2));
            assert_eq!(take(&queue), Some(Ok(1)));
        }
    }
}
