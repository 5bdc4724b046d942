//! Ports for servers that can't choose one themselves, or have to get the same one twice.

use std::net::{Ipv4Addr, TcpListener};
use std::process;
use std::sync::atomic::{AtomicU16, Ordering};

/// Below the ports that systems give to outgoing connections. One of those could take the port of
/// a server that is being restarted; a client that reconnects could even connect to itself.
const FIRST: u16 = 20_000;
const COUNT: u16 = 10_000;

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

/// Differs between runs at the same time, so that they rarely try the same ports.
fn start() -> u16 {
    // The remainder is far below the limit of the type.
    u16::try_from(process::id() % 100).unwrap_or(0) * 97
}
