//! A server that has no descriptor left.

use std::net::TcpStream;
use std::thread;
use std::time::{Duration, Instant};

use crate::honest::Honest;
use crate::target::Target;
use crate::{Test, by_form, raw};

pub(crate) const TESTS: &[Test] = &[(
    "descriptors::a_server_without_descriptors_waits_and_accepts_again",
    a_server_without_descriptors_waits_and_accepts_again,
)];

/// The longest pause between two attempts to accept.
const MAX_PAUSE: Duration = Duration::from_millis(500);

/// Attempts whose pauses are still growing up to that.
const SHORT_PAUSES: u64 = 6;

fn a_server_without_descriptors_waits_and_accepts_again() {
    let time = by_form(Duration::from_secs(2), Duration::from_secs(10));
    let mut target = Target::start_limited(64, &[("keep_alive_timeout", 60_000)]);
    let peers = raw::connect_all(target.port, 100);
    let warning = target.process.events().wait_for_kind("log");
    assert!(warning.contains("can't accept a client"), "{warning}");
    // That it has none for so long is what is tried.
    thread::sleep(time);

    let free = Instant::now();
    drop::<Vec<TcpStream>>(peers);
    Honest::join(target.port, 1, 0).stop();
    let elapsed = free.elapsed();
    assert!(elapsed <= Duration::from_secs(1), "{elapsed:?}");
    let lines = target.log_lines();
    let pauses = u64::try_from(time.as_millis() / MAX_PAUSE.as_millis()).expect("are few");
    assert!(lines <= SHORT_PAUSES + pauses + 2, "{lines} lines");
}
