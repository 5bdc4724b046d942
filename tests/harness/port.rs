//! Ports for servers that can't choose one themselves, or have to get the same one twice.

use std::io::{self, ErrorKind};
use std::net::{Ipv4Addr, SocketAddr};
use std::sync::atomic::{AtomicU16, Ordering};
use std::time::{Duration, Instant};
use std::{process, thread};

use messi::ListenError;
use socket2::{Domain, Socket, Type};

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
        .find(|&port| is_free(port).unwrap_or(false))
        .expect("some of thousands of ports is free")
}

/// Whether nothing listens on a port. To find out, it is bound to, but not listened on: a program
/// that another scenario starts just then has, until it runs, a copy of the socket, and a client
/// must not be able to connect to that.
fn is_free(port: u16) -> io::Result<bool> {
    let socket = Socket::new(Domain::IPV4, Type::STREAM, None)?;
    socket.set_reuse_address(true)?;
    let address = SocketAddr::from((Ipv4Addr::LOCALHOST, port));
    Ok(socket.bind(&address.into()).is_ok())
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
