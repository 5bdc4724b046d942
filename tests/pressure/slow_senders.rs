//! Clients that begin messages and do not finish them.

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
        "slow_senders::headers_without_payloads_take_little_memory_and_time_out",
        headers_without_payloads_take_little_memory_and_time_out,
    ),
    (
        "slow_senders::unfinished_messages_stay_within_the_shared_memory",
        unfinished_messages_stay_within_the_shared_memory,
    ),
    (
        "slow_senders::slow_and_silent_senders_are_disconnected_in_time_and_delay_no_other",
        slow_and_silent_senders_are_disconnected_in_time_and_delay_no_other,
    ),
];

const MESSAGE_TIMEOUT: Duration = Duration::from_secs(10);

fn headers_without_payloads_take_little_memory_and_time_out() {
    let count = by_form(1_000, 10_000);
    let mut target = Target::start(&[
        ("max_message_size", 16 * MIB),
        ("max_clients", 20_000),
        // Keep-alive must not end the connections first.
        ("keep_alive_timeout", 60_000),
    ]);
    let gauge = Gauge::new(&target.process);
    let mut senders = raw::connect_all(target.port, count);
    target.expect_connected(count);

    let first = Instant::now();
    for sender in &mut senders {
        let header = raw::header(raw::MESSAGE, 0xff_ffff);
        sender.write_all(&header).expect("a write to the server");
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

fn unfinished_messages_stay_within_the_shared_memory() {
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

    // Each message lacks its end. Without a limit, the server would hold some 200 MB or a GB.
    let unfinished = [
        &raw::header(raw::MESSAGE, SIZE)[..],
        &[0; SIZE as usize - 1],
    ]
    .concat();
    for sender in &mut senders {
        sender.set_nonblocking(true).expect("a socket");
        let mut rest = &unfinished[..];
        while !rest.is_empty()
            && let Ok(written) = sender.write(rest)
        {
            rest = &rest[written..];
        }
    }
    // A client that sends short messages is served meanwhile.
    let mut caller = Caller::start(target.port);
    caller.expect_thousands(1);
    caller.stop();
    target.expect_disconnected("ConnectionClosed");
    let growth = gauge.peak_growth();
    println!("growth {} MiB", growth / MIB);
    // Each client has 4 KiB of its own.
    let bound = CAP * 11 / 10 + count as u64 * 4 * KIB;
    assert!(growth <= bound, "{} MiB", growth / MIB);
    // They time out, and their memory is free for other clients.
    for _ in 0..count {
        target.expect_disconnected("MessageTimeout");
    }
}

fn slow_and_silent_senders_are_disconnected_in_time_and_delay_no_other() {
    const SLACK: Duration = Duration::from_secs(1);
    const KEEP_ALIVE_TIMEOUT: Duration = Duration::from_secs(3);
    let message_timeout = by_form(Duration::from_secs(5), MESSAGE_TIMEOUT);
    let millis = u64::try_from(message_timeout.as_millis()).expect("a small number");
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
        // The first byte is sent shortly after the connection is accepted.
        assert!(
            (message_timeout..message_timeout + 2 * SLACK).contains(&age),
            "{age:?}"
        );
    }
    drip.join().expect("a thread without a panic");
    caller.expect_thousands(1);
    caller.stop();
}

/// Writes a byte of a message of a KiB each second, until all peers are disconnected.
fn drip(mut peers: Vec<TcpStream>) {
    let message = [&raw::header(raw::MESSAGE, 1_024)[..], &[0; 1_024]].concat();
    for byte in message {
        peers.retain_mut(|peer| peer.write_all(&[byte]).is_ok());
        if peers.is_empty() {
            return;
        }
        // The pause of these peers.
        thread::sleep(Duration::from_secs(1));
    }
}
