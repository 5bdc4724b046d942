//! Sockets: the ends of connections.

use std::io::{self, IoSlice};
use std::net::SocketAddr;
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll};
use std::time::Duration;

use futures::io::{AsyncRead, AsyncWrite};

use super::clock::{ClockSleep, SimulatedClock};
use super::count::Counted;
use super::link::{End, Link, Outcome};
use crate::transport::Socket;

/// One end of a connection. Dropping it closes the connection.
#[derive(Debug)]
pub(super) struct SimulatedSocket {
    link: Arc<Link>,
    end: End,
    reading: Alarm,
    writing: Alarm,
    _counted: Counted,
}

impl SimulatedSocket {
    pub(super) fn new(link: Arc<Link>, end: End, clock: &SimulatedClock, counted: Counted) -> Self {
        Self {
            link,
            end,
            reading: Alarm::new(clock),
            writing: Alarm::new(clock),
            _counted: counted,
        }
    }

    /// Returns the address of the client, as its server sees it.
    pub(super) fn client_addr(&self) -> SocketAddr {
        self.link.client_addr
    }

    /// Resets the connection for both sides.
    pub(super) fn reset(&self) {
        self.link.cut();
    }
}

impl Socket for SimulatedSocket {}

impl AsyncRead for SimulatedSocket {
    fn poll_read(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        buffer: &mut [u8],
    ) -> Poll<io::Result<usize>> {
        let this = &mut *self;
        this.reading
            .poll(cx, |cx| this.link.poll_read(this.end, cx, buffer))
    }
}

impl AsyncWrite for SimulatedSocket {
    fn poll_write(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        bytes: &[u8],
    ) -> Poll<io::Result<usize>> {
        let this = &mut *self;
        this.writing
            .poll(cx, |cx| this.link.poll_write(this.end, cx, bytes))
    }

    /// Writes several buffers at once, as the operating system does.
    fn poll_write_vectored(
        self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        buffers: &[IoSlice<'_>],
    ) -> Poll<io::Result<usize>> {
        let bytes: Vec<u8> = buffers
            .iter()
            .flat_map(|buffer| buffer.iter())
            .copied()
            .collect();
        self.poll_write(cx, &bytes)
    }

    fn poll_flush(self: Pin<&mut Self>, _cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        Poll::Ready(Ok(()))
    }

    fn poll_close(self: Pin<&mut Self>, _cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        self.link.finish(self.end);
        Poll::Ready(Ok(()))
    }
}

impl Drop for SimulatedSocket {
    fn drop(&mut self) {
        self.link.abandon(self.end);
    }
}

/// Wakes a waiting task when bytes arrive that are on their way.
#[derive(Debug)]
struct Alarm {
    clock: SimulatedClock,
    sleep: Option<ClockSleep>,
}

impl Alarm {
    fn new(clock: &SimulatedClock) -> Self {
        Self {
            clock: clock.clone(),
            sleep: None,
        }
    }

    /// Tries until there is a result, or until the task has to wait.
    fn poll(
        &mut self,
        cx: &mut Context<'_>,
        mut attempt: impl FnMut(&mut Context<'_>) -> Outcome,
    ) -> Poll<io::Result<usize>> {
        loop {
            match attempt(cx) {
                Ok(result) => {
                    self.sleep = None;
                    return Poll::Ready(result);
                }
                Err(arrival) => self.set(arrival),
            }
            let Some(sleep) = &mut self.sleep else {
                return Poll::Pending;
            };
            if Pin::new(sleep).poll(cx).is_pending() {
                return Poll::Pending;
            }
        }
    }

    fn set(&mut self, moment: Option<Duration>) {
        if self.sleep.as_ref().map(ClockSleep::deadline) != moment {
            self.sleep = moment.map(|moment| self.clock.sleep_until(moment));
        }
    }
}
