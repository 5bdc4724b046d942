//! What the client at one connection does, without I/O.

use std::fmt::Display;
use std::sync::Arc;

use crate::broadcast::Listener;
use crate::crowd::Crowd;
use crate::requests::Requests;
use crate::{Message, fail};

/// What to send when, on one connection. The transport tells what happens on it, and lends a
/// function that sends.
#[derive(Debug)]
pub struct Script {
    crowd: Arc<Crowd>,
    part: Part,
}

#[derive(Debug)]
pub(crate) enum Part {
    /// Asks, and asks again.
    Requests(Box<Requests>),
    /// Listens to a broadcast.
    Listener(Listener),
    /// Is there. Losing its connection is counted, not an error.
    Visitor,
}

impl Script {
    pub(crate) fn new(crowd: &Arc<Crowd>, part: Part) -> Self {
        Self {
            crowd: crowd.clone(),
            part,
        }
    }

    /// The connection is there.
    pub fn connected(&mut self, mut out: impl FnMut(Message<'_>)) {
        out(Message::Hello);
    }

    /// A message has come.
    pub fn receive(&mut self, message: Message<'_>, mut out: impl FnMut(Message<'_>)) {
        match (message, &mut self.part) {
            (Message::Hello, part) => {
                self.crowd.arrive();
                part.start(&mut out);
            }
            (Message::Chat { user, text }, Part::Requests(requests)) => {
                requests.receive(user, text, &mut out);
            }
            (Message::Chat { user, text }, Part::Listener(listener)) => {
                listener.receive(user, text, &mut out);
            }
            (Message::Chat { .. }, Part::Visitor) => fail("a message that nobody has sent"),
        }
    }

    /// The connection has ended.
    pub fn lost(&mut self, reason: impl Display) {
        match self.part {
            Part::Visitor => self.crowd.lose(),
            Part::Requests(_) | Part::Listener(_) => {
                fail(format!("a connection was lost: {reason}"))
            }
        }
    }
}

impl Part {
    /// The server is there.
    fn start(&mut self, out: &mut impl FnMut(Message<'_>)) {
        match self {
            Self::Requests(requests) => requests.start(out),
            Self::Listener(listener) => listener.start(out),
            Self::Visitor => {}
        }
    }
}
