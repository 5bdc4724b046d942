//! The settings of a connection: their defaults, and the limits of their values.

use std::time::Duration;

use crate::frame::MAX_PAYLOAD_SIZE;

/// The settings that builders have for every connection.
#[derive(Clone, Debug)]
pub(crate) struct Settings {
    /// Largest payload accepted from the peer, in bytes.
    pub(crate) max_received_size: usize,
    /// Largest payload sent to the peer, in bytes.
    pub(crate) max_sent_size: usize,
    /// Whether that has a limit of its own, and is not that of both directions.
    pub(crate) has_own_sent_limit: bool,
    /// Bytes that wait to be sent, at most.
    pub(crate) max_queued_bytes: usize,
    /// Bytes of whole messages that wait for the handler, at most, before reading pauses.
    pub(crate) max_unhandled_bytes: usize,
    /// The pace of a client's pings.
    pub(crate) keep_alive_interval: Duration,
    /// How long a server waits for a sign of life.
    pub(crate) keep_alive_timeout: Duration,
    /// The time in which the peer must accept some of the bytes that are queued for it.
    pub(crate) write_timeout: Duration,
    /// How long a message may take to arrive, or at least to make some progress.
    pub(crate) message_timeout: Duration,
    /// The pace at which one that takes longer must come, in bytes per second.
    pub(crate) min_message_rate: usize,
    /// How long a connection that has just been used tries to read before it waits to be woken.
    pub(crate) busy_poll: Duration,
    /// How long the answer to a request is waited for, unless the request says so.
    pub(crate) request_timeout: Duration,
    /// What to do with messages when the queue is full.
    pub(crate) overflow: Overflow,
    /// The bounds of the offline queue, if there is one.
    pub(crate) offline: Option<Offline>,
}

/// What to do with messages when a peer's send queue is full.
///
/// In any case, a message is sent in whole or not at all, messages are counted in
/// [`Dropped::queue_full`](crate::Dropped::queue_full), and a peer that takes nothing at all is given
/// up after the write timeout.
///
/// An answer to a request is never dropped while others may follow: the peer would take them for
/// answers to other requests. Where one has no room, or would have to make room, `send` ends the
/// connection with [`SlowConsumer`](crate::DisconnectReason::SlowConsumer), whatever is set.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
#[non_exhaustive]
pub enum Overflow {
    /// `send` ends the connection, so that the peer never sees a gap; `try_send` refuses the
    /// message and leaves the connection. Where it is the memory for all clients of a server that is used
    /// up, the connection of the slowest client ends.
    #[default]
    Disconnect,
    /// The message is dropped: of what is sent too fast, the peer gets the beginning.
    DropNewest,
    /// Messages that have waited for longest are dropped, as many as it takes: the peer gets the
    /// latest. Requests among them fail with [`NotSent`](crate::RequestError::NotSent).
    DropOldest,
}

/// The bounds of the messages that a client keeps while there is no connection.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Offline {
    /// Memory, in bytes.
    pub(crate) max_bytes: usize,
    /// The age of a message when a connection begins.
    pub(crate) max_age: Duration,
}

/// The longest time: longer than any connection lives, and short enough for deadlines to be computed.
const LONGEST: Duration = Duration::from_secs(100 * 365 * 24 * 3600);

/// The shortest time after which a peer is given up, or an attempt is repeated. With less, a client
/// would use a whole core to connect again and again, and a peer would be given up before it can
/// answer.
const SHORTEST: Duration = Duration::from_millis(10);

/// Returns the time that a user has set, or the nearest one with which deadlines can be computed.
pub(crate) fn bounded(time: Duration) -> Duration {
    time.min(LONGEST)
}

/// Returns the time that a user has set, or the nearest one after which a peer may be given up or an attempt
/// be repeated.
pub(crate) fn clamped(time: Duration) -> Duration {
    time.clamp(SHORTEST, LONGEST)
}

impl Settings {
    /// How much of a message must come within the time of a message, in bytes, unless it is complete by
    /// then.
    pub(crate) fn min_progress(&self) -> usize {
        let progress = self.message_timeout.as_secs_f64() * self.min_message_rate as f64;
        // A number that is too large becomes the largest.
        (progress as usize).max(1)
    }

    /// Sets the largest payload of both directions, unless the one to the peer has a limit of its own.
    pub(crate) fn set_max_message_size(&mut self, bytes: usize) {
        self.max_received_size = bytes.min(MAX_PAYLOAD_SIZE);
        if !self.has_own_sent_limit {
            self.max_sent_size = self.max_received_size;
        }
    }

    /// Sets the largest payload to the peer. A limit of both directions does not change it, whether that is
    /// set before or after.
    pub(crate) fn set_max_sent_message_size(&mut self, bytes: usize) {
        self.max_sent_size = bytes.min(MAX_PAYLOAD_SIZE);
        self.has_own_sent_limit = true;
    }

    pub(crate) fn set_max_queued_bytes(&mut self, bytes: usize) {
        self.max_queued_bytes = bytes;
    }

    pub(crate) fn set_overflow(&mut self, overflow: Overflow) {
        self.overflow = overflow;
    }

    /// Sets the bytes that wait for the handler. Without any, nothing would ever be read.
    pub(crate) fn set_max_unhandled_bytes(&mut self, bytes: usize) {
        self.max_unhandled_bytes = bytes.max(1);
    }

    pub(crate) fn set_keep_alive_interval(&mut self, interval: Duration) {
        self.keep_alive_interval = clamped(interval);
    }

    pub(crate) fn set_keep_alive_timeout(&mut self, timeout: Duration) {
        self.keep_alive_timeout = clamped(timeout);
    }

    pub(crate) fn set_write_timeout(&mut self, timeout: Duration) {
        self.write_timeout = clamped(timeout);
    }

    pub(crate) fn set_message_timeout(&mut self, timeout: Duration) {
        self.message_timeout = clamped(timeout);
    }

    pub(crate) fn set_min_message_rate(&mut self, bytes_per_second: usize) {
        self.min_message_rate = bytes_per_second;
    }

    pub(crate) fn set_request_timeout(&mut self, timeout: Duration) {
        self.request_timeout = bounded(timeout);
    }

    pub(crate) fn set_busy_poll(&mut self, time: Duration) {
        self.busy_poll = bounded(time);
    }

    pub(crate) fn set_offline_queue(&mut self, max_bytes: usize, max_age: Duration) {
        let max_age = bounded(max_age);
        self.offline = Some(Offline { max_bytes, max_age });
    }
}

impl Default for Settings {
    fn default() -> Self {
        Self {
            max_received_size: 1024 * 1024,
            max_sent_size: 1024 * 1024,
            has_own_sent_limit: false,
            max_queued_bytes: 4 * 1024 * 1024,
            max_unhandled_bytes: 1024 * 1024,
            keep_alive_interval: Duration::from_secs(2),
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
    fn the_limit_of_sent_messages_does_not_depend_on_the_order_of_the_setters() {
        let limits = |set: fn(&mut Settings)| {
            let mut settings = Settings::default();
            set(&mut settings);
            (settings.max_received_size, settings.max_sent_size)
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
        let mut settings = Settings::default();
        settings.set_max_message_size(usize::MAX);
        settings.set_max_unhandled_bytes(0);
        settings.set_write_timeout(Duration::ZERO);
        settings.set_message_timeout(Duration::MAX);
        settings.set_request_timeout(Duration::MAX);
        assert_eq!(settings.max_received_size, MAX_PAYLOAD_SIZE);
        assert_eq!(settings.max_unhandled_bytes, 1);
        assert_eq!(settings.write_timeout, SHORTEST);
        assert_eq!(settings.message_timeout, LONGEST);
        assert_eq!(settings.request_timeout, LONGEST);
    }
}
