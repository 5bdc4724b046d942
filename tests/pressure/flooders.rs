//! Clients that write as fast as they can, never read, and close only when writing fails.

use std::io::Write;
use std::net::TcpStream;
use std::sync::mpsc::{Sender, channel};
use std::thread;

use crate::events::LIMIT;
use crate::raw;
use crate::target::Target;

/// The approximate number of bytes per write: more than a server reads at once.
const BLOCK: usize = 1_000_000;

/// The number of clients: enough that the server always has input, whatever its share of the
/// processors.
pub(crate) const COUNT: usize = 100;

/// Starts clients that flood a server with pings, small and large messages, and waits until all of them
/// have written. They end with the server.
pub(crate) fn start(target: &mut Target) {
    let floods = [
        repeat(&raw::header(raw::PING, 0)),
        repeat(&raw::message("quiet", "")),
        raw::message("quiet", &"x".repeat(BLOCK)),
    ];
    let (sender, receiver) = channel();
    for flood in floods.iter().cycle().take(COUNT) {
        let (peer, flood, sender) = (raw::connect(target.port), flood.clone(), sender.clone());
        thread::spawn(move || write(peer, &flood, sender));
    }
    target.expect_connected(COUNT);
    for _ in 0..COUNT {
        receiver
            .recv_timeout(LIMIT)
            .expect("a write of each client");
    }
}

/// Returns a block of repeated frames.
pub(crate) fn repeat(frame: &[u8]) -> Vec<u8> {
    frame.repeat(BLOCK / frame.len())
}

fn write(mut peer: TcpStream, flood: &[u8], under_way: Sender<()>) {
    let mut under_way = Some(under_way);
    while peer.write_all(flood).is_ok() {
        if let Some(sender) = under_way.take() {
            // Fails if the test has ended.
            let _ = sender.send(());
        }
    }
}
