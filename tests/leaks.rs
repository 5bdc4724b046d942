//! Whatever a client or a server is doing when it ends, no descriptor and no handler is left.
//!
//! Descriptors are counted for the whole process: nothing else may run beside these tests.

#![cfg(target_os = "linux")]

#[path = "it/common/mod.rs"]
mod common;

use std::fs;
use std::future::pending;
use std::sync::{Mutex, PoisonError};
use std::time::Duration;

use common::black_hole::BlackHole;
use common::chat::*;
use common::*;
use futures::FutureExt;

const HOUR: Duration = Duration::from_secs(3_600);

/// Held by the test that runs.
static ALONE: Mutex<()> = Mutex::new(());

/// How a client or a server comes to its end.
#[derive(Clone, Copy)]
enum End {
    Stopped,
    Dropped,
}

impl End {
    async fn client(self, client: ChatClient, events: Events) {
        match self {
            Self::Stopped => {
                within("stop", client.stop()).await;
                events.rest().now_or_never().expect("no handler is left");
            }
            Self::Dropped => {
                drop(client);
                events.rest().await;
            }
        }
    }

    async fn server(self, server: ChatServer, events: Events) {
        match self {
            Self::Stopped => {
                within("stop", server.stop()).await;
                events.rest().now_or_never().expect("no handler is left");
            }
            Self::Dropped => {
                drop(server);
                events.rest().await;
            }
        }
    }
}

/// Runs a scenario to either end, and compares the descriptors before and after.
fn leaves_nothing(scenario: impl AsyncFn(End)) {
    let _alone = ALONE.lock().unwrap_or_else(PoisonError::into_inner);
    // The runtime opens some of its own at the first use.
    run(connected(End::Stopped));
    for end in [End::Stopped, End::Dropped] {
        let before = descriptors();
        run(scenario(end));
        assert_eq!(descriptors(), before);
    }
}

/// What the descriptors of this process lead to.
fn descriptors() -> Vec<String> {
    let mut targets: Vec<_> = fs::read_dir("/proc/self/fd")
        .unwrap()
        .filter_map(|entry| fs::read_link(entry.unwrap().path()).ok())
        .map(|target| target.display().to_string())
        .collect();
    targets.sort();
    targets
}

async fn connected(end: End) {
    let (server, mut server_events) = start_server().await;
    let (client, client_events) = connect(&server, &mut server_events).await;
    end.client(client, client_events).await;
    end.server(server, server_events).await;
}

#[test]
fn nothing_is_left_of_a_connection() {
    leaves_nothing(connected);
}

#[test]
fn nothing_is_left_of_a_server_with_clients() {
    leaves_nothing(async |end| {
        let (server, mut server_events) = start_server().await;
        let (client, client_events) = connect(&server, &mut server_events).await;
        let _silent = RawPeer::connect(server.local_addr()).await;
        assert_eq!(server_events.next().await, Event::Connected);
        end.server(server, server_events).await;
        end.client(client, client_events).await;
    });
}

#[test]
fn nothing_is_left_of_an_attempt_to_connect() {
    leaves_nothing(async |end| {
        let hole = BlackHole::new();
        let (reporter, events) = reporter();
        let builder = ChatClient::builder(hole.uri()).connect_timeout(HOUR);
        let client = builder.start(reporter).unwrap();
        hole.attempted().await;
        end.client(client, events).await;
    });
}

#[test]
fn nothing_is_left_of_a_client_that_waits_to_try_again() {
    leaves_nothing(async |end| {
        let (listener, uri) = raw_server().await;
        drop(listener);
        let (reporter, mut events) = reporter();
        let builder = ChatClient::builder(uri).reconnect_delay(HOUR, HOUR);
        let client = builder.start(reporter).unwrap();
        assert!(matches!(events.next().await, Event::ConnectFailure(_)));
        end.client(client, events).await;
    });
}

/// Never gets beyond being connected.
struct Stuck(Reporter);

impl ChatClientHandler for Stuck {
    async fn on_connected(&mut self, _: &ChatClient) {
        self.0.report(Event::Connected);
        pending().await
    }
}

impl ChatServerHandler for Stuck {
    async fn on_client_connected(&mut self, _: &ChatServerClient) {
        self.0.report(Event::Connected);
        pending().await
    }
}

#[test]
fn nothing_is_left_of_handlers_that_never_return() {
    leaves_nothing(async |end| {
        let (server_reporter, mut server_events) = reporter();
        let server = ChatServer::builder("tcp://127.0.0.1:0")
            .start(move |_| Stuck(server_reporter.clone()))
            .await
            .unwrap();
        let (client_reporter, mut client_events) = reporter();
        let client = ChatClient::builder(uri(server.local_addr()))
            .start(Stuck(client_reporter))
            .unwrap();
        assert_eq!(server_events.next().await, Event::Connected);
        assert_eq!(client_events.next().await, Event::Connected);
        end.client(client, client_events).await;
        end.server(server, server_events).await;
    });
}
