//! Messages that handlers get as views.

use std::time::Duration;

use futures::future::join_all;
use messi::prost::bytes::Bytes;
use messi::testing::Simulation;
use messi::{DisconnectReason, Received, Reply, Report, RequestError};

use super::seen::Seen;
use crate::common::{KIB, LOOPBACK, RawPeer, run, within};

mod requests {
    messi::protocol!("../../proto/requests.proto", views = [Note, EchoReq]);
}

mod beside {
    messi::protocol!("../../proto/beside.proto", views = [Note]);
}

mod shared {
    messi::protocol!(
        "../../proto/kitchen_sink.proto",
        bytes = Bytes,
        views = [Lists],
    );
}

mod client {
    messi::protocol!(
        "../../proto/requests.proto",
        side = client,
        handlers = required,
        views = [Note],
    );
}

mod server {
    messi::protocol!(
        "../../proto/requests.proto",
        side = server,
        handlers = required,
        views = [Note],
    );
}

use requests::{
    EchoReq, EchoReqView, EchoRsp, Note, NoteView, RequestsClient, RequestsClientHandler,
    RequestsClientRequests, RequestsServer, RequestsServerClient, RequestsServerHandler,
};

const MOMENT: Duration = Duration::from_millis(1);
const MINUTE: Duration = Duration::from_secs(60);
const SECOND: Duration = Duration::from_secs(1);
const SERVER: &str = "tcp://server:1";

/// A handler that returns each note to its client, and drops messages with the text "drop".
struct Session(Seen);

impl RequestsServerHandler for Session {
    async fn on_message(
        &mut self,
        client: &RequestsServerClient,
        message: Received<requests::ClientToServerView<'_>>,
    ) {
        use requests::client_to_server::MessagesView;
        let is_dropped = match &message.messages {
            Some(MessagesView::Note(note)) => note.text == "drop",
            Some(MessagesView::EchoReq(request)) => request.text == "drop",
            _ => false,
        };
        if !is_dropped {
            self.dispatch(client, message).await;
        }
    }

    async fn on_note(&mut self, client: &RequestsServerClient, note: NoteView<'_>) {
        self.0.note(format!("server {}", note.text));
        client.send(note);
    }

    async fn on_echo_req(
        &mut self,
        _: &RequestsServerClient,
        request: EchoReqView<'_>,
        reply: Reply<EchoRsp>,
    ) {
        let text = request.text.into();
        reply.send(EchoRsp { text });
    }

    async fn on_shout_req(&mut self, _: &RequestsServerClient, text: String, reply: Reply<String>) {
        reply.send(text.to_uppercase());
    }
}

/// A handler that notes its messages.
struct Ui(Seen);

impl RequestsClientHandler for Ui {
    async fn on_note(&mut self, _: &RequestsClient, note: NoteView<'_>) {
        self.0.note(format!("client {}", note.text));
    }
}

async fn connect(simulation: &Simulation, seen: &Seen) -> (RequestsServer, RequestsClient) {
    let (of_server, of_client) = (seen.clone(), seen.clone());
    let server = RequestsServer::builder(SERVER).runtime(simulation);
    let server = server
        .start(move |_| Session(of_server.clone()))
        .await
        .unwrap();
    let client = RequestsClient::builder(SERVER).runtime(simulation);
    let client = client.start(Ui(of_client)).unwrap();
    client.connected().await.unwrap();
    (server, client)
}

#[test]
fn both_sides_get_views_of_messages_of_any_size() {
    let simulation = Simulation::new(1);
    let seen = Seen::default();
    simulation.run(async {
        let (_server, client) = connect(&simulation, &seen).await;
        // The limits of copies and of shared memory, and a message that fills most of the receive buffer.
        for size in [0, 1, 16 * KIB - 10, 16 * KIB, 70 * KIB, 900 * KIB] {
            let text = "ö".repeat(size / 2);
            client.send(Note { text: text.clone() });
            client.send(Note {
                text: "next".into(),
            });
            simulation.sleep(SECOND).await;
            let lines = seen.all();
            let of_server = [format!("server {text}"), "server next".into()];
            let of_client = [format!("client {text}"), "client next".into()];
            assert!(
                lines.iter().filter(|it| it.starts_with('s')).eq(&of_server),
                "{size}"
            );
            assert!(
                lines.iter().filter(|it| it.starts_with('c')).eq(&of_client),
                "{size}"
            );
        }
    });
}

#[test]
fn a_socket_delivers_views_of_small_and_large_messages() {
    run(async {
        let seen = Seen::default();
        let (of_server, of_client) = (seen.clone(), seen.clone());
        let server = RequestsServer::builder(LOOPBACK);
        let server = server
            .start(move |_| Session(of_server.clone()))
            .await
            .unwrap();
        let client = RequestsClient::builder(server.uri())
            .start(Ui(of_client))
            .unwrap();
        client.connected().await.unwrap();
        let mut expected = 0;
        for size in [1, 100, 40 * KIB, 900 * KIB] {
            let text = "x".repeat(size);
            client.send(Note { text: text.clone() });
            // Its response follows the note.
            let response = client.echo_req(EchoReq {
                text: "last".into(),
            });
            assert_eq!(within("a response", response).await.unwrap().text, "last");
            expected += 1;
            let lines = seen.all();
            assert!(lines.contains(&format!("server {text}")), "{size}");
        }
        assert_eq!((expected, server.stats().total.unhandled_messages), (4, 0));
        client.stop().await;
        server.stop().await;
    });
}

#[test]
fn the_hook_and_requests_work_with_views() {
    let simulation = Simulation::new(1);
    let seen = Seen::default();
    simulation.run(async {
        let (server, client) = connect(&simulation, &seen).await;
        for text in ["a", "drop", "b"] {
            client.send(Note { text: text.into() });
        }
        // A view and an owned request, both with owned responses.
        let response = client
            .echo_req(EchoReq {
                text: "hello".into(),
            })
            .await;
        assert_eq!(
            response.unwrap(),
            EchoRsp {
                text: "hello".into()
            }
        );
        assert_eq!(client.shout_req("loud".into()).await, Ok("LOUD".into()));
        simulation.sleep(MOMENT).await;
        assert_eq!(seen.all(), ["server a", "server b", "client a", "client b"]);

        let dropped = client
            .echo_req(EchoReq {
                text: "drop".into(),
            })
            .timeout(SECOND);
        assert_eq!(dropped.await, Err(RequestError::Timeout { limit: SECOND }));
        assert_eq!(server.stats().total.requests.unanswered, 1);
    });
}

/// A handler with a method that waits between two looks at its view.
struct Slow(Seen);

impl RequestsServerHandler for Slow {
    async fn on_note(&mut self, client: &RequestsServerClient, note: NoteView<'_>) {
        let before = note.text.to_owned();
        client.server().clock().sleep(MINUTE).await;
        assert_eq!(note.text, before);
        self.0
            .note(format!("{} {}", note.text.len(), &note.text[..1]));
    }
}

#[test]
fn a_view_stays_valid_while_its_method_waits_and_the_connection_is_served() {
    let simulation = Simulation::new(1);
    let seen = Seen::default();
    simulation.run(async {
        let handlers = seen.clone();
        let server = RequestsServer::builder(SERVER).runtime(&simulation);
        let _server = server.start(move |_| Slow(handlers.clone())).await.unwrap();
        // Two clients, with tasks that may be on one thread.
        let mut clients = Vec::new();
        for _ in 0..2 {
            let client = RequestsClient::builder(SERVER).runtime(&simulation);
            let client = client
                .keep_alive_interval(SECOND)
                .keep_alive_timeout(SECOND);
            let client = client.start(Ui(Seen::default())).unwrap();
            client.connected().await.unwrap();
            clients.push(client);
        }
        for (text, size) in [("a", 10), ("b", 100 * KIB), ("c", 20)] {
            for client in &clients {
                client.send(Note {
                    text: text.repeat(size),
                });
            }
            // While the first method waits, the next messages and pings are received.
            simulation.sleep(SECOND).await;
        }
        simulation.sleep(10 * MINUTE).await;
        let lines = seen.all();
        let expected = ["10 a", "102400 b", "20 c"];
        for line in expected {
            assert_eq!(
                lines.iter().filter(|it| *it == line).count(),
                2,
                "{lines:?}"
            );
        }
        assert_eq!(simulation.connections().len(), 2);
        for client in &clients {
            assert!(client.stats().round_trip_time.is_some());
        }
    });
}

/// A handler that keeps the owned form of the last message, and gives it to everyone.
#[derive(Default)]
struct Keeper {
    last: Option<Note>,
}

impl RequestsServerHandler for Keeper {
    async fn on_note(&mut self, client: &RequestsServerClient, note: NoteView<'_>) {
        if let Some(last) = self.last.replace(note.to_message()) {
            client.server().broadcast(last);
        }
        client.server().broadcast(note);
    }
}

#[test]
fn the_owned_form_of_a_view_can_be_kept_and_broadcast() {
    let simulation = Simulation::new(1);
    let seen = Seen::default();
    simulation.run(async {
        let server = RequestsServer::builder(SERVER).runtime(&simulation);
        let _server = server.start(|_| Keeper::default()).await.unwrap();
        let client = RequestsClient::builder(SERVER).runtime(&simulation);
        let client = client.start(Ui(seen.clone())).unwrap();
        client.connected().await.unwrap();
        client.send(Note { text: "a".into() });
        client.send(Note { text: "b".into() });
        simulation.sleep(MOMENT).await;
    });
    assert_eq!(seen.all(), ["client a", "client a", "client b"]);
}

impl beside::BesideServerHandler for Seen {
    async fn on_message(
        &mut self,
        client: &beside::BesideServerClient,
        message: Received<beside::ClientToServerView<'_>>,
    ) {
        self.note(format!("priority {}", message.priority));
        let owned = message.to_message();
        assert_eq!(owned.priority, message.priority);
        self.dispatch(client, message).await;
    }

    async fn on_note(&mut self, _: &beside::BesideServerClient, note: beside::NoteView<'_>) {
        self.note(note.text);
    }
}

struct Beside;

impl beside::BesideClientHandler for Beside {}

#[test]
fn a_field_beside_the_oneof_is_in_the_view_too() {
    let simulation = Simulation::new(1);
    let seen = Seen::default();
    simulation.run(async {
        let handlers = seen.clone();
        let server = beside::BesideServer::builder(SERVER).runtime(&simulation);
        let server = server.start(move |_| handlers.clone()).await.unwrap();
        let client = beside::BesideClient::builder(SERVER).runtime(&simulation);
        let client = client.start(Beside).unwrap();
        client.connected().await.unwrap();
        let note = beside::Note { text: "a".into() };
        client.send(beside::ClientToServer {
            priority: 7,
            ..note.into()
        });
        client.send(beside::ClientToServer {
            messages: None,
            priority: 8,
        });
        simulation.sleep(MOMENT).await;
        assert_eq!(server.stats().total.ignored_messages, 1);
    });
    assert_eq!(seen.all(), ["priority 7", "a", "priority 8"]);
}

impl shared::KitchenSinkServerHandler for Seen {
    async fn on_first(
        &mut self,
        _: &shared::KitchenSinkServerClient,
        lists: shared::ListsView<'_>,
    ) {
        let owned = lists.to_message();
        assert_eq!(lists.blobs, owned.blobs);
        self.note(format!("view of {}", lists.blobs[0].len()));
    }

    async fn on_blob(&mut self, _: &shared::KitchenSinkServerClient, blob: Bytes) {
        self.note(format!("blob of {}", blob.len()));
    }
}

struct Cook;

impl shared::KitchenSinkClientHandler for Cook {}

#[test]
fn views_and_owned_members_with_shared_bytes_go_together() {
    use shared::client_to_server::Messages;
    use shared::{KitchenSinkClient, KitchenSinkServer, Lists};

    let simulation = Simulation::new(1);
    let seen = Seen::default();
    simulation.run(async {
        let handlers = seen.clone();
        let server = KitchenSinkServer::builder(SERVER).runtime(&simulation);
        let _server = server.start(move |_| handlers.clone()).await.unwrap();
        let client = KitchenSinkClient::builder(SERVER).runtime(&simulation);
        let client = client.start(Cook).unwrap();
        client.connected().await.unwrap();
        for size in [10, 100 * KIB] {
            let blob = vec![7; size];
            let lists = Lists {
                blobs: vec![blob.clone().into()],
                ..Lists::default()
            };
            client.send(Messages::First(lists));
            client.send(Messages::Blob(blob.into()));
        }
        simulation.sleep(SECOND).await;
    });
    let expected = [
        "view of 10",
        "blob of 10",
        "view of 102400",
        "blob of 102400",
    ];
    assert_eq!(seen.all(), expected);
}

struct Required(Seen);

impl client::RequestsClientHandler for Required {
    async fn on_echo_rsp(&mut self, _: &client::RequestsClient, _: client::EchoRsp) {}

    async fn on_shout_rsp(&mut self, _: &client::RequestsClient, _: String) {}

    async fn on_name_req(
        &mut self,
        _: &client::RequestsClient,
        _: client::NameReq,
        reply: Reply<client::NameRsp>,
    ) {
        let name = "Kalle".into();
        reply.send(client::NameRsp { name });
    }

    async fn on_note(&mut self, _: &client::RequestsClient, note: client::NoteView<'_>) {
        self.0.note(format!("client {}", note.text));
    }
}

impl server::RequestsServerHandler for Required {
    async fn on_echo_req(
        &mut self,
        _: &server::RequestsServerClient,
        request: server::EchoReq,
        reply: Reply<server::EchoRsp>,
    ) {
        let text = request.text;
        reply.send(server::EchoRsp { text });
    }

    async fn on_shout_req(
        &mut self,
        _: &server::RequestsServerClient,
        text: String,
        reply: Reply<String>,
    ) {
        reply.send(text);
    }

    async fn on_name_rsp(&mut self, _: &server::RequestsServerClient, _: server::NameRsp) {}

    async fn on_note(&mut self, client: &server::RequestsServerClient, note: server::NoteView<'_>) {
        self.0.note(format!("server {}", note.text));
        client.send(note);
    }
}

#[test]
fn each_side_alone_has_views_of_what_it_receives() {
    let simulation = Simulation::new(1);
    let seen = Seen::default();
    simulation.run(async {
        let handlers = seen.clone();
        let server = server::RequestsServer::builder(SERVER).runtime(&simulation);
        let server = server.start(move |_| Required(handlers.clone()));
        let _server = server.await.unwrap();
        let client = client::RequestsClient::builder(SERVER).runtime(&simulation);
        let client = client.start(Required(seen.clone())).unwrap();
        client.connected().await.unwrap();
        client.send(client::Note { text: "a".into() });
        simulation.sleep(MOMENT).await;
    });
    assert_eq!(seen.all(), ["server a", "client a"]);
}

/// A handler that notes why its connection has ended.
struct Ends(Seen);

impl RequestsServerHandler for Ends {
    async fn on_note(&mut self, _: &RequestsServerClient, note: NoteView<'_>) {
        self.0.note(note.text);
    }

    async fn on_client_disconnected(&mut self, _: &RequestsServerClient, reason: DisconnectReason) {
        self.0.note(Report(&reason).to_string());
    }
}

/// The same without views.
struct OwnedEnds(Seen);

mod owned {
    messi::protocol!("../../proto/requests.proto", side = server);
}

impl owned::RequestsServerHandler for OwnedEnds {
    async fn on_note(&mut self, _: &owned::RequestsServerClient, note: owned::Note) {
        self.0.note(note.text);
    }

    async fn on_client_disconnected(
        &mut self,
        _: &owned::RequestsServerClient,
        reason: DisconnectReason,
    ) {
        self.0.note(Report(&reason).to_string());
    }
}

#[test]
fn a_view_that_is_not_valid_ends_the_connection_like_the_owned_message() {
    // A note; then one that is not UTF-8, is too short, has another wire type, and a group without an end.
    let invalid = [
        &b"\x01\0\0\x05\x22\x03\x0a\x01\xff"[..],
        b"\x01\0\0\x05\x22\x03\x0a\x02a",
        b"\x01\0\0\x04\x22\x02\x08\x01",
        b"\x01\0\0\x03\x22\x01\x13",
    ];
    // At the same time, since a server waits a second for the end of each peer.
    run(join_all(invalid.map(async |invalid| {
        let bytes = [b"\x01\0\0\x05\x22\x03\x0a\x01a", invalid].concat();
        let views = Seen::default();
        let handlers = views.clone();
        let server = RequestsServer::builder(LOOPBACK);
        let server = server.start(move |_| Ends(handlers.clone())).await.unwrap();
        let mut peer = RawPeer::connect(server.local_addr()).await;
        peer.send(&bytes).await;
        peer.expect_end().await;
        server.stop().await;

        let owned = Seen::default();
        let handlers = owned.clone();
        let server = owned::RequestsServer::builder(LOOPBACK);
        let server = server
            .start(move |_| OwnedEnds(handlers.clone()))
            .await
            .unwrap();
        let mut peer = RawPeer::connect(server.local_addr()).await;
        peer.send(&bytes).await;
        peer.expect_end().await;
        server.stop().await;

        let lines = views.all();
        assert_eq!(lines, owned.all());
        assert_eq!((lines.len(), &*lines[0]), (2, "a"));
        let end = "message decode error: failed to decode";
        assert!(lines[1].starts_with(end), "{lines:?}");
    })));
}
