//! The client side of one connection, for transports without backpressure.

use crate::{Blast, Message, Script, USER, fail};

/// A client of a transport that queues or drops messages that the socket does not accept: it follows a script, or
/// blasts in bursts.
#[derive(Debug)]
pub enum Conversation {
    Script(Script),
    Blast(Blast),
}

impl Conversation {
    /// Handles an established connection.
    pub fn connected(&mut self, out: impl FnMut(Message<'_>)) {
        match self {
            Self::Script(script) => script.connected(out),
            Self::Blast(blast) => send_all(blast, out),
        }
    }

    /// Handles a received message.
    pub fn receive(&mut self, message: Message<'_>, out: impl FnMut(Message<'_>)) {
        match (self, message) {
            (Self::Script(script), message) => script.receive(message, out),
            (Self::Blast(blast), Message::Chat { text, .. }) => {
                blast.acknowledge(text);
                send_all(blast, out);
            }
            (Self::Blast(_), Message::Hello) => fail("unexpected hello"),
        }
    }

    /// Handles the end of the connection.
    pub fn lost(&mut self, reason: &str) {
        match self {
            Self::Script(script) => script.lost(reason),
            Self::Blast(_) => fail(format!("the connection was lost: {reason}")),
        }
    }
}

/// Sends the messages up to the next one with an acknowledgement.
fn send_all(blast: &mut Blast, mut out: impl FnMut(Message<'_>)) {
    while let Some(text) = blast.next_text() {
        out(Message::Chat { user: USER, text });
    }
}
