//! Statistics of clients and servers.

use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use messi_wire::SendError;
use messi_wire::session::{Dropped, PendingResponse, RequestStats, Session};

use crate::cluster::ClusterStats;

/// Statistics of a server's connection, or of all connections of a client.
///
/// `open_connections`, `queued_bytes`, `unacknowledged_bytes`, `round_trip_time`, and two values of `requests` are gauges: they show the
/// present moment. All other values only grow.
///
/// # Examples
///
/// ```no_run
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
    /// Messages queued for the peer. The ones that were lost afterwards are counted in
    /// [`Dropped::unsent`], as far as this side can know, and with
    /// [`Overflow::DropOldest`](crate::Overflow::DropOldest) in [`Dropped::queue_full`].
    pub sent_messages: u64,
    /// Bytes written to the operating system, with headers and keep-alive frames. With TLS, they are
    /// counted before encryption.
    pub sent_bytes: u64,
    /// Messages received, responses included.
    pub received_messages: u64,
    /// Bytes received, with headers and keep-alive frames. With TLS, they are counted after decryption.
    pub received_bytes: u64,
    /// Bytes that wait to be written at this moment, with those in the offline queue.
    pub queued_bytes: usize,
    /// Most bytes that have waited to be written at one moment; on a server, to one client.
    pub peak_queued_bytes: usize,
    /// Messages lost, by cause.
    pub dropped: Dropped,
    /// Messages that were written to the operating system, but that the peer may not have received when the
    /// connection was lost: an upper bound of those that are missing. They are not in `dropped`.
    ///
    /// A connection is lost unless this side has closed it, and in time. The messages that count were written
    /// since the keep-alive check before the last one: within one to two times `keep_alive_interval` on a
    /// client, and `keep_alive_timeout` on a server. All that was written after the last sign of life of the
    /// peer is among them.
    ///
    /// The bound holds if the peer reads a message within that time. Of a peer that reads more slowly, it holds
    /// from the moment at which its operating system accepts no more: then no check counts. Messages that
    /// waited in the buffers of operating systems for longer before that are not among them.
    pub unconfirmed: u64,
    /// How often a [session](crate::Session) went on with another connection.
    pub resumed: u64,
    /// Sessions that were lost.
    pub lost_sessions: u64,
    /// Messages that were sent again on another connection, since the peer may not have received them. It has handled
    /// each of them once.
    pub replayed_messages: u64,
    /// Memory of sent messages that the peer of a session has not acknowledged, in bytes.
    pub unacknowledged_bytes: usize,
    /// Received messages without a member that is known to this side's schema. A newer peer may send
    /// them.
    pub ignored_messages: u64,
    /// Received messages for which the handler has no method.
    pub unhandled_messages: u64,
    /// Requests and responses of both sides.
    pub requests: RequestStats,
    /// Connections made.
    pub connections: u64,
    /// Connections that there are at this moment: 0 or 1 of a client. The `total` of a server has those of
    /// clients that have not logged in, too.
    pub open_connections: usize,
    /// Time from the last ping to its pong on the current connection. Only clients ping: `None` on a
    /// server, and before the first pong of a connection.
    pub round_trip_time: Option<Duration>,
}

impl Stats {
    /// Returns the number of connections after the first one.
    pub fn reconnects(&self) -> u64 {
        self.connections.saturating_sub(1)
    }

    /// Adds the statistics of a connection that is there.
    pub(crate) fn add(&mut self, other: &Self) {
        self.add_past(other);
        self.open_connections += other.open_connections;
        self.queued_bytes += other.queued_bytes;
        self.unacknowledged_bytes += other.unacknowledged_bytes;
        self.requests.add_gauges(&other.requests);
        self.round_trip_time = self.round_trip_time.max(other.round_trip_time);
    }

    /// Adds the statistics of a connection that has ended: all but the gauges.
    pub(crate) fn add_past(&mut self, other: &Self) {
        self.sent_messages += other.sent_messages;
        self.sent_bytes += other.sent_bytes;
        self.received_messages += other.received_messages;
        self.received_bytes += other.received_bytes;
        self.peak_queued_bytes = self.peak_queued_bytes.max(other.peak_queued_bytes);
        self.dropped.add(&other.dropped);
        self.unconfirmed += other.unconfirmed;
        self.resumed += other.resumed;
        self.lost_sessions += other.lost_sessions;
        self.replayed_messages += other.replayed_messages;
        self.ignored_messages += other.ignored_messages;
        self.unhandled_messages += other.unhandled_messages;
        self.requests.add_past(&other.requests);
        self.connections += other.connections;
    }
}

/// The outcome of stopping a client or a server.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
#[non_exhaustive]
pub struct StopSummary {
    /// Messages that were sent and not written to the operating system, those of an offline queue included.
    /// [`Dropped::unsent`] counts them too.
    pub unwritten: u64,
}

/// Statistics of a server.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
#[non_exhaustive]
pub struct ServerStats {
    /// Clients connected at this moment, without those that are `logging_in`.
    pub clients: usize,
    /// Clients that are connected and have not logged in at this moment, on a server with a
    /// [`login_timeout`](crate::ServerBuilder::login_timeout).
    pub logging_in: usize,
    /// Clients among both with interrupted sessions at this moment.
    pub interrupted: usize,
    /// Clients refused because of
    /// [`max_clients`](crate::ServerBuilder::max_clients),
    /// [`max_clients_per_address`](crate::ServerBuilder::max_clients_per_address) or
    /// [`max_clients_per_second`](crate::ServerBuilder::max_clients_per_second).
    pub refused: u64,
    /// Clients refused by the closure that makes handlers, with a [`Refusal`](crate::Refusal).
    pub refused_by_application: u64,
    /// Attempts to go on with a session that had a wrong secret, or another certificate than before.
    pub refused_sessions: u64,
    /// Failed handshakes: the client did not speak TLS, had no accepted certificate, rejected that of the
    /// server, or took too long. With [`proxy_protocol`](crate::ServerBuilder::proxy_protocol), also peers that are not
    /// in its networks, and connections without a valid header.
    pub failed_handshakes: u64,
    /// Clients disconnected because they had not logged in within the
    /// [`login_timeout`](crate::ServerBuilder::login_timeout).
    pub login_timeouts: u64,
    /// Messages between this server and the others of its [cluster](crate::cluster).
    pub cluster: ClusterStats,
    /// Statistics of all connections together, with those that have ended. Messages sent to a client that
    /// has left are counted in [`Dropped`] too.
    pub total: Stats,
}

impl ServerStats {
    /// Returns the statistics of a client in the form of those of a server without clients.
    pub(crate) fn of_client(stats: Stats) -> Self {
        Self {
            total: stats,
            ..Self::default()
        }
    }

    /// Adds the statistics of another server.
    pub(crate) fn add(&mut self, other: &Self) {
        self.clients += other.clients;
        self.logging_in += other.logging_in;
        self.interrupted += other.interrupted;
        self.refused += other.refused;
        self.refused_by_application += other.refused_by_application;
        self.refused_sessions += other.refused_sessions;
        self.failed_handshakes += other.failed_handshakes;
        self.login_timeouts += other.login_timeouts;
        self.cluster.add(&other.cluster);
        self.total.add(&other.total);
    }
}

/// Counters and gauges of the task of a connection: of the bytes that it transfers.
///
/// The counters of the messages that are sent are those of the session.
#[derive(Debug, Default)]
pub(crate) struct TransferCounters {
    pub(crate) sent_bytes: Counter,
    pub(crate) received_messages: Counter,
    pub(crate) received_bytes: Counter,
    pub(crate) ignored_messages: Counter,
    pub(crate) unhandled_messages: Counter,
    /// Gauge of the current connection, in nanoseconds; 0 until it is known.
    round_trip_time: AtomicU64,
}

impl TransferCounters {
    pub(crate) fn set_round_trip_time(&self, time: Duration) {
        let nanos = u64::try_from(time.as_nanos()).unwrap_or(u64::MAX);
        self.round_trip_time.store(nanos.max(1), Ordering::Relaxed);
    }

    /// Forgets the round trip time of the last connection.
    pub(crate) fn reset_round_trip_time(&self) {
        self.round_trip_time.store(0, Ordering::Relaxed);
    }

    /// Returns the statistics of a session and of its connections.
    pub(crate) fn stats<R: PendingResponse>(&self, session: &Session<R>) -> Stats {
        let (sent, failures) = (session.counters(), session.failures());
        let round_trip_time = self.round_trip_time.load(Ordering::Relaxed);
        Stats {
            sent_messages: sent.messages,
            sent_bytes: self.sent_bytes.get(),
            received_messages: self.received_messages.get(),
            received_bytes: self.received_bytes.get(),
            queued_bytes: session.waiting(),
            peak_queued_bytes: sent.peak_queued_bytes,
            dropped: failures.dropped,
            unconfirmed: failures.unconfirmed,
            // Counted beside the session, by the mailbox.
            resumed: 0,
            lost_sessions: 0,
            replayed_messages: 0,
            unacknowledged_bytes: session.kept_memory(),
            ignored_messages: self.ignored_messages.get(),
            unhandled_messages: self.unhandled_messages.get(),
            requests: session.request_stats(),
            connections: session.connection(),
            open_connections: session.is_connected().into(),
            round_trip_time: (round_trip_time != 0).then(|| Duration::from_nanos(round_trip_time)),
        }
    }
}

/// Counter with one writer and many readers.
#[derive(Debug, Default)]
pub(crate) struct Counter(AtomicU64);

impl Counter {
    #[inline]
    pub(crate) fn add(&self, count: u64) {
        // With one writer, this needs no atomic addition, which costs far more.
        let before = self.0.load(Ordering::Relaxed);
        self.0.store(before + count, Ordering::Relaxed);
    }

    #[inline]
    pub(crate) fn get(&self) -> u64 {
        self.0.load(Ordering::Relaxed)
    }
}

/// Counts messages sent to clients after the server has forgotten them. Its lock only protects the counters.
#[derive(Debug, Default)]
pub(crate) struct LateDrops(Mutex<LateCounters>);

/// Counters of messages that came too late.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct LateCounters {
    pub(crate) dropped: Dropped,
    /// Those of them that are responses.
    pub(crate) responses: u64,
}

impl LateDrops {
    /// Counts a message that was not sent.
    pub(crate) fn count(&self, error: SendError, is_response: bool) {
        let mut counters = self.lock();
        counters.dropped.count(error);
        counters.responses += u64::from(is_response && error == SendError::NotConnected);
    }

    /// Returns the counters.
    pub(crate) fn get(&self) -> LateCounters {
        *self.lock()
    }

    fn lock(&self) -> MutexGuard<'_, LateCounters> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
