//! A server without free descriptors.

use std::net::TcpStream;
use std::thread;
use std::time::{Duration, Instant};

use crate::honest::Honest;
use crate::target::Target;
use crate::{Test, by_form, raw};

pub(crate) const TESTS: &[Test] = &[(
    "descriptors::a_server_without_descriptors_pauses_and_accepts_later",
    a_server_without_descriptors_pauses_and_accepts_later,
)];

/// The longest pause between two attempts to accept.
const MAX_PAUSE: Duration = Duration::from_millis(500);

/// The number of attempts before the pause reaches its maximum.
const SHORT_PAUSES: u64 = 6;

fn a_server_without_descriptors_pauses_and_accepts_later() {
    let time = by_form(Duration::from_secs(2), Duration::from_secs(10));
    let mut target = Target::start_limited(64, &[("keep_alive_timeout", 60_000)]);
    let peers = raw::connect_all(target.port, 100);
    let warning = target.process.events().wait_for_kind("log");
    assert!(warning.contains("can't accept a client"), "{warning}");
    // The server stays without descriptors for this time.
    thread::sleep(time);

    let free = Instant::now();
    drop::<Vec<TcpStream>>(peers);
    Honest::join(target.port, 1, 0).stop();
    let elapsed = free.elapsed();
    assert!(elapsed <= Duration::from_secs(1), "{elapsed:?}");
    let lines = target.log_lines();
    let pauses = u64::try_from(time.as_millis() / MAX_PAUSE.as_millis()).expect("a small number");
    assert!(lines <= SHORT_PAUSES + pauses + 2, "{lines} lines");
}
