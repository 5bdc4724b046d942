//! The server side of a connection, without I/O, and the server process of a trial.

use std::io::{self, Read};
use std::net::TcpListener;
use std::{process, thread};

use crate::process::raise_descriptor_limit;
use crate::text::Texts;
use crate::{Peer, Service, Workload, fail};

/// The action that a message requires.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Action {
    /// No action.
    Nothing,
    /// Send the message back.
    Reply,
    /// Send the message to all clients that have sent a hello.
    Broadcast,
}

/// The server side of one connection. The transport itself responds to a hello.
#[derive(Debug)]
pub struct Session {
    service: Service,
    texts: Option<Texts>,
}

impl Session {
    pub fn new(service: Service) -> Self {
        Self {
            service,
            texts: None,
        }
    }

    /// Handles a message, and returns the action that it requires.
    pub fn receive(&mut self, user: &str, text: &str) -> Action {
        match self.service {
            Service::Echo => Action::Reply,
            Service::Broadcast => Action::Broadcast,
            Service::Sink => {
                let texts = self.texts.get_or_insert_with(|| Texts::new(text.len()));
                texts.expect(user, text);
                if Texts::asks_for_acknowledgement(text) {
                    Action::Reply
                } else {
                    Action::Nothing
                }
            }
        }
    }
}

/// Serves until the standard input is closed.
pub(crate) fn run(peer: &impl Peer, workload: &Workload) {
    raise_descriptor_limit();
    thread::spawn(|| {
        let _ = io::stdin().read_to_end(&mut Vec::new());
        process::exit(0);
    });
    peer.serve(workload, |port| println!("{port}"));
}

/// Returns a free port of loopback, for transports that do not report their port.
pub fn free_port() -> u16 {
    let listener = TcpListener::bind("127.0.0.1:0");
    let address = listener.and_then(|listener| listener.local_addr());
    address.unwrap_or_else(|error| fail(error)).port()
}
