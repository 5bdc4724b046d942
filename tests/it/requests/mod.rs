//! Requests and their responses, in simulated time.

mod lost_responses;
mod replies;
mod world;

use std::io::{Read, Write};
use std::net::TcpListener;
use std::sync::mpsc::{self, Sender};
use std::time::Duration;

use async_std::task::block_on;
use futures::future::join3;
use messi::{DisconnectReason, RequestError, SendError, TrySendError};

use world::requests::*;
use world::{SECOND, Seen, World, echo, response};

/// The size of a frame's header, in bytes.
const HEADER_SIZE: usize = 4;

#[test]
fn a_response_completes_its_request_and_is_hidden_from_the_handler() {
    let world = World::new();
    world.run(async {
        assert_eq!(
            world.client.echo_req(echo("hello")).await,
            response("hello")
        );
        let shouted = world.client.shout_req("hello".into()).await;
        assert_eq!(shouted, Ok("HELLO".into()));
    });
    assert!(world.client_seen.all().is_empty());
    assert_eq!(world.simulation.elapsed(), Duration::ZERO);
}

#[test]
fn each_of_several_pending_requests_gets_its_own_response() {
    let world = World::new();
    world.run(async {
        let responses = join3(
            world.client.echo_req(echo("slow")),
            world.client.shout_req("b".into()),
            world.client.echo_req(echo("c")),
        );
        assert_eq!(
            responses.await,
            (response("slow"), Ok("B".into()), response("c"))
        );
    });
}

#[test]
fn a_server_sends_requests_to_clients() {
    let world = World::new();
    world.run(async {
        let name = world.peer().name_req(NameReq { number: 7 }).await;
        assert_eq!(
            name,
            Ok(NameRsp {
                name: "Kalle 7".into()
            })
        );
    });
    assert!(world.server_seen.all().is_empty());
}

#[test]
fn a_callback_may_wait_for_a_response() {
    let world = World::with_echo_on_connected(Some("hello"));
    world.run(async {
        assert_eq!(
            world.client.echo_req(echo("ask name")).await,
            response("Kalle 1")
        );
    });
    assert_eq!(
        world.client_seen.all(),
        [r#"connected Ok(EchoRsp { text: "hello" })"#]
    );
}

#[test]
fn callbacks_that_wait_for_each_other_time_out() {
    let world = World::with_echo_on_connected(Some("ask name"));
    world.run(world.simulation.sleep(30 * SECOND));
    // The late response is passed to the handler.
    assert_eq!(
        world.client_seen.all(),
        [
            "connected Err(Timeout { limit: 10s })",
            "echo no response within 10 s"
        ]
    );
    assert!(world.client.is_connected(), "the connection stays open");
}

#[test]
fn a_response_to_a_sent_message_goes_to_the_handler() {
    let world = World::new();
    world.run(async {
        world.client.send(echo("plain"));
        assert_eq!(
            world.client.echo_req(echo("awaited")).await,
            response("awaited")
        );
    });
    assert_eq!(world.client_seen.all(), ["echo plain"]);
}

#[test]
fn a_broadcast_request_is_counted_for_every_client() {
    let world = World::new();
    world.run(async {
        world.server.broadcast(NameReq { number: 1 });
        let name = world.peer().name_req(NameReq { number: 2 }).await;
        assert_eq!(
            name,
            Ok(NameRsp {
                name: "Kalle 2".into()
            })
        );
    });
    assert_eq!(world.server_seen.all(), ["name Kalle 1"]);
}

#[test]
fn a_late_response_does_not_complete_the_next_request() {
    let world = World::new();
    world.run(async {
        let late = world.client.echo_req(echo("slow")).timeout(SECOND).await;
        assert_eq!(late, Err(RequestError::Timeout { limit: SECOND }));
        assert_eq!(world.simulation.elapsed(), SECOND);
        assert_eq!(world.client.echo_req(echo("next")).await, response("next"));
        assert_eq!(world.simulation.elapsed(), 5 * SECOND);
    });
    assert_eq!(world.client_seen.all(), ["echo slow"]);
}

#[test]
fn the_response_to_a_dropped_request_goes_to_the_handler() {
    let world = World::new();
    world.run(async {
        drop(world.client.echo_req(echo("dropped")));
        assert_eq!(world.client.echo_req(echo("kept")).await, response("kept"));
    });
    assert_eq!(world.client_seen.all(), ["echo dropped"]);
}

#[test]
fn the_time_limit_begins_with_the_request() {
    let world = World::new();
    world.run(async {
        let response = world.client.echo_req(echo("silence"));
        world.simulation.sleep(4 * SECOND).await;
        assert_eq!(
            response.timeout(5 * SECOND).await,
            Err(RequestError::Timeout { limit: 5 * SECOND })
        );
        assert_eq!(world.simulation.elapsed(), 5 * SECOND);
        let error = world.client.echo_req(echo("silence")).await;
        assert_eq!(error, Err(RequestError::Timeout { limit: 10 * SECOND }));
    });
}

#[test]
fn a_disconnect_fails_all_pending_requests_at_once() {
    let world = World::new();
    world.run(async {
        let closed = || RequestError::Disconnected(DisconnectReason::ConnectionClosed);
        let responses = join3(
            world.client.echo_req(echo("silence")),
            world.client.echo_req(echo("leave")),
            world.client.shout_req("never".into()),
        );
        assert_eq!(
            responses.await,
            (Err(closed()), Err(closed()), Err(closed()))
        );
        assert!(world.simulation.elapsed() < SECOND);
    });
}

#[test]
fn pending_requests_fail_when_keep_alive_closes_the_connection() {
    let world = World::new();
    world.run(async {
        world.simulation.connections()[0].lose();
        let response = world
            .client
            .echo_req(echo("lost"))
            .timeout(60 * SECOND)
            .await;
        let reason = DisconnectReason::KeepAliveTimeout;
        assert_eq!(response, Err(RequestError::Disconnected(reason)));
        assert_eq!(world.simulation.elapsed(), 4 * SECOND);
    });
}

#[test]
fn requests_of_an_old_connection_get_no_responses_on_the_next() {
    let world = World::new();
    world.run(async {
        let pending = world.client.echo_req(echo("slow"));
        world.simulation.sleep(SECOND).await;
        world.simulation.connections()[0].cut();
        assert!(matches!(
            pending.await,
            Err(RequestError::Disconnected(
                DisconnectReason::ConnectionClosed
            ))
        ));
        world.client.connected().await.unwrap();
        assert_eq!(world.client.echo_req(echo("new")).await, response("new"));
    });
}

#[test]
fn a_request_that_cant_be_sent_fails_at_once() {
    let world = World::new();
    world.run(async {
        let too_big = world.client.echo_req(echo(&"x".repeat(2_000_000))).await;
        assert!(matches!(
            too_big,
            Err(RequestError::NotSent(SendError::MessageTooBig { .. }))
        ));
        world.client.stop().await;
        let stopped = world.client.echo_req(echo("late")).await;
        assert_eq!(stopped, Err(RequestError::NotSent(SendError::NotConnected)));
    });
}

/// A raw peer sends the frame, since messi never does.
#[test]
fn a_response_replaced_by_another_member_fails_the_request_and_goes_to_the_handler() {
    /// A handler that reports the texts of notes.
    struct Listening(Sender<String>);

    impl RequestsClientHandler for Listening {
        async fn on_note(&mut self, _: &RequestsClient, note: Note) {
            self.0.send(note.text).unwrap();
        }
    }

    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let uri = format!("tcp://{}", listener.local_addr().unwrap());
    let (notes, noted) = mpsc::channel();
    let client = RequestsClient::builder(uri);
    let client = client.start(Listening(notes)).unwrap();
    let (mut peer, _) = listener.accept().unwrap();
    block_on(client.connected()).unwrap();
    let pending = client.echo_req(echo("a"));
    peer.read_exact(&mut [0; HEADER_SIZE + 5]).unwrap();
    // An empty echo_rsp, and a note with the text "b".
    peer.write_all(b"\x02\0\0\x07\x0a\0\x22\x03\x0a\x01b")
        .unwrap();
    assert_eq!(block_on(pending), Err(RequestError::Replaced));
    assert_eq!(noted.recv().unwrap(), "b");
    block_on(client.stop());
}

/// A message that is too big for a frame is never encoded.
#[test]
fn a_response_too_big_for_a_frame_closes_the_connection_and_another_message_does_not() {
    let text = "x".repeat(20 << 20);
    let world = World::new();
    world.run(async {
        let peer = world.peer();
        let size = text.len();
        let too_big = |result: Result<_, TrySendError<_>>| {
            matches!(result, Err(TrySendError { error: SendError::MessageTooBig { size: found, .. }, .. }) if found > size)
        };
        assert!(too_big(peer.try_send(Note { text: text.clone() })));
        assert!(too_big(peer.try_send(EchoRsp { text: text.clone() })));
        peer.send(Note { text: text.clone() });
        world.server.broadcast(Note { text: text.clone() });
        world.simulation.sleep(SECOND).await;
        assert_eq!(peer.stats().dropped.too_big, 4);
        assert!(world.server_seen.all().is_empty());
        peer.send(EchoRsp { text });
        world.simulation.sleep(SECOND).await;
        let seen = world.server_seen.all().remove(0);
        assert!(seen.starts_with("disconnected MessageTooBig"), "{seen}");
    });
}

#[test]
fn responses_overtake_messages_that_wait_for_the_handler() {
    /// Sends a request for each note, and waits for the response in the callback.
    struct Asking(Seen);

    impl RequestsClientHandler for Asking {
        async fn on_note(&mut self, client: &RequestsClient, note: Note) {
            let response = client.echo_req(echo(&note.text)).await;
            self.0.note(format!("{response:?}"));
        }
    }

    let world = World::new();
    let seen = Seen::default();
    world.run(async {
        let client = RequestsClient::builder("tcp://server:1")
            .runtime(&world.simulation)
            .start(Asking(seen.clone()))
            .unwrap();
        client.connected().await.unwrap();
        assert_eq!(client.echo_req(echo("here")).await, response("here"));
        for text in ["a", "b"] {
            world.server.broadcast(Note { text: text.into() });
        }
        world.simulation.sleep(SECOND).await;
        client.stop().await;
    });
    assert_eq!(
        seen.all(),
        [
            r#"Ok(EchoRsp { text: "a" })"#,
            r#"Ok(EchoRsp { text: "b" })"#
        ]
    );
}
