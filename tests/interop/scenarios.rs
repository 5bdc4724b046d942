//! The scenarios, with names that state the tested behaviour.

mod both_ways;
mod golden;
mod keep_alive;
mod limits;
mod parts;
mod reconnect;
mod room;

use crate::party::{ClientKind, ServerKind};
use crate::prepare::Peers;

/// A test: a sentence, and a function that panics if the sentence is wrong.
pub(crate) struct Scenario {
    pub(crate) name: String,
    pub(crate) run: Box<dyn FnOnce(&Peers) + Send>,
}

impl Scenario {
    fn new(name: impl Into<String>, run: impl FnOnce(&Peers) + Send + 'static) -> Self {
        Self {
            name: name.into(),
            run: Box::new(run),
        }
    }
}

/// The function of a test.
type OfPair = fn(&Peers, ServerKind, ClientKind);
type OfServer = fn(&Peers, ServerKind);
type OfClient = fn(&Peers, ClientKind);
type OfOne = fn(&Peers);

/// The tests of every pair. The long ones are first, since they mostly wait.
///
/// Pairs of the originals check the tests themselves.
const OF_PAIRS: [(&str, OfPair); 5] = [
    (
        "idle_connection_outlives_the_keep_alive_times",
        keep_alive::idle_connection_lives,
    ),
    (
        "client_reconnects_to_a_restarted_server",
        reconnect::client_reconnects_to_a_restarted_server,
    ),
    (
        "server_serves_the_next_client",
        reconnect::server_serves_the_next_client,
    ),
    (
        "messages_arrive_in_order_both_ways",
        both_ways::messages_arrive_in_order,
    ),
    (
        "texts_of_any_kind_arrive_as_sent",
        both_ways::texts_arrive_as_sent,
    ),
];

/// The tests of every server.
const OF_SERVERS: [(&str, OfServer); 7] = [
    (
        "a_silent_client_is_disconnected_also_within_a_frame",
        keep_alive::silent_client_is_disconnected,
    ),
    (
        "all_clients_receive_the_same_messages_in_the_same_order",
        room::all_clients_receive_the_same,
    ),
    (
        "bytes_get_the_documented_responses",
        golden::server::bytes_get_the_documented_responses,
    ),
    (
        "frames_may_arrive_byte_by_byte",
        golden::server::frames_may_arrive_byte_by_byte,
    ),
    (
        "a_frame_above_the_limit_is_refused_at_its_header",
        golden::server::too_big_is_refused_at_its_header,
    ),
    (
        "a_rust_client_refuses_a_message_above_the_limit",
        limits::rust_client_refuses_a_message_above_the_limit,
    ),
    (
        "a_rust_client_sends_no_message_above_the_limit",
        limits::rust_client_sends_no_message_above_the_limit,
    ),
];

/// The tests of every client.
const OF_CLIENTS: [(&str, OfClient); 9] = [
    (
        "slow_handler_of_a_rust_server_disconnects_no_client",
        keep_alive::slow_handler_in_rust_disconnects_no_client,
    ),
    (
        "slow_handler_of_a_python_server_disconnects_no_client",
        keep_alive::slow_handler_in_python_disconnects_no_client,
    ),
    (
        "a_silent_server_is_given_up_also_within_a_frame",
        keep_alive::silent_server_is_given_up,
    ),
    (
        "bytes_have_the_documented_effect",
        golden::client::bytes_have_the_documented_effect,
    ),
    (
        "frames_may_arrive_byte_by_byte",
        parts::frames_may_arrive_byte_by_byte,
    ),
    (
        "a_frame_above_the_limit_is_refused_at_its_header",
        parts::too_big_is_refused_at_its_header,
    ),
    (
        "a_rust_server_refuses_a_message_above_the_limit",
        limits::rust_server_refuses_a_message_above_the_limit,
    ),
    (
        "a_rust_server_sends_no_message_above_the_limit",
        limits::rust_server_sends_no_message_above_the_limit,
    ),
    (
        "a_rust_server_disconnects_a_client",
        limits::rust_server_disconnects_a_client,
    ),
];

/// The tests of our clients. The original in C misreads the next connection, or writes beyond its buffer.
const OF_OUR_CLIENTS: [(&str, OfClient); 1] = [(
    "nothing_of_a_bad_end_is_left_for_the_next_connection",
    parts::nothing_is_left_for_the_next_connection,
)];

/// The tests of our side in Rust with the original in C.
const OF_RUST: [(&str, OfOne); 3] = [
    (
        "rust_client_disconnects_from_a_suspended_original_c_server",
        keep_alive::rust_client_disconnects_from_a_suspended_server,
    ),
    (
        "rust_server_disconnects_a_suspended_original_c_client",
        keep_alive::rust_server_disconnects_a_suspended_client,
    ),
    (
        "rust_client_waits_for_an_original_c_server",
        reconnect::rust_client_waits_for_a_server,
    ),
];

/// Every scenario.
pub(crate) fn all() -> Vec<Scenario> {
    let rust = OF_RUST.map(|(sentence, run)| Scenario::new(sentence, run));
    let mut all = Vec::from(rust);

    for (sentence, run) in OF_PAIRS {
        for (server, client) in pairs() {
            let name = format!("{}_with_{}::{sentence}", client.name(), server.name());
            all.push(Scenario::new(name, move |peers| run(peers, server, client)));
        }
    }

    all.extend(of_clients(&OF_CLIENTS, &ClientKind::ALL));
    all.extend(of_clients(&OF_OUR_CLIENTS, &ClientKind::OURS));

    for (sentence, run) in OF_SERVERS {
        for server in [&ServerKind::ALL[..], &[ServerKind::RustWithSessions]].concat() {
            let name = format!("{}::{sentence}", server.name());
            all.push(Scenario::new(name, move |peers| run(peers, server)));
        }
    }

    all
}

/// Returns every pair, and those of the original with our side that knows sessions.
fn pairs() -> Vec<(ServerKind, ClientKind)> {
    let of_server = |server| ClientKind::ALL.map(|client| (server, client));
    let mut pairs: Vec<_> = ServerKind::ALL.into_iter().flat_map(of_server).collect();
    pairs.extend([
        (ServerKind::OriginalC, ClientKind::RustWithSession),
        (ServerKind::RustWithSessions, ClientKind::OriginalC),
        (ServerKind::RustWithSessions, ClientKind::OriginalPython),
    ]);
    pairs
}

fn of_clients(tests: &[(&str, OfClient)], clients: &[ClientKind]) -> Vec<Scenario> {
    let mut scenarios = Vec::new();

    for &(sentence, run) in tests {
        for &client in clients {
            let name = format!("{}::{sentence}", client.name());
            scenarios.push(Scenario::new(name, move |peers| run(peers, client)));
        }
    }

    scenarios
}
