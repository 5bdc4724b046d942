//! The items of this engine that the suite needs.

use std::collections::HashSet;
use std::fs;
use std::process::Command;

use messi_nats::Nats;

use crate::engines::nats::start_with_settings;
use crate::engines::{Program, Server};

pub(crate) const NAME: &str = "NATS";

/// The error of a connection without TLS to a server with it.
pub(crate) const WITHOUT_TLS: &str = "requires TLS";

impl Server {
    pub(crate) fn engine(&self) -> Nats {
        Nats::connect(self.url())
    }

    pub(crate) fn tls_engine(&self, host: &str) -> Nats {
        Nats::connect(format!("tls://{host}:{}", self.port()))
    }

    /// Returns the number of connections that the server has not closed.
    pub(crate) fn connections(&self) -> usize {
        const ESTABLISHED: &str = "01";
        const CLOSED_BY_PEER: &str = "08";

        let sockets = fs::read_to_string("/proc/net/tcp").expect("the sockets of the system");
        let port = format!(":{:04X}", self.port());
        let open = sockets.lines().skip(1).filter_map(|line| {
            let fields: Vec<_> = line.split_ascii_whitespace().collect();
            let [_, local, remote, state, ..] = fields[..] else {
                panic!("a socket of the system: {line}");
            };
            let is_open = local.ends_with(&port) && [ESTABLISHED, CLOSED_BY_PEER].contains(&state);
            is_open.then_some(remote)
        });
        // The system writes the list in parts: a socket is in two of them if others are closed in between.
        open.collect::<HashSet<_>>().len()
    }
}

/// Starts a server that cuts a link for which more than 16 KiB wait. The limit of messages must not be larger.
pub(crate) fn start_impatient(program: &Program) -> Server {
    start_with_settings(program, "max_payload: 16384, max_pending: 16384")
}

/// Sets the options of a server with TLS.
pub(crate) fn set_tls(command: &mut Command, _port: u16, certificate: &str, key: &str) {
    command.args(["--tls", "--tlscert", certificate, "--tlskey", key]);
}
