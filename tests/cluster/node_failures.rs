//! Nodes that are killed or suspended.

use std::time::{Duration, Instant};

use crate::Test;
use crate::channel::{self, ALL};
use crate::cluster::{Cluster, NOISE};
use crate::engine::Engine;
use crate::engines::Program;

pub(crate) const TESTS: &[Test] = &[
    (
        "node_failures::the_clients_of_a_killed_node_are_served_by_the_others",
        the_clients_of_a_killed_node_are_served_by_the_others,
    ),
    (
        "node_failures::a_suspended_node_is_gone_and_comes_back",
        a_suspended_node_is_gone_and_comes_back,
    ),
];

/// The time until the others take a node for gone: 5 s without a heartbeat, of which there is one a second.
pub(crate) const GONE: Duration = Duration::from_secs(6);

fn the_clients_of_a_killed_node_are_served_by_the_others(engine: Engine, program: &Program) {
    let mut cluster = Cluster::start(engine, program);
    let mut killed = cluster.nodes.remove(0);
    let begin = Instant::now();
    killed.process.kill();
    for guest in &mut cluster.guests[0] {
        guest.until(|guest| guest.disconnections == 1 && guest.is_connected);
        guest.join_and_leave(&["again".into()], &[]);
    }
    for node in &mut cluster.nodes {
        node.until(|node| node.others.len() == 1);
    }
    assert!(begin.elapsed() < GONE + NOISE, "{:?}", begin.elapsed());
    cluster.mark();
    let channel = channel::topic("again");
    for node in &mut cluster.nodes {
        node.send(10, &channel);
        for guest in &mut cluster.guests[0] {
            guest.until_last(node, &channel);
            assert_eq!(guest.received(node, &channel).count, 10);
        }
    }
    cluster.mark();
    let mut others = cluster.guests[1..].iter().flatten();
    assert!(others.all(|guest| guest.disconnections == 0));
}

fn a_suspended_node_is_gone_and_comes_back(engine: Engine, program: &Program) {
    let mut cluster = Cluster::start(engine, program);
    let begin = Instant::now();
    cluster.nodes[0].process.suspend();
    for node in &mut cluster.nodes[1..] {
        node.until(|node| node.others.len() == 1);
    }
    assert!(begin.elapsed() < GONE + NOISE, "{:?}", begin.elapsed());
    for node in &mut cluster.nodes[1..] {
        node.send(100, ALL);
    }
    for guest in cluster.guests[1..].iter_mut().flatten() {
        for node in &cluster.nodes[1..] {
            guest.until_last(node, ALL);
        }
    }
    cluster.nodes[0].process.resume();
    cluster.settle();
    cluster.check_accounts();
}
