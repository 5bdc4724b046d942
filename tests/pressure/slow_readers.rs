//! Clients that read nothing of what everyone gets.

use std::time::Duration;

use crate::gauge::{Gauge, KIB, MIB};
use crate::honest::Honest;
use crate::target::Target;
use crate::{Test, by_form, raw};

pub(crate) const TESTS: &[Test] = &[
    (
        "slow_readers::one_that_reads_nothing_costs_no_more_than_its_queue_and_holds_nobody_up",
        one_that_reads_nothing_costs_no_more_than_its_queue_and_holds_nobody_up,
    ),
    (
        "slow_readers::a_thousand_that_read_nothing_share_what_a_server_may_hold",
        a_thousand_that_read_nothing_share_what_a_server_may_hold,
    ),
];

/// Longer than any test takes.
const HOUR: u64 = 3_600_000;

const WRITE_TIMEOUT: Duration = Duration::from_secs(10);

fn one_that_reads_nothing_costs_no_more_than_its_queue_and_holds_nobody_up() {
    const CLIENTS: u64 = 100;
    const SIZE: u64 = 16 * KIB;
    // A GiB to all together, or to each.
    let messages = by_form(1024 * MIB / SIZE / CLIENTS, 1024 * MIB / SIZE);
    let mut target = Target::start(&[("max_queued_bytes", MIB), ("keep_alive_timeout", HOUR)]);
    let mut honest = Honest::join(target.port, 99, messages);
    let _stalled = raw::connect(target.port);
    target.expect_connected(100);
    let gauge = Gauge::new(&target.process);

    let command = format!("broadcast {messages} {SIZE}");
    target.process.command(&command);
    assert!(target.expect_disconnected("SlowConsumer") < WRITE_TIMEOUT);
    honest.expect_complete();

    let growth = gauge.peak_growth();
    assert!(growth <= CLIENTS * MIB * 11 / 10, "{} MiB", growth / MIB);
    honest.stop();
}

fn a_thousand_that_read_nothing_share_what_a_server_may_hold() {
    const CAP: u64 = 64 * MIB;
    let mut target = Target::start(&[
        ("max_total_queued_bytes", CAP),
        ("drop_newest", 1),
        ("keep_alive_timeout", HOUR),
    ]);
    let stalled = raw::connect_all(target.port, 1_000);
    target.expect_connected(stalled.len());
    let gauge = Gauge::new(&target.process);

    // 16 GiB, would it all be held.
    target.process.command("broadcast 4096 4096");
    target.process.events().wait_for_kind("sent");
    // Others come in while they are there.
    Honest::join(target.port, 1, 0).stop();

    let growth = gauge.peak_growth();
    assert!(growth <= CAP * 11 / 10, "{} MiB", growth / MIB);
}
