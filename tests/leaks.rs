//! Checks that clients and servers close all descriptors and drop all handlers when they end.
//!
//! A crate of its own, since descriptors are counted per process.

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

/// Locked by the running test.
static ALONE: Mutex<()> = Mutex::new(());

/// The way in which a client or a server ends.
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
                events
                    .rest()
                    .now_or_never()
                    .expect("all handlers are dropped");
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
                events
                    .rest()
                    .now_or_never()
                    .expect("all handlers are dropped");
            }
            Self::Dropped => {
                drop(server);
                events.rest().await;
            }
        }
    }
}

/// Runs a scenario for each end, and compares the descriptors before and after.
fn assert_no_leak(scenario: impl AsyncFn(End)) {
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
fn a_closed_connection_leaks_no_descriptor_or_handler() {
    assert_no_leak(connected);
}

#[test]
fn a_stopped_server_with_clients_leaks_no_descriptor_or_handler() {
    assert_no_leak(async |end| {
        let (server, mut server_events) = start_server().await;
        let (client, client_events) = connect(&server, &mut server_events).await;
        let _silent = RawPeer::connect(server.local_addr()).await;
        assert_eq!(server_events.next().await, Event::Connected);
        end.server(server, server_events).await;
        end.client(client, client_events).await;
    });
}

#[test]
fn an_aborted_attempt_to_connect_leaks_no_descriptor_or_handler() {
    assert_no_leak(async |end| {
        let hole = BlackHole::new();
        let builder = ChatClient::builder(hole.uri()).connect_timeout(HOUR);
        let (client, events) = start_client(builder);
        hole.wait_for_attempt().await;
        end.client(client, events).await;
    });
}

#[test]
fn a_client_stopped_between_attempts_leaks_no_descriptor_or_handler() {
    assert_no_leak(async |end| {
        let port = RefusingPort::new();
        let builder = ChatClient::builder(port.uri()).reconnect_delay(HOUR, HOUR);
        let (client, mut events) = start_client(builder);
        assert!(matches!(events.next().await, Event::ConnectFailure(_)));
        end.client(client, events).await;
    });
}

/// A handler that hangs in its first callback.
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
fn handlers_that_never_return_leak_no_descriptor_or_handler() {
    assert_no_leak(async |end| {
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
