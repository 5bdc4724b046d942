//! What the client at one connection does, without I/O.

use std::fmt::Display;
use std::sync::Arc;

use crate::broadcast::Subscriber;
use crate::connection_counter::ConnectionCounter;
use crate::requests::Requests;
use crate::{Message, fail};

/// What to send when, on one connection. The transport tells what happens on it, and lends a
/// function that sends.
#[derive(Debug)]
pub struct Script {
    counter: Arc<ConnectionCounter>,
    behaviour: Behaviour,
}

#[derive(Debug)]
pub(crate) enum Behaviour {
    /// Asks, and asks again.
    Requests(Box<Requests>),
    /// Listens to a broadcast.
    Subscriber(Subscriber),
    /// Is there. Losing its connection is counted, not an error.
    Idle,
}

impl Script {
    pub(crate) fn new(counter: &Arc<ConnectionCounter>, behaviour: Behaviour) -> Self {
        Self {
            counter: counter.clone(),
            behaviour,
        }
    }

    /// The connection is there.
    pub fn connected(&mut self, mut out: impl FnMut(Message<'_>)) {
        out(Message::Hello);
    }

    /// A message has come.
    pub fn receive(&mut self, message: Message<'_>, mut out: impl FnMut(Message<'_>)) {
        match (message, &mut self.behaviour) {
            (Message::Hello, behaviour) => {
                self.counter.count_served();
                behaviour.start(&mut out);
            }
            (Message::Chat { user, text }, Behaviour::Requests(requests)) => {
                requests.receive(user, text, &mut out);
            }
            (Message::Chat { user, text }, Behaviour::Subscriber(subscriber)) => {
                subscriber.receive(user, text, &mut out);
            }
            (Message::Chat { .. }, Behaviour::Idle) => fail("a message that nobody has sent"),
        }
    }

    /// The connection has ended.
    pub fn lost(&mut self, reason: impl Display) {
        match self.behaviour {
            Behaviour::Idle => self.counter.count_lost(),
            Behaviour::Requests(_) | Behaviour::Subscriber(_) => {
                fail(format!("a connection was lost: {reason}"))
            }
        }
    }
}

impl Behaviour {
    /// The server is there.
    fn start(&mut self, out: &mut impl FnMut(Message<'_>)) {
        match self {
            Self::Requests(requests) => requests.start(out),
            Self::Subscriber(subscriber) => subscriber.start(out),
            Self::Idle => {}
        }
    }
}
