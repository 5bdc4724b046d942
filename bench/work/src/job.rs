//! What a process is started to do.

use std::net::SocketAddr;

use serde::{Deserialize, Serialize};

/// The one argument of a peer, as JSON.
#[derive(Clone, Debug, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Role {
    /// Serve.
    Server {
        /// What clients are going to do.
        workload: Workload,
        /// A variant of the peer, "" being the usual one.
        variant: String,
    },
    /// Do a work.
    Client(Job),
}

impl Role {
    pub(crate) fn variant(&self) -> &str {
        match self {
            Self::Server { variant, .. } | Self::Client(Job { variant, .. }) => variant,
        }
    }
}

/// What a server does with a message.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Service {
    /// Sends it back.
    Echo,
    /// Checks it, and sends back those that ask for it.
    Sink,
    /// Sends it to every client that has said hello.
    Broadcast,
}

/// What a client is to do.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct Job {
    /// Where the server listens.
    pub server: SocketAddr,
    /// The server's process, whose CPU time and memory are accounted.
    pub server_pid: u32,
    /// What to do.
    pub workload: Workload,
    /// How long to measure, after a quarter of it to warm up.
    pub seconds: f64,
    /// A variant of the peer, "" being the usual one.
    pub variant: String,
}

/// One kind of work.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Workload {
    /// Requests and answers on one connection, so many of them outstanding.
    Requests { outstanding: usize },
    /// Messages of this text size one way on one connection, as fast as it takes them, and one
    /// acknowledgement of all.
    Blast { size: usize },
    /// Messages to so many clients, so many at a time: the next when all clients have all.
    Broadcast { clients: usize, burst: usize },
    /// So many connections that do nothing but keep alive.
    Idle { connections: usize },
    /// So many clients that connect at the same moment.
    Storm { connections: usize },
}

impl Workload {
    /// What the server is to do.
    pub fn service(&self) -> Service {
        match self {
            Self::Requests { .. } => Service::Echo,
            Self::Blast { .. } | Self::Idle { .. } | Self::Storm { .. } => Service::Sink,
            Self::Broadcast { .. } => Service::Broadcast,
        }
    }

    /// How many connections it takes.
    pub fn connections(&self) -> usize {
        match *self {
            Self::Requests { .. } | Self::Blast { .. } => 1,
            Self::Broadcast { clients, .. } => clients,
            Self::Idle { connections } | Self::Storm { connections } => connections,
        }
    }
}
