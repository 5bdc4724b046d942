//! Clients that read now and then, and more slowly than the server sends.

use std::io::Read;
use std::net::TcpStream;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::thread::{self, JoinHandle};
use std::time::Duration;

use crate::gauge::{Gauge, KIB, MIB};
use crate::honest::Honest;
use crate::target::Target;
use crate::{Test, by_form, raw};

pub(crate) const TESTS: &[Test] = &[
    (
        "partial_readers::honest_clients_are_not_disconnected",
        honest_clients_are_not_disconnected,
    ),
    (
        "partial_readers::partial_readers_stay_within_the_shared_memory",
        partial_readers_stay_within_the_shared_memory,
    ),
];

/// Longer than any test takes, in milliseconds.
const HOUR: u64 = 3_600_000;

/// The size of messages in bytes. Two thousand per second are 20 MB/s.
const SIZE: usize = 10_000;

const CLIENTS: usize = 500;

fn honest_clients_are_not_disconnected() {
    let messages = by_form(6_000, 20_000);
    let mut target = Target::start(&[
        ("max_total_queued_bytes", 64 * MIB),
        ("keep_alive_timeout", HOUR),
    ]);
    let mut honest = Honest::join(target.port, 1, messages);
    let readers = PartialReaders::connect(&mut target, CLIENTS / 2, 64 * KIB);
    let silent = connect_all(&mut target, CLIENTS / 2);

    let command = format!("pace {messages} {SIZE} 2 1");
    target.process.command(&command);
    // Fails if the client is disconnected.
    honest.expect_complete();
    for _ in 0..CLIENTS {
        target.expect_disconnected("SlowConsumer");
    }
    honest.stop();
    readers.stop();
    drop::<Vec<TcpStream>>(silent);
}

fn partial_readers_stay_within_the_shared_memory() {
    const CAP: u64 = 60 * MIB;
    let messages = by_form(6_000, 20_000);
    let mut target = Target::start(&[
        ("max_total_queued_bytes", CAP),
        ("drop_newest", 1),
        ("keep_alive_timeout", HOUR),
    ]);
    let readers = PartialReaders::connect(&mut target, CLIENTS, MIB);
    let gauge = Gauge::new(&target.process);

    let command = format!("pace {messages} {SIZE} 2 1");
    target.process.command(&command);
    target.process.events().wait_for_kind("sent");
    let growth = gauge.peak_growth();
    println!("growth {} MiB", growth / MIB);
    assert!(growth <= CAP * 11 / 10, "{} MiB", growth / MIB);
    readers.stop();
}

fn connect_all(target: &mut Target, count: usize) -> Vec<TcpStream> {
    let peers = (0..count)
        .map(|_| raw::connect_narrow(target.port))
        .collect();
    target.expect_connected(count);
    peers
}

/// Clients that read in groups, one group after the other.
struct PartialReaders {
    are_done: Arc<AtomicBool>,
    thread: JoinHandle<()>,
}

/// The number of groups.
const GROUPS: usize = 8;

/// The time between two groups.
const TURN: Duration = Duration::from_millis(50);

impl PartialReaders {
    /// Connects clients, which read `part` bytes at a time.
    fn connect(target: &mut Target, count: usize, part: u64) -> Self {
        let peers = connect_all(target, count);
        let part = vec![0; usize::try_from(part).expect("a small size")];
        let are_done = Arc::new(AtomicBool::new(false));
        let done = are_done.clone();
        let thread = thread::spawn(move || read_parts(peers, part, &done));
        Self { are_done, thread }
    }

    fn stop(self) {
        self.are_done.store(true, Ordering::Relaxed);
        self.thread.join().expect("a thread without a panic");
    }
}

fn read_parts(mut peers: Vec<TcpStream>, mut part: Vec<u8>, are_done: &AtomicBool) {
    for peer in &peers {
        peer.set_nonblocking(true).expect("a socket");
    }
    for group in (0..GROUPS).cycle() {
        if are_done.load(Ordering::Relaxed) {
            return;
        }
        for peer in peers.iter_mut().skip(group).step_by(GROUPS) {
            // The socket may have no input, or be closed.
            let _ = peer.read(&mut part);
        }
        // The pause of these peers.
        thread::sleep(TURN);
    }
}
