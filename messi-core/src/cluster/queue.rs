//! Received messages that wait for a node, for engines that read a connection at all times.
//!
//! The *driver* of a connection, a task or thread of the engine, appends messages to a [`Queue`], and the
//! [`LinkReceiver`](super::LinkReceiver) takes them. A driver that waited for the node instead would keep the answers to its
//! orders waiting, and a queue without a limit would fill the memory if the node does not receive.

use std::fmt::{self, Debug, Formatter};
use std::future::poll_fn;
use std::mem;
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::task::Poll;

use futures::task::AtomicWaker;

use super::EngineError;

/// Bytes that may wait for the node: 64 MiB. Beyond them the connection is closed.
pub const MAX_WAITING: usize = 64 * 1024 * 1024;

/// Memory that a message takes besides its bytes, so that empty messages are limited too.
const OVERHEAD: usize = size_of::<Message>() + 32;

/// A received message.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Message {
    /// The channel to which it was published.
    pub channel: String,
    /// The bytes that were published.
    pub payload: Vec<u8>,
}

/// The messages on their way from the driver of a connection to its receiver, and the end of the connection.
///
/// # Limits
///
/// If more than [`MAX_WAITING`] bytes wait, the connection is closed, and only the error is received: a receiver that
/// continued would have a gap.
///
/// # Examples
///
/// ```
/// # async_std::task::block_on(async {
/// use std::io;
/// use std::sync::Arc;
///
/// use messi::cluster::EngineError;
/// use messi::cluster::queue::{Message, Queue};
///
/// let queue = Queue::new(|| println!("here, the engine closes its connection"));
/// queue.push(Message { channel: "a".into(), payload: vec![1, 2, 3] });
/// queue.close(EngineError::new(io::Error::from(io::ErrorKind::ConnectionReset)));
///
/// let mut messages = Vec::new();
/// queue.take(&mut messages).await?;
/// assert_eq!(messages[0].payload, [1, 2, 3]);
/// messages.clear();
/// assert!(queue.take(&mut messages).await.is_err());
/// # Ok::<(), EngineError>(())
/// # }).unwrap();
/// ```
pub struct Queue {
    /// Code under this lock does not await or wake, and calls no foreign code.
    state: Mutex<State>,
    receiver: AtomicWaker,
    /// Stops the driver, which drops the connection.
    stop: Box<dyn Fn() + Send + Sync>,
}

#[derive(Debug, Default)]
struct State {
    messages: Vec<Message>,
    /// Bytes of the messages, with their overhead.
    bytes: usize,
    /// The reason of the end. The first one counts.
    end: Option<EngineError>,
}

/// The end of a connection of a node that does not receive.
#[derive(Debug, thiserror::Error)]
#[error("more than {MAX_WAITING} bytes of received messages wait to be handled")]
struct TooSlow;

impl Queue {
    /// Creates an empty queue.
    ///
    /// `stop` stops the driver of the connection. It is called whenever the queue is closed, which may be several times,
    /// by the driver itself too, and must not wait.
    pub fn new(stop: impl Fn() + Send + Sync + 'static) -> Self {
        Self {
            state: Mutex::default(),
            receiver: AtomicWaker::new(),
            stop: Box::new(stop),
        }
    }

    /// Appends a message. Closes the connection if too many bytes wait. Has no effect once it is closed.
    pub fn push(&self, message: Message) {
        let mut state = self.lock();
        if state.end.is_some() {
            return;
        }
        state.bytes += message.channel.len() + message.payload.len() + OVERHEAD;
        if state.bytes > MAX_WAITING {
            // A receiver that continued here would have a gap.
            state.messages = Vec::new();
            drop(state);
            return self.close(EngineError::new(TooSlow));
        }
        state.messages.push(message);
        let is_first = state.messages.len() == 1;
        drop(state);
        if is_first {
            self.receiver.wake();
        }
    }

    /// Closes the connection. Messages that have come are received before the error. The first reason counts.
    pub fn close(&self, reason: impl Into<EngineError>) {
        self.lock().end.get_or_insert_with(|| reason.into());
        self.receiver.wake();
        (self.stop)();
    }

    /// Returns the reason why the connection is closed, if it is.
    pub fn end(&self) -> Option<EngineError> {
        self.lock().end.clone()
    }

    /// Waits for messages, and moves them into an empty list. One task may wait at a time.
    ///
    /// # Errors
    ///
    /// Returns the reason of the end once the connection is closed, and all messages that have come are taken.
    pub async fn take(&self, messages: &mut Vec<Message>) -> Result<(), EngineError> {
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
        // No code that runs under the lock leaves it half changed.
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Debug for Queue {
    fn fmt(&self, formatter: &mut Formatter<'_>) -> fmt::Result {
        formatter
            .debug_struct("Queue")
            .field("end", &self.lock().end)
            .finish_non_exhaustive()
    }
}

#[cfg(test)]
mod tests {
    use std::io;
    use std::sync::Arc;
    use std::sync::atomic::{AtomicBool, Ordering};

    use futures::FutureExt;

    use super::*;

    /// Returns a queue, and whether its driver is stopped.
    fn queue() -> (Queue, Arc<AtomicBool>) {
        let is_stopped = Arc::new(AtomicBool::default());
        let stop = is_stopped.clone();
        let queue = Queue::new(move || stop.store(true, Ordering::Relaxed));
        (queue, is_stopped)
    }

    fn message(size: usize) -> Message {
        Message {
            channel: "a".into(),
            payload: vec![0; size],
        }
    }

    /// Returns the number of messages that have come; `None` if there are no messages yet.
    fn take(queue: &Queue) -> Option<Result<usize, EngineError>> {
        let mut messages = Vec::new();
        let result = queue.take(&mut messages).now_or_never()?;
        Some(result.map(|()| messages.len()))
    }

    fn lost(kind: io::ErrorKind) -> EngineError {
        EngineError::new(io::Error::from(kind))
    }

    #[test]
    fn messages_come_before_the_end() {
        let (queue, is_stopped) = queue();
        assert_eq!(take(&queue), None);
        queue.push(message(1));
        queue.push(message(1));
        assert!(!is_stopped.load(Ordering::Relaxed));
        queue.close(lost(io::ErrorKind::ConnectionReset));
        queue.close(lost(io::ErrorKind::TimedOut));
        queue.push(message(1));
        assert_eq!(take(&queue), Some(Ok(2)));
        let expected = lost(io::ErrorKind::ConnectionReset);
        assert_eq!(take(&queue), Some(Err(expected)));
        assert!(is_stopped.load(Ordering::Relaxed));
    }

    #[test]
    fn a_receiver_that_is_too_slow_gets_an_error_instead_of_a_gap() {
        let (queue, is_stopped) = queue();
        queue.push(message(MAX_WAITING / 2));
        queue.push(message(MAX_WAITING / 2));
        assert!(is_stopped.load(Ordering::Relaxed));
        let expected = EngineError::new(TooSlow);
        assert_eq!(take(&queue), Some(Err(expected)));
    }

    #[test]
    fn empty_messages_are_limited_too() {
        let (queue, _) = queue();
        let most = MAX_WAITING / OVERHEAD;
        (0..most).for_each(|_| queue.push(message(0)));
        assert!(queue.end().is_some());
    }

    #[test]
    fn a_receiver_that_keeps_up_is_not_limited() {
        let (queue, _) = queue();
        for _ in 0..3 {
            queue.push(message(MAX_WAITING / 2));
            assert_eq!(take(&queue), Some(Ok(1)));
        }
    }
}
