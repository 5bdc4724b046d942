//! New sockets for connections and for sessions that were interrupted.

use std::fmt::{self, Debug, Formatter};
use std::time::Duration;

use futures::future::BoxFuture;
use messi_wire::resumption::{Answer, Grant, Resume, SessionLost};

use crate::transport::BoxSocket;
use crate::{Address, ConnectError, Uri};

/// A socket with the bytes that were read from it already.
pub(crate) struct Opened {
    pub(crate) socket: BoxSocket,
    pub(crate) input: Vec<u8>,
    pub(crate) begin: Begin,
}

/// How a connection begins.
pub(crate) enum Begin {
    /// Without a session.
    Plain,
    /// This client asks for a session, with a window of this size in bytes.
    Request { window: usize },
    /// The server has granted this client a new session in place of a lost one.
    Succeed { grant: Grant },
    /// The client asks this server for a session. It may have asked to go on with another one, which is lost.
    Grant {
        lost: Option<(SessionLost, Option<u64>)>,
    },
    /// This server has granted a session.
    Granted {
        grant: Grant,
        lost: Option<(SessionLost, Option<u64>)>,
    },
}

impl Begin {
    /// Returns whether the client knows sessions, on a server.
    pub(crate) fn knows_sessions(&self) -> bool {
        matches!(self, Self::Grant { .. } | Self::Granted { .. })
    }
}

impl Opened {
    /// Creates a connection without a session, from which no bytes were read.
    pub(crate) fn plain(socket: BoxSocket) -> Self {
        Self {
            socket,
            input: Vec::new(),
            begin: Begin::Plain,
        }
    }
}

impl Debug for Handover {
    fn fmt(&self, formatter: &mut Formatter<'_>) -> fmt::Result {
        let answer = &self.answer;
        formatter
            .debug_struct("Handover")
            .field("answer", answer)
            .finish_non_exhaustive()
    }
}

/// A socket for a session that was interrupted, or that has a half-open connection.
pub(crate) struct Handover {
    pub(crate) socket: BoxSocket,
    pub(crate) input: Vec<u8>,
    /// The answer of the server about the session. On a server, it is always resumed.
    pub(crate) answer: Answer,
    /// The server that a client has connected to.
    pub(crate) server: Option<(Uri, Address)>,
}

/// The delay before an attempt to connect again.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Delay {
    /// Almost no delay: the session was interrupted just now.
    First,
    /// That of the back-off.
    Backoff,
    /// That which the handler wants.
    Of(Duration),
}

/// Connects a client again after its session was interrupted.
pub(crate) trait Reconnect: Send {
    /// Begins an attempt, after a delay.
    fn attempt(
        &mut self,
        resume: Resume,
        delay: Delay,
    ) -> BoxFuture<'static, Result<Handover, ConnectError>>;

    /// Records the server of the attempt that has succeeded.
    fn handle_connected(&mut self, server: (Uri, Address));
}
