//! What is tested, with names that say it.

mod both_ways;
mod golden;
mod keep_alive;
mod limits;
mod reconnect;
mod room;

use crate::party::{ClientKind, ServerKind};
use crate::prepare::Peers;

/// A test: a sentence, and what it does, which panics if the sentence is wrong.
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

/// Who talks to whom. The originals among themselves show that the peers are driven right.
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

/// What a test does.
type OfPair = fn(&Peers, ServerKind, ClientKind);
type OfServer = fn(&Peers, ServerKind);
type OfClient = fn(&Peers, ClientKind);
type OfOurs = fn(&Peers);

/// What holds for every pair, the long ones first as they mostly wait.
const OF_PAIRS: [(&str, OfPair); 5] = [
    (
        "idle_connection_outlives_the_keep_alive_times",
        keep_alive::idle_connection_lives,
    ),
    (
        "client_finds_a_restarted_server",
        reconnect::client_finds_a_restarted_server,
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

/// What holds for every server.
const OF_SERVERS: [(&str, OfServer); 4] = [
    (
        "everyone_in_the_room_reads_the_same",
        room::everyone_reads_the_same,
    ),
    (
        "bytes_get_the_documented_answers",
        golden::server::bytes_get_the_documented_answers,
    ),
    (
        "bytes_may_come_one_by_one",
        golden::server::bytes_may_come_one_by_one,
    ),
    (
        "too_big_a_frame_is_refused_at_its_header",
        golden::server::too_big_is_refused_at_once,
    ),
];

/// What holds for every client.
const OF_CLIENTS: [(&str, OfClient); 2] = [
    (
        "slow_handler_of_our_server_loses_nobody",
        keep_alive::slow_handler_loses_nobody,
    ),
    (
        "bytes_do_what_is_documented",
        golden::client::bytes_do_what_is_documented,
    ),
];

/// What holds for our side alone.
const OF_OURS: [(&str, OfOurs); 8] = [
    (
        "our_client_gives_up_a_frozen_c_server",
        keep_alive::our_client_gives_up_a_frozen_c_server,
    ),
    (
        "our_server_gives_up_a_frozen_c_client",
        keep_alive::our_server_gives_up_a_frozen_c_client,
    ),
    (
        "our_server_refuses_too_big_a_message",
        limits::our_server_refuses_too_big_a_message,
    ),
    (
        "our_client_refuses_too_big_a_message",
        limits::our_client_refuses_too_big_a_message,
    ),
    (
        "our_server_sends_no_more_than_a_c_client_takes",
        limits::our_server_sends_no_more,
    ),
    (
        "our_client_sends_no_more_than_a_c_server_takes",
        limits::our_client_sends_no_more,
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
