//! Statistics as text in the format OpenMetrics.

use std::collections::BTreeSet;

use crate::common::chat::*;
use crate::common::*;
use messi::OpenMetrics;
use messi::testing::Simulation;

/// Returns the lines of a text that are samples.
fn samples(text: &str) -> Vec<&str> {
    let lines = text.lines();
    lines.filter(|line| !line.starts_with('#')).collect()
}

/// Checks the rules of the format that do not depend on the values.
fn assert_is_well_formed(text: &str) {
    let body = text.strip_suffix("# EOF\n").expect("the end");
    assert!(!body.contains("# EOF"));
    let mut families = BTreeSet::new();
    let mut seen = BTreeSet::new();
    for family in body.split("# TYPE ").skip(1) {
        let mut lines = family.lines();
        let (name, kind) = lines.next().unwrap().split_once(' ').unwrap();
        assert!(families.insert(name), "{name} is there twice");
        let mut next = lines.next().unwrap();
        let unit = ["bytes", "seconds"].iter().find(|it| name.ends_with(*it));
        if let Some(unit) = unit {
            assert_eq!(next, format!("# UNIT {name} {unit}"));
            next = lines.next().unwrap();
        }
        assert!(next.starts_with(&format!("# HELP {name} ")), "{next}");
        let suffix = if kind == "counter" { "_total" } else { "" };
        let mut count = 0;
        for line in lines {
            let (sample, value) = line.rsplit_once(' ').unwrap();
            let sample_name = sample.split('{').next().unwrap();
            assert_eq!(sample_name, format!("{name}{suffix}"));
            assert!(value.parse::<f64>().is_ok(), "{line}");
            assert!(seen.insert(sample), "{sample} is there twice");
            count += 1;
        }
        assert!(count > 0, "{name} has no sample");
    }
}

#[test]
fn the_statistics_of_a_server_and_a_client_are_written() {
    let simulation = Simulation::new(1);
    simulation.later_connections().set_delay(SECOND / 4);
    simulation.run(async {
        let Pair { client, server, .. } = &Pair::connect(&simulation).await;
        client.send(message("a"));
        simulation.sleep(3 * SECOND).await;
        let text = server.stats().openmetrics();
        assert_is_well_formed(&text);
        for line in [
            "messi_clients 1",
            "messi_open_connections 1",
            "messi_received_messages_total 1",
            "messi_lost_messages_total{cause=\"queue_full\"} 0",
        ] {
            assert!(samples(&text).contains(&line), "{line} is not in {text}");
        }
        let text = client.stats().openmetrics();
        assert_is_well_formed(&text);
        for line in [
            "messi_open_connections 1",
            "messi_sent_messages_total 1",
            "messi_last_round_trip_seconds 0.5",
        ] {
            assert!(samples(&text).contains(&line), "{line} is not in {text}");
        }
        assert!(!text.contains("messi_clients"), "of a server only");
        client.stop().await;
        server.stop().await;
        let text = client.stats().openmetrics();
        assert!(samples(&text).contains(&"messi_open_connections 0"));
    });
}

#[test]
fn several_servers_and_clients_are_told_apart_by_labels() {
    let simulation = Simulation::new(1);
    simulation.run(async {
        let pair = Pair::connect(&simulation).await;
        let hall = ChatServer::builder("tcp://hall:2").runtime(&simulation);
        let (hall, _events) = serve(hall).await;
        pair.client.send(message("a"));
        simulation.sleep(SECOND).await;
        let text = OpenMetrics::new()
            .server(&pair.server)
            .server(&hall)
            .client(&pair.client)
            .to_string();
        assert_is_well_formed(&text);
        let samples = samples(&text);
        for line in [
            r#"messi_clients{protocol="chat",side="server",uri="tcp://hall:2"} 0"#,
            r#"messi_clients{protocol="chat",side="server",uri="tcp://room:1"} 1"#,
            r#"messi_sent_messages_total{protocol="chat",side="client",uri="tcp://room:1"} 1"#,
            r#"messi_lost_messages_total{protocol="chat",side="client",uri="tcp://room:1",cause="unsent"} 0"#,
        ] {
            assert!(samples.contains(&line), "{line} is not in {text}");
        }
        pair.stop().await;
        hall.stop().await;
    });
}

#[test]
fn clients_with_the_same_labels_are_added_up() {
    let simulation = Simulation::new(1);
    simulation.later_connections().set_delay(SECOND / 4);
    simulation.run(async {
        let pair = Pair::connect(&simulation).await;
        simulation.later_connections().set_delay(SECOND / 2);
        let (other, _events) = start_client(ChatClient::builder(ROOM).runtime(&simulation));
        other.connected().await.unwrap();
        pair.client.send(message("a"));
        other.send(message("b"));
        simulation.sleep(4 * SECOND).await;
        let text = OpenMetrics::new().client(&pair.client).client(&other);
        let text = text.to_string();
        assert_is_well_formed(&text);
        let labels = r#"{protocol="chat",side="client",uri="tcp://room:1"}"#;
        for (name, value) in [
            ("messi_open_connections", "2"),
            ("messi_sent_messages_total", "2"),
            // Not a sum, but the longer one.
            ("messi_last_round_trip_seconds", "1"),
        ] {
            let line = format!("{name}{labels} {value}");
            assert!(samples(&text).contains(&&*line), "{line} is not in {text}");
        }
        other.stop().await;
        pair.stop().await;
    });
}

#[test]
fn without_a_server_or_client_the_text_has_only_its_end() {
    assert_eq!(OpenMetrics::new().to_string(), "# EOF\n");
}

#[cfg(unix)]
#[test]
fn labels_are_escaped() {
    let simulation = Simulation::new(1);
    simulation.run(async {
        let builder = ChatClient::builder(r#"unix:///a "quoted" \ path"#);
        let (client, _events) = start_client(builder.runtime(&simulation));
        let text = OpenMetrics::new().client(&client).to_string();
        assert_is_well_formed(&text);
        let label = r#"uri="unix:///a \"quoted\" \\ path"}"#;
        assert!(text.contains(label), "{text}");
        client.stop().await;
    });
}
