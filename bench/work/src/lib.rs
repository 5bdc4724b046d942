//! What every peer does the same: the works, the check of every message, time, CPU and memory.
//!
//! A peer implements [`Peer`] for its transport and calls [`run`]. It is started twice: as a
//! server, which prints its port and serves until its standard input ends, and as a client, which
//! does one [`Workload`] and prints an [`Outcome`]. Whatever goes wrong ends the process with a line
//! on standard error: see [`fail`].

mod blast;
mod broadcast;
mod client;
mod connection_counter;
mod fail;
mod job;
mod message;
mod meter;
mod process;
mod report;
mod requests;
mod script;
mod server;
mod text;

use std::net::SocketAddr;

pub use blast::Blast;
pub use fail::fail;
pub use job::{Job, Role, Service, Workload};
pub use message::{Message, USER};
pub use process::{cpu_of_children, descriptor_limit};
pub use report::{Latency, Memory, Outcome, Report};
pub use script::Script;
pub use server::{Action, Session, free_port};

/// The pace of keep-alive, where the peer leaves it to its user: that of messi's clients.
pub const KEEP_ALIVE_INTERVAL: std::time::Duration = std::time::Duration::from_secs(2);

/// Connections that may wait to be accepted, where the peer leaves it to its user.
pub const BACKLOG: u32 = 4096;

/// One transport, at both ends.
pub trait Peer: Sized {
    /// The peer in one of its variants, "" being the usual one; `None` if it has no such variant.
    fn new(variant: &str) -> Option<Self>;

    /// Why the peer can't do a work, if it can't.
    fn unsupported(&self, _workload: &Workload) -> Option<String> {
        None
    }

    /// Serves on a free port of loopback, which it tells by calling `listening`, until the process
    /// ends. Every connection has a [`Session`].
    fn serve(&self, workload: &Workload, listening: impl FnOnce(u16) + Send);

    /// Opens a connection for each script, and follows it there. Does not wait.
    fn open(&self, server: SocketAddr, scripts: Vec<Script>);

    /// Opens a connection and sends as fast as it goes.
    fn blast(&self, server: SocketAddr, blast: Blast);
}

/// The `main` of a peer.
pub fn run<P: Peer>() {
    let argument = std::env::args().nth(1).unwrap_or_default();
    let role: Role = serde_json::from_str(&argument)
        .unwrap_or_else(|error| fail(format!("not a role: {argument:?}: {error}")));
    let variant = role.variant();
    let peer = P::new(variant).unwrap_or_else(|| fail(format!("no variant {variant:?}")));
    match role {
        Role::Server { workload, .. } => server::run(&peer, &workload),
        Role::Client(job) => client::run(&peer, &job),
    }
}
