//! How fast nodes notice that the engine is back, and that another node is gone.

use std::thread;
use std::time::Duration;

use crate::engine::Engine;
use crate::node::now;
use crate::nodes::Nodes;
use crate::throughput::NODES;

/// How long the engine is away.
pub(crate) const OUTAGES: [Duration; 3] = [
    Duration::from_millis(200),
    Duration::from_secs(3),
    Duration::from_secs(10),
];

/// Kills and restarts the engine. Returns the seconds from when it accepts connections until each node is up.
///
/// It must not be given by its URL.
pub(crate) fn restart(engine: &mut Engine, outage: Duration, restarts: usize) -> Vec<f64> {
    let mut nodes = Nodes::start(engine, NODES);
    let mut times = Vec::new();
    let Some(server) = &mut engine.server else {
        return times;
    };
    for _ in 0..restarts {
        server.kill();
        nodes.wait_for("down");
        thread::sleep(outage);
        nodes.ask("up");
        server.restart();
        let begin = now();
        times.extend(nodes.answers().iter().map(|time| seconds(begin, *time)));
        nodes.wait_for(&format!("nodes {}", NODES - 1));
    }
    times
}

/// Kills nodes. Returns the seconds until each of the others knows it.
pub(crate) fn kill(engine: &Engine, kills: usize) -> Vec<f64> {
    let mut nodes = Nodes::start(engine, NODES);
    let mut times = Vec::new();
    for _ in 0..kills {
        let begin = now();
        nodes.kill_last();
        let others = nodes.wait_for(&format!("nodes {}", NODES - 2));
        times.extend(others.iter().map(|time| seconds(begin, *time)));
        nodes.add(engine);
        nodes.wait_for(&format!("nodes {}", NODES - 1));
    }
    times
}

fn seconds(begin: Duration, end: Duration) -> f64 {
    // A node may be up a moment before it is known here that the engine is ready.
    end.saturating_sub(begin).as_secs_f64()
}
