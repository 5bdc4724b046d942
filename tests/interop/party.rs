//! Clients and servers of the chat, of all implementations, behind one trait.

use messi::{ServerBuilder, Session, Sessions};

use crate::events::Events;
use crate::port;
use crate::prepare::Peers;
use crate::process::Process;
use crate::programs;
use crate::rust::chat::Chat;
use crate::rust::{RustClient, RustServer};

/// A client or a server of the chat.
///
/// All clients report `connected`, `disconnected …`, `connect_rsp` and `message <user> <text>`, and
/// send a `ConnectReq` when connected. The one in Rust also reports `connect_failure …`. All servers report
/// `client_connected`, `client_disconnected …`, `connect_req <user>` and `message <user> <text>`. They
/// respond to each `ConnectReq` and broadcast each message, also to its sender.
pub(crate) trait Party {
    /// Returns the events that it reports.
    fn events(&mut self) -> &mut Events;

    /// Sends a message: a client to the server, a server to all clients.
    fn send(&mut self, text: &str);

    /// Sends `count` messages at once, with the texts `1`, `2` and so on.
    fn burst(&mut self, count: usize);
}

impl Party for Process {
    fn events(&mut self) -> &mut Events {
        self.events()
    }

    fn send(&mut self, text: &str) {
        self.command(&format!("send {text}"));
    }

    fn burst(&mut self, count: usize) {
        self.command(&format!("burst {count}"));
    }
}

/// The implementation of a client.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum ClientKind {
    /// The original in C.
    OriginalC,
    /// The original in Python.
    OriginalPython,
    /// Ours in Rust.
    Rust,
    /// Ours in Rust, which asks for a session.
    RustWithSession,
    /// Ours in C, for Linux.
    C,
    /// Ours in Python.
    Python,
}

impl ClientKind {
    /// Every client, without those that differ in settings alone.
    pub(crate) const ALL: [Self; 5] = [
        Self::OriginalC,
        Self::OriginalPython,
        Self::Rust,
        Self::C,
        Self::Python,
    ];

    /// The clients of this project.
    pub(crate) const OURS: [Self; 3] = [Self::Rust, Self::C, Self::Python];

    /// Returns its name in the names of tests.
    pub(crate) fn name(self) -> &'static str {
        match self {
            Self::OriginalC => "original_c_client",
            Self::OriginalPython => "original_python_client",
            Self::Rust => "rust_client",
            Self::RustWithSession => "rust_client_that_asks_for_a_session",
            Self::C => "c_client",
            Self::Python => "python_client",
        }
    }

    /// Starts a client. When dropped, the one in Rust is stopped, and a program is killed.
    pub(crate) fn start(self, peers: &Peers, port: u16, user: &str) -> Box<dyn Party> {
        let (originals, ours) = (&peers.originals, &peers.ours);

        match self {
            Self::OriginalC => Box::new(programs::c_client(originals, port, user)),
            Self::OriginalPython => Box::new(programs::python_client(peers, originals, port, user)),
            Self::Rust => Box::new(RustClient::start(port, user)),
            Self::RustWithSession => Box::new(RustClient::start_with(port, user, |builder| {
                builder.session(Session::default())
            })),
            Self::C => Box::new(programs::c_client(ours, port, user)),
            Self::Python => Box::new(programs::python_client(peers, ours, port, user)),
        }
    }

    /// Starts a client, and waits for the response to its `ConnectReq`.
    pub(crate) fn join(self, peers: &Peers, port: u16, user: &str) -> Box<dyn Party> {
        let mut client = self.start(peers, port, user);
        client.events().expect("connected");
        client.events().expect("connect_rsp");
        client
    }
}

/// The implementation of a server. The original has no server in Python.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum ServerKind {
    /// The original in C.
    OriginalC,
    /// Ours in Rust.
    Rust,
    /// Ours in Rust, which grants sessions.
    RustWithSessions,
    /// Ours in C, for Linux.
    C,
    /// Ours in Python.
    Python,
}

impl ServerKind {
    /// Every server, without those that differ in settings alone.
    pub(crate) const ALL: [Self; 4] = [Self::OriginalC, Self::Rust, Self::C, Self::Python];

    /// Returns its name in the names of tests.
    pub(crate) fn name(self) -> &'static str {
        match self {
            Self::OriginalC => "original_c_server",
            Self::Rust => "rust_server",
            Self::RustWithSessions => "rust_server_with_sessions",
            Self::C => "c_server",
            Self::Python => "python_server",
        }
    }

    /// Starts a server, and returns its port. When dropped, the one in Rust is stopped, and a program is
    /// killed.
    pub(crate) fn start(self, peers: &Peers) -> (Box<dyn Party>, u16) {
        match self.program() {
            Some(start) => {
                let (server, port) = programs::on_free_port(|port| start(peers, port));
                (Box::new(server), port)
            }
            None => {
                let server = RustServer::start_with(0, |builder| self.set(builder));
                let port = server.port();
                (Box::new(server), port)
            }
        }
    }

    /// Starts a server on a port that will be free again after the server has ended.
    pub(crate) fn start_to_restart(self, peers: &Peers) -> (Box<dyn Party>, u16) {
        match self {
            Self::Rust | Self::RustWithSessions => {
                let port = port::free();
                (self.start_again(peers, port), port)
            }
            _ => self.start(peers),
        }
    }

    /// Starts a server on the port of an earlier one.
    pub(crate) fn start_again(self, peers: &Peers, port: u16) -> Box<dyn Party> {
        match self.program() {
            Some(start) => Box::new(programs::on_port(port, |port| start(peers, port))),
            None => Box::new(RustServer::start_with(port, |builder| self.set(builder))),
        }
    }

    /// Applies the settings that distinguish a server in Rust.
    fn set(self, builder: ServerBuilder<Chat>) -> ServerBuilder<Chat> {
        match self {
            Self::RustWithSessions => builder.sessions(Sessions::default()),
            _ => builder,
        }
    }

    /// Returns the function that starts its program, unless it runs in this process.
    fn program(self) -> Option<fn(&Peers, u16) -> Process> {
        match self {
            Self::OriginalC => Some(|peers, port| programs::c_server(&peers.originals, port)),
            Self::Rust | Self::RustWithSessions => None,
            Self::C => Some(|peers, port| programs::c_server(&peers.ours, port)),
            Self::Python => Some(programs::python_server),
        }
    }
}
