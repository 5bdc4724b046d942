//! Ports for servers that can't choose one themselves, or have to get the same one twice.

use std::io::ErrorKind;
use std::net::{Ipv4Addr, TcpListener};
use std::sync::atomic::{AtomicU16, Ordering};
use std::time::{Duration, Instant};
use std::{process, thread};

use messi::ListenError;

/// Below the ports that systems give to outgoing connections. One of those could take the port of
/// a server that is being restarted; a client that reconnects could even connect to itself.
const FIRST: u16 = 20_000;
const COUNT: u16 = 10_000;

/// How long a port may stay in use; it takes milliseconds.
const LIMIT: Duration = Duration::from_secs(2);

/// The URI of a port on this machine.
pub(crate) fn uri(port: u16) -> String {
    format!("tcp://{}:{port}", Ipv4Addr::LOCALHOST)
}

/// Gives a port that nothing listened on a moment ago, and that no other scenario is given.
pub(crate) fn free() -> u16 {
    static NEXT: AtomicU16 = AtomicU16::new(0);

    (0..COUNT)
        .map(|_| NEXT.fetch_add(1, Ordering::Relaxed))
        .map(|offset| FIRST + start().wrapping_add(offset) % COUNT)
        .find(|&port| TcpListener::bind((Ipv4Addr::LOCALHOST, port)).is_ok())
        .expect("some of thousands of ports is free")
}

/// Starts a server where another one may have been a moment ago.
///
/// That one's port is free once it has stopped. But a program that another scenario starts just
/// then has, until it runs, copies of all descriptors of this process, the listener's too.
pub(crate) fn when_free<S>(start: impl Fn() -> Result<S, ListenError>) -> S {
    let begin = Instant::now();

    loop {
        match start() {
            Ok(server) => return server,
            Err(error) if is_in_use(&error) && begin.elapsed() < LIMIT => thread::yield_now(),
            Err(error) => panic!("{error}"),
        }
    }
}

fn is_in_use(error: &ListenError) -> bool {
    matches!(
        error,
        ListenError::Bind {
            kind: ErrorKind::AddrInUse,
            ..
        }
    )
}

/// Differs between runs at the same time, so that they rarely try the same ports.
fn start() -> u16 {
    // The remainder is far below the limit of the type.
    u16::try_from(process::id() % 100).unwrap_or(0) * 97
}
