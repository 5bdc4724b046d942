//! Engines that fail, with all clients of all nodes.

use std::thread;
use std::time::{Duration, Instant};

use crate::Test;
use crate::cluster::{Cluster, NOISE};
use crate::engine::Engine;
use crate::engines::Program;

pub(crate) const TESTS: &[Test] = &[
    (
        "engine_failures::a_killed_engine_disturbs_no_client_and_all_losses_are_told",
        a_killed_engine_disturbs_no_client_and_all_losses_are_told,
    ),
    (
        "engine_failures::a_frozen_engine_is_given_up_and_all_losses_are_told",
        a_frozen_engine_is_given_up_and_all_losses_are_told,
    ),
];

const SECOND: Duration = Duration::from_secs(1);

/// The time without an engine.
const OUTAGE: Duration = Duration::from_secs(4);

/// The time between messages meanwhile.
const PERIOD: Duration = Duration::from_millis(100);

/// The messages of each node to each channel that are on their way when the engine fails.
const LOAD: u64 = 500;

fn a_killed_engine_disturbs_no_client_and_all_losses_are_told(engine: Engine, program: &Program) {
    let mut cluster = Cluster::start(engine, program);
    cluster.send_everywhere(LOAD);
    cluster.server.kill();
    let killed = Instant::now();
    expect_down(&mut cluster);
    assert!(killed.elapsed() < SECOND + NOISE, "{:?}", killed.elapsed());
    while killed.elapsed() < OUTAGE {
        cluster.send_everywhere(10);
        cluster.expect_own();
        thread::sleep(PERIOD);
    }
    engine.restart(&mut cluster.server);
    let listening = Instant::now();
    for node in &mut cluster.nodes {
        node.until(|node| node.is_up);
    }
    assert!(
        listening.elapsed() < SECOND + NOISE,
        "{:?}",
        listening.elapsed()
    );
    cluster.settle();
    cluster.check_accounts();
}

fn a_frozen_engine_is_given_up_and_all_losses_are_told(engine: Engine, program: &Program) {
    let mut cluster = Cluster::start(engine, program);
    cluster.server.freeze();
    let frozen = Instant::now();
    cluster.send_everywhere(LOAD);
    cluster.expect_own();
    expect_down(&mut cluster);
    // There is no error but the silence, which is noticed once a second.
    assert!(
        frozen.elapsed() < 6 * SECOND + NOISE,
        "{:?}",
        frozen.elapsed()
    );
    cluster.send_everywhere(LOAD);
    cluster.expect_own();
    cluster.server.thaw();
    cluster.settle();
    cluster.check_accounts();
}

fn expect_down(cluster: &mut Cluster) {
    for node in &mut cluster.nodes {
        node.until(|node| !node.is_up);
    }
}
