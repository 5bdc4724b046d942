//! A node with a network that fails.

use std::thread;
use std::time::{Duration, Instant};

use crate::Test;
use crate::channel::ALL;
use crate::cluster::{Cluster, NODES, NOISE};
use crate::engine::Engine;
use crate::engines::Program;
use crate::events::LIMIT;
use crate::member::Settings;
use crate::node::Node;
use crate::node_failures::GONE;
use crate::proxy::Proxy;

pub(crate) const TESTS: &[Test] = &[
    (
        "partitions::a_node_that_is_cut_off_serves_its_clients_and_comes_back",
        a_node_that_is_cut_off_serves_its_clients_and_comes_back,
    ),
    (
        "partitions::messages_of_a_lost_link_that_come_late_are_lost",
        messages_of_a_lost_link_that_come_late_are_lost,
    ),
];

/// The time between two looks at the counters.
const PERIOD: Duration = Duration::from_millis(100);

/// Starts a cluster in which the first node reaches the engine through a proxy.
pub(crate) fn start(engine: Engine, program: &Program) -> (Cluster, Proxy) {
    let server = engine.start(program);
    let proxy = Proxy::start(server.port());
    let urls = [engine.url_of_port(proxy.port()), server.url(), server.url()];
    let settings = (0..NODES).zip(&urls);
    let settings = settings.map(|(index, url)| Settings::new(engine, url, index));
    (Cluster::of(engine, server, settings), proxy)
}

fn a_node_that_is_cut_off_serves_its_clients_and_comes_back(engine: Engine, program: &Program) {
    let (mut cluster, proxy) = start(engine, program);
    let begin = Instant::now();
    proxy.cut();
    for (node, others) in cluster.nodes.iter_mut().zip([0, 1, 1]) {
        node.until(|node| node.others.len() == others);
    }
    assert!(begin.elapsed() < GONE + NOISE, "{:?}", begin.elapsed());
    assert!(!cluster.nodes[0].is_up);
    cluster.send_everywhere(100);
    cluster.expect_own();
    expect_dropped(&mut cluster.nodes[0]);
    proxy.heal();
    cluster.settle();
    cluster.check_accounts();
    // The nodes on both sides have missed all that the other side has sent. An engine that keeps messages has kept those of
    // the nodes on its own side.
    let losses = cluster.losses();
    for (node, lost) in cluster.nodes.iter().zip(losses.values()) {
        let is_kept = engine.keeps_messages() && node.settings.index == 0;
        assert!(*lost >= 300 || is_kept, "{losses:?}");
    }
}

/// Waits until messages of a node have waited for too long.
fn expect_dropped(node: &mut Node) {
    let begin = Instant::now();
    while node.stats().dropped == 0 {
        assert!(begin.elapsed() < LIMIT, "{:?}", node.stats());
        // They are dropped with the next one.
        node.send(1, ALL);
        thread::sleep(PERIOD);
    }
}

fn messages_of_a_lost_link_that_come_late_are_lost(engine: Engine, program: &Program) {
    let (mut cluster, proxy) = start(engine, program);
    proxy.hold();
    cluster.send_everywhere(10);
    cluster.expect_own();
    // It gives the link up, and has another one.
    cluster.nodes[0].until(|node| node.failures == 1 && node.is_up);
    cluster.nodes[0].send(10, ALL);
    for guest in cluster.guests.iter_mut().flatten() {
        guest.until_last(&cluster.nodes[0], ALL);
    }
    proxy.release();
    cluster.settle();
    cluster.check_accounts();
    let is_lost = !engine.keeps_messages();
    let mut losses = cluster.losses().into_values();
    assert!(losses.all(|lost| (lost > 0) == is_lost));
}
