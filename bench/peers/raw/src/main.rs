//! A hand-written loop over messi's frames, with prost and the runtimes that messi runs on. It shows the limit of
//! messi's performance with these libraries, because it lacks messi's features.

mod client;
mod connection;
mod runtime;
mod server;
mod write_queue;

use std::net::SocketAddr;
use std::thread;

use work::{Blast, Peer, Script, Workload, fail};

use crate::runtime::{Reactor, Runtime, Tokio};

/// The type bytes of frames.
const CLIENT_TO_SERVER: u8 = 1;
const SERVER_TO_CLIENT: u8 = 2;
const PING: u8 = 3;
const PONG: u8 = 4;

/// The loop on one of its runtimes.
enum Raw {
    Reactor(Reactor),
    Tokio(Tokio),
}

impl Peer for Raw {
    fn new(variant: &str) -> Option<Self> {
        match variant {
            "" => Some(Self::Reactor(Reactor::on_the_executor_of_messi())),
            "async-std" => Some(Self::Reactor(Reactor::on_async_std())),
            "tokio" => Some(Self::Tokio(Tokio::new())),
            _ => None,
        }
    }

    fn serve(&self, workload: &Workload, listening: impl FnOnce(u16) + Send) {
        match self {
            Self::Reactor(runtime) => serve(runtime, workload, listening),
            Self::Tokio(runtime) => serve(runtime, workload, listening),
        }
    }

    fn open(&self, server: SocketAddr, scripts: Vec<Script>) {
        match self {
            Self::Reactor(runtime) => open(runtime, server, scripts),
            Self::Tokio(runtime) => open(runtime, server, scripts),
        }
    }

    fn blast(&self, server: SocketAddr, blast: Blast) {
        match self {
            Self::Reactor(runtime) => runtime.spawn(client::blast::<Reactor>(server, blast)),
            Self::Tokio(runtime) => runtime.spawn(client::blast::<Tokio>(server, blast)),
        }
    }
}

fn serve<R: Runtime>(runtime: &R, workload: &Workload, listening: impl FnOnce(u16)) {
    let listener = server::listen(workload.listen_address());
    let address = listener.local_addr();
    listening(address.unwrap_or_else(|error| fail(error)).port());
    runtime.spawn(server::accept(
        runtime.clone(),
        listener,
        workload.service(),
    ));
    // All tasks run on the threads of the runtime.
    loop {
        thread::park();
    }
}

fn open<R: Runtime>(runtime: &R, server: SocketAddr, scripts: Vec<Script>) {
    for script in scripts {
        runtime.spawn(client::follow::<R>(server, script));
    }
}

fn main() {
    work::run::<Raw>();
}
