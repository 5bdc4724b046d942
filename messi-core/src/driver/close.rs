//! Closing a socket in good order.
//!
//! 1. The send queue is written.
//! 2. The writing direction is shut down.
//! 3. Bytes that the peer still sends are discarded until it closes too. Closing a socket with unread input would reset
//!    the connection, and the peer could lose the bytes that it has not read yet.
//!
//! The connection's timers are handled before each step: a peer can keep every step busy, and the limit
//! of closing holds all the same.

use std::pin::Pin;
use std::task::{Context, Poll, ready};

use futures::io::AsyncWrite;
use messi_wire::DisconnectReason;
use messi_wire::resumption::{Bye, ByeReason};

use super::Driver;
use crate::transport::linger::Linger;

/// Progress of closing.
#[derive(Debug)]
pub(super) enum Closing {
    /// Bytes are still to be written.
    Writing,
    /// The writing direction is to be shut down.
    ShuttingDown,
    /// The peer is given time to read and to close.
    Lingering(Box<Linger>),
}

impl Driver {
    pub(super) fn poll_closed(&mut self, cx: &mut Context<'_>) -> Poll<()> {
        loop {
            self.handle_command();
            if self.poll_close(cx).is_ready() {
                return Poll::Ready(());
            }
            // The mailbox needs the waker too: a command to abort must end this at once.
            ready!(self.park(cx));
        }
    }

    /// Closes the socket, in good order or, once the connection is aborted, at once.
    pub(super) fn poll_close(&mut self, cx: &mut Context<'_>) -> Poll<()> {
        loop {
            // In each round: the step before, or a timer, may have aborted the connection.
            if self.connection.is_aborted() {
                self.socket = None;
            }
            if self.socket.is_none() {
                return Poll::Ready(());
            }
            // A peer that keeps each step ready must let other tasks run.
            ready!(self.poll_turn_budget(cx));
            if self.poll_timer(cx, self.now()).is_pending() && self.poll_close_step(cx).is_pending()
            {
                // The step may have set a timer, which wakes this task only once it is polled.
                ready!(self.poll_timer(cx, self.now()));
            }
        }
    }

    /// Takes closing one step further.
    fn poll_close_step(&mut self, cx: &mut Context<'_>) -> Poll<()> {
        match self.closing {
            Closing::Writing => {
                ready!(self.poll_write(cx));
                // One call writes one batch: more frames may be queued behind it.
                if self.mailbox.queued() == 0 && !self.say_bye() {
                    self.closing = Closing::ShuttingDown;
                }
            }
            Closing::ShuttingDown => {
                let Some(socket) = &mut self.socket else {
                    return Poll::Ready(());
                };
                // An error means that the peer has closed already.
                let _ = ready!(Pin::new(socket).poll_close(cx));
                self.connection.handle_shut_down(self.now());
                self.closing = Closing::Lingering(Box::default());
            }
            Closing::Lingering(_) => ready!(self.poll_linger(cx)),
        }
        Poll::Ready(())
    }

    /// Sends the peer of a session the reason why it ends, as the last frame that is written. Returns `false` if there
    /// is no such frame to send.
    fn say_bye(&mut self) -> bool {
        let Some(reason) = self.connection.end_reason().and_then(bye_reason) else {
            return false;
        };
        if self.connection.delivery().is_none() {
            return false;
        }
        // Behind a ping or pong that waits: in the next round.
        if self.connection.output_len() > 0 {
            return true;
        }
        let said = self
            .mailbox
            .take_bye()
            .filter(|_| reason == ByeReason::Disconnected);
        let bye = said.unwrap_or_else(|| Bye::new(reason));
        self.connection.say_bye(&bye)
    }

    /// Reads and discards until the peer has closed too.
    fn poll_linger(&mut self, cx: &mut Context<'_>) -> Poll<()> {
        let reason = self.connection.end_reason();
        let has_peer_closed = reason == Some(&DisconnectReason::ConnectionClosed);
        let runtime = self.mailbox.runtime();
        // A peer that has closed its direction sends no more input, which could reset the connection.
        if let Some(socket) = &mut self.socket
            && let Closing::Lingering(linger) = &mut self.closing
            && !has_peer_closed
        {
            ready!(linger.poll(cx, socket, &**runtime));
        }
        // The drop closes the socket: so far, only the writing direction is shut down.
        self.socket = None;
        Poll::Ready(())
    }
}

/// Returns the reason of the end on this side, in the form for the peer of a session; `None` if the peer has ended it.
fn bye_reason(reason: &DisconnectReason) -> Option<ByeReason> {
    match reason {
        DisconnectReason::Stopped => Some(ByeReason::Leaving),
        DisconnectReason::Disconnected => Some(ByeReason::Disconnected),
        DisconnectReason::HandlerPanicked | DisconnectReason::RequestAbandoned => {
            Some(ByeReason::Failed)
        }
        DisconnectReason::MessageTooBig { .. }
        | DisconnectReason::MessageDecodeError(_)
        | DisconnectReason::UnexpectedMessageType(_) => Some(ByeReason::Unreadable),
        DisconnectReason::SlowConsumer => Some(ByeReason::Overflow),
        DisconnectReason::LoginTimeout => Some(ByeReason::Refused),
        _ => None,
    }
}
