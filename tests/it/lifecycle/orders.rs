//! `reconnect` and `retry_after`, in simulated time.

use std::future::pending;
use std::time::Duration;

use crate::common::chat::*;
use crate::common::*;
use messi::testing::{Clock, Host, Simulation};
use messi::{ClientBuilder, ClientState, ConnectError, DisconnectReason, Retry};

/// The delay of an attempt that is ordered at once.
const AT_ONCE: Duration = Duration::from_millis(10);

const MINUTE: Duration = Duration::from_secs(60);

const DISCONNECTED: Event = Event::Disconnected(DisconnectReason::Disconnected);

/// A client with a back-off that waits for an hour.
fn patient(simulation: &Simulation) -> ClientBuilder<Chat> {
    let builder = ChatClient::builder(ROOM).runtime(simulation);
    builder.reconnect_delay(HOUR, HOUR)
}

/// Waits for the next failed attempt, and returns its time.
async fn failed(simulation: &Simulation, events: &mut Events) -> Duration {
    assert!(matches!(events.next().await, Event::ConnectFailure(_)));
    simulation.elapsed()
}

#[test]
fn reconnect_ends_the_connection_and_makes_another_at_once() {
    let simulation = Simulation::new(1);
    simulation.run(async {
        let mut pair = Pair::connect_with(
            &simulation,
            ChatServer::builder(ROOM),
            ChatClient::builder(ROOM).reconnect_delay(HOUR, HOUR),
        )
        .await;
        pair.client.send(message("still written"));
        pair.client.reconnect();
        pair.client.send(message("lost"));
        let start = simulation.elapsed();
        assert_eq!(pair.client_events.next().await, DISCONNECTED);
        assert_eq!(pair.client_events.next().await, Event::Connected);
        assert_eq!(simulation.elapsed() - start, AT_ONCE);
        let written = Event::Message("still written".into());
        for expected in [written, CLOSED, Event::Connected] {
            assert_eq!(pair.server_events.next().await, expected);
        }
        pair.stop().await;
    });
}

#[test]
fn reconnect_ends_the_connection_at_once_although_its_callback_goes_on() {
    /// A handler with a callback that goes on for five seconds.
    struct Slow(Clock, Reporter);

    impl ChatClientHandler for Slow {
        async fn on_message_ind(&mut self, client: &ChatClient, _: MessageInd) {
            client.reconnect();
            self.0.sleep(5 * SECOND).await;
        }

        async fn on_disconnected(&mut self, _: &ChatClient, reason: DisconnectReason) {
            self.1.report(Event::Disconnected(reason));
        }
    }

    let simulation = Simulation::new(1);
    simulation.run(async {
        let builder = ChatServer::builder(ROOM).runtime(&simulation);
        let (server, mut server_events) = serve(builder).await;
        let (reporter, mut events) = reporter();
        let slow = Slow(simulation.clock(), reporter);
        let client = patient(&simulation).start(slow).unwrap();
        assert_eq!(server_events.next().await, Event::Connected);
        server.broadcast(message("reconnect!"));
        server.broadcast(message("not handled"));
        assert_eq!(server_events.next().await, CLOSED);
        assert_eq!(simulation.elapsed(), Duration::ZERO);
        assert_eq!(events.next().await, DISCONNECTED);
        assert_eq!(server_events.next().await, Event::Connected);
        assert_eq!(simulation.elapsed(), 5 * SECOND + AT_ONCE);
        client.stop().await;
        server.stop().await;
    });
}

#[test]
fn reconnect_ends_the_wait_and_begins_the_back_off_anew() {
    let simulation = Simulation::new(1);
    simulation.run(async {
        let (client, mut events) = start_client(ChatClient::builder(ROOM).runtime(&simulation));
        for _ in 0..10 {
            failed(&simulation, &mut events).await;
        }
        // The next attempt would follow after thirty seconds.
        simulation.sleep(SECOND).await;
        let start = simulation.elapsed();
        client.reconnect();
        let first = failed(&simulation, &mut events).await;
        assert_eq!(first - start, AT_ONCE);
        let second = failed(&simulation, &mut events).await;
        assert!(second - first <= SECOND * 5 / 4, "{:?}", second - first);
        client.stop().await;
    });
}

#[test]
fn reconnect_during_an_attempt_is_for_the_next_one() {
    let simulation = Simulation::new(1);
    simulation.run(async {
        simulation.set_host("room", Host::BlackHole);
        let (client, mut events) = start_client(patient(&simulation));
        simulation.sleep(SECOND).await;
        assert_eq!(client.state(), ClientState::Connecting);
        client.reconnect();
        assert_eq!(failed(&simulation, &mut events).await, 5 * SECOND);
        let next = failed(&simulation, &mut events).await;
        assert_eq!(next, 5 * SECOND + AT_ONCE + 5 * SECOND);
        client.stop().await;
    });
}

#[test]
fn an_order_during_a_successful_attempt_is_not_kept_for_the_next_connection() {
    let simulation = Simulation::new(1);
    simulation.run(async {
        let orders: [fn(&ChatClient); 2] = [ChatClient::reconnect, |it| it.retry_after(MINUTE)];
        for order in orders {
            simulation.later_connections().set_delay(SECOND);
            let (server, _events) = serve(ChatServer::builder(ROOM).runtime(&simulation)).await;
            let (client, mut events) = start_client(patient(&simulation));
            simulation.sleep(SECOND).await;
            order(&client);
            assert_eq!(events.next().await, Event::Connected);
            simulation.connections().pop().unwrap().cut();
            assert_eq!(events.next().await, CLOSED);
            let next = simulation.timeout(HOUR - SECOND, events.next()).await;
            assert_eq!(next, None);
            client.stop().await;
            server.stop().await;
        }
    });
}

#[test]
fn reconnect_again_and_again_does_not_delay_the_attempt() {
    let simulation = Simulation::new(1);
    simulation.run(async {
        let (client, mut events) = start_client(patient(&simulation));
        failed(&simulation, &mut events).await;
        let order = async {
            loop {
                client.reconnect();
                simulation.sleep(AT_ONCE / 2).await;
            }
        };
        let attempts = async {
            for _ in 0..100 {
                failed(&simulation, &mut events).await;
            }
        };
        let start = simulation.elapsed();
        futures::future::select(Box::pin(order), Box::pin(attempts)).await;
        // No more than a hundred in a second, and not much less.
        let took = simulation.elapsed() - start;
        assert!((SECOND..2 * SECOND).contains(&took), "{took:?}");
        client.stop().await;
    });
}

#[test]
fn retry_after_delays_the_attempt_that_follows_the_connection_and_only_that() {
    let simulation = Simulation::new(1);
    simulation.run(async {
        let mut pair = Pair::connect(&simulation).await;
        pair.client.retry_after(MINUTE);
        simulation.sleep(HOUR).await;
        assert!(pair.client.is_connected());
        pair.server.clients()[0].disconnect();
        assert_eq!(pair.client_events.next().await, CLOSED);
        let start = simulation.elapsed();
        assert_eq!(pair.client_events.next().await, Event::Connected);
        assert_eq!(simulation.elapsed() - start, MINUTE);
        simulation.connections()[1].cut();
        assert_eq!(pair.client_events.next().await, CLOSED);
        assert_eq!(pair.client_events.next().await, Event::Connected);
        assert!(simulation.elapsed() - start < MINUTE + 4 * SECOND);
        pair.stop().await;
    });
}

#[test]
fn retry_after_begins_the_wait_anew() {
    let simulation = Simulation::new(1);
    simulation.run(async {
        let (client, mut events) = start_client(patient(&simulation));
        failed(&simulation, &mut events).await;
        simulation.sleep(SECOND).await;
        client.retry_after(2 * MINUTE);
        simulation.sleep(SECOND).await;
        client.retry_after(MINUTE);
        let next = failed(&simulation, &mut events).await;
        assert_eq!(next, MINUTE + 2 * SECOND);
        client.retry_after(Duration::MAX);
        simulation.sleep(24 * HOUR).await;
        assert_eq!(client.state(), ClientState::Waiting);
        client.retry_after(Duration::ZERO);
        let start = simulation.elapsed();
        assert_eq!(failed(&simulation, &mut events).await - start, AT_ONCE);
        client.stop().await;
    });
}

#[test]
fn retry_after_during_an_attempt_replaces_the_delay_that_the_handler_returns() {
    /// A handler that sets a delay in both ways.
    struct Both(Reporter, Retry);

    impl ChatClientHandler for Both {
        async fn on_connect_failure(&mut self, client: &ChatClient, error: &ConnectError) -> Retry {
            self.0.report(Event::ConnectFailure(error.clone()));
            client.retry_after(MINUTE);
            self.1
        }
    }

    let simulation = Simulation::new(1);
    simulation.run(async {
        for retry in [Retry::Backoff, Retry::After(SECOND)] {
            let (reporter, mut events) = reporter();
            let client = patient(&simulation).start(Both(reporter, retry)).unwrap();
            let first = failed(&simulation, &mut events).await;
            let second = failed(&simulation, &mut events).await;
            assert_eq!(second - first, MINUTE);
            client.stop().await;
        }
        let (reporter, mut events) = reporter();
        let client = patient(&simulation);
        let client = client.start(Both(reporter, Retry::Never)).unwrap();
        failed(&simulation, &mut events).await;
        assert!(client.connected().await.is_err());
        assert_eq!(client.state(), ClientState::Stopped);
    });
}

#[test]
fn orders_to_a_stopped_client_have_no_effect() {
    let simulation = Simulation::new(1);
    simulation.run(async {
        let (client, events) = start_client(patient(&simulation));
        client.stop().await;
        client.reconnect();
        client.retry_after(Duration::ZERO);
        assert_eq!(simulation.timeout(HOUR, pending::<()>()).await, None);
        assert_eq!(client.state(), ClientState::Stopped);
        assert!(events.rest().await.len() <= 1);
        assert_eq!(simulation.tasks(), 0);
    });
}
