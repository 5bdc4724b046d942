//! The engines that all tests run with.

use messi::cluster::Cluster;
use messi_nats::Nats;
use messi_redis::Redis;

use crate::engines::redis::Vendor;
use crate::engines::{Program, Server, nats};
use crate::preparation::Unprepared;

/// The entries that a stream keeps: more than a test has.
const KEPT: u32 = 1_000_000;

/// An engine, as a node and a test need it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Engine {
    Valkey,
    Redis,
    Nats,
    /// Valkey, which keeps the messages in a stream and on the disk.
    Streams,
}

impl Engine {
    pub(crate) const ALL: [Self; 4] = [Self::Valkey, Self::Redis, Self::Nats, Self::Streams];

    pub(crate) fn name(self) -> &'static str {
        match self {
            Self::Valkey => "valkey",
            Self::Redis => "redis",
            Self::Nats => "nats",
            Self::Streams => "streams",
        }
    }

    /// Returns the engine of a name.
    pub(crate) fn of(name: &str) -> Self {
        let engine = Self::ALL.into_iter().find(|engine| engine.name() == name);
        engine.expect("the name of an engine")
    }

    /// Returns the program of the server. The first call fetches it.
    pub(crate) fn program(self) -> Result<Program, Unprepared> {
        match self {
            Self::Valkey | Self::Streams => Vendor::Valkey.program(),
            Self::Redis => Vendor::Installed.program(),
            Self::Nats => nats::program(),
        }
    }

    /// Returns the settings of a node that uses the server of a URL.
    pub(crate) fn cluster(self, url: &str) -> Cluster {
        match self {
            Self::Valkey | Self::Redis => Cluster::new(Redis::connect(url)),
            Self::Nats => Cluster::new(Nats::connect(url)),
            Self::Streams => Cluster::new(Redis::connect(url).streams(KEPT)),
        }
    }

    /// Returns the URL of a server that is reached through another port.
    pub(crate) fn url_of_port(self, port: u16) -> String {
        match self {
            Self::Valkey | Self::Redis | Self::Streams => format!("redis://127.0.0.1:{port}"),
            Self::Nats => format!("nats://127.0.0.1:{port}"),
        }
    }

    /// Starts a server that needs a password, and returns it with a URL that has a wrong one.
    pub(crate) fn start_with_password(self, program: &Program, wrong: &str) -> (Server, String) {
        let server = match self {
            Self::Valkey | Self::Redis | Self::Streams => {
                Server::with(program, &["--requirepass", "right"])
            }
            Self::Nats => Server::with(program, &["--user", "node", "--pass", "right"]),
        };
        let url = server.url().replace("://", &format!("://:{wrong}@"));
        (server, url)
    }

    /// A part of the error of a wrong password.
    pub(crate) fn wrong_password(self) -> &'static str {
        match self {
            Self::Valkey | Self::Redis | Self::Streams => "WRONGPASS",
            Self::Nats => "authorization violation",
        }
    }

    /// Returns whether it keeps messages for nodes that are away.
    pub(crate) fn keeps_messages(self) -> bool {
        matches!(self, Self::Streams)
    }

    fn options(self) -> &'static [&'static str] {
        match self {
            Self::Streams => &["--appendonly", "yes", "--appendfsync", "always"],
            _ => &[],
        }
    }

    /// Starts a server.
    pub(crate) fn start(self, program: &Program) -> Server {
        Server::with(program, self.options())
    }

    /// Starts a killed server again.
    pub(crate) fn restart(self, server: &mut Server) {
        server.restart_with(self.options());
    }

    /// Starts a server that closes the connection of a node once 1 MiB waits for it.
    pub(crate) fn start_impatient(self, program: &Program) -> Server {
        let limit = ["--client-output-buffer-limit", "pubsub 1mb 1mb 1"];
        match self {
            // It would not count messages that it keeps only once for all receivers.
            Self::Valkey => {
                let copy = ["--min-string-size-avoid-copy-reply", "1000000000"];
                Server::with(program, &[limit, copy].concat())
            }
            Self::Redis => Server::with(program, &limit),
            // No message waits there: a node fetches its messages.
            Self::Streams => self.start(program),
            Self::Nats => nats::start_with_settings(program, "max_payload: 1MB, max_pending: 1MB"),
        }
    }
}
