//! Time limits of clients, connected to raw servers.

use std::net::{Ipv4Addr, SocketAddr, TcpListener};

use futures::future::join_all;
use messi::tls::{ClientTls, Roots};
use messi::{ClientBuilder, RequestError};
use rcgen::generate_simple_self_signed;

use super::*;
use crate::common::reporter;
use crate::peers::{Peer, Script, narrow, text};

/// Clients, each connected to its own server.
struct Clients {
    clients: Vec<ChatClient>,
    events: Events,
    _peers: Vec<Peer>,
}

type Setup = fn(ClientBuilder<Chat>) -> ClientBuilder<Chat>;

/// Connects clients to servers that write a script in a certain manner.
fn connect(count: usize, manner: Manner, script: &Script, setup: Setup) -> Result<Clients, String> {
    let mut clients = start(count, manner, script, ("tcp://127.0.0.1", setup));
    let connected = async {
        for _ in 0..count {
            assert_eq!(clients.events.next().await, Event::Connected);
        }
    };
    is_done_within(CONNECTING, connected).map_err(|problem| format!("connecting: {problem}"))?;
    Ok(clients)
}

fn start(count: usize, manner: Manner, script: &Script, (uri, setup): (&str, Setup)) -> Clients {
    let listener = listen();
    let port = listener.local_addr().unwrap().port();
    let (reporter, events) = reporter();
    let start = |_| {
        let builder = setup(ChatClient::builder(format!("{uri}:{port}")));
        builder.start(Observer(reporter.clone())).unwrap()
    };
    let accept = |_| Peer::play(listener.accept().unwrap().0, manner, script.clone());
    Clients {
        clients: (0..count).map(start).collect(),
        events,
        _peers: (0..count).map(accept).collect(),
    }
}

/// Creates a listener for connections with a small receive buffer.
fn listen() -> TcpListener {
    let socket = narrow();
    let any = SocketAddr::from((Ipv4Addr::LOCALHOST, 0));
    socket.bind(&any.into()).unwrap();
    socket.listen(128).unwrap();
    socket.into()
}

/// Sets a keep-alive time that is never reached.
fn patient(builder: ClientBuilder<Chat>) -> ClientBuilder<Chat> {
    builder.keep_alive_interval(HOUR)
}

async fn stop(clients: &Clients) {
    join_all(clients.clients.iter().map(ChatClient::stop)).await;
}

#[test]
fn a_client_stops_within_its_limit() {
    against_each("client.stop()", |manner| {
        let script = Script::to_client(LARGE);
        let clients = connect(manner.count(), manner, &script, patient)?;
        is_done_within(CLOSING + LAST_CALLBACK, stop(&clients))
    });
}

#[test]
fn a_client_without_handles_stops_within_its_limit() {
    against_each("drop of the last handle of a client", |manner| {
        let script = Script::to_client(LARGE);
        let mut clients = connect(manner.count(), manner, &script, patient)?;
        clients.clients.clear();
        let ends = (manner.count(), DisconnectReason::Stopped);
        end_within(CLOSING, &mut clients.events, ends)
    });
}

#[test]
fn a_client_disconnects_from_a_server_without_pongs() {
    against_each("keep_alive_interval of a client", |manner| {
        let setup: Setup = |builder| builder.keep_alive_interval(LIMIT / 2);
        let mut clients = connect(manner.few(), manner, &Script::pongs(), setup)?;
        // The first ping is sent after an interval. The limit ends at the next one.
        if manner != Manner::IsSilent {
            return outlast(LIMIT, &mut clients.events);
        }
        let ends = (1, DisconnectReason::KeepAliveTimeout);
        end_within(LIMIT + CLOSING, &mut clients.events, ends)
    });
}

#[test]
fn a_client_disconnects_at_the_message_timeout() {
    against_each("message_timeout of a client", |manner| {
        let script = Script::to_client(LARGE).begun();
        let setup: Setup = |builder| patient(builder).message_timeout(LIMIT);
        let mut clients = connect(manner.few(), manner, &script, setup)?;
        if manner == Manner::Floods {
            return outlast(LIMIT, &mut clients.events);
        }
        let ends = (1, DisconnectReason::MessageTimeout);
        end_within(LIMIT + CLOSING, &mut clients.events, ends)
    });
}

#[test]
fn a_client_disconnects_at_the_write_timeout() {
    against_each("write_timeout of a client", |manner| {
        let setup: Setup = |builder| {
            let builder = patient(builder).max_queued_bytes(32 * LARGE);
            builder.write_timeout(LIMIT)
        };
        let mut clients = connect(manner.few(), manner, &Script::pongs(), setup)?;
        for client in &clients.clients {
            // More than the operating system buffers.
            (0..12).for_each(|_| client.send(text(LARGE)));
        }
        let ends = (manner.few(), DisconnectReason::SlowConsumer);
        end_within(LIMIT + CLOSING, &mut clients.events, ends)
    });
}

#[test]
fn a_request_fails_at_its_timeout() {
    against_each("request_timeout of a client", |manner| {
        let setup: Setup = |builder| patient(builder).request_timeout(LIMIT);
        let script = Script::to_client(LARGE);
        let clients = connect(manner.few(), manner, &script, setup)?;
        let request = |client: &ChatClient| {
            let user = String::new();
            client.connect_req(ConnectReq { user })
        };
        let answers = join_all(clients.clients.iter().map(request));
        let answers = is_done_within(LIMIT, answers)?;
        match answers.iter().find(|it| !is_timeout(it)) {
            None => Ok(()),
            Some(response) => Err(format!("expected a timeout, got {response:?}")),
        }
    });
}

fn is_timeout(response: &Result<ConnectRsp, RequestError>) -> bool {
    matches!(response, Err(RequestError::Timeout { .. }))
}

/// Starts clients with TLS and servers without.
fn encrypted(manner: Manner) -> Clients {
    let setup: Setup = |builder| {
        let certified = generate_simple_self_signed(["localhost".to_owned()]).unwrap();
        let roots = Roots::from_pem(certified.cert.pem()).unwrap();
        builder.tls(ClientTls::new(roots).handshake_timeout(LIMIT))
    };
    let uri = ("tls://127.0.0.1", setup);
    start(manner.count(), manner, &Script::no_tls(), uri)
}

#[test]
fn a_client_aborts_a_handshake_at_its_timeout() {
    against_each("TLS handshake of a client", |manner| {
        let mut clients = encrypted(manner);
        let failures = async {
            for _ in 0..manner.count() {
                match clients.events.next().await {
                    Event::ConnectFailure(ConnectError::Tls { .. }) => {}
                    other => return Err(format!("expected a failure, got {other:?}")),
                }
            }
            Ok(())
        };
        is_done_within(LIMIT, failures)?
    });
}

#[test]
fn a_client_stops_during_a_handshake_within_its_limit() {
    against_each("client.stop() amid a TLS handshake", |manner| {
        let clients = encrypted(manner);
        is_done_within(CLOSING + LAST_CALLBACK, stop(&clients))
    });
}
