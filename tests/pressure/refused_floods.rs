//! Clients that speak no TLS to a server that does, and go on when they are refused.

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
        "refused_floods::those_that_speak_no_tls_and_flood_are_closed_in_time",
        those_that_speak_no_tls_and_flood_are_closed_in_time,
    ),
    (
        "refused_floods::others_are_served_while_those_without_tls_flood",
        others_are_served_while_those_without_tls_flood,
    ),
];

/// What a client has to read why it is refused.
const REFUSAL: Duration = Duration::from_secs(1);

fn those_that_speak_no_tls_and_flood_are_closed_in_time() {
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

fn others_are_served_while_those_without_tls_flood() {
    // In the short form, a crowd competes for the processors, and the caller is to stay connected.
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

/// Enough of them always have something to read for a server.
const CROWD: usize = 100;

/// Clients that flood, and connect again when they are closed.
struct Intruders {
    are_done: Arc<AtomicBool>,
    threads: Vec<JoinHandle<()>>,
    /// How long each connection lasted.
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
            started.recv_timeout(LIMIT).expect("the server accepts");
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
            thread.join().expect("it does not panic");
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
    /// Floods until it is done or the server is gone.
    fn intrude(&self) {
        let mut under_way = Some(self.under_way.clone());
        let pings = flooders::repeat(&raw::header(raw::PING, 0));
        while let Ok(mut peer) = TcpStream::connect((Ipv4Addr::LOCALHOST, self.port)) {
            // A server that neither reads nor closes.
            peer.set_write_timeout(Some(LIMIT)).expect("is no zero");
            let begin = Instant::now();
            while peer.write_all(&pings).is_ok() {
                if let Some(sender) = under_way.take() {
                    // A test that has failed waits no more.
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
