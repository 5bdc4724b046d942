//! What the runtime of this crate asks of an async runtime.
//!
//! `async_std.rs`, with its modules, is all that names async-std. Another runtime is another
//! implementation of [`Runtime`], beside it.

mod async_std;

use std::fmt::Debug;
use std::io;
use std::net::SocketAddr;
use std::sync::Arc;
use std::task::{Context, Poll, Waker, ready};
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

    /// Returns how many tasks can run at a time.
    fn parallelism(&self) -> usize;

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

    /// Returns whether the last read was pending to let others have their turn, and not since there was
    /// nothing to read.
    fn has_paused(&self) -> bool {
        false
    }

    /// Limits the bytes that the operating system takes and does not send at once, where it can be told:
    /// a peer that does not read is known by a write that is blocked. Large messages are then written in
    /// many parts.
    fn limit_unsent(&self) {}
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
    armed: Option<Armed>,
}

/// What a timer waits for.
struct Armed {
    deadline: Instant,
    sleep: BoxFuture<'static, ()>,
    /// Who is woken by it, once it has been polled.
    waker: Option<Waker>,
}

impl DeadlineTimer {
    pub(crate) fn new(runtime: Arc<dyn Runtime>) -> Self {
        Self {
            runtime,
            armed: None,
        }
    }

    /// Ready with the time once `deadline` has come, where it is `now`.
    pub(crate) fn poll(
        &mut self,
        cx: &mut Context<'_>,
        deadline: Instant,
        mut now: Instant,
    ) -> Poll<Instant> {
        while now < deadline {
            match &mut self.armed {
                Some(armed) if armed.deadline <= deadline => {
                    ready!(armed.poll(cx, now));
                    self.armed = None;
                    now = self.runtime.now();
                }
                _ => {
                    self.armed = Some(Armed {
                        deadline,
                        sleep: self.runtime.sleep_about(deadline - now),
                        waker: None,
                    });
                }
            }
        }
        Poll::Ready(now)
    }
}

impl Armed {
    fn poll(&mut self, cx: &mut Context<'_>, now: Instant) -> Poll<()> {
        // To poll what will wake this task anyway costs as much as a part of a message.
        let wakes = |waker: &Waker| waker.will_wake(cx.waker());
        if now < self.deadline && self.waker.as_ref().is_some_and(wakes) {
            return Poll::Pending;
        }
        let result = self.sleep.as_mut().poll(cx);
        self.waker = Some(cx.waker().clone());
        result
    }
}
