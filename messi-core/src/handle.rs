//! Messages that a handler does not handle.

use std::future::{Ready, ready};
use std::sync::{Mutex, PoisonError};

use log::{Level, debug, log_enabled};

use crate::mailbox::Mailbox;
use crate::{Client, LOG_TARGET, Protocol, ServerClient};

/// A handle of a connection, for generated code.
pub trait Handle {
    /// The name of its protocol.
    const PROTOCOL: &'static str;

    /// Counts a message, in one of the counters.
    #[doc(hidden)]
    fn count(&self, counter: Unhandled);
}

/// Why a message is not handled.
#[derive(Clone, Copy, Debug)]
pub enum Unhandled {
    /// It has no member that is known to this side's schema.
    Unknown,
    /// The handler has no method for it.
    NoMethod,
}

impl<P: Protocol> Handle for Client<P> {
    const PROTOCOL: &'static str = P::NAME;

    fn count(&self, counter: Unhandled) {
        count(self.mailbox(), counter);
    }
}

impl<P: Protocol> Handle for ServerClient<P> {
    const PROTOCOL: &'static str = P::NAME;

    fn count(&self, counter: Unhandled) {
        count(self.peer_mailbox(), counter);
    }
}

fn count(mailbox: &Mailbox, counter: Unhandled) {
    let counters = &mailbox.transfers;
    match counter {
        Unhandled::Unknown => counters.ignored_messages.add(1),
        Unhandled::NoMethod => counters.unhandled_messages.add(1),
    }
}

/// Counts a message without a member that is known to this side's schema.
pub fn ignore(client: &impl Handle) {
    client.count(Unhandled::Unknown);
}

/// Counts a message for which the handler has no method, and logs the first one of each member.
pub fn unhandled<C: Handle>(client: &C, member: &'static str) -> Ready<()> {
    client.count(Unhandled::NoMethod);
    if log_enabled!(target: LOG_TARGET, Level::Debug) {
        log_first(C::PROTOCOL, member);
    }
    ready(())
}

#[cold]
fn log_first(protocol: &'static str, member: &'static str) {
    static LOGGED: Mutex<Vec<(&str, &str)>> = Mutex::new(Vec::new());
    let mut logged = LOGGED.lock().unwrap_or_else(PoisonError::into_inner);
    let is_first = !logged.contains(&(protocol, member));
    if is_first {
        logged.push((protocol, member));
    }
    drop(logged);
    if is_first {
        debug!(
            target: LOG_TARGET,
            "a handler of {protocol} has no method for {member}: these messages are dropped"
        );
    }
}
