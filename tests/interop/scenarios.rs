//! The scenarios, with names that state the tested behaviour.

mod both_ways;
mod golden;
mod keep_alive;
mod limits;
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

/// Pairs of a server and a client. Pairs of the originals check the tests themselves.
const PAIRS: [(&str, ServerKind, ClientKind); 6] = [
    ("c_client_with_c_server", ServerKind::C, ClientKind::C),
    (
        "python_client_with_c_server",
        ServerKind::C,
        ClientKind::Python,
    ),
    ("our_client_with_c_server", ServerKind::C, ClientKind::Ours),
    ("c_client_with_our_server", ServerKind::Ours, ClientKind::C),
    (
        "python_client_with_our_server",
        ServerKind::Ours,
        ClientKind::Python,
    ),
    (
        "our_client_with_our_server",
        ServerKind::Ours,
        ClientKind::Ours,
    ),
];

/// Every server.
const SERVERS: [(&str, ServerKind); 2] = [
    ("c_server", ServerKind::C),
    ("our_server", ServerKind::Ours),
];

/// Every client.
const CLIENTS: [(&str, ClientKind); 3] = [
    ("c_client", ClientKind::C),
    ("python_client", ClientKind::Python),
    ("our_client", ClientKind::Ours),
];

/// The function of a test.
type OfPair = fn(&Peers, ServerKind, ClientKind);
type OfServer = fn(&Peers, ServerKind);
type OfClient = fn(&Peers, ClientKind);
type OfOurs = fn(&Peers);

/// The tests of every pair. The long ones are first, since they mostly wait.
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
const OF_SERVERS: [(&str, OfServer); 4] = [
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
];

/// The tests of every client.
const OF_CLIENTS: [(&str, OfClient); 2] = [
    (
        "slow_handler_of_our_server_disconnects_no_client",
        keep_alive::slow_handler_disconnects_no_client,
    ),
    (
        "bytes_have_the_documented_effect",
        golden::client::bytes_have_the_documented_effect,
    ),
];

/// The tests of our side only.
const OF_OURS: [(&str, OfOurs); 8] = [
    (
        "our_client_disconnects_from_a_suspended_c_server",
        keep_alive::our_client_disconnects_from_a_suspended_c_server,
    ),
    (
        "our_server_disconnects_a_suspended_c_client",
        keep_alive::our_server_disconnects_a_suspended_c_client,
    ),
    (
        "our_server_refuses_a_message_above_the_limit",
        limits::our_server_refuses_a_message_above_the_limit,
    ),
    (
        "our_client_refuses_a_message_above_the_limit",
        limits::our_client_refuses_a_message_above_the_limit,
    ),
    (
        "our_server_sends_no_message_above_the_limit_of_a_c_client",
        limits::our_server_sends_no_message_above_the_limit,
    ),
    (
        "our_client_sends_no_message_above_the_limit_of_a_c_server",
        limits::our_client_sends_no_message_above_the_limit,
    ),
    (
        "our_server_disconnects_a_c_client",
        limits::our_server_disconnects_a_c_client,
    ),
    (
        "our_client_waits_for_a_c_server",
        reconnect::our_client_waits_for_a_c_server,
    ),
];

/// Every scenario.
pub(crate) fn all() -> Vec<Scenario> {
    let mut all = Vec::new();

    for (sentence, run) in OF_OURS {
        all.push(Scenario::new(sentence, run));
    }

    for (sentence, run) in OF_PAIRS {
        for (pair, server, client) in PAIRS {
            let name = format!("{pair}::{sentence}");
            all.push(Scenario::new(name, move |peers| run(peers, server, client)));
        }
    }

    for (sentence, run) in OF_CLIENTS {
        for (name, client) in CLIENTS {
            let name = format!("{name}::{sentence}");
            all.push(Scenario::new(name, move |peers| run(peers, client)));
        }
    }

    for (sentence, run) in OF_SERVERS {
        for (name, server) in SERVERS {
            let name = format!("{name}::{sentence}");
            all.push(Scenario::new(name, move |peers| run(peers, server)));
        }
    }

    all
}
