//! Messages between typed clients and servers.

mod busy_poll;
mod chat;
mod hook;
mod losses;
mod many;
mod offline;
mod recipients;
mod seen;
mod topics;
mod users;
mod views;

use std::time::Duration;

use messi::ClientId;
use messi::testing::Simulation;

use crate::common::chat::*;
use crate::common::*;

/// Connects clients one after the other, and returns their ids too.
async fn connect_each<const N: usize>(
    simulation: &Simulation,
    server: &ChatServer,
) -> ([(ChatClient, Events); N], [ClientId; N]) {
    let mut clients = Vec::new();
    for _ in 0..N {
        let builder = ChatClient::builder(ROOM).runtime(simulation);
        let (client, mut events) = start_client(builder.reconnect_delay(HOUR, HOUR));
        assert_eq!(events.next().await, Event::Connected);
        simulation.sleep(Duration::from_millis(1)).await;
        clients.push((client, events));
    }
    let ids: Vec<_> = server.clients().iter().map(|it| it.id()).collect();
    (clients.try_into().ok().unwrap(), ids.try_into().unwrap())
}

/// Waits for the next messages of a client.
async fn texts<const N: usize>(events: &mut Events) -> [String; N] {
    let mut texts = Vec::new();
    for _ in 0..N {
        match events.next().await {
            Event::Message(text) => texts.push(text),
            event => panic!("{event:?}"),
        }
    }
    texts.try_into().unwrap()
}
