//! The span of a connection, for the events of its handler.
//!
//! The whole task of a connection runs in it, so that it is entered once for each poll, and not for each message.
//! Without the feature `tracing`, there is no span to enter.

use std::fmt::Display;

#[cfg(feature = "tracing")]
use tracing::{Instrument, Span, field::display, info_span};

#[cfg(feature = "tracing")]
use crate::LOG_TARGET;

/// The span of one connection.
#[derive(Clone)]
pub(crate) struct ConnectionSpan(#[cfg(feature = "tracing")] Span);

#[cfg(feature = "tracing")]
impl ConnectionSpan {
    /// Creates the span of a client of a server.
    pub(crate) fn of_server(protocol: &str, id: u64, peer: &dyn Display) -> Self {
        let peer = display(peer);
        Self(info_span!(target: LOG_TARGET, "connection", side = "server", protocol, id, peer))
    }

    /// Creates the span of a client's connection.
    pub(crate) fn of_client(protocol: &str, peer: &dyn Display) -> Self {
        let peer = display(peer);
        Self(info_span!(target: LOG_TARGET, "connection", side = "client", protocol, peer))
    }

    /// Runs a closure inside the span.
    pub(crate) fn in_scope<T>(&self, closure: impl FnOnce() -> T) -> T {
        self.0.in_scope(closure)
    }

    /// Returns a future that is polled and dropped inside the span.
    pub(crate) fn instrument<F: Future>(self, future: F) -> impl Future<Output = F::Output> {
        future.instrument(self.0)
    }
}

#[cfg(not(feature = "tracing"))]
impl ConnectionSpan {
    pub(crate) fn of_server(_: &str, _: u64, _: &dyn Display) -> Self {
        Self()
    }

    pub(crate) fn of_client(_: &str, _: &dyn Display) -> Self {
        Self()
    }

    pub(crate) fn in_scope<T>(&self, closure: impl FnOnce() -> T) -> T {
        closure()
    }

    pub(crate) fn instrument<F: Future>(self, future: F) -> F {
        future
    }
}
