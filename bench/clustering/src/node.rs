//! A process with a node of a cluster.

use std::io::{self, BufRead};
use std::thread;
use std::time::{Duration, SystemTime};

use futures::executor::block_on;
use messi::cluster::{ClusterState, ClusterStatus};
use serde::{Deserialize, Serialize};
use work::fail;

use crate::blast::{BURST, Progress};
use crate::chat::*;
use crate::engine;

/// The argument that selects this role.
pub(crate) const ROLE: &str = "node";

/// The time between two looks at a state that has no event.
const PERIOD: Duration = Duration::from_micros(500);

/// The messages of a node that others should have got, and did not.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Deserialize, Serialize)]
pub(crate) struct Losses {
    pub(crate) dropped: u64,
    pub(crate) lost: u64,
    pub(crate) refused: u64,
}

/// Serves as a node, and does as the lines of the standard input ask. Each has a line as its answer.
pub(crate) fn run(kind: &str, url: &str) {
    let server = start(engine::kind(kind), url);
    let mut progress = None;
    println!("{}", port(&server));
    for line in io::stdin().lock().lines().map_while(Result::ok) {
        let answer = match &line.split(' ').collect::<Vec<_>>()[..] {
            ["up"] => wait(|| status(&server).state == ClusterState::Up),
            ["down"] => wait(|| status(&server).state != ClusterState::Up),
            ["nodes", count] => wait(|| status(&server).nodes.len().to_string() == *count),
            ["clients", count] => wait(|| server.client_count().to_string() == *count),
            ["follow", port] => {
                progress = Some(Progress::connect(port));
                String::new()
            }
            ["blast", seconds, call] => {
                let progress = progress.as_mut().unwrap_or_else(|| fail("no receivers"));
                let blast = progress.blast(seconds, || publish_burst(&server, call));
                serde_json::json!(blast).to_string()
            }
            ["losses"] => serde_json::json!(losses(&server)).to_string(),
            _ => fail(format_args!("unknown command {line:?}")),
        };
        println!("{answer}");
    }
}

/// Starts a node.
pub(crate) fn start(kind: engine::Kind, url: &str) -> ChatServer {
    let server = ChatServer::builder("tcp://127.0.0.1:0")
        .cluster(kind.cluster(url))
        // Clients of the measurements need not ping.
        .keep_alive_timeout(Duration::from_secs(3_600));
    block_on(server.start(|_| Session)).unwrap_or_else(|error| fail(error))
}

/// Returns the port for clients.
pub(crate) fn port(server: &ChatServer) -> u16 {
    server.local_addr().port().expect("it is a TCP address")
}

pub(crate) fn status(server: &ChatServer) -> ClusterStatus {
    server.cluster().expect("it is in a cluster")
}

fn publish_burst(server: &ChatServer, call: &str) {
    let messages = std::iter::repeat_with(message).take(BURST as usize);
    match call {
        "broadcast" => messages.for_each(|message| server.broadcast(message)),
        "broadcast_all" => server.broadcast_all(messages),
        _ => fail(format_args!("unknown call {call:?}")),
    }
}

fn losses(server: &ChatServer) -> Losses {
    let stats = server.stats().cluster;
    Losses {
        dropped: stats.dropped,
        lost: stats.lost,
        refused: stats.refused,
    }
}

/// Waits for a state, and returns the time.
fn wait(is_so: impl Fn() -> bool) -> String {
    while !is_so() {
        thread::sleep(PERIOD);
    }
    now().as_nanos().to_string()
}

/// Returns the time of the clock that all processes share.
pub(crate) fn now() -> Duration {
    let now = SystemTime::now().duration_since(SystemTime::UNIX_EPOCH);
    now.unwrap_or_else(|error| fail(error))
}
