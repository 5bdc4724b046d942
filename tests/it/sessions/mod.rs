//! Sessions that go on after a connection is lost.

mod ends;
mod failovers;
mod groups;
mod interruptions;
mod refusals;
mod takeovers;
mod wire;

use std::time::Duration;

use messi::testing::{Host, Simulation};
use messi::{ClientBuilder, DisconnectReason, Lost, ServerBuilder, Session, SessionLost, Sessions};

use crate::common::chat::*;
use crate::common::*;

/// Connects a client and a server that both have sessions.
async fn connect(simulation: &Simulation) -> Pair {
    connect_with(simulation, Sessions::default()).await
}

async fn connect_with(simulation: &Simulation, sessions: Sessions) -> Pair {
    let server = ChatServer::builder(ROOM).sessions(sessions);
    connect_sides(simulation, server, client()).await
}

fn client() -> ClientBuilder<Chat> {
    ChatClient::builder(ROOM).session(Session::default())
}

/// Connects sides with settings of their own, until there is a session.
async fn connect_sides(
    simulation: &Simulation,
    server: ServerBuilder<Chat>,
    client: ClientBuilder<Chat>,
) -> Pair {
    let pair = Pair::connect_with(simulation, server, client).await;
    // The grant is on its way when both are connected.
    simulation.sleep(SECOND).await;
    pair
}

/// Returns whether an event is the interruption of a session.
fn is_interruption(event: &Event) -> bool {
    matches!(event, Event::Interrupted(_))
}

fn is_resumption(event: &Event) -> bool {
    matches!(event, Event::Resumed(_))
}

/// Expects the end of a session, and returns it.
async fn expect_lost(events: &mut Events) -> Lost {
    lost(events.next().await)
}

/// Waits for the end of a session, skips the callbacks before it, and returns it.
async fn find_lost(events: &mut Events) -> Lost {
    lost(events.find(|it| matches!(it, Event::Disconnected(_))).await)
}

fn lost(event: Event) -> Lost {
    match event {
        Event::Disconnected(DisconnectReason::SessionLost(lost)) => *lost,
        other => panic!("{other:?} instead of a lost session"),
    }
}

fn text(number: u32) -> Event {
    Event::Message(number.to_string())
}

/// Sends messages with these numbers from the client, and to it.
fn exchange(pair: &Pair, numbers: std::ops::Range<u32>) {
    for number in numbers {
        pair.client.send(message(number.to_string()));
        for client in pair.server.clients() {
            client.send(message(number.to_string()));
        }
    }
}

async fn expect_messages(events: &mut Events, numbers: std::ops::Range<u32>) {
    for number in numbers {
        assert_eq!(events.next().await, text(number));
    }
}
