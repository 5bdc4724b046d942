//! Waiting for a connection, for room in the send queue, and for the writing of messages.
//!
//! No change is missed, by this order:
//!
//! 1. A task that waits listens to `progress`, then looks at the session under the lock, and unlocks.
//! 2. A change is made under the lock. After unlocking, all listeners are notified.
//!
//! A change of the shared budget alone notifies no task. A queue is not congested any more once all of it is
//! written, at the latest.

use std::sync::atomic::Ordering;

use messi_wire::NotConnected;
use messi_wire::session::Session;

use super::{BoxResponder, Mailbox, WRITE_SIZE};
use crate::FlushError;
use crate::tasks::{until, yield_now};

impl Mailbox {
    /// Returns whether there is a connection that has not ended.
    pub(crate) fn is_connected(&self) -> bool {
        self.lock().session.is_connected()
    }

    /// Returns whether there is a connection that has not ended, or the session waits for another one.
    pub(crate) fn has_session(&self) -> bool {
        self.lock().session.has_session()
    }

    /// Returns whether the task was ordered to end.
    pub(crate) fn is_stopped(&self) -> bool {
        self.lock().session.is_stopped()
    }

    /// Waits until there is a connection. Returns an error once the task was ordered to end.
    pub(crate) async fn connected(&self) -> Result<(), NotConnected> {
        self.until(|session| {
            if session.is_connected() {
                return Some(Ok(()));
            }
            session.is_stopped().then_some(Err(NotConnected))
        })
        .await
    }

    /// Waits until the task is ordered to end.
    pub(crate) async fn stopped(&self) {
        self.until(|session| session.is_stopped().then_some(()))
            .await;
    }

    /// Waits until all messages pushed so far are written to the operating system.
    pub(crate) async fn flush(&self) -> Result<(), FlushError> {
        // By one look: the numbers must be of the same connection and moment.
        let (connection, bytes, messages) = {
            let session = &self.lock().session;
            let messages = session.pushed_messages();
            (session.connection(), session.pushed(), messages)
        };
        self.until(|session| {
            if !session.has_session() || session.connection() != connection {
                let written = session.written_messages(connection);
                let unwritten = messages.saturating_sub(written);
                return Some(Err(FlushError { unwritten }));
            }
            (session.written() >= bytes).then_some(Ok(()))
        })
        .await
    }

    /// Waits until the peer has acknowledged all messages pushed so far.
    pub(crate) async fn delivered(&self) -> Result<(), NotConnected> {
        // By one look: the number must be of the same connection and moment.
        let (connection, messages) = {
            let session = &self.lock().session;
            (session.connection(), session.pushed_messages())
        };
        self.until(|session| {
            let is_known = session.is_acknowledged() && session.has_session();
            if !is_known || session.connection() != connection {
                return Some(Err(NotConnected));
            }
            session.has_acknowledged(messages).then_some(Ok(()))
        })
        .await
    }

    /// Returns how many messages were not sent because the task was ordered to end.
    pub(crate) fn unsent_since_stop(&self) -> u64 {
        self.lock().session.unsent_since_stop()
    }

    /// Waits until the send queue is not congested. If the task has much to write, it has its turn first.
    pub(crate) async fn ready(&self) -> Result<(), NotConnected> {
        // Of this connection: the caller does not wait for room on a later one.
        let (connection, takeable) = {
            let session = &self.lock().session;
            (session.connection(), session.takeable())
        };
        // A sender that finds room each time would keep other tasks of its thread waiting for as long as it takes to fill
        // the queue. By then, the first bytes have left the cache of the processor.
        if takeable >= WRITE_SIZE {
            yield_now().await;
        }
        self.until_done(connection, |session| {
            !self.is_congested_by(session.queued(), session.memory())
        })
        .await
    }

    /// Waits until the send queue is not congested, and has at most this number of bytes. From then on, the
    /// operating system holds few unsent bytes of this connection.
    pub(crate) async fn ready_below(&self, bytes: usize) -> Result<(), NotConnected> {
        // Before the first look: even if there is room, the next write finds the limit.
        self.published.has_bulk.store(true, Ordering::Relaxed);
        let connection = self.lock().session.connection();
        self.until_done(connection, |session| {
            session.queued() <= bytes && !self.is_congested_by(session.queued(), session.memory())
        })
        .await
    }

    /// Waits until `is_done` on the connection with this number, as long as it has not ended.
    async fn until_done(
        &self,
        connection: u64,
        is_done: impl Fn(&Session<BoxResponder>) -> bool,
    ) -> Result<(), NotConnected> {
        self.until(|session| {
            if !session.has_session() || session.connection() != connection {
                return Some(Err(NotConnected));
            }
            is_done(session).then_some(Ok(()))
        })
        .await
    }

    /// Waits until `check` returns a value. It is called under the lock.
    async fn until<T>(&self, check: impl Fn(&Session<BoxResponder>) -> Option<T>) -> T {
        // The guard lives for one look.
        until(&self.progress, || check(&self.lock().session)).await
    }
}
