//! Clients with sessions and more than one server.

use super::*;

const OTHER_ROOM: &str = "tcp://other:1";

fn server(simulation: &Simulation, uri: &str) -> ServerBuilder<Chat> {
    ChatServer::builder(uri)
        .sessions(Sessions::default())
        .runtime(simulation)
}

/// Connects a client of two servers to the first one, and waits until it has a session there.
async fn connect(simulation: &Simulation) -> (ChatServer, ChatClient, Events) {
    let (server, _) = serve(server(simulation, ROOM)).await;
    let builder = client().alternative_uri(OTHER_ROOM).runtime(simulation);
    let (client, mut events) = start_client(builder);
    assert_eq!(events.next().await, Event::Connected);
    simulation.sleep(SECOND).await;
    (server, client, events)
}

#[test]
fn a_session_is_lost_to_another_server_after_a_while() {
    let simulation = Simulation::new(1);
    simulation.run(async {
        let (first, client, mut events) = connect(&simulation).await;
        let (second, mut second_events) = serve(server(&simulation, OTHER_ROOM)).await;
        simulation.set_host("room", Host::Unknown);
        simulation.connections()[0].cut();
        assert!(is_interruption(&events.next().await));
        let interrupted_at = simulation.clock().now();
        let lost = find_lost(&mut events).await;
        assert_eq!((lost.why, lost.handled), (SessionLost::OtherServer, None));
        let after = simulation.clock().now() - interrupted_at;
        assert!((5 * SECOND..6 * SECOND).contains(&after), "{after:?}");
        // On the same connection.
        assert_eq!(events.next().await, Event::Connected);
        assert_eq!(client.uri().to_string(), OTHER_ROOM);
        assert_eq!(client.peer_addr(), Some(second.local_addr()));
        assert_eq!(second_events.next().await, Event::Connected);
        client.send(message("here"));
        assert_eq!(second_events.next().await, Event::Message("here".into()));
        // It has a session there too.
        assert_eq!(client.delivered().await, Ok(()));
        client.stop().await;
        first.stop().await;
        second.stop().await;
    });
}

#[test]
fn a_session_goes_on_with_its_own_server_if_that_is_back_soon() {
    let simulation = Simulation::new(1);
    simulation.run(async {
        let (first, client, mut events) = connect(&simulation).await;
        let (second, _) = serve(server(&simulation, OTHER_ROOM)).await;
        simulation.set_host("room", Host::Unknown);
        simulation.connections()[0].cut();
        simulation.sleep(2 * SECOND).await;
        simulation.set_host("room", Host::Reachable);
        events.find(is_resumption).await;
        assert_eq!(client.uri().to_string(), ROOM);
        assert_eq!(second.stats().total.connections, 0);
        client.stop().await;
        first.stop().await;
        second.stop().await;
    });
}

#[test]
fn another_server_that_is_full_does_not_end_the_session() {
    let simulation = Simulation::new(1);
    simulation.run(async {
        let (first, client, mut events) = connect(&simulation).await;
        let (second, _) = serve(server(&simulation, OTHER_ROOM).max_clients(0)).await;
        simulation.set_host("room", Host::Unknown);
        simulation.connections()[0].cut();
        simulation.sleep(10 * SECOND).await;
        assert!(second.stats().refused > 0);
        simulation.set_host("room", Host::Reachable);
        events.find(is_resumption).await;
        client.stop().await;
        first.stop().await;
        second.stop().await;
    });
}
