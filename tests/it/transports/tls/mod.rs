//! TLS, with certificates that are issued for each test.

pub(super) mod authority;
mod both_ways;
mod empty_records;
mod flooded;
mod identities;
mod own_config;
mod refused;
mod renewed;
mod sessions;
mod several_addresses;
mod stalled;

use std::error::Error as _;

use messi::tls::{ClientTls, Roots, ServerTls};
use messi::{ConnectError, DisconnectReason, Report};

use crate::common::chat::*;
use crate::common::*;
use authority::Authority;

/// The host in the certificates of servers, unless a test needs another one.
const HOST: &str = "localhost";

async fn start(tls: &ServerTls) -> (ChatServer, Events) {
    let (reporter, events) = reporter();
    let server = ChatServer::builder("tls://127.0.0.1:0")
        .tls(tls.clone())
        .start(move |_| reporter.clone())
        .await
        .unwrap();
    (server, events)
}

/// Starts a server with a certificate of an authority.
async fn start_of(authority: &Authority) -> (ChatServer, Events) {
    start(&ServerTls::new(authority.identity(HOST))).await
}

/// Returns the URI of a server.
fn uri(server: &ChatServer) -> String {
    format!("tls://{HOST}:{}", server.local_addr().port().unwrap())
}

/// Configures a client that trusts an authority.
fn trusting(authority: &Authority) -> ClientTls {
    ClientTls::new(Roots::from_pem(authority.pem()).unwrap())
}

fn connect(server: &ChatServer, tls: &ClientTls) -> (ChatClient, Events) {
    let (reporter, events) = reporter();
    let client = ChatClient::builder(uri(server)).tls(tls.clone());
    (client.start(reporter).unwrap(), events)
}

/// Returns the text of an error and of its explanation.
fn explanation(error: &ConnectError) -> String {
    let source = error.source().expect("an explanation");
    format!("{error}: {source}")
}

/// Waits until a client fails to connect, and returns the error's text.
async fn failure(events: &mut Events) -> String {
    match events.next().await {
        Event::ConnectFailure(error @ ConnectError::Tls { .. }) => explanation(&error),
        other => panic!("{other:?}"),
    }
}

/// Waits until a handshake of the server has failed.
async fn failed_handshake(server: &ChatServer) {
    failed_handshakes(server, 1).await;
}

/// Waits until `count` handshakes of the server have failed.
async fn failed_handshakes(server: &ChatServer, count: u64) {
    let failed = async {
        while server.stats().failed_handshakes < count {
            async_std::task::yield_now().await;
        }
    };
    within("a failed handshake", failed).await;
}

/// Checks that a client gets a response from a server.
async fn assert_served(client: &ChatClient, events: &mut Events, server_events: &mut Events) {
    assert_eq!(events.next().await, Event::Connected);
    assert_eq!(server_events.next().await, Event::Connected);
    client.send(ConnectReq {
        user: "Kalle".into(),
    });
    assert_eq!(
        server_events.next().await,
        Event::ConnectReq("Kalle".into())
    );
    assert_eq!(events.next().await, Event::ConnectRsp);
}
