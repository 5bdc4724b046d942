//! The members of a topic, which each node knows of all nodes.

use std::thread;
use std::time::{Duration, Instant};

use crate::Test;
use crate::cluster::{Cluster, NOISE, TOPIC};
use crate::engine::Engine;
use crate::engines::Program;
use crate::node_failures::GONE;
use crate::partitions;

pub(crate) const TESTS: &[Test] = &[
    (
        "presence::members_of_a_killed_node_are_gone",
        members_of_a_killed_node_are_gone,
    ),
    (
        "presence::members_are_whole_again_after_a_partition",
        members_are_whole_again_after_a_partition,
    ),
    (
        "presence::members_are_whole_again_after_an_outage_of_the_engine",
        members_are_whole_again_after_an_outage_of_the_engine,
    ),
];

/// The time in which a node informs others of changes.
const HEARTBEAT: Duration = Duration::from_secs(1);

/// How long the engine is away.
const OUTAGE: Duration = Duration::from_secs(3);

impl Cluster {
    /// Waits until each node knows this number of members, for no longer than a limit.
    fn expect_members(&mut self, members: &[u64], limit: Duration) {
        let begin = Instant::now();
        for (node, members) in self.nodes.iter_mut().zip(members) {
            node.until(|node| node.members == *members);
        }
        assert!(begin.elapsed() < limit + NOISE, "{:?}", begin.elapsed());
    }

    /// Lets further clients of a node join.
    fn join(&mut self, node: usize, count: usize) {
        for guest in &mut self.guests[node][2..][..count] {
            guest.join_and_leave(&[TOPIC.into()], &[]);
        }
    }
}

fn members_of_a_killed_node_are_gone(engine: Engine, program: &Program) {
    let mut cluster = Cluster::start(engine, program);
    cluster.join(0, 5);
    cluster.expect_members(&[8; 3], HEARTBEAT);
    cluster.nodes.remove(0).process.kill();
    cluster.expect_members(&[2; 2], GONE);
}

fn members_are_whole_again_after_a_partition(engine: Engine, program: &Program) {
    let (mut cluster, proxy) = partitions::start(engine, program);
    cluster.expect_members(&[3; 3], HEARTBEAT);
    proxy.cut();
    cluster.expect_members(&[1, 2, 2], GONE);
    cluster.join(0, 1);
    cluster.join(1, 2);
    cluster.expect_members(&[2, 4, 4], HEARTBEAT);
    proxy.heal();
    cluster.meet();
    cluster.expect_members(&[6; 3], HEARTBEAT);
}

fn members_are_whole_again_after_an_outage_of_the_engine(engine: Engine, program: &Program) {
    let mut cluster = Cluster::start(engine, program);
    cluster.expect_members(&[3; 3], HEARTBEAT);
    cluster.server.kill();
    for node in &mut cluster.nodes {
        node.until(|node| !node.is_up);
    }
    cluster.join(0, 2);
    cluster.guests[2][0].join_and_leave(&[], &[TOPIC.into()]);
    // Not longer than nodes wait for each other: all that is known is kept.
    thread::sleep(OUTAGE);
    engine.restart(&mut cluster.server);
    cluster.meet();
    cluster.expect_members(&[4; 3], HEARTBEAT);
    cluster.join(1, 1);
    cluster.expect_members(&[5; 3], HEARTBEAT);
}
