//! protosocket with prost: each connection has a reactor that is called for each message.

mod client;
mod server;

use std::net::SocketAddr;

use chat::{ClientToServer, ServerToClient};
use protosocket::PooledEncoder;
use protosocket_prost::{ProstDecoder, ProstSerializer};
use tokio::runtime::{Builder, Runtime};
use work::{Blast, Peer, Script, Workload, fail};

type ServerCodec = (
    PooledEncoder<ProstSerializer<ServerToClient>>,
    ProstDecoder<ClientToServer>,
);
type ClientCodec = (
    PooledEncoder<ProstSerializer<ClientToServer>>,
    ProstDecoder<ServerToClient>,
);

/// The default limits of protosocket's server.
const MAX_BUFFER: usize = 32 << 20;
const MAX_QUEUED_MESSAGES: usize = 128;

/// The growth step of a connection's buffer. The default of 1 MiB would take 10 GiB on each side of
/// 10,000 connections. This size, which other peers read at once, is as fast.
const BUFFER_INCREMENT: usize = 64 << 10;

struct Protosocket(Runtime);

impl Peer for Protosocket {
    fn new(variant: &str) -> Option<Self> {
        let runtime = Builder::new_multi_thread().enable_all().build();
        let runtime = runtime.unwrap_or_else(|error| fail(error));
        variant.is_empty().then_some(Self(runtime))
    }

    fn serve(&self, workload: &Workload, listening: impl FnOnce(u16) + Send) {
        let _entered = self.0.enter();
        let server = server::listen(workload, listening);
        // A task runs on the runtime's threads. The main thread would be an additional one.
        let serving = self.0.spawn(server);
        let _ = self.0.block_on(serving);
        fail("the server ended too early");
    }

    fn open(&self, server: SocketAddr, scripts: Vec<Script>) {
        for script in scripts {
            self.0.spawn(client::follow(server, script));
        }
    }

    fn blast(&self, server: SocketAddr, blast: Blast) {
        self.0.spawn(client::blast(server, blast));
    }
}

fn main() {
    work::run::<Protosocket>();
}
