//! Counts of what has happened, for those who operate a client or a server.

use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

use crate::SendError;

/// What has happened on a connection, or on all connections of a client so far.
///
/// # Examples
///
/// ```no_run
/// # mod chat { messi::protocol!("../examples/chat/chat.proto"); }
/// # fn report(client: &chat::ChatClient) {
/// let stats = client.stats();
/// println!(
///     "{} messages out, {} in, {} lost, {} reconnects, round trip {:?}",
///     stats.sent_messages,
///     stats.received_messages,
///     stats.dropped.total(),
///     stats.reconnects(),
///     stats.round_trip_time,
/// );
/// # }
/// ```
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
#[non_exhaustive]
pub struct Stats {
    /// Messages queued for the peer. Those of them that it did not get are in
    /// [`Dropped::unsent`], as far as this side can know, and with
    /// [`Overflow::DropOldest`](crate::Overflow::DropOldest) in [`Dropped::queue_full`].
    pub sent_messages: u64,
    /// Bytes handed to the operating system, those of headers and keep-alive included. With TLS, they
    /// are counted before they are encrypted.
    pub sent_bytes: u64,
    /// Messages received, be it for the handler or for who waits for an answer.
    pub received_messages: u64,
    /// Bytes received, those of headers and keep-alive included. With TLS, they are counted once they
    /// are decrypted.
    pub received_bytes: u64,
    /// Bytes that wait at this moment to be written, those in the offline queue included.
    pub queued_bytes: usize,
    /// Most bytes that have waited to be written at one moment; of a server, to one client.
    pub peak_queued_bytes: usize,
    /// Messages that were lost, by cause.
    pub dropped: Dropped,
    /// Received messages that hold no choice that this side's schema has. A newer peer may send
    /// them.
    pub ignored_messages: u64,
    /// Connections made.
    pub connections: u64,
    /// Time from the last ping to its pong. Only clients ping: `None` on a server, and before the
    /// first pong.
    pub round_trip_time: Option<Duration>,
}

impl Stats {
    /// Connections after the first one.
    pub fn reconnects(&self) -> u64 {
        self.connections.saturating_sub(1)
    }

    /// Adds what has happened elsewhere.
    pub(crate) fn add(&mut self, other: &Self) {
        self.sent_messages += other.sent_messages;
        self.sent_bytes += other.sent_bytes;
        self.received_messages += other.received_messages;
        self.received_bytes += other.received_bytes;
        self.queued_bytes += other.queued_bytes;
        self.peak_queued_bytes = self.peak_queued_bytes.max(other.peak_queued_bytes);
        self.dropped.add(&other.dropped);
        self.ignored_messages += other.ignored_messages;
        self.connections += other.connections;
    }
}

/// Messages that this side lost, by cause.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
#[non_exhaustive]
pub struct Dropped {
    /// There was no connection.
    pub not_connected: u64,
    /// As many bytes waited as may.
    pub queue_full: u64,
    /// They were above the limit.
    pub too_big: u64,
    /// They were encoded to another size than they had announced: see
    /// [`SendError::WrongSize`].
    pub wrong_size: u64,
    /// They were in the offline queue for too long.
    pub expired: u64,
    /// They were queued, and not all of them was with the operating system, or with TLS, when the
    /// connection ended.
    pub unsent: u64,
}

impl Dropped {
    /// All of them.
    pub fn total(&self) -> u64 {
        self.not_connected
            + self.queue_full
            + self.too_big
            + self.wrong_size
            + self.expired
            + self.unsent
    }

    /// Counts a message that was not sent.
    pub(crate) fn count(&mut self, error: SendError) {
        let counter = match error {
            SendError::NotConnected => &mut self.not_connected,
            SendError::QueueFull => &mut self.queue_full,
            SendError::MessageTooBig { .. } => &mut self.too_big,
            SendError::WrongSize { .. } => &mut self.wrong_size,
            SendError::Expired => &mut self.expired,
        };
        *counter += 1;
    }

    fn add(&mut self, other: &Self) {
        self.not_connected += other.not_connected;
        self.queue_full += other.queue_full;
        self.too_big += other.too_big;
        self.wrong_size += other.wrong_size;
        self.expired += other.expired;
        self.unsent += other.unsent;
    }
}

/// What has happened on a server so far.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
#[non_exhaustive]
pub struct ServerStats {
    /// Clients connected at this moment.
    pub clients: usize,
    /// Clients that were turned away: above
    /// [`max_clients`](crate::ServerBuilder::max_clients),
    /// [`max_clients_per_address`](crate::ServerBuilder::max_clients_per_address) or
    /// [`max_clients_per_second`](crate::ServerBuilder::max_clients_per_second).
    pub refused: u64,
    /// Clients with which there was no TLS: they did not speak it, did not show the certificate that
    /// is asked for, did not accept the server's, or took too long.
    pub failed_handshakes: u64,
    /// What has happened on all connections together, those that have ended included.
    pub total: Stats,
}

/// What a connection's task counts.
#[derive(Debug, Default)]
pub(crate) struct Counters {
    pub(crate) sent_bytes: Counter,
    pub(crate) received_messages: Counter,
    pub(crate) received_bytes: Counter,
    pub(crate) ignored_messages: Counter,
    /// In nanoseconds; 0 until it is known.
    round_trip_time: AtomicU64,
}

impl Counters {
    pub(crate) fn set_round_trip_time(&self, time: Duration) {
        let nanos = u64::try_from(time.as_nanos()).unwrap_or(u64::MAX);
        self.round_trip_time.store(nanos.max(1), Ordering::Relaxed);
    }

    /// The counts at this moment; what the task does not count is left at its default.
    pub(crate) fn stats(&self) -> Stats {
        let round_trip_time = self.round_trip_time.load(Ordering::Relaxed);
        Stats {
            sent_bytes: self.sent_bytes.get(),
            received_messages: self.received_messages.get(),
            received_bytes: self.received_bytes.get(),
            ignored_messages: self.ignored_messages.get(),
            round_trip_time: (round_trip_time != 0).then(|| Duration::from_nanos(round_trip_time)),
            ..Stats::default()
        }
    }
}

/// A number that only one task adds to, and others read.
#[derive(Debug, Default)]
pub(crate) struct Counter(AtomicU64);

impl Counter {
    pub(crate) fn add(&self, count: u64) {
        // As nobody else writes, this needs no atomic addition, which costs far more.
        let before = self.0.load(Ordering::Relaxed);
        self.0.store(before + count, Ordering::Relaxed);
    }

    fn get(&self) -> u64 {
        self.0.load(Ordering::Relaxed)
    }
}
