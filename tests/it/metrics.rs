//! The feature `metrics`: the values that a recorder of the facade of that name gets.
//!
//! A recorder is of one thread, and a simulation too: so these tests need no process of their own.

use crate::common::chat::*;
use crate::common::meter::Meter;
use crate::common::*;
use futures::Future;
use messi::OpenMetrics;
use messi::testing::Simulation;
use metrics::{Unit, with_local_recorder};

/// Runs a test in a simulation of this thread, with clients and servers that report to the recorder.
fn run_with<F: Future>(meter: &Meter, simulation: &Simulation, test: F) -> F::Output {
    with_local_recorder(meter, || simulation.run(test))
}

/// Returns a sample of clients.
fn of_client(name: &str, value: impl std::fmt::Display) -> String {
    format!("{name}{{protocol=\"chat\",side=\"client\",uri=\"tcp://room:1\"}} {value}")
}

#[test]
fn the_recorder_has_the_values_of_the_text() {
    let (meter, simulation) = (Meter::default(), Simulation::new(1));
    run_with(&meter, &simulation, async {
        let pair = Pair::connect(&simulation).await;
        for text in ["a", "b", "c"] {
            pair.client.send(message(text));
        }
        pair.client
            .connect_req(ConnectReq::default())
            .await
            .unwrap();
        // Between two reports, and between two pings.
        simulation.sleep(SECOND * 7 / 2).await;
        let text = OpenMetrics::new().server(&pair.server).client(&pair.client);
        let text = text.to_string();
        // Of several clients with the same labels, these would have no sum.
        let is_text_only = |line: &&str| {
            line.starts_with("messi_peak_queued_bytes") || line.starts_with("messi_last_round_trip")
        };
        let mut expected: Vec<_> = text.lines().filter(|line| !line.starts_with('#')).collect();
        expected.retain(|line| !is_text_only(line));
        expected.sort_unstable();
        let mut recorded = meter.samples();
        recorded.sort_unstable();
        assert!(expected.len() > 40, "{expected:#?}");
        assert_eq!(recorded, expected);
        pair.stop().await;
    });
}

#[test]
fn values_are_reported_once_a_second() {
    let (meter, simulation) = (Meter::default(), Simulation::new(1));
    run_with(&meter, &simulation, async {
        let pair = Pair::connect(&simulation).await;
        pair.client.send(message("a"));
        assert!(meter.has(&of_client("messi_sent_messages_total", 0)));
        simulation.sleep(SECOND - SECOND / 100).await;
        assert!(meter.has(&of_client("messi_sent_messages_total", 0)));
        simulation.sleep(SECOND / 50).await;
        assert!(meter.has(&of_client("messi_sent_messages_total", 1)));
        pair.stop().await;
    });
}

#[test]
fn after_a_stop_counters_are_complete_and_gauges_are_empty() {
    let (meter, simulation) = (Meter::default(), Simulation::new(1));
    run_with(&meter, &simulation, async {
        let pair = Pair::connect(&simulation).await;
        simulation.sleep(SECOND * 3 / 2).await;
        assert!(meter.has(&of_client("messi_open_connections", 1)));
        pair.client.send(message("a"));
        pair.client.stop().await;
        assert!(meter.has(&of_client("messi_open_connections", 0)));
        assert!(meter.has(&of_client("messi_sent_messages_total", 1)));
        pair.server.stop().await;
        let received =
            r#"messi_received_messages_total{protocol="chat",side="server",uri="tcp://room:1"} 1"#;
        assert!(meter.has(received), "{:#?}", meter.samples());
    });
    assert_eq!(simulation.tasks(), 0);
}

#[test]
fn after_a_drain_counters_are_complete() {
    let (meter, simulation) = (Meter::default(), Simulation::new(1));
    run_with(&meter, &simulation, async {
        let pair = Pair::connect(&simulation).await;
        pair.client.send(message("a"));
        pair.client.drain(SECOND).await;
        assert!(meter.has(&of_client("messi_sent_messages_total", 1)));
        pair.server.drain(SECOND).await;
        assert!(meter.has(
            r#"messi_received_messages_total{protocol="chat",side="server",uri="tcp://room:1"} 1"#
        ));
    });
    assert_eq!(simulation.tasks(), 0);
}

#[test]
fn clients_with_the_same_labels_are_added_up() {
    let (meter, simulation) = (Meter::default(), Simulation::new(1));
    run_with(&meter, &simulation, async {
        let pair = Pair::connect(&simulation).await;
        pair.client.send(message("a"));
        let (other, _events) = start_client(ChatClient::builder(ROOM).runtime(&simulation));
        other.connected().await.unwrap();
        other.send(message("b"));
        simulation.sleep(2 * SECOND).await;
        assert!(meter.has(&of_client("messi_open_connections", 2)));
        assert!(meter.has(&of_client("messi_sent_messages_total", 2)));
        other.stop().await;
        simulation.sleep(2 * SECOND).await;
        // The other one leaves the gauge, and its messages have been sent.
        assert!(meter.has(&of_client("messi_open_connections", 1)));
        assert!(meter.has(&of_client("messi_sent_messages_total", 2)));
        pair.stop().await;
    });
}

#[test]
fn a_client_that_is_dropped_with_its_simulation_leaves_the_gauges() {
    let (meter, simulation) = (Meter::default(), Simulation::new(1));
    let pair = run_with(&meter, &simulation, async {
        let pair = Pair::connect(&simulation).await;
        simulation.sleep(2 * SECOND).await;
        pair
    });
    assert!(meter.has(&of_client("messi_open_connections", 1)));
    drop(simulation);
    assert!(meter.has(&of_client("messi_open_connections", 0)));
    drop(pair);
}

/// A handler that takes its time.
struct Slow;

impl ChatServerHandler for Slow {
    async fn on_message_ind(&mut self, client: &ChatServerClient, message: MessageInd) {
        client.clock().sleep(SECOND / 4).await;
        client.send(message);
    }
}

#[test]
fn the_time_of_a_method_is_measured_for_some_messages() {
    let (meter, simulation) = (Meter::default(), Simulation::new(1));
    let handler = |side: &str, message: &str| {
        format!(
            r#"messi_handler_seconds{{protocol="chat",side="{side}",uri="tcp://room:1",message="{message}"}}"#
        )
    };
    run_with(&meter, &simulation, async {
        let server = ChatServer::builder(ROOM).runtime(&simulation);
        let server = server.start(|_| Slow).await.unwrap();
        let (client, mut events) = start_client(ChatClient::builder(ROOM).runtime(&simulation));
        client.connected().await.unwrap();
        for number in 0..2_000 {
            client.send(message(number.to_string()));
        }
        events.find(|it| *it == Event::Message("1999".into())).await;
        client.stop().await;
        server.stop().await;
    });
    let times = meter.values(&handler("server", "message_ind"));
    // One of 64, by chance.
    assert!((15..60).contains(&times.len()), "{times:?}");
    assert!(times.iter().all(|it| *it == 0.25), "{times:?}");
    let times = meter.values(&handler("client", "message_ind"));
    assert!((15..60).contains(&times.len()), "{times:?}");
    assert!(times.iter().all(|it| *it == 0.0), "{times:?}");
    assert_eq!(
        meter.values(&handler("server", "connect_req")),
        Vec::<f64>::new()
    );
    assert_eq!(meter.unit("messi_handler_seconds"), Some(Unit::Seconds));
}

#[test]
fn each_round_trip_of_a_ping_is_recorded_once() {
    let (meter, simulation) = (Meter::default(), Simulation::new(1));
    simulation.later_connections().set_delay(SECOND / 8);
    run_with(&meter, &simulation, async {
        let pair = Pair::connect(&simulation).await;
        // Other messages must not record the last round trip again.
        for _ in 0..10 {
            pair.server.broadcast(message("a"));
            simulation.sleep(SECOND).await;
        }
        pair.stop().await;
    });
    let labels = r#"{protocol="chat",side="client",uri="tcp://room:1"}"#;
    let times = meter.values(&format!("messi_round_trip_seconds{labels}"));
    // Pings after 2, 4, 6 and 8 s have their pong; the connection is some moments older than the ten sleeps.
    assert_eq!(times, [0.25; 4]);
}

#[test]
fn units_are_described() {
    let (meter, simulation) = (Meter::default(), Simulation::new(1));
    run_with(&meter, &simulation, async {
        let (client, _events) = start_client(ChatClient::builder(ROOM).runtime(&simulation));
        client.stop().await;
    });
    assert_eq!(meter.unit("messi_sent_bytes_total"), Some(Unit::Bytes));
    assert_eq!(meter.unit("messi_connections_total"), Some(Unit::Count));
    assert_eq!(meter.unit("messi_round_trip_seconds"), Some(Unit::Seconds));
}
