//! The behaviour of a link with servers of NATS.

use futures::FutureExt;
use messi_nats::Nats;

use crate::engines::nats::start_with_settings;
use crate::engines::{Program, Server};
use crate::suite::parties::{
    connect, publish, receive, receive_all, send, subscribe, text, unsubscribe,
};
use crate::suite::{Scenario, cluster, scenarios};

pub(crate) const ALL: &[Scenario] = scenarios![
    a_refused_order_is_an_error,
    a_message_beyond_the_limit_of_the_server_is_an_error,
    a_cluster_goes_on_after_a_message_beyond_the_limit,
    a_server_may_take_larger_messages,
    a_channel_that_is_subscribed_twice_is_received_once,
];

async fn a_refused_order_is_an_error(program: Program) {
    let allowed = r#"["messi.messi:a", "messi.sync.>"]"#;
    let settings = format!(
        r#"authorization {{ users = [{{
            user: node, password: secret, permissions: {{ publish: {allowed}, subscribe: {allowed} }}
        }}] }}"#
    );
    let server = start_with_settings(&program, &settings);
    let engine = Nats::connect(format!("nats://node:secret@127.0.0.1:{}", server.port()));
    for order in [subscribe("other"), publish("other", "x")] {
        let mut link = connect(&engine).await;
        let orders = vec![subscribe("messi:a"), publish("messi:a", "x"), order.clone()];
        let error = text(link.sender.send(orders).await.expect_err("a refusal"));
        assert!(
            error.contains("Permissions Violation"),
            "{order:?}: {error}"
        );
        assert!(error.contains("messi.other"), "{order:?}: {error}");
        // The message that has come before is received.
        let (received, error) = receive_all(&mut link.receiver).await;
        assert_eq!(received, [b"x"]);
        assert!(
            error.contains("Permissions Violation"),
            "{order:?}: {error}"
        );
    }
}

async fn a_message_beyond_the_limit_of_the_server_is_an_error(program: Program) {
    let server = start_with_settings(&program, "max_payload: 1000");
    let mut link = connect(&server.engine()).await;
    send(&mut link, [subscribe("a"), publish("a", vec![1; 1000])]).await;
    let sent = link.sender.send(vec![publish("a", vec![2; 1001])]).await;
    let error = text(sent.expect_err("a refusal"));
    assert!(
        error.contains("takes no message of 1001 bytes: its `max_payload` is 1000 bytes"),
        "{error}"
    );
    // It does not reach the server, which would close the connection.
    send(&mut link, [publish("a", vec![3; 1000])]).await;
    let received = receive(&mut link.receiver, 2).await;
    let first = received.iter().map(|(_, payload)| payload[0]);
    assert!(first.eq([1, 3]));
}

async fn a_cluster_goes_on_after_a_message_beyond_the_limit(program: Program) {
    let server = start_with_settings(&program, "max_payload: 4096");
    let [mut one, mut two] = cluster::start(&server).await;
    let large = "x".repeat(5_000);
    one.server.broadcast(cluster::message(&large));
    one.find(&large).await;
    // The others learn that it is missing.
    two.until(|node| node.server.stats().cluster.lost == 1)
        .await;
    one.server.broadcast(cluster::message("again"));
    two.find("again").await;
    for node in [one, two] {
        node.stop().await;
    }
}

async fn a_server_may_take_larger_messages(program: Program) {
    let server = start_with_settings(&program, "max_payload: 8MB");
    let mut link = connect(&server.engine()).await;
    let large = vec![7; 8 << 20];
    send(&mut link, [subscribe("a"), publish("a", &*large)]).await;
    let received = receive(&mut link.receiver, 1).await;
    assert!(received == [("a".to_owned(), large)]);
}

async fn a_channel_that_is_subscribed_twice_is_received_once(program: Program) {
    let server = Server::start(&program);
    let mut link = connect(&server.engine()).await;
    let orders = [
        subscribe("a"),
        subscribe("a"),
        publish("a", "1"),
        unsubscribe("a"),
        publish("a", "2"),
        subscribe("b"),
        publish("b", "3"),
    ];
    send(&mut link, orders).await;
    let received = receive(&mut link.receiver, 2).await;
    let expected = [("a", "1"), ("b", "3")].map(|(it, text)| (it.to_owned(), text.into()));
    assert_eq!(received, expected);
}
