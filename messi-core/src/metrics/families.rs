//! The list of all metrics: their names, their meaning, and where their values are.
//!
//! The text of `openmetrics` and the instruments of the facade `metrics` are made from it. The guide's page about
//! metrics has the same list, which a test compares.

use std::time::Duration;

use crate::ServerStats;

/// Reads a value from the statistics of a server, or from those of a client as its `total`.
pub(crate) type Read = fn(&ServerStats) -> u64;

/// Metrics with the same name.
pub(crate) struct Family {
    /// The name of its samples. That of a counter ends in `_total`, and its unit comes before that.
    pub(crate) name: &'static str,
    /// One line without quotes and backslashes.
    pub(crate) help: &'static str,
    pub(crate) scope: Scope,
    pub(crate) value: Value,
}

/// The statistics that have a family.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Scope {
    /// Those of a server as a whole.
    Server,
    /// Those of connections: of a server, of a client, and of one connection.
    Connections,
}

/// The type of a family, and its values.
pub(crate) enum Value {
    /// A value that only grows.
    Counter(Read),
    /// Values that only grow, one for each value of the label `cause`.
    Causes(&'static [(&'static str, Read)]),
    /// A value at this moment, which can be added up over clients.
    Gauge(Read),
    /// A gauge that can't be added up. The facade does not have it: clients with the same labels share a gauge.
    Peak(Read),
    /// A time that is not always known. The facade has a histogram instead.
    Time(fn(&ServerStats) -> Option<Duration>),
}

impl Family {
    /// Returns the unit of the values; `None` if they are numbers of something.
    pub(crate) fn unit(&self) -> Option<&'static str> {
        let base = self.base();
        let mut units = ["bytes", "seconds"].into_iter();
        units.find(|unit| base.ends_with(unit))
    }

    /// Returns the name without the suffix of counters.
    pub(crate) fn base(&self) -> &'static str {
        self.name.strip_suffix("_total").unwrap_or(self.name)
    }
}

const fn server(name: &'static str, help: &'static str, value: Value) -> Family {
    Family {
        name,
        help,
        scope: Scope::Server,
        value,
    }
}

const fn connections(name: &'static str, help: &'static str, value: Value) -> Family {
    Family {
        name,
        help,
        scope: Scope::Connections,
        value,
    }
}

/// All metrics but the histograms, in the order of the text.
pub(crate) const FAMILIES: &[Family] = &[
    server(
        "messi_clients",
        "Clients connected, without those that have not logged in.",
        Value::Gauge(|stats| stats.clients as u64),
    ),
    server(
        "messi_logging_in_clients",
        "Clients connected that have not logged in.",
        Value::Gauge(|stats| stats.logging_in as u64),
    ),
    server(
        "messi_interrupted_clients",
        "Clients whose sessions are interrupted at this moment.",
        Value::Gauge(|stats| stats.interrupted as u64),
    ),
    server(
        "messi_refused_total",
        "Clients refused because of a limit on their number.",
        Value::Counter(|stats| stats.refused),
    ),
    server(
        "messi_refused_by_application_total",
        "Clients refused by the program.",
        Value::Counter(|stats| stats.refused_by_application),
    ),
    server(
        "messi_refused_sessions_total",
        "Attempts to go on with a session with a wrong secret or certificate.",
        Value::Counter(|stats| stats.refused_sessions),
    ),
    server(
        "messi_failed_handshakes_total",
        "Failed TLS handshakes, and connections without the header of a proxy.",
        Value::Counter(|stats| stats.failed_handshakes),
    ),
    server(
        "messi_login_timeouts_total",
        "Clients disconnected because they had not logged in in time.",
        Value::Counter(|stats| stats.login_timeouts),
    ),
    server(
        "messi_cluster_published_messages_total",
        "Messages published to other nodes of the cluster.",
        Value::Counter(|stats| stats.cluster.published),
    ),
    server(
        "messi_cluster_received_messages_total",
        "Messages received from other nodes of the cluster.",
        Value::Counter(|stats| stats.cluster.received),
    ),
    server(
        "messi_cluster_lost_messages_total",
        "Messages to or from other nodes of the cluster that were not delivered.",
        Value::Causes(&[
            ("dropped", |stats| stats.cluster.dropped),
            ("gap", |stats| stats.cluster.lost),
            ("refused", |stats| stats.cluster.refused),
        ]),
    ),
    connections(
        "messi_open_connections",
        "Connections at this moment.",
        Value::Gauge(|stats| stats.total.open_connections as u64),
    ),
    connections(
        "messi_connections_total",
        "Connections made.",
        Value::Counter(|stats| stats.total.connections),
    ),
    connections(
        "messi_sent_messages_total",
        "Messages queued for the peer.",
        Value::Counter(|stats| stats.total.sent_messages),
    ),
    connections(
        "messi_sent_bytes_total",
        "Bytes written, before encryption.",
        Value::Counter(|stats| stats.total.sent_bytes),
    ),
    connections(
        "messi_received_messages_total",
        "Messages received.",
        Value::Counter(|stats| stats.total.received_messages),
    ),
    connections(
        "messi_received_bytes_total",
        "Bytes received, after decryption.",
        Value::Counter(|stats| stats.total.received_bytes),
    ),
    connections(
        "messi_queued_bytes",
        "Bytes that wait to be written.",
        Value::Gauge(|stats| stats.total.queued_bytes as u64),
    ),
    connections(
        "messi_peak_queued_bytes",
        "Most bytes that have waited to be written to one peer.",
        Value::Peak(|stats| stats.total.peak_queued_bytes as u64),
    ),
    connections(
        "messi_lost_messages_total",
        "Messages that were not sent.",
        Value::Causes(&[
            ("not_connected", |stats| stats.total.dropped.not_connected),
            ("queue_full", |stats| stats.total.dropped.queue_full),
            ("too_big", |stats| stats.total.dropped.too_big),
            ("wrong_size", |stats| stats.total.dropped.wrong_size),
            ("expired", |stats| stats.total.dropped.expired),
            ("unsent", |stats| stats.total.dropped.unsent),
        ]),
    ),
    connections(
        "messi_unconfirmed_messages_total",
        "Messages that were written shortly before a connection was lost.",
        Value::Counter(|stats| stats.total.unconfirmed),
    ),
    connections(
        "messi_resumed_sessions_total",
        "How often a session went on with another connection.",
        Value::Counter(|stats| stats.total.resumed),
    ),
    connections(
        "messi_lost_sessions_total",
        "Sessions that were lost.",
        Value::Counter(|stats| stats.total.lost_sessions),
    ),
    connections(
        "messi_replayed_messages_total",
        "Messages sent again on another connection of their session.",
        Value::Counter(|stats| stats.total.replayed_messages),
    ),
    connections(
        "messi_unacknowledged_bytes",
        "Memory of sent messages that the peers of sessions have not acknowledged.",
        Value::Gauge(|stats| stats.total.unacknowledged_bytes as u64),
    ),
    connections(
        "messi_ignored_messages_total",
        "Messages received without a member that the schema has.",
        Value::Counter(|stats| stats.total.ignored_messages),
    ),
    connections(
        "messi_unhandled_messages_total",
        "Messages received for which the handler has no method.",
        Value::Counter(|stats| stats.total.unhandled_messages),
    ),
    connections(
        "messi_awaited_requests",
        "Requests sent that have no response yet.",
        Value::Gauge(|stats| stats.total.requests.awaited),
    ),
    connections(
        "messi_open_requests",
        "Requests received that have no response yet.",
        Value::Gauge(|stats| stats.total.requests.open),
    ),
    connections(
        "messi_unanswered_requests_total",
        "Requests received whose reply was dropped.",
        Value::Counter(|stats| stats.total.requests.unanswered),
    ),
    connections(
        "messi_late_responses_total",
        "Responses of both sides that came too late.",
        Value::Counter(|stats| stats.total.requests.late),
    ),
    connections(
        "messi_surplus_responses_total",
        "Responses of both sides beyond the requests.",
        Value::Counter(|stats| stats.total.requests.surplus),
    ),
    connections(
        "messi_last_round_trip_seconds",
        "Time from the last ping to its pong.",
        Value::Time(|stats| stats.total.round_trip_time),
    ),
];

/// A metric of the facade that has the distribution of measured times, in seconds.
#[cfg(feature = "metrics")]
pub(super) struct HistogramFamily {
    pub(super) name: &'static str,
    pub(super) help: &'static str,
}

/// The times of the methods of handlers.
#[cfg(feature = "metrics")]
pub(super) const HANDLER: HistogramFamily = HistogramFamily {
    name: "messi_handler_seconds",
    help: "Time from the call of a method for a message until it returns, of some messages.",
};

/// The times of the pings of clients.
#[cfg(feature = "metrics")]
pub(super) const ROUND_TRIP: HistogramFamily = HistogramFamily {
    name: "messi_round_trip_seconds",
    help: "Time from a ping to its pong.",
};

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_and_help_need_no_escapes() {
        for family in FAMILIES {
            let is_word = |it: char| it.is_ascii_lowercase() || it == '_';
            assert!(family.name.chars().all(is_word), "{}", family.name);
            assert!(!family.help.contains(['\\', '"', '\n']), "{}", family.help);
        }
    }

    #[test]
    fn only_the_names_of_counters_end_in_total() {
        for family in FAMILIES {
            let is_counter = matches!(family.value, Value::Counter(_) | Value::Causes(_));
            assert_eq!(
                family.name.ends_with("_total"),
                is_counter,
                "{}",
                family.name
            );
        }
    }
}
