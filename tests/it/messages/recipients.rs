//! Messages to some clients of a server, in simulated time.

use messi::testing::Simulation;

use super::{connect_each, texts};
use crate::common::chat::*;
use crate::common::*;

#[test]
fn a_broadcast_with_an_exception_reaches_all_others() {
    let simulation = Simulation::new(1);
    simulation.run(async {
        let (server, _) = serve(ChatServer::builder(ROOM).runtime(&simulation)).await;
        let ([mut one, mut two, mut three], ids) = connect_each(&simulation, &server).await;
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
        let ([mut one, mut two, three], ids) = connect_each(&simulation, &server).await;
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
        let (_clients, ids) = connect_each::<3>(&simulation, &server).await;
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
