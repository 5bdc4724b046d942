//! What the runtime of this crate asks of an async runtime.
//!
//! `async_std.rs`, with its modules, is all that names async-std. Another runtime is another
//! implementation of [`Runtime`], beside it.

mod async_std;

use std::fmt::Debug;
use std::io;
use std::net::SocketAddr;
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll};
use std::time::{Duration, Instant};

use futures::future::BoxFuture;
use futures::io::{AsyncRead, AsyncWrite};

use crate::Address;

/// Tasks, time, chance and sockets.
pub(crate) trait Runtime: Debug + Send + Sync + 'static {
    /// The time now.
    fn now(&self) -> Instant;

    /// Waits for a duration.
    fn sleep(&self, duration: Duration) -> BoxFuture<'static, ()>;

    /// Waits for a duration, or a few hundredths longer: at less cost, if there are many who do.
    fn sleep_about(&self, duration: Duration) -> BoxFuture<'static, ()> {
        self.sleep(duration)
    }

    /// A random number from 0 to 1, 1 excluded.
    fn random(&self) -> f64;

    /// Runs a task beside the others, to its end.
    fn spawn(&self, task: BoxFuture<'static, ()>);

    /// Looks a host up; an address in figures is looked up by reading it.
    fn resolve(&self, host: String, port: u16) -> BoxFuture<'static, io::Result<Vec<SocketAddr>>>;

    /// Connects to an address.
    fn connect(&self, address: &Address) -> BoxFuture<'static, io::Result<BoxSocket>>;

    /// Listens on an address.
    fn listen(&self, address: &Address) -> io::Result<BoxListener>;
}

/// One end of a connection. Closing it ends the direction that it writes.
pub(crate) trait Socket: AsyncRead + AsyncWrite + Send + Unpin {
    /// Reads what is there, without arranging for anyone to be woken: an error of the kind
    /// `WouldBlock` if that is nothing. `None` if it can't.
    fn read_now(&mut self, _buffer: &mut [u8]) -> Option<io::Result<usize>> {
        None
    }
}

/// A socket of whatever runtime.
pub(crate) type BoxSocket = Box<dyn Socket>;

/// Accepts connections.
pub(crate) trait Listener: Send + Sync {
    /// The address it listens on.
    fn local_addr(&self) -> io::Result<Address>;

    /// Waits for the next connection.
    fn accept(&self) -> BoxFuture<'_, io::Result<(BoxSocket, Address)>>;
}

/// A listener of whatever runtime.
pub(crate) type BoxListener = Box<dyn Listener>;

/// The runtime of clients and servers that are given no other.
pub(crate) fn default() -> Arc<dyn Runtime> {
    Arc::new(async_std::AsyncStd)
}

/// Waits for a future, but not longer than `limit`.
pub(crate) async fn timeout<T>(
    runtime: &dyn Runtime,
    limit: Duration,
    future: impl Future<Output = T> + Unpin,
) -> Option<T> {
    use futures::future::{Either, select};
    match select(future, runtime.sleep(limit)).await {
        Either::Left((output, _)) => Some(output),
        Either::Right(_) => None,
    }
}

/// A timer for deadlines that mostly move on before they come: it is armed anew only when it
/// fires, or when the deadline has moved forward. It may fire a little late.
pub(crate) struct DeadlineTimer {
    runtime: Arc<dyn Runtime>,
    armed: Option<(Instant, BoxFuture<'static, ()>)>,
}

impl DeadlineTimer {
    pub(crate) fn new(runtime: Arc<dyn Runtime>) -> Self {
        Self {
            runtime,
            armed: None,
        }
    }

    /// Ready with the time once `deadline` has come.
    pub(crate) fn poll(&mut self, cx: &mut Context<'_>, deadline: Instant) -> Poll<Instant> {
        loop {
            let now = self.runtime.now();
            if deadline <= now {
                return Poll::Ready(now);
            }
            match &mut self.armed {
                Some((armed, sleep)) if *armed <= deadline => match Pin::new(sleep).poll(cx) {
                    Poll::Ready(()) => self.armed = None,
                    Poll::Pending => return Poll::Pending,
                },
                _ => self.armed = Some((deadline, self.runtime.sleep_about(deadline - now))),
            }
        }
    }
}
