//! Clients and servers of the chat, ours and the original's, behind one trait.

use crate::events::Events;
use crate::originals;
use crate::ours::{OurClient, OurServer};
use crate::port;
use crate::prepare::Peers;
use crate::process::Process;

/// A client or a server of the chat.
///
/// All clients report `connected`, `disconnected …`, `connect_rsp` and `message <user> <text>`, and
/// send a `ConnectReq` when connected. Ours also reports `connect_failure …`. All servers report
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
    C,
    /// The original in Python.
    Python,
    /// Ours.
    Ours,
}

impl ClientKind {
    /// Starts a client. When dropped, ours is stopped and the original's is killed.
    pub(crate) fn start(self, peers: &Peers, port: u16, user: &str) -> Box<dyn Party> {
        match self {
            Self::C => Box::new(originals::c_client(peers, port, user)),
            Self::Python => Box::new(originals::python_client(peers, port, user)),
            Self::Ours => Box::new(OurClient::start(port, user)),
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
    C,
    /// Ours.
    Ours,
}

impl ServerKind {
    /// Starts a server, and returns its port. When dropped, ours is stopped and the original's is killed.
    pub(crate) fn start(self, peers: &Peers) -> (Box<dyn Party>, u16) {
        match self {
            Self::C => {
                let (server, port) = originals::c_server(peers);
                (Box::new(server), port)
            }
            Self::Ours => {
                let server = OurServer::start(0);
                let port = server.port();
                (Box::new(server), port)
            }
        }
    }

    /// Starts a server on a port that will be free again after the server has ended.
    pub(crate) fn start_to_restart(self, peers: &Peers) -> (Box<dyn Party>, u16) {
        match self {
            Self::C => self.start(peers),
            Self::Ours => {
                let port = port::free();
                (Box::new(OurServer::start(port)), port)
            }
        }
    }

    /// Starts a server on the port of an earlier one.
    pub(crate) fn start_again(self, peers: &Peers, port: u16) -> Box<dyn Party> {
        match self {
            Self::C => Box::new(originals::c_server_at(peers, port)),
            Self::Ours => Box::new(OurServer::start(port)),
        }
    }
}
