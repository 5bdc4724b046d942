//! Topics: published messages reach the clients that have joined.

use std::sync::{Arc, Mutex};

use messi::testing::Simulation;
use messi::{DisconnectReason, JoinError, Member, Refusal};

use super::{connect_each, texts};
use crate::common::chat::*;
use crate::common::*;

/// A room with all connected clients as members. Each message goes to the others.
struct Room(Reporter);

impl ChatServerHandler for Room {
    async fn on_client_connected(&mut self, client: &ChatServerClient) {
        client.join("room").unwrap();
        self.0.report(Event::Connected);
    }

    async fn on_message_ind(&mut self, client: &ChatServerClient, message: MessageInd) {
        client
            .server()
            .topic("room")
            .except(client)
            .publish(message);
    }

    async fn on_client_disconnected(&mut self, client: &ChatServerClient, _: DisconnectReason) {
        let topic = client.server().topic("room");
        let others = topic.member_count();
        assert!(topic.members().iter().all(|it| it.id != client.id()));
        assert!(client.topics().is_empty());
        assert_eq!(client.join("room"), Err(JoinError::NotConnected));
        assert!(!client.leave("room"));
        topic.publish(message(format!("{others} are left")));
        self.0.report(Event::Message(others.to_string()));
    }
}

/// Starts a server with a room.
async fn serve_room(builder: messi::ServerBuilder<Chat>) -> (ChatServer, Events) {
    let (reporter, events) = reporter();
    let server = builder.start(move |_| Room(reporter.clone())).await;
    (server.unwrap(), events)
}

/// Connects three clients to a room, in which each sends messages and one leaves.
async fn meet(server: ChatServer, mut server_events: Events, client: messi::ClientBuilder<Chat>) {
    let mut clients = Vec::new();
    for _ in 0..3 {
        let (client, mut events) = start_client(client.clone().reconnect_delay(HOUR, HOUR));
        assert_eq!(events.next().await, Event::Connected);
        assert_eq!(server_events.next().await, Event::Connected);
        clients.push((client, events));
    }
    assert_eq!(server.topic("room").member_count(), 3);
    let [mut one, mut two, mut three] = clients.try_into().ok().unwrap();
    one.0.send(message("1"));
    one.0.send(message("2"));
    assert_eq!(texts(&mut two.1).await, ["1", "2"]);
    assert_eq!(texts(&mut three.1).await, ["1", "2"]);
    two.0.send(message("3"));
    assert_eq!(texts(&mut one.1).await, ["3"]);
    assert_eq!(texts(&mut three.1).await, ["3"]);
    three.0.stop().await;
    assert_eq!(server_events.next().await, Event::Message("2".into()));
    assert_eq!(texts(&mut one.1).await, ["2 are left"]);
    assert_eq!(texts(&mut two.1).await, ["2 are left"]);
    // One after the other: of two that leave at the same time, each may find that none is left.
    for (client, left) in [(one.0, "1"), (two.0, "0")] {
        client.stop().await;
        assert_eq!(server_events.next().await, Event::Message(left.into()));
    }
    assert_eq!(server.topic("room").members(), []);
    server.stop().await;
}

#[test]
fn messages_of_a_room_reach_its_other_members_until_they_leave() {
    run(async {
        let (server, events) = serve_room(ChatServer::builder(LOOPBACK)).await;
        let client = ChatClient::builder(uri(server.local_addr()));
        meet(server, events, client).await;
    });
}

#[test]
fn messages_of_a_room_reach_its_other_members_in_a_simulation() {
    for seed in 0..50 {
        let simulation = Simulation::new(seed);
        simulation.run(async {
            let (server, events) = serve_room(ChatServer::builder(ROOM).runtime(&simulation)).await;
            let client = ChatClient::builder(ROOM).runtime(&simulation);
            meet(server, events, client).await;
        });
    }
}

#[test]
fn a_publication_keeps_its_place_among_other_messages() {
    let simulation = Simulation::new(1);
    simulation.run(async {
        let (server, _) = serve(ChatServer::builder(ROOM).runtime(&simulation)).await;
        let ([mut one, mut two, mut three], ids) = connect_each(&simulation, &server).await;
        let [first, second, third] = ids.map(|id| server.client(id).unwrap());
        first.join("a").unwrap();
        second.join("a").unwrap();
        second.join("b").unwrap();
        third.join("b").unwrap();
        server.topic("a").publish(message("a"));
        server.topic("nobody").publish(message("nobody"));
        server.broadcast(message("all"));
        let b = server.topic("b");
        b.publish(message("b"));
        second.send(message("second"));
        b.clone().except(&second).publish(message("b but second"));
        let nobody = b.clone().except(&second).except(&third);
        nobody.publish(message("nobody"));
        assert_eq!(nobody.member_count(), 2);
        assert!(second.leave("b"));
        assert!(!second.leave("b"));
        b.publish(message("b of one"));
        server.broadcast(message("end"));
        assert_eq!(texts(&mut one.1).await, ["a", "all", "end"]);
        assert_eq!(texts(&mut two.1).await, ["a", "all", "b", "second", "end"]);
        assert_eq!(
            texts(&mut three.1).await,
            ["all", "b", "b but second", "b of one", "end"]
        );
        assert_eq!(server.stats().total.dropped, Default::default());
        server.stop().await;
    });
}

#[test]
fn an_exception_is_one_of_the_same_server() {
    let simulation = Simulation::new(1);
    simulation.run(async {
        let (server, _) = serve(ChatServer::builder(ROOM).runtime(&simulation)).await;
        let ([mut one], [id]) = connect_each(&simulation, &server).await;
        let builder = ChatServer::builder("tcp://other:1").runtime(&simulation);
        let (other, _) = serve(builder).await;
        let client = ChatClient::builder("tcp://other:1").runtime(&simulation);
        let (client, mut events) = start_client(client);
        assert_eq!(events.next().await, Event::Connected);
        let same_id = other.client(id).unwrap();
        server.client(id).unwrap().join("a").unwrap();
        server.topic("a").except(&same_id).publish(message("a"));
        assert_eq!(texts(&mut one.1).await, ["a"]);
        client.stop().await;
        other.stop().await;
        server.stop().await;
    });
}

#[test]
fn a_member_that_has_not_logged_in_receives_publications() {
    let simulation = Simulation::new(1);
    simulation.run(async {
        // Joined before the first callback.
        let server = ChatServer::builder(ROOM)
            .login_timeout(HOUR)
            .runtime(&simulation)
            .start(|client| {
                client.join("hall").unwrap();
                Echo
            })
            .await
            .unwrap();
        let mut clients = Vec::new();
        for _ in 0..2 {
            let (client, mut events) = start_client(ChatClient::builder(ROOM).runtime(&simulation));
            assert_eq!(events.next().await, Event::Connected);
            clients.push((client, events));
        }
        simulation.sleep(SECOND).await;
        let hall = server.topic("hall");
        let members = hall.members();
        let users = |members: &[Member]| -> Vec<Option<String>> {
            let users = members.iter().map(|it| it.user.as_deref());
            users.map(|it| it.map(String::from)).collect()
        };
        assert_eq!(users(&members), [None, None]);
        assert!(server.client(members[0].id).unwrap().log_in("Kalle"));
        assert_eq!(users(&hall.members()), [Some("Kalle".into()), None]);
        hall.publish(message("hall"));
        server.broadcast(message("all"));
        hall.publish(message("end"));
        assert_eq!(texts(&mut clients[0].1).await, ["hall", "all", "end"]);
        assert_eq!(texts(&mut clients[1].1).await, ["hall", "end"]);
        for (client, _) in clients {
            client.stop().await;
        }
        server.stop().await;
    });
}

#[test]
fn a_refused_client_is_no_member_and_no_client_of_a_user() {
    let simulation = Simulation::new(1);
    simulation.run(async {
        let kept = Arc::new(Mutex::new(None));
        let shared = kept.clone();
        let server = ChatServer::builder(ROOM)
            .runtime(&simulation)
            .start(move |client| {
                client.join("hall").unwrap();
                assert!(client.log_in("Kalle"));
                assert_eq!(client.server().topic("hall").member_count(), 1);
                shared.lock().unwrap().replace(client.clone());
                Err::<Echo, _>(Refusal::new("full"))
            })
            .await
            .unwrap();
        let builder = ChatClient::builder(ROOM).runtime(&simulation);
        let (client, mut events) = start_client(builder.reconnect_delay(HOUR, HOUR));
        events.find(|it| *it == CLOSED).await;
        assert_eq!(server.topic("hall").member_count(), 0);
        assert!(server.user("Kalle").clients().is_empty());
        let kept = kept.lock().unwrap().take().unwrap();
        assert_eq!(kept.join("hall"), Err(JoinError::NotConnected));
        client.stop().await;
        server.stop().await;
    });
}

#[test]
fn a_client_joins_no_more_topics_than_its_server_allows() {
    let simulation = Simulation::new(1);
    simulation.run(async {
        let builder = ChatServer::builder(ROOM).max_topics_per_client(2);
        let (server, _) = serve(builder.runtime(&simulation)).await;
        let (_clients, ids) = connect_each::<2>(&simulation, &server).await;
        let [one, two] = ids.map(|id| server.client(id).unwrap());
        // Any text is a name.
        one.join("b\n\0").unwrap();
        one.join("å".repeat(100)).unwrap();
        let refused = Err(JoinError::TooManyTopics { limit: 2 });
        assert_eq!(one.join("c"), refused);
        assert_eq!(one.join("b\n\0"), Ok(()));
        // Each client has its own.
        assert_eq!(two.join("c"), Ok(()));
        assert_eq!(one.topics(), ["b\n\0".to_string(), "å".repeat(100)]);
        let length = 201;
        let refused = Err(JoinError::NameTooLong { length });
        assert_eq!(two.join("x".repeat(length)), refused);
        assert_eq!(two.join(""), Err(JoinError::EmptyName));
        assert_eq!(two.topics(), ["c"]);
        server
            .topic("x".repeat(length))
            .publish(message("no member"));
        server.stop().await;
    });
}

#[test]
fn a_publication_above_the_limit_counts_for_each_recipient() {
    let simulation = Simulation::new(1);
    simulation.run(async {
        let builder = ChatServer::builder(ROOM).max_message_size(100);
        let (server, _) = serve(builder.runtime(&simulation)).await;
        let (_clients, ids) = connect_each::<3>(&simulation, &server).await;
        let clients = ids.map(|id| server.client(id).unwrap());
        clients[..2].iter().for_each(|it| it.join("a").unwrap());
        clients[0].log_in("Kalle");
        let long = message("x".repeat(100));
        server.topic("a").publish(long.clone());
        server.topic("a").except(&clients[0]).publish(long.clone());
        server.user("Kalle").send(long);
        let too_big = clients.map(|it| it.stats().dropped.too_big);
        assert_eq!(too_big, [2, 2, 0]);
        server.stop().await;
    });
}
