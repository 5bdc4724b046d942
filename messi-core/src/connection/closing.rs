//! Closing a socket in good order.

use std::pin::Pin;
use std::task::{Context, Poll, ready};

use futures::io::AsyncWrite;

use super::Connection;
use crate::DisconnectReason;
use crate::transport::linger::Linger;

/// How far closing has got.
#[derive(Debug)]
pub(super) enum Closing {
    /// Bytes are still to be written.
    Writing,
    /// The writing direction is to be shut down.
    ShuttingDown,
    /// The peer is given the time to read: to drop a socket with unread input would make the
    /// operating system take back what the peer has not read yet.
    Lingering(Linger),
}

impl Connection {
    pub(super) fn poll_closed(&mut self, cx: &mut Context<'_>) -> Poll<()> {
        loop {
            self.take_request();
            if self.poll_close(cx).is_ready() {
                return Poll::Ready(());
            }
            ready!(self.park(cx));
        }
    }

    /// Closes the socket in good order, or at once when that takes too long; ready once it is
    /// closed.
    pub(super) fn poll_close(&mut self, cx: &mut Context<'_>) -> Poll<()> {
        loop {
            if self.state.is_aborted() {
                self.socket = None;
            }
            if self.socket.is_none() {
                return Poll::Ready(());
            }
            ready!(self.poll_budget(cx));
            // Before each step: a peer can keep every step ready, and the limit of closing counts all
            // the same.
            if self.poll_timer(cx, self.runtime.now()).is_pending()
                && self.poll_close_step(cx).is_pending()
            {
                // The step may have set a timer.
                ready!(self.poll_timer(cx, self.runtime.now()));
            }
        }
    }

    /// Takes closing one step further.
    fn poll_close_step(&mut self, cx: &mut Context<'_>) -> Poll<()> {
        match self.closing {
            Closing::Writing => {
                ready!(self.poll_write(cx));
                if self.outbox.queued() == 0 {
                    self.closing = Closing::ShuttingDown;
                }
            }
            Closing::ShuttingDown => {
                let Some(socket) = &mut self.socket else {
                    return Poll::Ready(());
                };
                // An error means that the peer has closed already.
                let _ = ready!(Pin::new(socket).poll_close(cx));
                self.state.handle_shut_down(self.runtime.now());
                self.closing = Closing::Lingering(Linger::default());
            }
            Closing::Lingering(_) => ready!(self.poll_linger(cx)),
        }
        Poll::Ready(())
    }

    /// Reads and discards until the peer has closed too.
    fn poll_linger(&mut self, cx: &mut Context<'_>) -> Poll<()> {
        let peer_has_closed = self.state.end_reason() == Some(&DisconnectReason::ConnectionClosed);
        if let Some(socket) = &mut self.socket
            && let Closing::Lingering(linger) = &mut self.closing
            && !peer_has_closed
        {
            ready!(linger.poll(cx, socket, &*self.runtime));
        }
        self.socket = None;
        Poll::Ready(())
    }
}
