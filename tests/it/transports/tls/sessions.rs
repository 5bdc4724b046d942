//! Sessions that go on with another encrypted connection.

use std::net::{Ipv4Addr, Shutdown, SocketAddr};

use async_std::io;
use async_std::net::{TcpListener, TcpStream};
use async_std::task;
use messi::{Session, SessionLost, Sessions};

use super::*;

/// A port that leads to a server.
struct Relay {
    listener: TcpListener,
    server: SocketAddr,
}

/// A connection through a relay.
struct Relayed([TcpStream; 2]);

impl Relay {
    async fn new(server: &ChatServer) -> Self {
        let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).await.unwrap();
        let port = server.local_addr().port().unwrap();
        Self {
            listener,
            server: (Ipv4Addr::LOCALHOST, port).into(),
        }
    }

    fn uri(&self) -> String {
        format!(
            "tls://{HOST}:{}",
            self.listener.local_addr().unwrap().port()
        )
    }

    /// Connects the next client with the server.
    async fn next(&self) -> Relayed {
        let (client, _) = within("a client", self.listener.accept()).await.unwrap();
        let server = TcpStream::connect(self.server).await.unwrap();
        for (from, to) in [(&client, &server), (&server, &client)] {
            let (mut from, mut to) = (from.clone(), to.clone());
            // An error is the end of the connection.
            task::spawn(async move { io::copy(&mut from, &mut to).await });
        }
        Relayed([client, server])
    }
}

impl Relayed {
    /// Cuts the connection, without the end of TLS.
    fn cut(&self) {
        for socket in &self.0 {
            socket.shutdown(Shutdown::Both).unwrap();
        }
    }
}

async fn start_with_sessions(tls: &ServerTls) -> (ChatServer, Events) {
    let (reporter, events) = reporter();
    let server = ChatServer::builder("tls://127.0.0.1:0")
        .tls(tls.clone())
        .sessions(Sessions::default())
        .start(move |_| reporter.clone())
        .await
        .unwrap();
    (server, events)
}

/// Connects a client with a session, which is granted when this returns.
async fn connect_by(
    relay: &Relay,
    tls: &ClientTls,
    server_events: &mut Events,
) -> (ChatClient, Events, Relayed) {
    let (reporter, mut events) = reporter();
    let client = ChatClient::builder(relay.uri())
        .tls(tls.clone())
        .session(Session::default())
        .start(reporter)
        .unwrap();
    let connection = relay.next().await;
    assert_served(&client, &mut events, server_events).await;
    (client, events, connection)
}

fn is_interruption(event: &Event) -> bool {
    matches!(event, Event::Interrupted(_))
}

fn is_resumption(event: &Event) -> bool {
    matches!(event, Event::Resumed(_))
}

#[test]
fn a_session_goes_on_over_tls() {
    let authority = Authority::new();
    let tls = ServerTls::new(authority.identity(HOST));
    run(async {
        let (server, mut server_events) = start_with_sessions(&tls).await;
        let relay = Relay::new(&server).await;
        let (client, mut events, connection) =
            connect_by(&relay, &trusting(&authority), &mut server_events).await;
        connection.cut();
        client.send(message("sent meanwhile"));
        let _next = relay.next().await;
        for events in [&mut events, &mut server_events] {
            assert!(is_interruption(&events.next().await));
            assert!(is_resumption(&events.next().await));
        }
        let expected = Event::Message("sent meanwhile".into());
        assert_eq!(server_events.next().await, expected);
        client.stop().await;
        server.stop().await;
    });
}

#[test]
fn another_certificate_takes_no_session_over() {
    let authority = Authority::new();
    let tls = ServerTls::new(authority.identity(HOST));
    let roots = Roots::from_pem(authority.pem()).unwrap();
    let tls = tls.require_client_certificates(roots).unwrap();
    run(async {
        let (server, mut server_events) = start_with_sessions(&tls).await;
        let relay = Relay::new(&server).await;
        let client_tls = trusting(&authority);
        client_tls.set_identity(authority.identity("device-7"));
        let (client, mut events, connection) =
            connect_by(&relay, &client_tls, &mut server_events).await;
        let first = server.clients().remove(0);
        // The same name, but another key.
        client_tls.set_identity(authority.identity("device-7"));
        connection.cut();
        assert!(is_interruption(&server_events.next().await));
        first.send(message("for the first certificate"));
        let _next = relay.next().await;
        assert!(is_interruption(&events.next().await));
        let Event::Disconnected(DisconnectReason::SessionLost(lost)) = events.next().await else {
            panic!("the session is not lost");
        };
        assert_eq!((lost.why, lost.handled), (SessionLost::Refused, None));
        assert_served(&client, &mut events, &mut server_events).await;
        // The session waits still for its own client.
        assert!(!first.is_connected());
        assert_eq!(server.client_count(), 2);
        client.stop().await;
        server.stop().await;
    });
}
