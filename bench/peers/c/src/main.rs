//! Generated C, compiled like in users' programs: one thread and an epoll loop on each side. The workloads and
//! checks are in Rust, as for all peers.
//!
//! This is the program of two peers, `c` and `original`, which differ in the generated code and its runtime.

mod shim;

use std::net::SocketAddr;
use std::thread;

use shim::Clients;
use work::{
    Blast, Conversation, Peer, Script, Session, Workload, descriptor_limit, fail, free_port,
};

/// The descriptors of a client: its socket, and the timers of keep-alive and of reconnecting.
const DESCRIPTORS_PER_CLIENT: usize = 3;

/// The size of text buffers, larger than the texts of most workloads.
const TEXT_SIZE: usize = 128;

struct GeneratedC;

impl Peer for GeneratedC {
    fn new(variant: &str) -> Option<Self> {
        variant.is_empty().then_some(Self)
    }

    fn unsupported(&self, workload: &Workload) -> Option<String> {
        let needed = workload.connections() * DESCRIPTORS_PER_CLIENT;
        let limit = descriptor_limit();
        (needed >= limit).then(|| {
            format!("it needs {DESCRIPTORS_PER_CLIENT} descriptors for each connection, and the limit is {limit}")
        })
    }

    fn serve(&self, workload: &Workload, listening: impl FnOnce(u16) + Send) {
        let (port, service) = (free_port(), workload.service());
        let sessions = (0..=workload.connections()).map(|_| Session::new(service));
        shim::serve(port, text_size(workload), sessions.collect(), || {
            listening(port)
        });
        fail("starting the server failed")
    }

    fn open(&self, server: SocketAddr, scripts: Vec<Script>) {
        let scripts = scripts.into_iter();
        run(
            server,
            TEXT_SIZE,
            scripts.map(Conversation::Script).collect(),
        );
    }

    fn blast(&self, server: SocketAddr, blast: Blast) {
        // The original's client closes the connection if the socket's buffer is full.
        let (size, blast) = (blast.text_size(), blast.in_bursts());
        run(server, size, vec![Conversation::Blast(blast)]);
    }
}

/// Returns the size of text buffers for a workload.
fn text_size(workload: &Workload) -> usize {
    match *workload {
        Workload::Blast { size } => size.max(TEXT_SIZE),
        _ => TEXT_SIZE,
    }
}

/// Runs the clients on a new thread.
fn run(server: SocketAddr, size: usize, clients: Vec<Conversation>) {
    thread::spawn(move || {
        Clients::new(clients).run(server, size);
        fail("starting the clients failed")
    });
}

fn main() {
    work::run::<GeneratedC>();
}
