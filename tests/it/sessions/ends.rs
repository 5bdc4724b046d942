//! Sessions that are lost, and sessions that one side ends.

use messi::{Bye, ByeReason, ConnectError, Overflow};

use super::*;

fn bye(reason: ByeReason) -> Event {
    Event::Disconnected(DisconnectReason::Bye(Box::new(Bye::new(reason))))
}

#[test]
fn a_session_expires_at_its_lifetime_on_both_sides() {
    let simulation = Simulation::new(1);
    simulation.run(async {
        let sessions = Sessions::default().lifetime(10 * SECOND);
        let mut pair = connect_with(&simulation, sessions).await;
        simulation.set_host("room", Host::Unknown);
        pair.connection.lose();
        exchange(&pair, 0..3);
        assert!(is_interruption(&pair.server_events.next().await));
        let lost = expect_lost(&mut pair.server_events).await;
        assert_eq!((lost.why, lost.unacknowledged), (SessionLost::Expired, 3));
        assert_eq!(pair.server.client_count(), 0);
        simulation.set_host("room", Host::Reachable);
        assert!(is_interruption(&pair.client_events.next().await));
        let lost = find_lost(&mut pair.client_events).await;
        assert_eq!((lost.why, lost.unacknowledged), (SessionLost::Expired, 3));
        // A new session begins.
        assert_eq!(
            pair.client_events.find(|it| *it == Event::Connected).await,
            Event::Connected
        );
        assert_eq!(pair.client.stats().lost_sessions, 1);
        assert_eq!(pair.server.stats().total.lost_sessions, 1);
        pair.stop().await;
    });
}

#[test]
fn a_server_that_closes_without_an_answer_is_asked_until_the_session_expires() {
    let simulation = Simulation::new(1);
    simulation.run(async {
        let sessions = Sessions::default().lifetime(10 * SECOND);
        let mut pair = connect_with(&simulation, sessions).await;
        // In the middle of the first ping, as servers of the original with a small buffer do, and proxies that can't reach
        // their server.
        simulation.later_connections().to_server().cut_after(10);
        pair.connection.cut();
        let interrupted = simulation.elapsed();
        assert!(is_interruption(&pair.client_events.next().await));
        let mut attempts = 0;
        let lost = loop {
            match pair.client_events.next().await {
                Event::ConnectFailure(ConnectError::Resume { .. }) => attempts += 1,
                event => break lost(event),
            }
        };
        assert!(attempts > 1, "{attempts}");
        assert_eq!(lost.why, SessionLost::Expired);
        assert_eq!(simulation.elapsed() - interrupted, 10 * SECOND);
        // A new session begins.
        simulation
            .later_connections()
            .to_server()
            .cut_after(usize::MAX);
        let connected = |it: &Event| *it == Event::Connected;
        pair.client_events.find(connected).await;
        pair.stop().await;
    });
}

#[test]
fn a_short_lifetime_is_not_shorter_for_the_client() {
    let simulation = Simulation::new(1);
    simulation.run(async {
        let sessions = Sessions::default().lifetime(SECOND / 2);
        let mut pair = connect_with(&simulation, sessions).await;
        pair.connection.cut();
        for events in [&mut pair.client_events, &mut pair.server_events] {
            assert!(is_interruption(&events.next().await));
            assert!(is_resumption(&events.next().await));
        }
        pair.stop().await;
    });
}

#[test]
fn a_server_that_has_expired_a_session_tells_how_much_it_has_handled() {
    let simulation = Simulation::new(1);
    simulation.run(async {
        let sessions = Sessions::default().lifetime(3 * SECOND);
        let mut pair = connect_with(&simulation, sessions).await;
        exchange(&pair, 0..2);
        expect_messages(&mut pair.server_events, 0..2).await;
        // Only bytes that the server sends are lost, so that the client notices later.
        pair.connection.to_client().lose();
        pair.connection.to_server().stall();
        pair.client.send(message("lost"));
        simulation.set_host("room", Host::Unknown);
        assert!(is_interruption(&pair.server_events.next().await));
        assert_eq!(
            expect_lost(&mut pair.server_events).await.why,
            SessionLost::Expired
        );
        pair.stop().await;
    });
}

#[test]
fn a_server_that_was_started_again_has_lost_the_session() {
    let simulation = Simulation::new(1);
    simulation.run(async {
        let mut pair = connect(&simulation).await;
        exchange(&pair, 0..1);
        expect_messages(&mut pair.client_events, 0..1).await;
        pair.client.delivered().await.unwrap();
        // As if its process was killed: no peer announces that it leaves.
        pair.connection.lose();
        pair.client.send(message("lost"));
        pair.server.stop().await;
        let (server, mut server_events) = serve(
            ChatServer::builder(ROOM)
                .sessions(Sessions::default())
                .runtime(&simulation),
        )
        .await;
        assert!(is_interruption(&pair.client_events.next().await));
        let lost = expect_lost(&mut pair.client_events).await;
        let expected = (SessionLost::ServerRestarted, 1, None);
        assert_eq!((lost.why, lost.unacknowledged, lost.handled), expected);
        // On the same connection.
        assert_eq!(pair.client_events.next().await, Event::Connected);
        assert_eq!(server_events.next().await, Event::Connected);
        assert_eq!(simulation.connections().len(), 2);
        pair.client.send(message("new"));
        assert_eq!(server_events.next().await, Event::Message("new".into()));
        pair.client.stop().await;
        server.stop().await;
    });
}

#[test]
fn a_server_without_sessions_after_one_with_them_leaves_a_plain_connection() {
    let simulation = Simulation::new(1);
    simulation.run(async {
        let mut pair = connect(&simulation).await;
        pair.connection.lose();
        pair.server.stop().await;
        let (server, mut server_events) =
            serve(ChatServer::builder(ROOM).runtime(&simulation)).await;
        assert!(is_interruption(&pair.client_events.next().await));
        let lost = expect_lost(&mut pair.client_events).await;
        assert_eq!(lost.why, SessionLost::Unsupported);
        assert_eq!(pair.client_events.next().await, Event::Connected);
        pair.client.send(message("plain"));
        // The attempts before it were connections for the server.
        let plain = Event::Message("plain".into());
        assert_eq!(server_events.find(|it| *it == plain).await, plain);
        assert!(pair.client.delivered().await.is_err());
        pair.client.stop().await;
        server.stop().await;
    });
}

#[test]
fn who_leaves_ends_the_session_of_the_other_at_once() {
    let simulation = Simulation::new(1);
    simulation.run(async {
        let mut pair = connect(&simulation).await;
        exchange(&pair, 0..1);
        pair.client.stop().await;
        expect_messages(&mut pair.server_events, 0..1).await;
        assert_eq!(pair.server_events.next().await, bye(ByeReason::Leaving));
        pair.server.stop().await;
        let mut pair = connect(&simulation).await;
        pair.server.clients()[0].disconnect();
        assert_eq!(
            pair.client_events.next().await,
            bye(ByeReason::Disconnected)
        );
        pair.stop().await;
    });
}

#[test]
fn a_session_that_is_left_while_it_is_interrupted_leaves_its_messages_unconfirmed() {
    for drains in [false, true] {
        let simulation = Simulation::new(1);
        simulation.run(async {
            let mut pair = connect(&simulation).await;
            simulation.set_host("room", Host::Unknown);
            pair.client.send(message("lost"));
            pair.client.flush().await.unwrap();
            pair.connection.cut();
            assert!(is_interruption(&pair.client_events.next().await));
            if drains {
                pair.client.drain(SECOND).await;
            }
            pair.client.stop().await;
            assert_eq!(pair.client.stats().unconfirmed, 1, "{drains}");
            pair.server.stop().await;
        });
    }
}

/// Interrupts the session of a client, and sends more than fits into its queue of 100 bytes.
async fn overfill(simulation: &Simulation, client: ClientBuilder<Chat>) -> Pair {
    let server = ChatServer::builder(ROOM).sessions(Sessions::default());
    let mut pair = connect_sides(simulation, server, client).await;
    simulation.set_host("room", Host::Unknown);
    pair.connection.cut();
    assert!(is_interruption(&pair.client_events.next().await));
    for number in 0..20 {
        pair.client.send(message(number.to_string()));
    }
    pair
}

#[test]
fn a_queue_that_is_full_ends_the_session() {
    let simulation = Simulation::new(1);
    simulation.run(async {
        let mut pair = overfill(&simulation, client().max_queued_bytes(100)).await;
        let lost = find_lost(&mut pair.client_events).await;
        assert_eq!(lost.why, SessionLost::Overflow);
        pair.stop().await;
    });
}

#[test]
fn the_session_that_waits_for_longest_is_lost_if_too_many_wait() {
    let simulation = Simulation::new(1);
    simulation.run(async {
        let sessions = Sessions::default().max_interrupted(2);
        let server = ChatServer::builder(ROOM).sessions(sessions);
        let (server, mut server_events) = serve(server.runtime(&simulation)).await;
        let mut clients = Vec::new();
        for _ in 0..3 {
            let (client, mut events) = start_client(client().runtime(&simulation));
            assert_eq!(events.next().await, Event::Connected);
            assert_eq!(server_events.next().await, Event::Connected);
            clients.push((client, events));
        }
        simulation.sleep(SECOND).await;
        simulation.set_host("room", Host::Unknown);
        for connection in simulation.connections() {
            connection.cut();
            assert!(is_interruption(&server_events.next().await));
        }
        let lost = expect_lost(&mut server_events).await;
        assert_eq!(lost.why, SessionLost::Evicted);
        assert_eq!((server.stats().clients, server.stats().interrupted), (2, 2));
        simulation.set_host("room", Host::Reachable);
        let lost = find_lost(&mut clients[0].1).await;
        assert_eq!((lost.why, lost.handled), (SessionLost::Evicted, Some(0)));
        for (_, events) in &mut clients[1..] {
            events.find(is_resumption).await;
        }
        assert_eq!((server.stats().clients, server.stats().interrupted), (3, 0));
        server.stop().await;
        for (client, _) in clients {
            client.stop().await;
        }
    });
}

#[test]
fn messages_that_are_dropped_for_others_have_no_number() {
    let simulation = Simulation::new(1);
    simulation.run(async {
        let mut pair = overfill(
            &simulation,
            client()
                .overflow(Overflow::DropOldest)
                .max_queued_bytes(100),
        )
        .await;
        let delivered = pair.client.delivered();
        simulation.set_host("room", Host::Reachable);
        assert_eq!(delivered.await, Ok(()));
        assert!(is_interruption(&pair.server_events.next().await));
        assert!(is_resumption(&pair.server_events.next().await));
        let Event::Message(first) = pair.server_events.next().await else {
            panic!("no message");
        };
        let first: u32 = first.parse().unwrap();
        assert!(first > 10, "{first}");
        expect_messages(&mut pair.server_events, first + 1..20).await;
        pair.stop().await;
    });
}
