//! A hand-written loop over messi's frames, with async-std and prost. It shows the limit of messi's
//! performance with these libraries, because it has none of messi's features.

mod client;
mod connection;
mod server;
mod write_queue;

use std::net::SocketAddr;

use async_std::net::TcpStream;
use async_std::task;
use work::{Blast, Peer, Script, Workload, fail};

/// The type bytes of frames.
const CLIENT_TO_SERVER: u8 = 1;
const SERVER_TO_CLIENT: u8 = 2;
const PING: u8 = 3;
const PONG: u8 = 4;

struct RawAsyncStd;

impl Peer for RawAsyncStd {
    fn new(variant: &str) -> Option<Self> {
        variant.is_empty().then_some(Self)
    }

    fn serve(&self, workload: &Workload, listening: impl FnOnce(u16) + Send) {
        let listener = task::block_on(server::listen());
        listening(
            listener
                .local_addr()
                .unwrap_or_else(|error| fail(error))
                .port(),
        );
        // A task runs on the executor's threads. The main thread would be an additional one.
        task::block_on(task::spawn(server::accept(listener, workload.service())));
    }

    fn open(&self, server: SocketAddr, scripts: Vec<Script>) {
        for script in scripts {
            task::spawn(client::follow(server, script));
        }
    }

    fn blast(&self, server: SocketAddr, blast: Blast) {
        task::spawn(client::blast(server, blast));
    }
}

fn set_nodelay(stream: &TcpStream) {
    stream.set_nodelay(true).unwrap_or_else(|error| fail(error));
}

fn main() {
    work::run::<RawAsyncStd>();
}
