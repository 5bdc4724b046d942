//! The code that all peers share: workloads, checks of messages, and the measurement of time, CPU and
//! memory.
//!
//! A peer implements [`Peer`] for its transport and calls [`run`]. The runner starts it twice: as a
//! server, which prints its port and serves until its standard input is closed, and as a client, which
//! runs one [`Workload`] and prints an [`Outcome`]. Each error ends the process with a line on standard
//! error: see [`fail`].

mod blast;
mod broadcast;
mod child_process;
mod client;
mod connection_counter;
mod conversation;
mod fail;
mod job;
mod loopback;
mod message;
mod meter;
mod process;
mod report;
mod requests;
mod round_trips;
mod script;
mod server;
mod text;
mod usage;

use std::net::SocketAddr;

pub use blast::Blast;
pub use child_process::ChildProcess;
pub use conversation::Conversation;
pub use fail::fail;
pub use job::{Job, Role, Service, Workload};
pub use message::{Message, USER};
pub use process::{cpu_of_children, descriptor_limit, resident_kib};
pub use report::{Latency, Memory, Outcome, Report};
pub use script::Script;
pub use server::{Action, Session, free_port};
pub use usage::{Threads, Usage};

/// The keep-alive interval of all peers that have the setting: the default of messi.
pub const KEEP_ALIVE_INTERVAL: std::time::Duration = std::time::Duration::from_secs(2);

/// The listen backlog of all peers that have the setting: the one of messi.
pub const BACKLOG: u32 = 4096;

/// A transport, as server and as client.
pub trait Peer: Sized {
    /// Creates the peer in a variant, where "" is the default. Returns `None` for an unknown variant.
    fn new(variant: &str) -> Option<Self>;

    /// Returns the reason if the peer does not support a workload.
    fn unsupported(&self, _workload: &Workload) -> Option<String> {
        None
    }

    /// Serves on a free port of the workload's address until the process ends. Calls `listening` with the
    /// port, and handles each connection with a [`Session`].
    fn serve(&self, workload: &Workload, listening: impl FnOnce(u16) + Send);

    /// Starts opening a connection for each script, and returns without waiting. The script then handles
    /// the events of the connection.
    fn open(&self, server: SocketAddr, scripts: Vec<Script>);

    /// Opens a connection, and sends the messages of `blast` at full speed.
    fn blast(&self, server: SocketAddr, blast: Blast);
}

/// Runs the role that the command line selects: the `main` function of a peer.
pub fn run<P: Peer>() {
    run_role::<P>(&std::env::args().nth(1).unwrap_or_default());
}

/// Runs a role, as JSON.
pub fn run_role<P: Peer>(argument: &str) {
    let role: Role = serde_json::from_str(argument)
        .unwrap_or_else(|error| fail(format!("invalid role {argument:?}: {error}")));
    let variant = role.variant();
    let peer = P::new(variant).unwrap_or_else(|| fail(format!("unknown variant {variant:?}")));
    match role {
        Role::Server { workload, .. } => server::run(&peer, &workload),
        Role::Client(job) => client::run(&peer, &job),
    }
}
