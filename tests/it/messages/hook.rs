//! `on_message`, messages without a method, and requests that are messages like all others.

use std::time::Duration;

use messi::testing::Simulation;
use messi::{Received, RequestError};

use super::seen::Seen;

mod requests {
    messi::protocol!("../../proto/requests.proto");
}

mod beside {
    messi::protocol!("../../proto/beside.proto");
}

mod plain {
    messi::protocol!("../../proto/requests.proto", requests = none);
}

mod without_echo {
    messi::protocol!("../../proto/requests.proto", requests = except[echo_req]);
}

const MOMENT: Duration = Duration::from_millis(1);
const SECOND: Duration = Duration::from_secs(1);
const SERVER: &str = "tcp://server:1";

/// A handler that drops messages with the text "drop".
struct Hooked(Seen);

impl requests::RequestsServerHandler for Hooked {
    async fn on_message(
        &mut self,
        client: &requests::RequestsServerClient,
        message: Received<requests::ClientToServer>,
    ) {
        use requests::client_to_server::Messages;
        let is_dropped = match &message.messages {
            Some(Messages::Note(note)) => note.text == "drop",
            Some(Messages::EchoReq(request)) => request.text == "drop",
            _ => false,
        };
        self.0.note(format!("hook {is_dropped}"));
        if !is_dropped {
            self.dispatch(client, message).await;
        }
    }

    async fn on_note(&mut self, _: &requests::RequestsServerClient, note: requests::Note) {
        self.0.note(note.text);
    }

    async fn on_echo_req(
        &mut self,
        _: &requests::RequestsServerClient,
        request: requests::EchoReq,
        reply: messi::Reply<requests::EchoRsp>,
    ) {
        reply.send(requests::EchoRsp { text: request.text });
    }
}

struct Ui;

impl requests::RequestsClientHandler for Ui {}

#[test]
fn the_hook_gets_each_message_and_may_drop_it() {
    use requests::{EchoReq, Note, RequestsClient, RequestsClientRequests, RequestsServer};

    let simulation = Simulation::new(1);
    let seen = Seen::default();
    simulation.run(async {
        let handlers = seen.clone();
        let server = RequestsServer::builder(SERVER).runtime(&simulation);
        let server = server
            .start(move |_| Hooked(handlers.clone()))
            .await
            .unwrap();
        let client = RequestsClient::builder(SERVER).runtime(&simulation);
        let client = client.start(Ui).unwrap();
        client.connected().await.unwrap();
        for text in ["a", "drop", "b"] {
            client.send(Note { text: text.into() });
        }
        let text = String::from("hello");
        let response = client.echo_req(EchoReq { text }).await.unwrap();
        assert_eq!(response.text, "hello");
        let expected = [
            "hook false",
            "a",
            "hook true",
            "hook false",
            "b",
            "hook false",
        ];
        assert_eq!(seen.all(), expected);

        // A request that is dropped is left without a response.
        let text = String::from("drop");
        let dropped = client.echo_req(EchoReq { text }).timeout(SECOND).await;
        assert_eq!(dropped, Err(RequestError::Timeout { limit: SECOND }));
        assert_eq!(server.stats().total.requests.unanswered, 1);
    });
}

impl beside::BesideServerHandler for Seen {
    async fn on_message(
        &mut self,
        client: &beside::BesideServerClient,
        message: Received<beside::ClientToServer>,
    ) {
        self.note(format!("priority {}", message.priority));
        self.dispatch(client, message).await;
    }

    async fn on_note(&mut self, _: &beside::BesideServerClient, note: beside::Note) {
        self.note(note.text);
    }
}

impl beside::BesideClientHandler for Ui {}

#[test]
fn a_field_beside_the_oneof_reaches_the_hook() {
    use beside::{BesideClient, BesideServer, ClientToServer, Note};

    let simulation = Simulation::new(1);
    let seen = Seen::default();
    simulation.run(async {
        let handlers = seen.clone();
        let server = BesideServer::builder(SERVER).runtime(&simulation);
        let _server = server.start(move |_| handlers.clone()).await.unwrap();
        let client = BesideClient::builder(SERVER).runtime(&simulation);
        let client = client.start(Ui).unwrap();
        client.connected().await.unwrap();
        let note = Note { text: "a".into() };
        client.send(ClientToServer {
            priority: 7,
            ..note.into()
        });
        client.send(ClientToServer {
            messages: None,
            priority: 8,
        });
        simulation.sleep(MOMENT).await;
    });
    assert_eq!(seen.all(), ["priority 7", "a", "priority 8"]);
}

#[test]
fn messages_without_a_method_are_counted() {
    use requests::{EchoReq, Note, RequestsClient, RequestsServer, RequestsServerHandler};

    struct Nothing;

    impl RequestsServerHandler for Nothing {}

    let simulation = Simulation::new(1);
    simulation.run(async {
        let server = RequestsServer::builder(SERVER).runtime(&simulation);
        let server = server.start(|_| Nothing).await.unwrap();
        let client = RequestsClient::builder(SERVER).runtime(&simulation);
        let client = client.start(Ui).unwrap();
        client.connected().await.unwrap();
        client.send(Note::default());
        client.send(Note::default());
        client.send(EchoReq::default());
        simulation.sleep(MOMENT).await;
        let stats = server.stats().total;
        assert_eq!((stats.unhandled_messages, stats.ignored_messages), (3, 0));
        assert_eq!(stats.requests.unanswered, 1);
    });
}

/// A handler that sends each text back as a response, twice.
struct Twice;

impl plain::RequestsServerHandler for Twice {
    async fn on_echo_req(&mut self, client: &plain::RequestsServerClient, request: plain::EchoReq) {
        for _ in 0..2 {
            let text = request.text.clone();
            client.send(plain::EchoRsp { text });
        }
    }
}

impl plain::RequestsClientHandler for Seen {
    async fn on_echo_rsp(&mut self, _: &plain::RequestsClient, response: plain::EchoRsp) {
        self.note(response.text);
    }
}

#[test]
fn without_requests_all_members_are_messages() {
    use plain::{EchoReq, RequestsClient, RequestsServer};

    let simulation = Simulation::new(1);
    let seen = Seen::default();
    simulation.run(async {
        let server = RequestsServer::builder(SERVER).runtime(&simulation);
        let server = server.start(|_| Twice).await.unwrap();
        let client = RequestsClient::builder(SERVER).runtime(&simulation);
        let client = client.start(seen.clone()).unwrap();
        client.connected().await.unwrap();
        for text in ["a", "b"] {
            client.send(EchoReq { text: text.into() });
        }
        simulation.sleep(MOMENT).await;
        assert_eq!(seen.all(), ["a", "a", "b", "b"]);
        assert_eq!(server.stats().total.requests, Default::default());
        assert_eq!(client.stats().requests, Default::default());
    });
}

/// Only `shout_req` has a reply.
struct Shouting;

impl without_echo::RequestsServerHandler for Shouting {
    async fn on_echo_req(
        &mut self,
        client: &without_echo::RequestsServerClient,
        request: without_echo::EchoReq,
    ) {
        client.send(without_echo::EchoRsp { text: request.text });
    }

    async fn on_shout_req(
        &mut self,
        _: &without_echo::RequestsServerClient,
        text: String,
        reply: messi::Reply<String>,
    ) {
        reply.send(text.to_uppercase());
    }
}

impl without_echo::RequestsClientHandler for Seen {
    async fn on_echo_rsp(
        &mut self,
        _: &without_echo::RequestsClient,
        response: without_echo::EchoRsp,
    ) {
        self.note(response.text);
    }
}

#[test]
fn members_can_be_left_out_of_the_requests() {
    use without_echo::{EchoReq, RequestsClient, RequestsClientRequests, RequestsServer};

    let simulation = Simulation::new(1);
    let seen = Seen::default();
    simulation.run(async {
        let server = RequestsServer::builder(SERVER).runtime(&simulation);
        let _server = server.start(|_| Shouting).await.unwrap();
        let client = RequestsClient::builder(SERVER).runtime(&simulation);
        let client = client.start(seen.clone()).unwrap();
        client.connected().await.unwrap();
        client.send(EchoReq { text: "a".into() });
        assert_eq!(client.shout_req("b".into()).await, Ok("B".into()));
        assert_eq!(seen.all(), ["a"]);
    });
}
