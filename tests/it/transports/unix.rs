//! Unix sockets and their files.

#![cfg(unix)]

use std::fs;
use std::io::ErrorKind;
use std::os::unix::net::UnixListener;
use std::path::{Path, PathBuf};
use std::time::Duration;

use crate::common::chat::*;
use crate::common::*;
use messi::{Address, DisconnectReason, ListenError, Report};

/// A socket path in a directory of its own for each test.
///
/// The path of a socket may have some hundred characters. The usual directory for temporary files of
/// tests may be too deep.
struct SocketDirectory(PathBuf);

impl SocketDirectory {
    fn new(name: &str) -> Self {
        let directory = std::env::temp_dir().join(format!("messi-{}-{name}", std::process::id()));
        fs::create_dir(&directory).unwrap();
        Self(directory)
    }

    fn socket(&self) -> PathBuf {
        self.0.join("chat.sock")
    }

    fn uri(&self) -> String {
        format!("unix://{}", self.socket().display())
    }

    async fn try_start(&self) -> Result<(ChatServer, Events), ListenError> {
        let (reporter, events) = reporter();
        let server = ChatServer::builder(self.uri()).max_clients_per_address(1);
        let server = server.start(move |_| reporter.clone()).await?;
        Ok((server, events))
    }

    async fn start(&self) -> (ChatServer, Events) {
        self.try_start().await.unwrap()
    }

    fn connect(&self) -> (ChatClient, Events) {
        let (reporter, events) = reporter();
        let client = ChatClient::builder(self.uri())
            .reconnect_delay(Duration::from_millis(10), Duration::from_millis(10));
        (client.start(reporter).unwrap(), events)
    }
}

impl Drop for SocketDirectory {
    fn drop(&mut self) {
        let _ = fs::remove_dir_all(&self.0);
    }
}

fn assert_in_use(result: Result<(ChatServer, Events), ListenError>, path: &Path) {
    match result.err() {
        Some(ListenError::Bind { address, source }) => {
            assert_eq!(address.path(), Some(path));
            assert_eq!(source.kind(), ErrorKind::AddrInUse);
        }
        other => panic!("{other:?}"),
    }
}

#[test]
fn messages_of_any_size_go_both_ways() {
    let place = SocketDirectory::new("both-ways");
    run(async {
        let (server, mut server_events) = place.start().await;
        let (client, mut events) = place.connect();
        assert_eq!(events.next().await, Event::Connected);
        assert_eq!(server_events.next().await, Event::Connected);
        for text in [String::new(), "x".repeat(900_000)] {
            client.send(message(text.clone()));
            assert_eq!(server_events.next().await, Event::Message(text.clone()));
            server.broadcast(message(text.clone()));
            assert_eq!(events.next().await, Event::Message(text));
        }
        client.stop().await;
        let closed = Event::Disconnected(DisconnectReason::ConnectionClosed);
        assert_eq!(server_events.next().await, closed);
        server.stop().await;
    });
}

#[test]
fn clients_have_the_address_of_the_server_and_no_limit_per_address() {
    let place = SocketDirectory::new("address");
    run(async {
        let (server, mut server_events) = place.start().await;
        let (first, _first_events) = place.connect();
        let (second, _second_events) = place.connect();
        assert_eq!(server_events.next().await, Event::Connected);
        assert_eq!(server_events.next().await, Event::Connected);
        let address = Address::Unix(place.socket().into());
        assert_eq!(server.local_addr(), address);
        assert_eq!(format!("unix://{address}"), place.uri());
        assert_eq!(server.uri().to_string(), place.uri());
        for client in server.clients() {
            assert_eq!(client.peer_addr(), address);
        }
        first.stop().await;
        second.stop().await;
        server.stop().await;
    });
}

#[test]
fn a_client_reconnects_to_a_restarted_server() {
    let place = SocketDirectory::new("restart");
    run(async {
        let (server, mut server_events) = place.start().await;
        let (client, mut events) = place.connect();
        assert_eq!(server_events.next().await, Event::Connected);
        server.stop().await;
        assert!(
            !place.socket().exists(),
            "the server has not removed its file"
        );
        let failed = |event: &Event| matches!(event, Event::ConnectFailure(_));
        let Event::ConnectFailure(error) = events.find(failed).await else {
            unreachable!()
        };
        let path = place.socket();
        let expected = format!("can't connect to {}: ", path.display());
        let text = Report(&error).to_string();
        assert!(text.starts_with(&expected), "{text}");
        let (server, mut server_events) = place.start().await;
        assert_eq!(server_events.next().await, Event::Connected);
        client.stop().await;
        server.stop().await;
    });
}

#[test]
fn the_file_of_a_killed_server_is_replaced() {
    let place = SocketDirectory::new("killed");
    // Dropping the listener leaves its file, as killing a process does.
    drop(UnixListener::bind(place.socket()).unwrap());
    run(async {
        let (server, mut server_events) = place.start().await;
        let (client, _events) = place.connect();
        assert_eq!(server_events.next().await, Event::Connected);
        client.stop().await;
        server.stop().await;
    });
}

#[test]
fn the_file_of_a_running_server_is_not_replaced() {
    let place = SocketDirectory::new("in-use");
    run(async {
        let (server, mut server_events) = place.start().await;
        assert_in_use(place.try_start().await, &place.socket());
        let (client, _events) = place.connect();
        assert_eq!(server_events.next().await, Event::Connected);
        client.stop().await;
        server.stop().await;
    });
}

#[test]
fn a_file_that_is_not_a_socket_is_not_replaced() {
    let place = SocketDirectory::new("no-socket");
    fs::write(place.socket(), "a letter").unwrap();
    run(async { assert_in_use(place.try_start().await, &place.socket()) });
    assert_eq!(fs::read_to_string(place.socket()).unwrap(), "a letter");
}

#[test]
fn a_server_that_stops_does_not_remove_the_file_of_its_successor() {
    let place = SocketDirectory::new("successor");
    run(async {
        let (server, _) = place.start().await;
        fs::remove_file(place.socket()).unwrap();
        let (successor, mut server_events) = place.start().await;
        server.stop().await;
        let (client, _events) = place.connect();
        assert_eq!(server_events.next().await, Event::Connected);
        client.stop().await;
        successor.stop().await;
    });
}

#[test]
fn a_path_that_cant_be_created_is_an_error_with_the_path() {
    let place = SocketDirectory::new("no-directory");
    run(async {
        let uri = format!("unix://{}/no/chat.sock", place.0.display());
        let error = ChatServer::builder(uri).start(|_| reporter().0).await.err();
        let expected = format!("can't listen on {}/no/chat.sock: ", place.0.display());
        let text = Report(&error.unwrap()).to_string();
        assert!(text.starts_with(&expected), "{text}");
    });
}
