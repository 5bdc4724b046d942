//! gRPC: one bidirectional streaming call per connection.

mod client;
mod server;

use std::net::SocketAddr;

use tokio::runtime::{Builder, Runtime};
use work::{Blast, Peer, Script, Workload, fail};

// Generated code does not satisfy these lints.
#[allow(unreachable_pub, unused_qualifications)]
mod chat {
    tonic::include_proto!("chat");
}

#[allow(unreachable_pub, unused_qualifications)]
mod chat_service {
    tonic::include_proto!("chat_service");
}

struct Tonic(Runtime);

impl Peer for Tonic {
    fn new(variant: &str) -> Option<Self> {
        let runtime = Builder::new_multi_thread().enable_all().build();
        let runtime = runtime.unwrap_or_else(|error| fail(error));
        variant.is_empty().then_some(Self(runtime))
    }

    fn serve(&self, workload: &Workload, listening: impl FnOnce(u16) + Send) {
        let _entered = self.0.enter();
        let listener = server::listen(workload.listen_address());
        listening(
            listener
                .local_addr()
                .unwrap_or_else(|error| fail(error))
                .port(),
        );
        // A task runs on the runtime's threads. The main thread would be an additional one.
        let serving = self.0.spawn(server::serve(listener, workload.service()));
        self.0.block_on(serving).unwrap_or_else(|error| fail(error));
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
    work::run::<Tonic>();
}
