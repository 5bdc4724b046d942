//! Connections that are lost for a while.

use super::*;

#[test]
fn a_reset_loses_no_message_of_either_side() {
    for seed in 0..20 {
        let simulation = Simulation::new(seed);
        simulation.run(async {
            let mut pair = connect(&simulation).await;
            exchange(&pair, 0..5);
            // In the middle of a message of each side.
            pair.connection.to_server().cut_after(30);
            pair.connection.to_client().cut_after(50);
            exchange(&pair, 5..10);
            simulation.sleep(SECOND).await;
            exchange(&pair, 10..15);
            for events in [&mut pair.client_events, &mut pair.server_events] {
                let mut numbers = 0..15;
                let mut interruptions = 0;
                while !numbers.is_empty() {
                    match events.next().await {
                        Event::Interrupted(_) => interruptions += 1,
                        Event::Resumed(away) => assert!(away < SECOND, "{away:?}"),
                        event => assert_eq!(event, text(numbers.next().unwrap())),
                    }
                }
                assert_eq!(interruptions, 1);
            }
            pair.stop().await;
        });
    }
}

#[test]
fn messages_that_are_sent_meanwhile_arrive_later() {
    let simulation = Simulation::new(1);
    simulation.run(async {
        let mut pair = connect(&simulation).await;
        simulation.set_host("room", Host::Unknown);
        pair.connection.cut();
        assert!(is_interruption(&pair.client_events.next().await));
        assert!(is_interruption(&pair.server_events.next().await));
        assert_eq!(pair.client.state(), messi::ClientState::Interrupted);
        let clients = pair.server.clients();
        assert_eq!(clients.len(), 1, "it keeps its place");
        assert!(!clients[0].is_connected());
        exchange(&pair, 0..3);
        pair.server.broadcast(message("3"));
        simulation.sleep(10 * SECOND).await;
        simulation.set_host("room", Host::Reachable);
        for events in [&mut pair.client_events, &mut pair.server_events] {
            let resumed = events.find(is_resumption).await;
            assert!(matches!(resumed, Event::Resumed(away) if away > 10 * SECOND));
        }
        expect_messages(&mut pair.client_events, 0..4).await;
        expect_messages(&mut pair.server_events, 0..3).await;
        assert_eq!(pair.client.stats().resumed, 1);
        assert_eq!(pair.server.stats().total.resumed, 1);
        pair.stop().await;
    });
}

#[test]
fn a_request_waits_over_an_interruption() {
    let simulation = Simulation::new(1);
    simulation.run(async {
        let pair = connect(&simulation).await;
        let response = pair.client.connect_req(ConnectReq {
            user: "Kalle".into(),
        });
        pair.connection.cut();
        assert!(response.await.is_ok());
        pair.stop().await;
    });
}

#[test]
fn a_silent_network_is_an_interruption_too() {
    let simulation = Simulation::new(1);
    simulation.run(async {
        let mut pair = connect(&simulation).await;
        exchange(&pair, 0..1);
        expect_messages(&mut pair.client_events, 0..1).await;
        pair.connection.lose();
        exchange(&pair, 1..3);
        let timeout = Event::Interrupted(DisconnectReason::KeepAliveTimeout);
        assert_eq!(pair.client_events.next().await, timeout);
        assert!(is_resumption(&pair.client_events.next().await));
        expect_messages(&mut pair.client_events, 1..3).await;
        pair.stop().await;
    });
}

#[test]
fn what_is_delivered_is_known_over_interruptions() {
    let simulation = Simulation::new(1);
    simulation.run(async {
        let pair = connect(&simulation).await;
        pair.client.send(message("one"));
        assert_eq!(pair.client.delivered().await, Ok(()));
        pair.connection.lose();
        pair.client.send(message("two"));
        let client = &pair.server.clients()[0];
        client.send(message("three"));
        let (to_server, to_client) = futures::join!(pair.client.delivered(), client.delivered());
        assert_eq!((to_server, to_client), (Ok(()), Ok(())));
        pair.stop().await;
        assert!(pair.client.delivered().await.is_err());
    });
}

#[test]
fn a_client_that_reconnects_keeps_its_session() {
    let simulation = Simulation::new(1);
    simulation.run(async {
        let mut pair = connect(&simulation).await;
        exchange(&pair, 0..3);
        pair.client.reconnect();
        exchange(&pair, 3..6);
        for events in [&mut pair.client_events, &mut pair.server_events] {
            let mut numbers = 0..6;
            let mut resumptions = 0;
            while resumptions == 0 || !numbers.is_empty() {
                match events.next().await {
                    Event::Interrupted(_) => {}
                    Event::Resumed(_) => resumptions += 1,
                    event => assert_eq!(event, text(numbers.next().unwrap())),
                }
            }
        }
        assert_eq!(simulation.connections().len(), 2);
        // While it waits for the next attempt, too.
        simulation.set_host("room", Host::Unknown);
        simulation.connections()[1].cut();
        simulation.sleep(20 * SECOND).await;
        simulation.set_host("room", Host::Reachable);
        pair.client.reconnect();
        simulation.sleep(SECOND / 10).await;
        assert!(pair.client.is_connected());
        pair.stop().await;
    });
}

#[test]
fn a_failed_attempt_is_told_to_the_handler() {
    let simulation = Simulation::new(1);
    simulation.run(async {
        let mut pair = connect(&simulation).await;
        simulation.set_host("room", Host::Unknown);
        pair.connection.cut();
        assert!(is_interruption(&pair.client_events.next().await));
        for _ in 0..3 {
            let event = pair.client_events.next().await;
            assert!(matches!(event, Event::ConnectFailure(_)), "{event:?}");
        }
        simulation.set_host("room", Host::Reachable);
        pair.client_events.find(is_resumption).await;
        pair.stop().await;
    });
}

#[test]
fn a_handler_that_never_tries_again_ends_the_session() {
    struct GivesUp(Reporter);
    impl ChatClientHandler for GivesUp {
        async fn on_disconnected(&mut self, client: &ChatClient, reason: DisconnectReason) {
            self.0.on_disconnected(client, reason).await;
        }
        async fn on_connect_failure(
            &mut self,
            _: &ChatClient,
            _: &messi::ConnectError,
        ) -> messi::Retry {
            messi::Retry::Never
        }
    }
    let simulation = Simulation::new(1);
    simulation.run(async {
        let builder = ChatServer::builder(ROOM).sessions(Sessions::default());
        let (server, _server_events) = serve(builder.runtime(&simulation)).await;
        let (reporter, mut events) = reporter();
        let builder = ChatClient::builder(ROOM).session(Session::default());
        let client = builder
            .runtime(&simulation)
            .start(GivesUp(reporter))
            .unwrap();
        client.connected().await.unwrap();
        simulation.sleep(SECOND).await;
        simulation.set_host("room", Host::Unknown);
        simulation.connections()[0].cut();
        assert_eq!(events.next().await, STOPPED);
        client.stop().await;
        server.stop().await;
        assert_eq!((simulation.tasks(), simulation.sockets()), (0, 0));
    });
}
