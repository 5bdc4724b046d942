//! Messages that an iterator returns, in simulated time.

use std::iter;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::time::Duration;

use crate::common::chat::*;
use crate::common::*;
use messi::testing::Simulation;
use messi::{DisconnectReason, Overflow};

/// More than fit into a batch.
const MANY: u32 = 5_000;

fn numbered(range: impl IntoIterator<Item = u32>) -> impl Iterator<Item = MessageInd> {
    range.into_iter().map(|number| message(number.to_string()))
}

/// Expects messages with these numbers, in this order.
async fn expect(events: &mut Events, numbers: impl IntoIterator<Item = u32>) {
    for number in numbers {
        assert_eq!(events.next().await, Event::Message(number.to_string()));
    }
}

#[test]
fn messages_arrive_in_order_among_those_sent_before_and_after() {
    let simulation = Simulation::new(1);
    simulation.run(async {
        let mut pair = Pair::connect(&simulation).await;
        pair.client.send(message("0"));
        pair.client.send_all(numbered(1..MANY));
        pair.client.send(message(MANY.to_string()));
        expect(&mut pair.server_events, 0..=MANY).await;
        let client = &pair.server.clients()[0];
        client.send(message("0"));
        client.send_all(numbered(1..MANY));
        client.send(message(MANY.to_string()));
        expect(&mut pair.client_events, 0..=MANY).await;
        assert_eq!(client.stats().sent_messages, u64::from(MANY) + 1);
        pair.stop().await;
    });
}

#[test]
fn requests_keep_their_place_among_other_messages() {
    let simulation = Simulation::new(1);
    simulation.run(async {
        let mut pair = Pair::connect(&simulation).await;
        let user = || ConnectReq {
            user: "Erik".into(),
        };
        pair.client.send_all((0..1_000).flat_map(|number| {
            let message = ClientToServer::from(message(number.to_string()));
            [message, user().into()]
        }));
        for number in 0..1_000 {
            expect(&mut pair.server_events, [number]).await;
            assert_eq!(
                pair.server_events.next().await,
                Event::ConnectReq("Erik".into())
            );
        }
        for _ in 0..1_000 {
            assert_eq!(pair.client_events.next().await, Event::ConnectRsp);
        }
        // The peer has responded to all of them: the next response is that of the next request.
        assert_eq!(pair.client.connect_req(user()).await, Ok(ConnectRsp {}));
        pair.stop().await;
    });
}

#[test]
fn a_message_above_the_limit_is_dropped_alone() {
    let simulation = Simulation::new(1);
    simulation.run(async {
        let client = ChatClient::builder(ROOM).max_message_size(100);
        let server = ChatServer::builder(ROOM);
        let mut pair = Pair::connect_with(&simulation, server, client).await;
        let long = message("x".repeat(100));
        let messages = numbered(0..3)
            .chain([long.clone(), long])
            .chain(numbered(3..6));
        pair.client.send_all(messages);
        expect(&mut pair.server_events, 0..6).await;
        assert_eq!(pair.client.stats().dropped.too_big, 2);
        pair.stop().await;
    });
}

#[test]
fn large_messages_keep_their_place() {
    let simulation = Simulation::new(1);
    simulation.run(async {
        let mut pair = Pair::connect(&simulation).await;
        let sizes = [1, 20_000, 2, 300_000, 16_000, 3];
        let text = |size| "x".repeat(size);
        pair.client.send_all(sizes.map(|size| message(text(size))));
        for size in sizes {
            assert_eq!(pair.server_events.next().await, Event::Message(text(size)));
        }
        pair.stop().await;
    });
}

/// Sends messages to a client that does not read, with `send` or `send_all`. Returns those that it receives later, or
/// the reason why it was disconnected, and how many were dropped.
fn overflow(overflow: Overflow, at_once: bool) -> (Vec<Event>, u64) {
    let simulation = Simulation::new(1);
    simulation.run(async {
        let server = ChatServer::builder(ROOM).max_queued_bytes(64 * KIB);
        let client = ChatClient::builder(ROOM);
        let pair = Pair::connect_with(&simulation, server.overflow(overflow), client).await;
        pair.connection.to_client().stall();
        let client = &pair.server.clients()[0];
        if at_once {
            client.send_all(numbered(0..10_000));
        } else {
            numbered(0..10_000).for_each(|message| client.send(message));
        }
        simulation.sleep(Duration::from_millis(1)).await;
        pair.connection.to_client().resume();
        simulation.sleep(SECOND).await;
        let dropped = pair.server.stats().total.dropped.total();
        let ends = client.stats().dropped.not_connected > 0;
        pair.stop().await;
        let events = if ends {
            pair.server_events.rest().await
        } else {
            pair.client_events.rest().await
        };
        (events, dropped)
    })
}

#[test]
fn a_full_queue_has_the_same_effect_as_with_single_messages() {
    for setting in [
        Overflow::Disconnect,
        Overflow::DropNewest,
        Overflow::DropOldest,
    ] {
        let (events, dropped) = overflow(setting, true);
        assert!(dropped > 5_000, "{dropped}");
        assert_eq!((events, dropped), overflow(setting, false), "{setting:?}");
    }
    let (events, _) = overflow(Overflow::Disconnect, true);
    let slow = Event::Disconnected(DisconnectReason::SlowConsumer);
    assert_eq!(events, [slow]);
}

#[test]
fn an_iterator_may_send_itself() {
    let simulation = Simulation::new(1);
    simulation.run(async {
        let mut pair = Pair::connect(&simulation).await;
        let client = &pair.client;
        client.send_all(numbered(1..4).inspect(|_| client.send(message("0"))));
        // The three of a batch follow all that was sent while it was filled.
        expect(&mut pair.server_events, [0, 0, 0, 1, 2, 3]).await;
        let (server, client) = (&pair.server, &pair.server.clients()[0]);
        client.send_all(numbered(1..3).inspect(|_| server.broadcast(message("0"))));
        expect(&mut pair.client_events, [0, 0, 1, 2]).await;
        pair.stop().await;
    });
}

/// A handler with broadcasts that are flushed at the end of its callbacks, unless something is sent before.
struct Interleaver;

impl ChatServerHandler for Interleaver {
    async fn on_message_ind(&mut self, client: &ChatServerClient, _: MessageInd) {
        let server = client.server();
        client.send_all(numbered(1..3).inspect(|_| server.broadcast(message("0"))));
    }
}

#[test]
fn a_broadcast_comes_before_the_messages_that_are_made_after_it() {
    let simulation = Simulation::new(1);
    simulation.run(async {
        let server = ChatServer::builder(ROOM).runtime(&simulation);
        let server = server.start(|_| Interleaver).await.unwrap();
        let (client, mut events) = start_client(ChatClient::builder(ROOM).runtime(&simulation));
        assert_eq!(events.next().await, Event::Connected);
        client.send(message("begin"));
        expect(&mut events, [0, 0, 1, 2]).await;
        client.stop().await;
        server.stop().await;
    });
}

#[test]
fn messages_before_a_panic_are_sent() {
    let simulation = Simulation::new(1);
    simulation.run(async {
        let mut pair = Pair::connect(&simulation).await;
        let messages = || numbered(0..10).chain(iter::from_fn(|| panic_without_hook()));
        let panics = catch_unwind(AssertUnwindSafe(|| pair.client.send_all(messages())));
        assert!(panics.is_err());
        expect(&mut pair.server_events, 0..10).await;
        let panics = catch_unwind(AssertUnwindSafe(|| pair.server.broadcast_all(messages())));
        assert!(panics.is_err());
        expect(&mut pair.client_events, 0..10).await;
        pair.stop().await;
    });
}

/// A handler that sends messages when it is connected.
struct Greeter(Reporter);

impl ChatClientHandler for Greeter {
    async fn on_connected(&mut self, client: &ChatClient) {
        client.send_all(numbered(0..10));
        self.0.report(Event::Connected);
        client.clock().sleep(SECOND).await;
        client.send_all(numbered(10..20));
    }
}

#[test]
fn messages_of_the_first_callback_come_before_those_of_others() {
    let simulation = Simulation::new(1);
    simulation.run(async {
        let (server, mut server_events) =
            serve(ChatServer::builder(ROOM).runtime(&simulation)).await;
        let (reporter, mut events) = reporter();
        let client = ChatClient::builder(ROOM).runtime(&simulation);
        let client = client.start(Greeter(reporter)).unwrap();
        assert_eq!(events.next().await, Event::Connected);
        client.send_all(numbered(20..30));
        assert_eq!(server_events.next().await, Event::Connected);
        expect(&mut server_events, 0..30).await;
        client.stop().await;
        server.stop().await;
    });
}

#[test]
fn messages_wait_for_a_connection_in_their_order() {
    let simulation = Simulation::new(1);
    simulation.run(async {
        let client = ChatClient::builder(ROOM).runtime(&simulation);
        let (client, mut events) = start_client(client.offline_queue(64 * KIB, HOUR));
        client.send_all(numbered(0..100));
        let server = ChatServer::builder(ROOM).runtime(&simulation);
        let (server, mut server_events) = serve(server).await;
        events.find(|event| *event == Event::Connected).await;
        assert_eq!(server_events.next().await, Event::Connected);
        expect(&mut server_events, 0..100).await;
        server.stop().await;
        client.stop().await;
        client.send_all(numbered(0..3));
        assert_eq!(client.stats().dropped.not_connected, 3);
    });
}

#[test]
fn broadcasts_of_an_iterator_reach_all_clients_in_order() {
    let simulation = Simulation::new(1);
    simulation.run(async {
        let mut pair = Pair::connect(&simulation).await;
        let builder = ChatClient::builder(ROOM).runtime(&simulation);
        let (other, mut other_events) = start_client(builder);
        assert_eq!(other_events.next().await, Event::Connected);
        assert_eq!(pair.server_events.next().await, Event::Connected);
        pair.server.broadcast(message("0"));
        pair.server.broadcast_all(numbered(1..MANY));
        pair.server.broadcast(message(MANY.to_string()));
        expect(&mut pair.client_events, 0..=MANY).await;
        expect(&mut other_events, 0..=MANY).await;
        // They are sent at once, though no message follows them.
        let start = simulation.elapsed();
        pair.server.broadcast_all(numbered(0..3));
        expect(&mut pair.client_events, 0..3).await;
        expect(&mut other_events, 0..3).await;
        assert_eq!(simulation.elapsed(), start);
        other.stop().await;
        pair.stop().await;
    });
}
