//! Whatever a client or a server does when it ends, it leaves no descriptor and no handler.
//!
//! A crate of its own, since the descriptors are those of the process.

#![cfg(target_os = "linux")]

#[path = "it/common/mod.rs"]
mod common;

use std::fs;
use std::future::pending;
use std::sync::{Mutex, PoisonError};

use common::black_hole::BlackHole;
use common::chat::*;
use common::*;
use futures::FutureExt;

/// Locked by the test that runs.
static ALONE: Mutex<()> = Mutex::new(());

/// How a client or a server ends.
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

/// Runs a scenario to each end, and compares the descriptors before and after.
fn leaves_nothing(scenario: impl AsyncFn(End)) {
    let _alone = ALONE.lock().unwrap_or_else(PoisonError::into_inner);
    // The runtime opens its own descriptors when it is first used.
    run(connected(End::Stopped));
    for end in [End::Stopped, End::Dropped] {
        let before = descriptors();
        run(scenario(end));
        assert_eq!(descriptors(), before);
    }
}

/// Returns the targets of the descriptors of this process.
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
        let builder = ChatClient::builder(hole.uri()).connect_timeout(HOUR);
        let (client, events) = start_client(builder);
        hole.attempted().await;
        end.client(client, events).await;
    });
}

#[test]
fn nothing_is_left_of_a_client_that_waits_to_try_again() {
    leaves_nothing(async |end| {
        let port = RefusingPort::new();
        let builder = ChatClient::builder(port.uri()).reconnect_delay(HOUR, HOUR);
        let (client, mut events) = start_client(builder);
        assert!(matches!(events.next().await, Event::ConnectFailure(_)));
        end.client(client, events).await;
    });
}

/// A handler whose first callback never returns.
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
        let server = ChatServer::builder(LOOPBACK)
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
