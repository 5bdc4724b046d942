//! Messages held for clients until their first callback returns.

use crate::gauge::{Gauge, MIB};
use crate::target::Target;
use crate::{Test, by_form, raw};

pub(crate) const TESTS: &[Test] = &[(
    "held_messages::messages_held_for_clients_stay_within_the_shared_memory",
    messages_held_for_clients_stay_within_the_shared_memory,
)];

/// Longer than any test takes, in milliseconds.
const HOUR: u64 = 3_600_000;

fn messages_held_for_clients_stay_within_the_shared_memory() {
    let (cap, count) = by_form((16 * MIB, 50), (64 * MIB, 200));
    let mut target = Target::start(&[
        ("max_total_queued_bytes", cap),
        ("keep_alive_timeout", HOUR),
    ]);
    target.process.command("hold");
    target.process.events().wait_for_kind("holding");
    let peers = raw::connect_all(target.port, count);
    target.expect_connected(peers.len());
    let gauge = Gauge::new(&target.process);

    target.process.command("fill");
    target.process.events().wait_for_kind("filled");
    let growth = gauge.peak_growth();
    println!("growth {} MiB", growth / MIB);
    assert!(growth <= cap * 11 / 10, "{} MiB", growth / MIB);
    assert!(growth >= cap / 4, "no messages are held: {growth} bytes");
}
