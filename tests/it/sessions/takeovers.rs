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
        let client = ChatClient::builder(ROOM).session(Session::default());
        let mut pair = Pair::connect_with(&simulation, server, client).await;
        simulation.sleep(SECOND).await;
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

#[test]
fn a_callback_that_waits_goes_on_over_an_interruption() {
    struct Slow(Reporter);
    impl ChatServerHandler for Slow {
        async fn on_message_ind(&mut self, client: &ChatServerClient, message: MessageInd) {
            client.clock().sleep(5 * SECOND).await;
            client.send(message.clone());
            self.0.report(Event::Message(message.text));
        }
    }
    let simulation = Simulation::new(1);
    simulation.run(async {
        let (reporter, mut server_events) = reporter();
        let server = ChatServer::builder(ROOM)
            .sessions(Sessions::default())
            .runtime(&simulation)
            .start(move |_| Slow(reporter.clone()))
            .await
            .unwrap();
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
