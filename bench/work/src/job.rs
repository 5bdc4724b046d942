//! The task of a process, as its argument on the command line.
//!
//! The names in JSON are fixed, so that `bench/run` can also run peers built from earlier commits.

use std::net::SocketAddr;

use serde::{Deserialize, Serialize};

use crate::loopback::listen_address;

/// The argument of a peer as JSON.
#[derive(Clone, Debug, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Role {
    /// Serves clients.
    Server {
        /// The workload of the clients.
        #[serde(rename = "work")]
        workload: Workload,
        /// The variant of the peer, where "" is the default.
        variant: String,
    },
    /// Runs a workload.
    Client(Job),
}

impl Role {
    pub(crate) fn variant(&self) -> &str {
        match self {
            Self::Server { variant, .. } | Self::Client(Job { variant, .. }) => variant,
        }
    }
}

/// The handling of messages on the server.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Service {
    /// Sends each message back.
    Echo,
    /// Checks each message, and sends it back if it asks for an acknowledgement.
    Sink,
    /// Sends each message to all clients that have sent a hello.
    Broadcast,
}

/// The task of a client.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct Job {
    /// The address of the server, with the first address of loopback.
    pub server: SocketAddr,
    /// The server's process, for the measurement of its CPU time and memory.
    pub server_pid: u32,
    /// The workload to run.
    #[serde(rename = "work")]
    pub workload: Workload,
    /// The duration of the measurement. A warm-up of a quarter of it comes first.
    pub seconds: f64,
    /// The variant of the peer, where "" is the default.
    pub variant: String,
}

/// A workload of the client.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Workload {
    /// Requests and responses on one connection, with a number of outstanding requests.
    Requests { outstanding: usize },
    /// Messages of one text size from the client to the server, at full speed, with one
    /// acknowledgement at the end.
    Blast { size: usize },
    /// Broadcasts to a number of clients in bursts. The next burst starts when every client has received
    /// all messages.
    Broadcast { clients: usize, burst: usize },
    /// A number of connections with keep-alive only.
    Idle { connections: usize },
    /// A number of clients that connect at the same moment.
    Storm { connections: usize },
}

impl Workload {
    /// Returns the service that the workload needs.
    pub fn service(&self) -> Service {
        match self {
            Self::Requests { .. } => Service::Echo,
            Self::Blast { .. } | Self::Idle { .. } | Self::Storm { .. } => Service::Sink,
            Self::Broadcast { .. } => Service::Broadcast,
        }
    }

    /// Returns the number of connections.
    pub fn connections(&self) -> usize {
        match *self {
            Self::Requests { .. } | Self::Blast { .. } => 1,
            Self::Broadcast { clients, .. } => clients,
            Self::Idle { connections } | Self::Storm { connections } => connections,
        }
    }

    /// Returns the address that the server listens on. It chooses the port.
    pub fn listen_address(&self) -> SocketAddr {
        SocketAddr::new(listen_address(self.connections()), 0)
    }
}
