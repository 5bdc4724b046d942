//! Limits and times of a connection, validated where they are set.

use std::fmt::{self, Display, Formatter};
use std::time::Duration;

use crate::frame::MAX_PAYLOAD_SIZE;

/// Limits and times of a connection, which the builders of clients and servers set.
#[derive(Clone, Debug)]
pub struct ConnectionConfig {
    /// Largest payload that is accepted from the peer, in bytes.
    pub max_received_size: usize,
    /// Largest payload that is sent to the peer, in bytes.
    pub max_sent_size: usize,
    /// Whether `max_sent_size` was set by itself: a limit of both directions does not change it then.
    pub has_own_sent_limit: bool,
    /// Most bytes in the send queue.
    pub max_queued_bytes: usize,
    /// Bytes of complete messages waiting for the handler at which reading pauses.
    pub max_unhandled_bytes: usize,
    /// Interval of a client's pings.
    pub keep_alive_interval: Duration,
    /// Silence after a ping for which a client waits before it closes the connection; `None` for the
    /// interval.
    pub ping_timeout: Option<Duration>,
    /// Silence of a client after which a server closes the connection.
    pub keep_alive_timeout: Duration,
    /// Time without a single byte written, while bytes are waiting, after which the connection is closed.
    pub write_timeout: Duration,
    /// Time in which a message must arrive, unless it arrives at `min_message_rate`.
    pub message_timeout: Duration,
    /// Least rate of a message that takes longer than `message_timeout`, in bytes per second.
    pub min_message_rate: usize,
    /// Time after a transfer in which reads are retried instead of waiting for the operating system.
    pub busy_poll: Duration,
    /// Default timeout of requests.
    pub request_timeout: Duration,
    /// The action when the send queue is full.
    pub overflow: Overflow,
    /// Limits of the offline queue; `None` to keep no messages while there is no connection.
    pub offline: Option<OfflineLimits>,
}

/// The action when a peer's send queue is full.
///
/// In any case, a message is sent completely or not at all, dropped messages are counted in
/// [`Dropped::queue_full`](crate::session::Dropped::queue_full), and a peer that does not read at all is
/// disconnected after the write timeout.
///
/// A response to a request is never dropped while others may follow: the peer would take them for the
/// responses to other requests. If the queue is full of responses, or the message is one, `send`
/// closes the connection with [`SlowConsumer`](crate::DisconnectReason::SlowConsumer), whatever is set.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
#[non_exhaustive]
pub enum Overflow {
    /// `send` closes the connection, so that the peer never sees a gap. `try_send` returns an error and
    /// keeps the connection. If the memory for all clients of a server is used up, the connection of the
    /// slowest client is closed instead.
    #[default]
    Disconnect,
    /// Drops the new message: the peer receives the older ones.
    DropNewest,
    /// Drops the oldest messages until there is room: the peer receives the latest. Requests among the
    /// dropped messages fail with [`NotSent`](crate::RequestError::NotSent).
    DropOldest,
}

impl Display for Overflow {
    fn fmt(&self, formatter: &mut Formatter<'_>) -> fmt::Result {
        formatter.write_str(match self {
            Self::Disconnect => "disconnect",
            Self::DropNewest => "drop the newest",
            Self::DropOldest => "drop the oldest",
        })
    }
}

/// Limits of the offline queue.
#[derive(Clone, Copy, Debug)]
pub struct OfflineLimits {
    /// Most memory, in bytes.
    pub max_bytes: usize,
    /// Greatest age of a message when a connection begins.
    pub max_age: Duration,
}

/// Longest time that can be set. It keeps deadlines in the range of `Instant`.
const LONGEST: Duration = Duration::from_secs(100 * 365 * 24 * 3600);

/// Shortest time after which a peer is disconnected or an attempt is repeated. With less, a client would
/// reconnect in a busy loop, and a peer would be disconnected before it can respond.
const SHORTEST: Duration = Duration::from_millis(10);

/// Clamps a time to the longest one that deadlines can be computed with.
pub fn bounded(time: Duration) -> Duration {
    time.min(LONGEST)
}

/// Clamps a time after which a peer is disconnected or an attempt is repeated.
pub fn clamped(time: Duration) -> Duration {
    time.clamp(SHORTEST, LONGEST)
}

impl ConnectionConfig {
    /// Returns how many bytes of a message must arrive within `message_timeout`, unless it is complete
    /// by then.
    pub fn min_progress(&self) -> usize {
        let progress = self.message_timeout.as_secs_f64() * self.min_message_rate as f64;
        // The conversion saturates.
        (progress as usize).max(1)
    }

    /// Returns the silence after a ping for which a client waits before it closes the connection.
    #[inline]
    pub fn ping_timeout(&self) -> Duration {
        self.ping_timeout.unwrap_or(self.keep_alive_interval)
    }

    /// Returns the interval of the pongs that a server sends without being asked.
    pub fn pong_interval(&self) -> Duration {
        self.keep_alive_timeout / 3
    }

    /// Sets the largest payload of both directions, unless the one to the peer has a limit of its own.
    pub fn set_max_message_size(&mut self, bytes: usize) {
        self.max_received_size = bytes.min(MAX_PAYLOAD_SIZE);
        if !self.has_own_sent_limit {
            self.max_sent_size = self.max_received_size;
        }
    }

    /// Sets the largest payload to the peer. A limit of both directions does not change it, whether that is
    /// set before or after.
    pub fn set_max_sent_message_size(&mut self, bytes: usize) {
        self.max_sent_size = bytes.min(MAX_PAYLOAD_SIZE);
        self.has_own_sent_limit = true;
    }

    /// Sets the most bytes in the send queue.
    pub fn set_max_queued_bytes(&mut self, bytes: usize) {
        self.max_queued_bytes = bytes;
    }

    /// Sets the action when the send queue is full.
    pub fn set_overflow(&mut self, overflow: Overflow) {
        self.overflow = overflow;
    }

    /// Sets the bytes that wait for the handler. Without any, no bytes would ever be read.
    pub fn set_max_unhandled_bytes(&mut self, bytes: usize) {
        self.max_unhandled_bytes = bytes.max(1);
    }

    /// Sets the interval of a client's pings.
    pub fn set_keep_alive_interval(&mut self, interval: Duration) {
        self.keep_alive_interval = clamped(interval);
    }

    /// Sets the silence after a ping for which a client waits before it closes the connection.
    pub fn set_ping_timeout(&mut self, timeout: Duration) {
        self.ping_timeout = Some(clamped(timeout));
    }

    /// Sets the silence of a client after which a server closes the connection.
    pub fn set_keep_alive_timeout(&mut self, timeout: Duration) {
        self.keep_alive_timeout = clamped(timeout);
    }

    /// Sets the time without a byte written after which the connection is closed.
    pub fn set_write_timeout(&mut self, timeout: Duration) {
        self.write_timeout = clamped(timeout);
    }

    /// Sets the time in which a message must arrive.
    pub fn set_message_timeout(&mut self, timeout: Duration) {
        self.message_timeout = clamped(timeout);
    }

    /// Sets the least rate of a message that takes longer, in bytes per second.
    pub fn set_min_message_rate(&mut self, bytes_per_second: usize) {
        self.min_message_rate = bytes_per_second;
    }

    /// Sets the default timeout of requests.
    pub fn set_request_timeout(&mut self, timeout: Duration) {
        self.request_timeout = bounded(timeout);
    }

    /// Sets the time of busy polling after a transfer.
    pub fn set_busy_poll(&mut self, time: Duration) {
        self.busy_poll = bounded(time);
    }

    /// Sets the limits of the offline queue.
    pub fn set_offline_queue(&mut self, max_bytes: usize, max_age: Duration) {
        let max_age = bounded(max_age);
        self.offline = Some(OfflineLimits { max_bytes, max_age });
    }
}

impl Default for ConnectionConfig {
    fn default() -> Self {
        Self {
            max_received_size: 1024 * 1024,
            max_sent_size: 1024 * 1024,
            has_own_sent_limit: false,
            max_queued_bytes: 4 * 1024 * 1024,
            max_unhandled_bytes: 1024 * 1024,
            keep_alive_interval: Duration::from_secs(2),
            ping_timeout: None,
            keep_alive_timeout: Duration::from_secs(3),
            write_timeout: Duration::from_secs(10),
            message_timeout: Duration::from_secs(10),
            min_message_rate: 512,
            busy_poll: Duration::ZERO,
            request_timeout: Duration::from_secs(10),
            overflow: Overflow::default(),
            offline: None,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_limit_of_sent_messages_does_not_depend_on_the_order_of_setters() {
        let limits = |set: fn(&mut ConnectionConfig)| {
            let mut config = ConnectionConfig::default();
            set(&mut config);
            (config.max_received_size, config.max_sent_size)
        };
        let before = limits(|it| {
            it.set_max_sent_message_size(10);
            it.set_max_message_size(20);
        });
        let after = limits(|it| {
            it.set_max_message_size(20);
            it.set_max_sent_message_size(10);
        });
        assert_eq!((before, after), ((20, 10), (20, 10)));
        assert_eq!(limits(|it| it.set_max_message_size(20)), (20, 20));
    }

    #[test]
    fn values_out_of_range_become_the_nearest_in_range() {
        let mut config = ConnectionConfig::default();
        config.set_max_message_size(usize::MAX);
        config.set_max_unhandled_bytes(0);
        config.set_write_timeout(Duration::ZERO);
        config.set_message_timeout(Duration::MAX);
        config.set_request_timeout(Duration::MAX);
        assert_eq!(config.max_received_size, MAX_PAYLOAD_SIZE);
        assert_eq!(config.max_unhandled_bytes, 1);
        assert_eq!(config.write_timeout, SHORTEST);
        assert_eq!(config.message_timeout, LONGEST);
        assert_eq!(config.request_timeout, LONGEST);
    }
}
