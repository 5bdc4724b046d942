//! Servers of messi that are a cluster over a stream.

use std::collections::HashMap;
use std::sync::{Arc, Mutex};
use std::time::Duration;

use futures::FutureExt;
use messi::cluster::Cluster;
use messi_redis::Redis;

use crate::commands::run;
use crate::engines::{Program, Server};
use crate::suite::cluster::{Node, message, start};
use crate::suite::{Scenario, scenarios};

pub(crate) const ALL: &[Scenario] = scenarios![
    a_killed_engine_that_keeps_its_data_loses_nothing,
    what_the_engine_has_removed_is_a_gap,
    nodes_share_the_settings_of_a_cluster,
];

const PERSISTENT: [&str; 4] = ["--appendonly", "yes", "--appendfsync", "always"];

/// The time between two messages of a node, as long as the engine is killed and started.
const PERIOD: Duration = Duration::from_millis(5);

async fn a_killed_engine_that_keeps_its_data_loses_nothing(program: Program) {
    let mut engine = Server::with(&program, &PERSISTENT);
    let mut nodes: [Node; 2] = start(&engine).await;
    let mut published = 0;
    for _ in 0..3 {
        publish(&nodes, &mut published, 50).await;
        engine.kill();
        publish(&nodes, &mut published, 50).await;
        engine.restart_with(&PERSISTENT);
        for node in &nodes {
            node.until(Node::is_up).await;
        }
    }
    for (number, node) in nodes.iter().enumerate() {
        node.server.broadcast(message(&format!("{number} end")));
    }
    for node in &mut nodes {
        let texts = receive(node).await;
        for sender in ["0", "1"] {
            let expected = (0..published).map(|it| it.to_string());
            assert!(
                texts[sender].iter().cloned().eq(expected),
                "of {sender}: {texts:?}"
            );
        }
        let stats = node.server.stats().cluster;
        assert_eq!((stats.lost, stats.dropped), (0, 0));
    }
    for node in nodes {
        node.stop().await;
    }
}

/// Broadcasts numbers on all nodes.
async fn publish(nodes: &[Node], published: &mut u32, count: u32) {
    for _ in 0..count {
        for (number, node) in nodes.iter().enumerate() {
            node.server
                .broadcast(message(&format!("{number} {published}")));
        }
        *published += 1;
        nodes[0].server.clock().sleep(PERIOD).await;
    }
}

/// Receives the texts of both nodes until their ends. Returns them by node.
async fn receive(node: &mut Node) -> HashMap<String, Vec<String>> {
    let mut texts: HashMap<_, Vec<_>> = HashMap::new();
    let mut ends = 0;
    while ends < 2 {
        let text = node.next().await;
        match text.split_once(' ').expect("the number of the node") {
            (_, "end") => ends += 1,
            (sender, rest) => texts
                .entry(sender.to_owned())
                .or_default()
                .push(rest.to_owned()),
        }
    }
    texts
}

async fn what_the_engine_has_removed_is_a_gap(program: Program) {
    let engine = Server::start(&program);
    run(&engine, "ACL SETUSER away on >secret ~* +@all");
    let mut one = Node::start(engine.engine()).await;
    let url = format!("redis://away:secret@127.0.0.1:{}", engine.port());
    let gaps = Arc::new(Mutex::new(Vec::new()));
    let cluster = Cluster::new(crate::in_mode(Redis::connect(url))).on_gap({
        let gaps = gaps.clone();
        move |gap| gaps.lock().expect("gaps").push(gap.lost)
    });
    let mut two = Node::start(cluster).await;
    for node in [&one, &two] {
        node.until(|node| node.others() == 1).await;
    }
    run(&engine, "ACL SETUSER away off\r\nCLIENT KILL USER away");
    two.until(|node| !node.is_up()).await;
    for number in 0..7 {
        one.server.broadcast(message(&format!("lost {number}")));
    }
    one.until(|_| has(&engine, "lost 6")).await;
    run(
        &engine,
        "XTRIM messi:stream MAXLEN 0\r\nACL SETUSER away on",
    );
    two.until(Node::is_up).await;
    one.server.broadcast(message("after"));
    one.find("after").await;
    assert_eq!(two.next().await, "after");
    assert_eq!(two.server.stats().cluster.lost, 7);
    assert_eq!(*gaps.lock().expect("gaps"), [7]);
    assert_eq!(one.server.stats().cluster.dropped, 0);
    for node in [one, two] {
        node.stop().await;
    }
}

/// Returns whether a text is in the stream.
fn has(engine: &Server, text: &str) -> bool {
    let entries = run(engine, "XRANGE messi:stream - +");
    entries.iter().any(|it| it.contains(text))
}

async fn nodes_share_the_settings_of_a_cluster(program: Program) {
    let engine = Server::start(&program);
    let cluster = Cluster::new(engine.engine());
    let mut nodes = [
        Node::start(cluster.clone()).await,
        Node::start(cluster).await,
    ];
    for node in &nodes {
        node.until(|node| node.others() == 1).await;
    }
    for _ in 0..2 {
        for number in 0..1_000 {
            nodes[0].server.broadcast(message(&number.to_string()));
        }
        for node in &mut nodes {
            for number in 0..1_000 {
                assert_eq!(node.next().await, number.to_string());
            }
        }
        nodes.reverse();
    }
    for node in nodes {
        node.stop().await;
    }
}
