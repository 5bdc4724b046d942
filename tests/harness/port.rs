//! Ports for servers that can't choose one themselves, or that need the same one twice.

use std::io::{self, ErrorKind};
use std::net::{Ipv4Addr, SocketAddr};
use std::sync::atomic::{AtomicU16, Ordering};
use std::time::{Duration, Instant};
use std::{process, thread};

use messi::ListenError;
use socket2::{Domain, Socket, Type};

/// The first port. The range is below the ports of outgoing connections: one of those could take the
/// port of a restarting server, and a client that reconnects could even connect to itself.
const FIRST: u16 = 20_000;
const COUNT: u16 = 10_000;

/// The limit of waiting for a port to become free, which takes milliseconds.
const LIMIT: Duration = Duration::from_secs(2);

/// Returns the URI of a port on this machine.
pub(crate) fn uri(port: u16) -> String {
    format!("tcp://{}:{port}", Ipv4Addr::LOCALHOST)
}

/// Returns a port without a listener. Each call returns another one.
pub(crate) fn free() -> u16 {
    static NEXT: AtomicU16 = AtomicU16::new(0);

    (0..COUNT)
        .map(|_| NEXT.fetch_add(1, Ordering::Relaxed))
        .map(|offset| FIRST + start().wrapping_add(offset) % COUNT)
        .find(|&port| is_free(port).unwrap_or(false))
        .expect("a free port")
}

/// Returns whether a port is free, by binding a socket to it.
///
/// The socket does not listen: a program that another scenario starts at this moment has a copy of it
/// until it runs, and a client must not connect to that copy.
fn is_free(port: u16) -> io::Result<bool> {
    let socket = Socket::new(Domain::IPV4, Type::STREAM, None)?;
    socket.set_reuse_address(true)?;
    let address = SocketAddr::from((Ipv4Addr::LOCALHOST, port));
    Ok(socket.bind(&address.into()).is_ok())
}

/// Starts a server on the port of a stopped one, and retries while the port is in use.
///
/// A program that another scenario starts at this moment has copies of all descriptors of this process
/// until it runs, including the listener of the stopped server.
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
        ListenError::Bind { source, .. } if source.kind() == ErrorKind::AddrInUse
    )
}

/// Returns an offset that differs between processes, so that they rarely try the same ports.
fn start() -> u16 {
    // The remainder is far below the limit of the type.
    u16::try_from(process::id() % 100).unwrap_or(0) * 97
}
