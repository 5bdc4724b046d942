//! Servers on listeners that the program has bound.

use std::io::ErrorKind;
use std::net::TcpListener;

use messi::testing::Simulation;
use messi::{BoundListener, ClientBuilder, ListenError};

use super::tls::authority::Authority;
use crate::common::chat::*;
use crate::common::*;
use messi::tls::{ClientTls, Roots, ServerTls};

/// Connects a client to a server, and sends a message each way.
async fn assert_serves(builder: ClientBuilder<Chat>, server: &ChatServer, events: &mut Events) {
    let (client, mut client_events) = start_client(builder);
    assert_eq!(client_events.next().await, Event::Connected);
    assert_eq!(events.next().await, Event::Connected);
    client.send(message("up"));
    assert_eq!(events.next().await, Event::Message("up".into()));
    server.broadcast(message("down"));
    assert_eq!(client_events.next().await, Event::Message("down".into()));
    client.stop().await;
    assert_eq!(events.next().await, CLOSED);
}

#[test]
fn a_server_serves_on_a_tcp_listener_and_frees_its_port() {
    run(async {
        for host in ["127.0.0.1", "0.0.0.0", "[::1]"] {
            let listener = TcpListener::bind(format!("{host}:{}", port::free())).unwrap();
            let address = listener.local_addr().unwrap();
            let (server, mut events) = serve(ChatServer::from_listener(listener)).await;
            assert_eq!(server.local_addr(), address.into());
            let reachable = host.replace("0.0.0.0", "127.0.0.1");
            let uri = format!("tcp://{reachable}:{}", address.port());
            assert_eq!(server.uri().to_string(), uri);
            assert_serves(ChatClient::builder(uri), &server, &mut events).await;
            server.stop().await;
            TcpListener::bind(address).unwrap();
        }
    });
}

#[test]
fn a_server_with_tls_serves_on_a_tcp_listener() {
    let authority = Authority::new();
    run(async {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let builder = ChatServer::from_listener(listener);
        let tls = ServerTls::new(authority.identity("127.0.0.1"));
        let (server, mut events) = serve(builder.tls(tls)).await;
        assert_eq!(server.uri().scheme(), "tls");
        let tls = ClientTls::new(Roots::from_pem(authority.pem()).unwrap());
        let builder = ChatClient::builder(server.uri()).tls(tls);
        assert_serves(builder, &server, &mut events).await;
        server.stop().await;
    });
}

#[test]
fn builders_with_one_listener_share_it() {
    run(async {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let builder = ChatServer::from_listener(listener);
        let (first, _events) = serve(builder.clone()).await;
        first.stop().await;
        let (second, mut events) = serve(builder).await;
        assert_eq!(second.uri(), first.uri());
        let client = ChatClient::builder(second.uri());
        assert_serves(client, &second, &mut events).await;
        second.stop().await;
    });
}

#[test]
fn a_simulation_takes_no_listener_of_the_operating_system() {
    let simulation = Simulation::new(1);
    simulation.run(async {
        let listener = BoundListener::from(TcpListener::bind("127.0.0.1:0").unwrap());
        let (reporter, _events) = reporter();
        let builder = ChatServer::from_listener(listener).runtime(&simulation);
        let error = builder.start(move |_| reporter.clone()).await.unwrap_err();
        let ListenError::Listener { source } = error else {
            panic!("{error}");
        };
        assert_eq!(source.kind(), ErrorKind::Unsupported);
    });
}

#[cfg(unix)]
mod unix {
    use std::fs;
    use std::os::unix::net::UnixListener;
    use std::path::PathBuf;

    use super::*;

    /// A path that is removed again.
    struct Socket(PathBuf);

    impl Socket {
        fn new(name: &str) -> Self {
            let name = format!("messi-{}-{name}.sock", std::process::id());
            Self(std::env::temp_dir().join(name))
        }
    }

    impl Drop for Socket {
        fn drop(&mut self) {
            let _ = fs::remove_file(&self.0);
        }
    }

    #[test]
    fn a_server_serves_on_a_unix_listener_and_leaves_its_file() {
        let socket = Socket::new("bound");
        run(async {
            let listener = UnixListener::bind(&socket.0).unwrap();
            let (server, mut events) = serve(ChatServer::from_listener(listener)).await;
            let uri = format!("unix://{}", socket.0.display());
            assert_eq!(server.uri().to_string(), uri);
            assert_serves(ChatClient::builder(uri), &server, &mut events).await;
            server.stop().await;
            assert!(socket.0.exists());
        });
    }

    #[test]
    fn a_unix_listener_has_no_tls() {
        let socket = Socket::new("tls");
        let authority = Authority::new();
        run(async {
            let listener = UnixListener::bind(&socket.0).unwrap();
            let tls = ServerTls::new(authority.identity("localhost"));
            let (reporter, _events) = reporter();
            let builder = ChatServer::from_listener(listener).tls(tls);
            let error = builder.start(move |_| reporter.clone()).await.unwrap_err();
            assert!(matches!(error, ListenError::Uri(_)), "{error}");
        });
    }
}
