//! Clients that begin and don't go on.

use std::io::Write;
use std::net::TcpStream;
use std::thread;
use std::time::{Duration, Instant};

use crate::gauge::{Gauge, KIB, MIB};
use crate::honest::Caller;
use crate::target::Target;
use crate::{Test, by_form, raw};

pub(crate) const TESTS: &[Test] = &[
    (
        "slow_senders::announced_messages_that_do_not_come_cost_next_to_nothing_and_end_in_time",
        announced_messages_that_do_not_come_cost_next_to_nothing_and_end_in_time,
    ),
    (
        "slow_senders::messages_that_do_not_end_share_what_a_server_may_hold",
        messages_that_do_not_end_share_what_a_server_may_hold,
    ),
    (
        "slow_senders::those_that_drip_or_are_silent_end_in_time_and_hold_nobody_up",
        those_that_drip_or_are_silent_end_in_time_and_hold_nobody_up,
    ),
];

const MESSAGE_TIMEOUT: Duration = Duration::from_secs(10);

fn announced_messages_that_do_not_come_cost_next_to_nothing_and_end_in_time() {
    let count = by_form(1_000, 10_000);
    let mut target = Target::start(&[
        ("max_message_size", 16 * MIB),
        ("max_clients", 20_000),
        // Silence is not the subject.
        ("keep_alive_timeout", 60_000),
    ]);
    let gauge = Gauge::new(&target.process);
    let mut claimants = raw::connect_all(target.port, count);
    target.expect_connected(count);

    let first = Instant::now();
    for claimant in &mut claimants {
        let header = raw::header(raw::MESSAGE, 0xff_ffff);
        claimant.write_all(&header).expect("the server is there");
    }
    let last = Instant::now();
    for _ in 0..count {
        target.expect_disconnected("MessageTimeout");
        assert!(first.elapsed() >= MESSAGE_TIMEOUT * 9 / 10);
    }
    let elapsed = last.elapsed();
    assert!(elapsed <= MESSAGE_TIMEOUT * 11 / 10, "{elapsed:?}");
    let each = gauge.peak_growth() / count as u64;
    assert!(each <= 16 * KIB, "{each} bytes each");
}

fn messages_that_do_not_end_share_what_a_server_may_hold() {
    const CAP: u64 = 32 * MIB;
    const SIZE: u32 = 1_000_000;
    let count = by_form(200, 1_000);
    let mut target = Target::start(&[
        ("max_total_received_bytes", CAP),
        ("message_timeout", 2_000),
        ("keep_alive_timeout", 60_000),
    ]);
    let mut senders = raw::connect_all(target.port, count);
    target.expect_connected(count);
    let gauge = Gauge::new(&target.process);

    // All but the end of each message: some 200 MB or a GB, would it all be held.
    let unfinished = [
        &raw::header(raw::MESSAGE, SIZE)[..],
        &[0; SIZE as usize - 1],
    ]
    .concat();
    for sender in &mut senders {
        sender.set_nonblocking(true).expect("it is a socket");
        let mut rest = &unfinished[..];
        while !rest.is_empty()
            && let Ok(written) = sender.write(rest)
        {
            rest = &rest[written..];
        }
    }
    // Whoever sends little is served, with all of them there.
    let mut caller = Caller::start(target.port);
    caller.expect_thousands(1);
    caller.stop();
    target.expect_disconnected("ConnectionClosed");
    let growth = gauge.peak_growth();
    println!("growth {} MiB", growth / MIB);
    // 4 KiB are for each client itself.
    let bound = CAP * 11 / 10 + count as u64 * 4 * KIB;
    assert!(growth <= bound, "{} MiB", growth / MIB);
    // They end, and what they took is there for others.
    for _ in 0..count {
        target.expect_disconnected("MessageTimeout");
    }
}

fn those_that_drip_or_are_silent_end_in_time_and_hold_nobody_up() {
    const SLACK: Duration = Duration::from_secs(1);
    const KEEP_ALIVE_TIMEOUT: Duration = Duration::from_secs(3);
    let message_timeout = by_form(Duration::from_secs(5), MESSAGE_TIMEOUT);
    let millis = u64::try_from(message_timeout.as_millis()).expect("is small");
    let mut target = Target::start(&[("message_timeout", millis)]);
    let mut caller = Caller::start(target.port);
    let _silent = raw::connect_all(target.port, 10);
    let dripping = raw::connect_all(target.port, 10);
    target.expect_connected(21);
    let drip = thread::spawn(|| drip(dripping));

    for _ in 0..10 {
        let age = target.expect_disconnected("KeepAliveTimeout");
        assert!(
            (KEEP_ALIVE_TIMEOUT..KEEP_ALIVE_TIMEOUT + SLACK).contains(&age),
            "{age:?}"
        );
    }
    for _ in 0..10 {
        let age = target.expect_disconnected("MessageTimeout");
        // The first byte comes a little after the connection.
        assert!(
            (message_timeout..message_timeout + 2 * SLACK).contains(&age),
            "{age:?}"
        );
    }
    drip.join().expect("it does not panic");
    caller.expect_thousands(1);
    caller.stop();
}

/// Writes a byte of a message of a KiB each second, for as long as somebody is there.
fn drip(mut peers: Vec<TcpStream>) {
    let message = [&raw::header(raw::MESSAGE, 1_024)[..], &[0; 1_024]].concat();
    for byte in message {
        peers.retain_mut(|peer| peer.write_all(&[byte]).is_ok());
        if peers.is_empty() {
            return;
        }
        // That is what these peers do.
        thread::sleep(Duration::from_secs(1));
    }
}
