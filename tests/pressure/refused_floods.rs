//! Clients that flood a TLS server without TLS, also after they are refused.

use std::io::Write;
use std::net::{Ipv4Addr, TcpStream};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::mpsc::{Receiver, Sender, channel};
use std::thread::{self, JoinHandle};
use std::time::{Duration, Instant};

use crate::events::LIMIT;
use crate::form::slack;
use crate::target::Target;
use crate::{Test, by_form, flooders, floods, raw};

pub(crate) const TESTS: &[Test] = &[
    (
        "refused_floods::flooding_clients_without_tls_are_disconnected_in_time",
        flooding_clients_without_tls_are_disconnected_in_time,
    ),
    (
        "refused_floods::other_clients_are_served_during_a_flood_without_tls",
        other_clients_are_served_during_a_flood_without_tls,
    ),
];

/// The time that a refused client has to read the reason.
const REFUSAL: Duration = Duration::from_secs(1);

fn flooding_clients_without_tls_are_disconnected_in_time() {
    let mut target = Target::start(&[]);
    let intruders = Intruders::start(target.start_tls(), CROWD);
    for _ in 0..CROWD {
        let limit = REFUSAL + slack();
        let time = intruders.closed.recv_timeout(limit);
        let time = time.unwrap_or_else(|_| panic!("the server has not closed after {limit:?}"));
        println!("closed after {time:?}");
        assert!(time <= limit, "closed after {time:?}");
    }
    intruders.stop();
}

fn other_clients_are_served_during_a_flood_without_tls() {
    // In the short form, the crowd takes the processors, and only the connection of the caller is tested.
    let (count, bound) = by_form((CROWD, 1_000), (2, 2));
    let mut target = Target::start(&[]);
    let port = target.start_tls();
    let quiet = floods::call(&target);
    let intruders = Intruders::start(port, count);
    // Fails if the caller is disconnected.
    let flooded = floods::call(&target);
    intruders.stop();
    println!("99 of 100 round trips took {flooded:?}, and {quiet:?} without a flood");
    assert!(flooded <= quiet * bound, "{flooded:?}, {quiet:?}");
}

/// The number of clients: enough that the server always has input.
const CROWD: usize = 100;

/// Clients that flood, and reconnect when they are disconnected.
struct Intruders {
    are_done: Arc<AtomicBool>,
    threads: Vec<JoinHandle<()>>,
    /// The duration of each connection.
    closed: Receiver<Duration>,
}

impl Intruders {
    fn start(port: u16, count: usize) -> Self {
        let are_done = Arc::new(AtomicBool::new(false));
        let (sender, closed) = channel();
        let (under_way, started) = channel();
        let start = |_| {
            let intruder = Intruder {
                port,
                are_done: are_done.clone(),
                under_way: under_way.clone(),
                closed: sender.clone(),
            };
            thread::spawn(move || intruder.intrude())
        };
        let threads = (0..count).map(start).collect();
        for _ in 0..count {
            started.recv_timeout(LIMIT).expect("an accepted client");
        }
        Self {
            are_done,
            threads,
            closed,
        }
    }

    fn stop(self) {
        self.are_done.store(true, Ordering::Relaxed);
        for thread in self.threads {
            thread.join().expect("a thread without a panic");
        }
    }
}

struct Intruder {
    port: u16,
    are_done: Arc<AtomicBool>,
    under_way: Sender<()>,
    closed: Sender<Duration>,
}

impl Intruder {
    /// Floods until it is stopped or the server has ended.
    fn intrude(&self) {
        let mut under_way = Some(self.under_way.clone());
        let pings = flooders::repeat(&raw::header(raw::PING, 0));
        while let Ok(mut peer) = TcpStream::connect((Ipv4Addr::LOCALHOST, self.port)) {
            // Writing fails if the server neither reads nor closes.
            peer.set_write_timeout(Some(LIMIT))
                .expect("a time limit above zero");
            let begin = Instant::now();
            while peer.write_all(&pings).is_ok() {
                if let Some(sender) = under_way.take() {
                    // Fails if the test has ended.
                    let _ = sender.send(());
                }
                if self.are_done.load(Ordering::Relaxed) {
                    return;
                }
            }
            let _ = self.closed.send(begin.elapsed());
        }
    }
}
