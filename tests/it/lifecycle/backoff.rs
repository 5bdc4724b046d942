//! Delays between attempts to connect, and the order of several servers, in simulated time.

use std::time::{Duration, Instant};

use crate::common::chat::*;
use crate::common::*;
use futures::StreamExt;
use futures::channel::mpsc::{UnboundedReceiver, UnboundedSender, unbounded};
use messi::testing::{Clock, Host, Simulation};
use messi::{ClientState, ConnectError, DisconnectReason, Retry};

/// A handler that reports the time and the error of each failed attempt, and decides when to retry.
struct Ui {
    clock: Clock,
    start: Instant,
    failures: UnboundedSender<(Duration, ConnectError)>,
    retry: Retry,
}

impl ChatClientHandler for Ui {
    async fn on_connect_failure(&mut self, _: &ChatClient, error: &ConnectError) -> Retry {
        let failure = (self.clock.now() - self.start, error.clone());
        let _ = self.failures.unbounded_send(failure);
        self.retry
    }
}

type Failures = UnboundedReceiver<(Duration, ConnectError)>;

fn ui(simulation: &Simulation, retry: Retry) -> (Ui, Failures) {
    let (failures, receiver) = unbounded();
    let clock = simulation.clock();
    let ui = Ui {
        start: clock.now(),
        clock,
        failures,
        retry,
    };
    (ui, receiver)
}

fn start(simulation: &Simulation, retry: Retry) -> (ChatClient, Failures) {
    let (ui, failures) = ui(simulation, retry);
    let client = ChatClient::builder(ROOM)
        .runtime(simulation)
        .start(ui)
        .unwrap();
    (client, failures)
}

async fn next(failures: &mut Failures) -> (Duration, ConnectError) {
    within("a failure", failures.next()).await.unwrap()
}

/// Returns the times between the next failures.
async fn pauses(failures: &mut Failures, count: usize) -> Vec<Duration> {
    let mut pauses = Vec::new();
    let (mut last, _) = next(failures).await;
    for _ in 0..count {
        let (time, _) = next(failures).await;
        pauses.push(time - last);
        last = time;
    }
    pauses
}

/// Checks that each pause takes the given seconds, and at most a quarter more.
#[track_caller]
fn assert_pauses(pauses: &[Duration], seconds: &[u32]) {
    assert_eq!(pauses.len(), seconds.len());
    for (&pause, &seconds) in pauses.iter().zip(seconds) {
        let floor = seconds * SECOND;
        assert!(
            (floor..=floor + floor / 4).contains(&pause),
            "{pauses:?} is not about {seconds:?}"
        );
    }
}

#[test]
fn the_delay_doubles_from_one_second_to_thirty() {
    let simulation = Simulation::new(1);
    simulation.run(async {
        let (_client, mut failures) = start(&simulation, Retry::Backoff);
        let pauses = pauses(&mut failures, 7).await;
        assert_pauses(&pauses, &[1, 2, 4, 8, 16, 30, 30]);
    });
}

#[test]
fn clients_that_are_disconnected_together_reconnect_at_different_times() {
    let simulation = Simulation::new(1);
    simulation.run(async {
        let mut clients: Vec<_> = (0..10)
            .map(|_| start(&simulation, Retry::Backoff))
            .collect();
        let mut times = Vec::new();
        for (_, failures) in &mut clients {
            times.extend(pauses(failures, 1).await);
        }
        times.sort();
        times.dedup();
        assert_eq!(times.len(), 10);
    });
}

#[test]
fn an_attempt_without_a_reply_fails_after_five_seconds() {
    let simulation = Simulation::new(1);
    simulation.run(async {
        simulation.set_host("room", Host::BlackHole);
        let (client, mut failures) = start(&simulation, Retry::After(SECOND));
        let limit = 5 * SECOND;
        let timeout = ConnectError::Timeout { limit };
        assert_eq!(next(&mut failures).await, (limit, timeout.clone()));
        assert_eq!(client.state(), ClientState::Waiting);
        assert_eq!(next(&mut failures).await, (2 * limit + SECOND, timeout));
    });
}

#[test]
fn a_host_name_is_resolved_at_each_attempt() {
    let simulation = Simulation::new(1);
    simulation.run(async {
        simulation.set_host("room", Host::Unknown);
        let (client, mut failures) = start(&simulation, Retry::Backoff);
        let (_, error) = next(&mut failures).await;
        assert!(matches!(error, ConnectError::Resolve { host, .. } if host == "room"));
        simulation.set_host("room", Host::Reachable);
        let (_server, _events) = serve(ChatServer::builder(ROOM).runtime(&simulation)).await;
        client.connected().await.unwrap();
        assert!(simulation.elapsed() < 2 * SECOND);
    });
}

#[test]
fn the_handler_decides_the_delay_or_stops_the_client() {
    let simulation = Simulation::new(1);
    simulation.run(async {
        let delay = 7 * SECOND;
        let (_client, mut failures) = start(&simulation, Retry::After(delay));
        assert_eq!(pauses(&mut failures, 3).await, [delay, delay, delay]);
        let (client, mut failures) = start(&simulation, Retry::Never);
        next(&mut failures).await;
        assert_eq!(failures.next().await, None);
        assert_eq!(client.state(), ClientState::Stopped);
    });
}

#[test]
fn servers_are_tried_in_turn_and_the_delay_grows_once_per_round() {
    let simulation = Simulation::new(1);
    simulation.run(async {
        let (ui, mut failures) = ui(&simulation, Retry::Backoff);
        let _client = ChatClient::builder("tcp://one:1")
            .alternative_uri("tcp://two:2")
            .alternative_uri("tcp://three:3")
            .runtime(&simulation)
            .start(ui)
            .unwrap();
        let mut ports = Vec::new();
        let mut times = Vec::new();
        for _ in 0..8 {
            let (time, error) = next(&mut failures).await;
            let ConnectError::Io { address, .. } = error else {
                panic!("{error}");
            };
            ports.push(address.port().unwrap());
            times.push(time);
        }
        assert_eq!(ports, [1, 2, 3, 1, 2, 3, 1, 2]);
        let pauses: Vec<_> = times.windows(2).map(|pair| pair[1] - pair[0]).collect();
        assert_pauses(&pauses, &[1, 1, 1, 2, 2, 2, 4]);
    });
}

/// Cuts five connections of a client, each after the given time, and returns the delay of each
/// reconnect.
fn reconnect_delays(lasting: Duration) -> Vec<Duration> {
    let simulation = Simulation::new(1);
    simulation.run(async {
        let (_server, _events) = serve(ChatServer::builder(ROOM).runtime(&simulation)).await;
        let (_client, mut events) = start_client(ChatClient::builder(ROOM).runtime(&simulation));
        let mut delays = Vec::new();
        assert_eq!(events.next().await, Event::Connected);
        for _ in 0..5 {
            simulation.sleep(lasting).await;
            let start = simulation.elapsed();
            simulation.connections().last().unwrap().cut();
            let closed = Event::Disconnected(DisconnectReason::ConnectionClosed);
            assert_eq!(events.next().await, closed);
            assert_eq!(events.next().await, Event::Connected);
            delays.push(simulation.elapsed() - start);
        }
        delays
    })
}

#[test]
fn the_delay_is_reset_by_a_pong_and_not_by_the_connection_alone() {
    // The first ping and its pong are sent after 2 s.
    let without = reconnect_delays(2 * SECOND - Duration::from_millis(1));
    assert_pauses(&without, &[1, 2, 4, 8, 16]);
    let with = reconnect_delays(2 * SECOND + Duration::from_millis(1));
    assert_pauses(&with, &[1, 1, 1, 1, 1]);
}
