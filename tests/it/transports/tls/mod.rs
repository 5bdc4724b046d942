//! TLS, with certificates that are made up for each test.

mod authority;
mod both_ways;
mod empty_records;
mod flooded;
mod identities;
mod refused;
mod stalled;

use messi::ConnectError;
use messi::tls::{ClientTls, Roots, ServerTls};

use crate::common::chat::*;
use crate::common::*;
use authority::Authority;

/// The host that servers show a certificate for, unless it is about that.
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

/// A server with a certificate of an authority.
async fn start_of(authority: &Authority) -> (ChatServer, Events) {
    start(&ServerTls::new(authority.identity(HOST))).await
}

/// Where a client finds a server.
fn uri(server: &ChatServer) -> String {
    format!("tls://{HOST}:{}", server.local_addr().port().unwrap())
}

/// A client that trusts an authority.
fn trusting(authority: &Authority) -> ClientTls {
    ClientTls::new(Roots::from_pem(authority.pem()).unwrap())
}

fn connect(server: &ChatServer, tls: &ClientTls) -> (ChatClient, Events) {
    let (reporter, events) = reporter();
    let client = ChatClient::builder(uri(server)).tls(tls.clone());
    (client.start(reporter).unwrap(), events)
}

/// What a client that can't connect is told.
async fn failure(events: &mut Events) -> String {
    match events.next().await {
        Event::ConnectFailure(error @ ConnectError::Tls { .. }) => error.to_string(),
        other => panic!("{other:?}"),
    }
}

/// Waits until the server has failed to speak TLS with someone.
async fn failed_handshake(server: &ChatServer) {
    failed_handshakes(server, 1).await;
}

/// Waits until that has happened `count` times.
async fn failed_handshakes(server: &ChatServer, count: u64) {
    let failed = async {
        while server.stats().failed_handshakes < count {
            async_std::task::yield_now().await;
        }
    };
    within("a failed handshake", failed).await;
}

/// Sees a client and its server exchange messages.
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
