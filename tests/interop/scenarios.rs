//! What is tested, with names that say it.

mod both_ways;
mod golden;
mod keep_alive;
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

/// Who talks to whom.
const PAIRS: [(&str, ServerKind, ClientKind); 2] = [
    ("c_client_with_c_server", ServerKind::C, ClientKind::C),
    (
        "python_client_with_c_server",
        ServerKind::C,
        ClientKind::Python,
    ),
];

/// Every server.
const SERVERS: [(&str, ServerKind); 1] = [("c_server", ServerKind::C)];

/// Every client.
const CLIENTS: [(&str, ClientKind); 2] = [
    ("c_client", ClientKind::C),
    ("python_client", ClientKind::Python),
];

/// Every scenario.
pub(crate) fn all() -> Vec<Scenario> {
    [of_pairs(), of_servers(), of_clients()]
        .into_iter()
        .flatten()
        .collect()
}

fn of_pairs() -> Vec<Scenario> {
    let mut scenarios = Vec::new();

    for (pair, server, client) in PAIRS {
        let mut add = |name: &str, run: fn(&Peers, ServerKind, ClientKind)| {
            scenarios.push(Scenario::new(format!("{pair}::{name}"), move |peers| {
                run(peers, server, client);
            }));
        };

        add(
            "messages_arrive_in_order_both_ways",
            both_ways::messages_arrive_in_order,
        );
        add(
            "texts_of_any_kind_arrive_as_sent",
            both_ways::texts_arrive_as_sent,
        );
        add(
            "idle_connection_outlives_the_keep_alive_times",
            keep_alive::idle_connection_lives,
        );
    }

    scenarios
}

fn of_servers() -> Vec<Scenario> {
    let mut scenarios = Vec::new();

    for (name, server) in SERVERS {
        let mut add = |sentence: &str, run: fn(&Peers, ServerKind)| {
            scenarios.push(Scenario::new(format!("{name}::{sentence}"), move |peers| {
                run(peers, server);
            }));
        };

        add(
            "everyone_in_the_room_reads_the_same",
            room::everyone_reads_the_same,
        );
        add(
            "bytes_get_the_documented_answers",
            golden::server::bytes_get_the_documented_answers,
        );
        add(
            "bytes_may_come_one_by_one",
            golden::server::bytes_may_come_one_by_one,
        );
    }

    scenarios
}

fn of_clients() -> Vec<Scenario> {
    let mut scenarios = Vec::new();

    for (name, client) in CLIENTS {
        scenarios.push(Scenario::new(
            format!("{name}::bytes_do_what_is_documented"),
            move |peers| {
                golden::client::bytes_do_what_is_documented(peers, client);
            },
        ));
    }

    scenarios
}
