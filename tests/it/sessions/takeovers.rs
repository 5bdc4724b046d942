//! A client that comes back before the server has noticed that it was gone.

use super::*;

#[test]
fn a_half_open_connection_is_given_up_for_a_new_one() {
    let simulation = Simulation::new(1);
    simulation.run(async {
        let mut pair = connect(&simulation).await;
        exchange(&pair, 0..3);
        // The client alone learns that the connection is lost.
        pair.connection.to_server().stall();
        pair.connection.to_client().cut_after(0);
        exchange(&pair, 3..6);
        for events in [&mut pair.client_events, &mut pair.server_events] {
            let mut numbers = 0..6;
            while !numbers.is_empty() {
                match events.next().await {
                    Event::Interrupted(_) | Event::Resumed(_) => {}
                    event => assert_eq!(event, text(numbers.next().unwrap())),
                }
            }
        }
        assert_eq!(pair.server.client_count(), 1);
        pair.stop().await;
        assert_eq!((simulation.tasks(), simulation.sockets()), (0, 0));
    });
}

#[test]
fn a_client_comes_back_although_the_server_is_full() {
    let simulation = Simulation::new(1);
    simulation.run(async {
        let server = ChatServer::builder(ROOM)
            .max_clients(1)
            .sessions(Sessions::default());
        let mut pair = connect_sides(&simulation, server, client()).await;
        pair.connection.cut();
        pair.client_events.find(is_resumption).await;
        pair.server_events.find(is_resumption).await;
        // Another client is refused still.
        let builder = ChatClient::builder(ROOM).runtime(&simulation);
        let (other, mut events) = start_client(builder);
        assert_eq!(events.next().await, Event::Connected);
        assert_eq!(events.next().await, CLOSED);
        assert_eq!(pair.server.stats().refused, 1);
        other.stop().await;
        pair.stop().await;
    });
}

/// A server's handler that takes 20 seconds for each message.
struct Slow(Reporter);

impl ChatServerHandler for Slow {
    async fn on_message_ind(&mut self, client: &ChatServerClient, message: MessageInd) {
        client.clock().sleep(20 * SECOND).await;
        client.send(message.clone());
        self.0.report(Event::Message(message.text));
    }
}

async fn serve_slowly(simulation: &Simulation, sessions: Sessions) -> (ChatServer, Events) {
    let (reporter, events) = reporter();
    let server = ChatServer::builder(ROOM)
        .sessions(sessions)
        .runtime(simulation)
        .start(move |_| Slow(reporter.clone()))
        .await
        .unwrap();
    (server, events)
}

#[test]
fn the_lifetime_counts_from_the_last_loss_even_if_a_callback_waits_over_several() {
    let simulation = Simulation::new(1);
    simulation.run(async {
        let sessions = Sessions::default().lifetime(10 * SECOND);
        let (server, mut server_events) = serve_slowly(&simulation, sessions).await;
        let builder = ChatClient::builder(ROOM).session(Session::default());
        let (client, mut events) = start_client(builder.runtime(&simulation));
        assert_eq!(events.next().await, Event::Connected);
        client.send(message("one"));
        simulation.sleep(SECOND).await;
        // The second loss is later than the end of the lifetime after the first one.
        for index in 0..2 {
            simulation.connections()[index].cut();
            let event = events.next().await;
            assert!(is_interruption(&event), "{event:?}");
            assert!(is_resumption(&events.next().await));
            simulation.sleep(12 * SECOND).await;
        }
        assert_eq!(events.next().await, Event::Message("one".into()));
        assert_eq!(server_events.next().await, Event::Message("one".into()));
        client.stop().await;
        server.stop().await;
    });
}

#[test]
fn a_callback_that_waits_goes_on_over_an_interruption() {
    let simulation = Simulation::new(1);
    simulation.run(async {
        let (server, mut server_events) = serve_slowly(&simulation, Sessions::default()).await;
        let builder = ChatClient::builder(ROOM).session(Session::default());
        let (client, mut events) = start_client(builder.runtime(&simulation));
        assert_eq!(events.next().await, Event::Connected);
        client.send(message("one"));
        simulation.sleep(SECOND).await;
        simulation.connections()[0].cut();
        assert!(is_interruption(&events.next().await));
        assert!(is_resumption(&events.next().await));
        assert_eq!(events.next().await, Event::Message("one".into()));
        assert_eq!(server_events.next().await, Event::Message("one".into()));
        client.stop().await;
        server.stop().await;
    });
}
