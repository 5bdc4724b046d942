//! The client side of one connection, without I/O.

use std::fmt::Display;
use std::sync::Arc;

use crate::broadcast::Subscriber;
use crate::connection_counter::ConnectionCounter;
use crate::requests::Requests;
use crate::{Message, fail};

/// The client side of one connection. The transport calls a method for each event, with a function
/// that sends messages.
#[derive(Debug)]
pub struct Script {
    counter: Arc<ConnectionCounter>,
    behaviour: Behaviour,
}

/// The behaviour of a client after its hello.
#[derive(Debug)]
pub(crate) enum Behaviour {
    /// Sends requests and waits for responses.
    Requests(Box<Requests>),
    /// Receives broadcasts.
    Subscriber(Subscriber),
    /// Keeps the connection open. A lost connection is counted, and not an error.
    Idle,
}

impl Script {
    pub(crate) fn new(counter: &Arc<ConnectionCounter>, behaviour: Behaviour) -> Self {
        Self {
            counter: counter.clone(),
            behaviour,
        }
    }

    /// Handles an established connection.
    pub fn connected(&mut self, mut out: impl FnMut(Message<'_>)) {
        out(Message::Hello);
    }

    /// Handles a received message.
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
            (Message::Chat { .. }, Behaviour::Idle) => {
                fail("unexpected message on an idle connection")
            }
        }
    }

    /// Handles the end of the connection.
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
    /// Handles the response to the hello.
    fn start(&mut self, out: &mut impl FnMut(Message<'_>)) {
        match self {
            Self::Requests(requests) => requests.start(out),
            Self::Subscriber(subscriber) => subscriber.start(out),
            Self::Idle => {}
        }
    }
}
