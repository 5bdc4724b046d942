//! Messages to some clients of a server, in simulated time.

use std::time::Duration;

use crate::common::chat::*;
use crate::common::*;
use messi::ClientId;
use messi::testing::Simulation;

/// Connects clients one after the other, and returns their ids too.
async fn join<const N: usize>(
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

#[test]
fn a_broadcast_with_an_exception_reaches_all_others() {
    let simulation = Simulation::new(1);
    simulation.run(async {
        let (server, _) = serve(ChatServer::builder(ROOM).runtime(&simulation)).await;
        let ([mut one, mut two, mut three], ids) = join(&simulation, &server).await;
        server.broadcast_except(ids[1], message("not two"));
        server.broadcast(message("all"));
        assert_eq!(texts(&mut one.1).await, ["not two", "all"]);
        assert_eq!(texts(&mut two.1).await, ["all"]);
        assert_eq!(texts(&mut three.1).await, ["not two", "all"]);
        server.stop().await;
    });
}

#[test]
fn a_message_to_some_clients_reaches_each_of_them_once() {
    let simulation = Simulation::new(1);
    simulation.run(async {
        let (server, mut events) = serve(ChatServer::builder(ROOM).runtime(&simulation)).await;
        let ([mut one, mut two, three], ids) = join(&simulation, &server).await;
        assert_eq!(server.client_count(), 3);
        three.0.stop().await;
        events.find(|event| *event == CLOSED).await;
        assert!(server.client(ids[2]).is_none());
        assert_eq!(server.client_count(), 2);
        server.send_to(&[ids[2], ids[1], ids[1]], message("two"));
        server.client(ids[0]).unwrap().send(message("one"));
        server.broadcast(message("all"));
        assert_eq!(texts(&mut one.1).await, ["one", "all"]);
        assert_eq!(texts(&mut two.1).await, ["two", "all"]);
        // The client that has left.
        assert_eq!(server.stats().total.dropped.not_connected, 1);
        server.stop().await;
    });
}

#[test]
fn a_message_above_the_limit_counts_for_each_recipient() {
    let simulation = Simulation::new(1);
    simulation.run(async {
        let builder = ChatServer::builder(ROOM).max_message_size(100);
        let (server, _) = serve(builder.runtime(&simulation)).await;
        let (_clients, ids) = join::<3>(&simulation, &server).await;
        let long = message("x".repeat(100));
        server.broadcast_except(ids[0], long.clone());
        server.send_to(&ids[..1], long);
        let too_big = server
            .clients()
            .iter()
            .map(|it| it.stats().dropped.too_big)
            .collect::<Vec<_>>();
        assert_eq!(too_big, [1, 1, 1]);
        server.stop().await;
    });
}
