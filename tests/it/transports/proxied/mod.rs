//! Servers behind a proxy that sends headers of the PROXY protocol.

mod accepted;
mod headers;
mod limits;
mod refused;

use std::net::SocketAddr;

use messi::{Address, ServerBuilder};

use self::headers::header;
use crate::common::chat::*;
use crate::common::*;

/// The address of a client at the proxy.
const CLIENT: &str = "192.0.2.7:4660";

/// The network of this machine, where the proxies of the tests are.
const HERE: [&str; 1] = ["127.0.0.0/8"];

/// The message of the original for a user "Erik".
const CONNECT_REQ: &[u8] = b"\x01\0\0\x08\x0a\x06\x0a\x04Erik";

/// Configures a server that trusts the proxies of this machine.
fn behind_proxy() -> ServerBuilder<Chat> {
    ChatServer::builder(LOOPBACK).proxy_protocol(HERE)
}

fn address(text: &str) -> Address {
    text.parse::<SocketAddr>().unwrap().into()
}

/// Connects as a proxy does for a client.
async fn connect_for(client: &str, server: &ChatServer) -> RawPeer {
    let mut peer = RawPeer::connect(server.local_addr()).await;
    peer.send(&header(client)).await;
    peer
}

/// Waits until the server has refused as many peers as they did not follow the protocol.
async fn failed(server: &ChatServer, count: u64) {
    let failed = async {
        while server.stats().failed_handshakes < count {
            async_std::task::yield_now().await;
        }
    };
    within("a refused peer", failed).await;
    assert_eq!(server.stats().failed_handshakes, count);
}

/// Returns the addresses of the connected clients.
fn clients(server: &ChatServer) -> Vec<Address> {
    server.clients().iter().map(|it| it.peer_addr()).collect()
}
