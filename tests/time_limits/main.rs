//! Tests each documented time limit with peers that flood, trickle or are silent, over real sockets.
//!
//! Limits that can be set are set to a second. Each test checks one operation, and reports all peers
//! with which it exceeds its limit.
//!
//! A crate of its own, in which one flood runs at a time, since it takes the processors from other tests.

#[path = "../it/common/mod.rs"]
mod common;
mod crowd;
#[path = "../harness/form.rs"]
mod form;
#[path = "../harness/machine.rs"]
mod machine;
mod of_clients;
mod of_servers;
mod peers;

use std::thread;
use std::time::{Duration, Instant};

use async_std::future::timeout;
use messi::{ConnectError, DisconnectReason, Retry};

use common::chat::*;
use common::{Event, Events, HOUR, Reporter, run};
use form::slack;
use peers::Manner;

/// The value of all limits that can be set.
const LIMIT: Duration = Duration::from_secs(1);

/// The limit for writing the send queue when a connection is closed.
const CLOSING: Duration = Duration::from_secs(1);

/// The limit of the last callback after a stop.
const LAST_CALLBACK: Duration = Duration::from_secs(1);

/// The limit of the last callback after a drain.
const LAST_CALLBACK_OF_A_DRAIN: Duration = Duration::from_millis(100);

/// The limit of connecting, which is not tested here.
const CONNECTING: Duration = Duration::from_secs(10);

/// The size of a large message, in bytes.
const LARGE: usize = 1_000_000;

/// The result of a check. The error describes the problem.
type Verdict = Result<(), String>;

/// Runs a check with each kind of peer, and panics with all problems.
fn against_each(operation: &str, cell: impl Fn(Manner) -> Verdict + Sync) {
    let shared = machine::shared();
    let calm = thread::scope(|scope| {
        let cell = &cell;
        let start = |manner| (manner, scope.spawn(move || cell(manner)));
        let cells = [Manner::Trickles, Manner::IsSilent].map(start);
        cells.map(|(manner, cell)| (manner, cell.join().expect("a check without a panic")))
    });
    drop(shared);
    let _alone = machine::alone();
    let begin = Instant::now();
    let flooded = [(Manner::Floods, cell(Manner::Floods))];
    println!("{operation} amid a flood: {:?}", begin.elapsed());
    let verdicts = calm.into_iter().chain(flooded);
    let problems: Vec<_> = verdicts
        .filter_map(|(manner, verdict)| Some(format!("a peer that {manner}: {}", verdict.err()?)))
        .collect();
    assert!(problems.is_empty(), "{operation}: {}", problems.join("; "));
}

/// Checks that an operation ends within its limit, and returns its output.
fn is_done_within<T>(limit: Duration, operation: impl Future<Output = T>) -> Result<T, String> {
    let begin = Instant::now();
    run(timeout(limit + slack(), operation)).map_err(|_| {
        let elapsed = begin.elapsed();
        format!("it may take {limit:?}, and is not done after {elapsed:?}")
    })
}

/// Checks that `count` connections end for a reason within a limit.
fn end_within(
    limit: Duration,
    events: &mut Events,
    (count, reason): (usize, DisconnectReason),
) -> Verdict {
    let ends = async {
        for _ in 0..count {
            match events.next().await {
                Event::Disconnected(found) if found == reason => {}
                other => return Err(format!("expected {reason:?}, got {other:?}")),
            }
        }
        Ok(())
    };
    is_done_within(limit, ends)?
}

/// Checks that no connection ends within a limit.
fn outlast(limit: Duration, events: &mut Events) -> Verdict {
    match run(timeout(limit * 2, events.next())) {
        Err(_) => Ok(()),
        Ok(event) => Err(format!("it keeps to the rules, and got {event:?}")),
    }
}

/// A handler of either side that reports connects and disconnects, but no messages of a flood.
#[derive(Clone)]
struct Observer(Reporter);

impl ChatClientHandler for Observer {
    async fn on_connected(&mut self, _: &ChatClient) {
        self.0.report(Event::Connected);
    }

    async fn on_connect_failure(&mut self, _: &ChatClient, error: &ConnectError) -> Retry {
        self.0.report(Event::ConnectFailure(error.clone()));
        Retry::Never
    }

    async fn on_disconnected(&mut self, _: &ChatClient, reason: DisconnectReason) {
        self.0.report(Event::Disconnected(reason));
    }
}

impl ChatServerHandler for Observer {
    async fn on_client_connected(&mut self, _: &ChatServerClient) {
        self.0.report(Event::Connected);
    }

    async fn on_client_disconnected(&mut self, _: &ChatServerClient, reason: DisconnectReason) {
        self.0.report(Event::Disconnected(reason));
    }
}
