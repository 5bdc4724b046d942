//! Clients that never read broadcasts.

use std::time::Duration;

use crate::gauge::{Gauge, KIB, MIB};
use crate::honest::Honest;
use crate::target::Target;
use crate::{Test, by_form, raw};

pub(crate) const TESTS: &[Test] = &[
    (
        "slow_readers::a_client_that_never_reads_costs_only_its_queue_and_delays_no_other",
        a_client_that_never_reads_costs_only_its_queue_and_delays_no_other,
    ),
    (
        "slow_readers::a_thousand_clients_that_never_read_stay_within_the_shared_memory",
        a_thousand_clients_that_never_read_stay_within_the_shared_memory,
    ),
];

/// Longer than any test takes, in milliseconds.
const HOUR: u64 = 3_600_000;

const WRITE_TIMEOUT: Duration = Duration::from_secs(10);

fn a_client_that_never_reads_costs_only_its_queue_and_delays_no_other() {
    const CLIENTS: u64 = 100;
    const SIZE: u64 = 16 * KIB;
    // The full form sends a GiB to each client, the short form to all together.
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

fn a_thousand_clients_that_never_read_stay_within_the_shared_memory() {
    const CAP: u64 = 64 * MIB;
    let mut target = Target::start(&[
        ("max_total_queued_bytes", CAP),
        ("drop_newest", 1),
        ("keep_alive_timeout", HOUR),
    ]);
    let stalled = raw::connect_all(target.port, 1_000);
    target.expect_connected(stalled.len());
    let gauge = Gauge::new(&target.process);

    // Without a limit, the server would hold 16 GiB.
    target.process.command("broadcast 4096 4096");
    target.process.events().wait_for_kind("sent");
    // Other clients can connect meanwhile.
    Honest::join(target.port, 1, 0).stop();

    let growth = gauge.peak_growth();
    assert!(growth <= CAP * 11 / 10, "{} MiB", growth / MIB);
}
