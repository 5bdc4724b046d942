//! What a server does, without I/O.

use std::io::{self, Read};
use std::net::TcpListener;
use std::{process, thread};

use crate::process::raise_descriptor_limit;
use crate::text::Texts;
use crate::{Peer, Service, Workload, fail};

/// What to do with a message that a client has sent.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Action {
    /// Nothing.
    Nothing,
    /// Send it back.
    Reply,
    /// Send it to every client that has said hello.
    Broadcast,
}

/// The server's side of one connection. A hello is always answered.
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

    /// A message has come.
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

/// Serves until the standard input ends.
pub(crate) fn run(peer: &impl Peer, workload: &Workload) {
    raise_descriptor_limit();
    thread::spawn(|| {
        let _ = io::stdin().read_to_end(&mut Vec::new());
        process::exit(0);
    });
    peer.serve(workload, |port| println!("{port}"));
}

/// A port of loopback that is free now, for transports that do not tell the port they listen on.
pub fn free_port() -> u16 {
    let listener = TcpListener::bind("127.0.0.1:0");
    let address = listener.and_then(|listener| listener.local_addr());
    address.unwrap_or_else(|error| fail(error)).port()
}
