//! Delays between attempts to connect, and the order of several servers, in simulated time.

use std::time::{Duration, Instant};

use crate::common::chat::*;
use crate::common::*;
use futures::StreamExt;
use futures::channel::mpsc::{UnboundedReceiver, UnboundedSender, unbounded};
use messi::testing::{Clock, Host, Simulation};
use messi::{ClientBuilder, ClientState, ConnectError, Reply, Retry};

const MOMENT: Duration = Duration::from_millis(1);

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
fn reconnect_delays(builder: ClientBuilder<Chat>, lasting: Duration) -> Vec<Duration> {
    let simulation = Simulation::new(1);
    simulation.run(async {
        let (_server, _events) = serve(ChatServer::builder(ROOM).runtime(&simulation)).await;
        let (_client, mut events) = start_client(builder.runtime(&simulation));
        let mut delays = Vec::new();
        assert_eq!(events.next().await, Event::Connected);
        for _ in 0..5 {
            simulation.sleep(lasting).await;
            let start = simulation.elapsed();
            simulation.connections().last().unwrap().cut();
            assert_eq!(events.next().await, CLOSED);
            assert_eq!(events.next().await, Event::Connected);
            delays.push(simulation.elapsed() - start);
        }
        delays
    })
}

#[test]
fn the_delay_falls_back_after_ten_seconds_of_service() {
    let client = || ChatClient::builder(ROOM);
    let short = reconnect_delays(client(), 10 * SECOND - MOMENT);
    assert_pauses(&short, &[1, 2, 4, 8, 16]);
    let stable = reconnect_delays(client(), 10 * SECOND);
    assert_pauses(&stable, &[1, 1, 1, 1, 1]);
    let five = || client().stable_after(5 * SECOND);
    let short = reconnect_delays(five(), 5 * SECOND - MOMENT);
    assert_pauses(&short, &[1, 2, 4, 8, 16]);
    let stable = reconnect_delays(five(), 5 * SECOND);
    assert_pauses(&stable, &[1, 1, 1, 1, 1]);
}

#[test]
fn a_connection_without_a_sign_of_life_is_not_stable() {
    let client = || ChatClient::builder(ROOM).stable_after(Duration::ZERO);
    // The first ping and its pong are sent after 2 s.
    let without = reconnect_delays(client(), 2 * SECOND - MOMENT);
    assert_pauses(&without, &[1, 2, 4, 8, 16]);
    let with = reconnect_delays(client(), 2 * SECOND + MOMENT);
    assert_pauses(&with, &[1, 1, 1, 1, 1]);
}

#[test]
fn a_client_that_the_application_refuses_connects_at_most_sixty_times_in_a_thousand_seconds() {
    /// A handler that lets no client log in.
    struct Refusing;

    impl ChatServerHandler for Refusing {
        async fn on_connect_req(
            &mut self,
            client: &ChatServerClient,
            _: ConnectReq,
            _: Reply<ConnectRsp>,
        ) {
            client.send(message("you may not log in"));
            client.disconnect();
        }
    }

    /// A handler that logs in.
    struct Device;

    impl ChatClientHandler for Device {
        async fn on_connected(&mut self, client: &ChatClient) {
            client.send(ConnectReq {
                user: "Erik".into(),
            });
        }
    }

    let simulation = Simulation::new(1);
    simulation.run(async {
        let server = ChatServer::builder(ROOM).runtime(&simulation);
        let server = server.start(|_| Refusing).await.unwrap();
        let client = ChatClient::builder(ROOM).runtime(&simulation);
        let client = client.start(Device).unwrap();
        simulation.sleep(1_000 * SECOND).await;
        let connections = simulation.connections().len();
        assert!((25..=60).contains(&connections), "{connections}");
        client.stop().await;
        server.stop().await;
    });
}

/// A client of the servers `one`, `two` and `three`, with reports of its connections.
struct Fleet<'a> {
    simulation: &'a Simulation,
    servers: Vec<ChatServer>,
    client: ChatClient,
    events: Events,
}

impl<'a> Fleet<'a> {
    async fn start(simulation: &'a Simulation) -> Self {
        let uris = ["tcp://one:1", "tcp://two:2", "tcp://three:3"];
        let mut servers = Vec::new();
        for uri in uris {
            let (server, _events) = serve(ChatServer::builder(uri).runtime(simulation)).await;
            servers.push(server);
        }
        let (client, events) = start_client(
            ChatClient::builder(uris[0])
                .alternative_uri(uris[1])
                .alternative_uri(uris[2])
                .runtime(simulation),
        );
        Self {
            simulation,
            servers,
            client,
            events,
        }
    }

    /// Waits for the next connection, and returns the number of its server.
    async fn connected(&mut self) -> u16 {
        self.events.find(|event| *event == Event::Connected).await;
        let last = self.simulation.connections().pop().unwrap();
        last.server_addr().port()
    }

    /// Cuts the connection after a time, and returns the number of the server that the next one is to.
    async fn reconnected_after(&mut self, time: Duration) -> u16 {
        self.simulation.sleep(time).await;
        self.simulation.connections().pop().unwrap().cut();
        self.connected().await
    }

    async fn stop(&self) {
        self.client.stop().await;
        for server in &self.servers {
            server.stop().await;
        }
    }
}

#[test]
fn after_a_stable_connection_the_first_server_is_preferred_again() {
    let simulation = Simulation::new(1);
    simulation.run(async {
        let mut fleet = Fleet::start(&simulation).await;
        assert_eq!(fleet.connected().await, 1);
        // A server with short connections is not tried again at once.
        assert_eq!(fleet.reconnected_after(SECOND).await, 2);
        assert_eq!(fleet.reconnected_after(60 * SECOND).await, 1);
        assert_eq!(fleet.reconnected_after(60 * SECOND).await, 1);
        simulation.set_host("one", Host::BlackHole);
        assert_eq!(fleet.reconnected_after(60 * SECOND).await, 2);
        assert_eq!(fleet.reconnected_after(60 * SECOND).await, 2);
        simulation.set_host("one", Host::Reachable);
        assert_eq!(fleet.reconnected_after(SECOND).await, 3);
        assert_eq!(fleet.reconnected_after(SECOND).await, 1);
        fleet.stop().await;
    });
}

#[test]
fn a_stable_connection_to_another_server_goes_on_until_reconnect_ends_it() {
    let simulation = Simulation::new(1);
    simulation.run(async {
        simulation.set_host("one", Host::BlackHole);
        let mut fleet = Fleet::start(&simulation).await;
        assert_eq!(fleet.connected().await, 2);
        simulation.set_host("one", Host::Reachable);
        simulation.sleep(HOUR).await;
        assert_eq!(simulation.connections().len(), 1);
        fleet.client.reconnect();
        assert_eq!(fleet.connected().await, 1);
        fleet.stop().await;
    });
}
