//! Time limits of servers with raw clients.

use messi::ServerBuilder;
use messi::tls::{Identity, ServerTls};
use rcgen::{CertifiedKey, generate_simple_self_signed};

use super::*;
use crate::common::reporter;
use crate::peers::{Peer, Script, text};

/// A server with clients.
struct Served {
    server: ChatServer,
    events: Events,
    peers: Vec<Peer>,
}

type Setup = fn(ServerBuilder<Chat>) -> ServerBuilder<Chat>;

/// Starts a server, and connects clients that write a script in a certain manner.
fn serve(count: usize, manner: Manner, script: &Script, setup: Setup) -> Result<Served, String> {
    let builder = setup(ChatServer::builder("tcp://127.0.0.1:0"));
    let mut served = start(builder, count, manner, script);
    let connected = async {
        for _ in 0..count {
            assert_eq!(served.events.next().await, Event::Connected);
        }
    };
    is_done_within(CONNECTING, connected).map_err(|problem| format!("connecting: {problem}"))?;
    Ok(served)
}

fn start(builder: ServerBuilder<Chat>, count: usize, manner: Manner, script: &Script) -> Served {
    let (reporter, events) = reporter();
    let observer = Observer(reporter);
    let server = run(builder.start(move |_| observer.clone())).unwrap();
    let address = server.local_addr().socket_addr().unwrap();
    let connect = |_| Peer::connect(address, manner, script);
    Served {
        server,
        events,
        peers: (0..count).map(connect).collect(),
    }
}

/// Sets a keep-alive time that is never reached.
fn patient(builder: ServerBuilder<Chat>) -> ServerBuilder<Chat> {
    builder.keep_alive_timeout(HOUR)
}

#[test]
fn a_server_stops_within_its_limit() {
    against_each("server.stop()", |manner| {
        let script = Script::to_server(LARGE);
        let served = serve(manner.count(), manner, &script, patient)?;
        is_done_within(CLOSING + LAST_CALLBACK, served.server.stop()).map(drop)
    });
}

#[test]
fn a_drain_ends_within_its_limit() {
    against_each("server.drain()", |manner| {
        let script = Script::to_server(LARGE);
        let served = serve(manner.count(), manner, &script, patient)?;
        let limit = LIMIT + LAST_CALLBACK_OF_A_DRAIN;
        is_done_within(limit, served.server.drain(LIMIT)).map(drop)
    });
}

#[test]
fn a_disconnect_ends_within_its_limit() {
    against_each("disconnect()", |manner| {
        let script = Script::to_server(LARGE);
        let mut served = serve(manner.count(), manner, &script, patient)?;
        for client in served.server.clients() {
            client.disconnect();
        }
        let ends = (manner.count(), DisconnectReason::Disconnected);
        end_within(CLOSING, &mut served.events, ends)
    });
}

#[test]
fn a_server_disconnects_a_client_without_pings() {
    against_each("keep_alive_timeout of a server", |manner| {
        let setup: Setup = |builder| builder.keep_alive_timeout(LIMIT);
        let mut served = serve(manner.few(), manner, &Script::pings(), setup)?;
        if manner != Manner::IsSilent {
            return outlast(LIMIT, &mut served.events);
        }
        let ends = (1, DisconnectReason::KeepAliveTimeout);
        end_within(LIMIT + CLOSING, &mut served.events, ends)
    });
}

#[test]
fn a_server_disconnects_at_the_message_timeout() {
    against_each("message_timeout of a server", |manner| {
        let script = Script::to_server(LARGE).begun();
        let setup: Setup = |builder| patient(builder).message_timeout(LIMIT);
        let mut served = serve(manner.few(), manner, &script, setup)?;
        if manner == Manner::Floods {
            return outlast(LIMIT, &mut served.events);
        }
        let ends = (1, DisconnectReason::MessageTimeout);
        end_within(LIMIT + CLOSING, &mut served.events, ends)
    });
}

#[test]
fn a_server_disconnects_at_the_write_timeout() {
    against_each("write_timeout of a server", |manner| {
        let setup: Setup = |builder| {
            let builder = patient(builder).max_queued_bytes(32 * LARGE);
            builder.write_timeout(LIMIT)
        };
        let mut served = serve(manner.few(), manner, &Script::pings(), setup)?;
        for client in served.server.clients() {
            // More than the operating system buffers.
            (0..12).for_each(|_| client.send(text(LARGE)));
        }
        let ends = (manner.few(), DisconnectReason::SlowConsumer);
        end_within(LIMIT + CLOSING, &mut served.events, ends)
    });
}

/// Configures a server with TLS.
fn encrypted() -> ServerBuilder<Chat> {
    let certified = generate_simple_self_signed(["localhost".to_owned()]).unwrap();
    let CertifiedKey { cert, signing_key } = certified;
    let identity = Identity::from_pem(cert.pem(), signing_key.serialize_pem()).unwrap();
    let tls = ServerTls::new(identity).handshake_timeout(LIMIT);
    ChatServer::builder("tls://127.0.0.1:0").tls(tls)
}

/// Starts a server with TLS and clients without.
fn start_encrypted(manner: Manner) -> Served {
    start(encrypted(), manner.count(), manner, &Script::no_tls())
}

/// Checks that the server closes all peers within a limit.
fn close_within(limit: Duration, peers: &[Peer]) -> Verdict {
    let begin = Instant::now();
    for peer in peers {
        let left = (limit + slack()).saturating_sub(begin.elapsed());
        if !peer.is_closed_within(left) {
            let elapsed = begin.elapsed();
            return Err(format!(
                "it may take {limit:?}, and the peer is not closed after {elapsed:?}"
            ));
        }
    }
    Ok(())
}

#[test]
fn a_server_aborts_a_handshake_at_its_timeout() {
    against_each("TLS handshake of a server, with the refusal", |manner| {
        let served = start_encrypted(manner);
        close_within(LIMIT + CLOSING, &served.peers)
    });
}

#[test]
fn a_server_aborts_the_header_of_a_proxy_at_the_timeout_of_the_handshake() {
    against_each("header of a proxy, and its TLS handshake", |manner| {
        let builder = encrypted().proxy_protocol(["127.0.0.1"]);
        let script = Script::proxy_header();
        let served = start(builder, manner.count(), manner, &script);
        close_within(LIMIT + CLOSING, &served.peers)
    });
}

#[test]
fn a_server_stops_during_handshakes_within_its_limit() {
    against_each("server.stop() amid TLS handshakes", |manner| {
        let served = start_encrypted(manner);
        let is_refused = |peer: &Peer| peer.is_shut_down_within(LIMIT + slack());
        // Peers that flood have been refused, and go on flooding. The others are in their handshake.
        if manner == Manner::Floods && !served.peers.iter().any(is_refused) {
            return Err("no client was refused".into());
        }
        is_done_within(CLOSING + LAST_CALLBACK, served.server.stop()).map(drop)
    });
}
