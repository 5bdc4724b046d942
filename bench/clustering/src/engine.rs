//! Engines: to start them, to use them as that of a cluster, and to speak to them without messi.

use std::error::Error;
use std::io;
use std::net::SocketAddr;
use std::process::Command;

use clap::ValueEnum;
use messi::cluster::Cluster;
use messi_redis::Redis;
use work::fail;

use crate::engines::redis::Vendor;
use crate::engines::{Program, Server};

/// The channel of messages without messi.
const CHANNEL: &str = "room";

/// A kind of engine.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub(crate) enum Kind {
    /// Valkey 9, from the package index of Python.
    Valkey,
    /// The Redis that is installed.
    Redis,
}

impl Kind {
    pub(crate) fn name(self) -> &'static str {
        match self {
            Self::Valkey => "valkey",
            Self::Redis => "redis",
        }
    }

    fn program(self) -> runner::Result<Program> {
        let program = match self {
            Self::Valkey => Vendor::Valkey.program(),
            Self::Redis => Vendor::Installed.program(),
        };
        Ok(program.map_err(|unprepared| unprepared.to_string())?)
    }

    /// Returns the settings of a node that uses an engine.
    pub(crate) fn cluster(self, url: &str) -> Cluster {
        match self {
            Self::Valkey | Self::Redis => Redis::connect(url).into(),
        }
    }

    // --- Without messi ---

    /// Returns the bytes that a subscriber sends first.
    pub(crate) fn subscription(self) -> Vec<u8> {
        match self {
            Self::Valkey | Self::Redis => resp(&["SUBSCRIBE".as_ref(), CHANNEL.as_ref()]),
        }
    }

    /// Returns the size of the answer to a subscription.
    pub(crate) fn subscription_answer_size(self) -> usize {
        match self {
            Self::Valkey | Self::Redis => {
                resp(&["subscribe".as_ref(), CHANNEL.as_ref()]).len() + b":1\r\n".len()
            }
        }
    }

    /// Returns the bytes that a publisher sends for a message.
    pub(crate) fn publication(self, payload: &[u8]) -> Vec<u8> {
        match self {
            Self::Valkey | Self::Redis => resp(&["PUBLISH".as_ref(), CHANNEL.as_ref(), payload]),
        }
    }

    /// Returns the number of bytes that a subscriber receives for a message.
    pub(crate) fn delivery_size(self, payload: &[u8]) -> usize {
        match self {
            Self::Valkey | Self::Redis => {
                resp(&["message".as_ref(), CHANNEL.as_ref(), payload]).len()
            }
        }
    }
}

/// Returns a list of strings in the protocol of Redis.
fn resp(strings: &[&[u8]]) -> Vec<u8> {
    let mut bytes = format!("*{}\r\n", strings.len()).into_bytes();
    for string in strings {
        bytes.extend_from_slice(format!("${}\r\n", string.len()).as_bytes());
        bytes.extend_from_slice(string);
        bytes.extend_from_slice(b"\r\n");
    }
    bytes
}

/// A running engine.
pub(crate) struct Engine {
    pub(crate) kind: Kind,
    pub(crate) url: String,
    pub(crate) version: String,
    /// `None` if it was running before.
    pub(crate) server: Option<Server>,
}

impl Engine {
    /// Starts an engine, unless there is the URL of a running one.
    pub(crate) fn start(kind: Kind, url: Option<&String>) -> runner::Result<Self> {
        if let Some(url) = url {
            return Ok(Self {
                kind,
                url: url.clone(),
                version: format!("{} at a URL", kind.name()),
                server: None,
            });
        }
        let program = kind.program()?;
        let server = Server::start(&program);
        Ok(Self {
            kind,
            url: server.url(),
            version: version(&program)?,
            server: Some(server),
        })
    }

    /// Returns the address of the engine.
    pub(crate) fn address(&self) -> SocketAddr {
        address(&self.url).unwrap_or_else(|error| fail(error))
    }
}

fn version(program: &Program) -> io::Result<String> {
    let output = Command::new(&program.path).arg("--version").output()?;
    Ok(String::from_utf8_lossy(&output.stdout).trim().into())
}

/// Returns the address in a URL without a user.
pub(crate) fn address(url: &str) -> Result<SocketAddr, Box<dyn Error>> {
    let authority = url.split_once("://").map_or(url, |(_, rest)| rest);
    Ok(authority.trim_end_matches('/').parse()?)
}

/// Returns the kind with this name.
pub(crate) fn kind(name: &str) -> Kind {
    Kind::from_str(name, false).unwrap_or_else(|error| fail(error))
}
