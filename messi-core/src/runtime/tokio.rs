//! The runtime tokio. This module is the only one that names it.

mod listener;
mod stream;

use std::io;
use std::net::SocketAddr;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::LazyLock;
use std::time::{Duration, Instant};

use futures::future::{BoxFuture, FutureExt};
use tokio::runtime::Handle;

use self::listener::TokioListener;
use self::stream::connected;
use super::async_runtime::{AsyncRuntime, look_up};
use super::{MIN_COALESCED, TICK_MILLIS};
use crate::time::TimeSource;
use crate::transport::os::OsListener;
use crate::transport::{Address, BoxListener, BoxSocket, os};

/// The tick 0 of all runtimes.
static START: LazyLock<Instant> = LazyLock::new(Instant::now);

/// A runtime of tokio that the program has started.
///
/// Servers are started on any thread. Objects of the runtime that are made there are made with the runtime entered.
#[derive(Debug)]
pub(super) struct Tokio(Handle);

impl Tokio {
    /// Returns the runtime that this thread is inside of, if it is inside of one that has timers.
    pub(super) fn current() -> Option<Self> {
        let handle = Handle::try_current().ok()?;
        // Each later timer would panic.
        let has_timers = catch_unwind(|| drop(tokio::time::sleep(Duration::ZERO))).is_ok();
        has_timers.then_some(Self(handle))
    }
}

impl TimeSource for Tokio {
    fn now(&self) -> Instant {
        // The clock of its timers, which tests can pause.
        tokio::time::Instant::now().into_std()
    }

    fn sleep(&self, duration: Duration) -> BoxFuture<'static, ()> {
        let _inside = self.0.enter();
        tokio::time::sleep(duration).boxed()
    }

    fn sleep_about(&self, duration: Duration) -> BoxFuture<'static, ()> {
        if duration < MIN_COALESCED {
            return self.sleep(duration);
        }
        // Timers that are due in the same millisecond fire together.
        let late = millis(START.elapsed() + duration) % TICK_MILLIS;
        self.sleep(duration + Duration::from_millis(TICK_MILLIS - late))
    }
}

/// Registers a socket with the reactor of the runtime that this thread is inside of.
fn registered<T>(register: impl FnOnce() -> io::Result<T>) -> io::Result<T> {
    // There is no other way to learn that a runtime was built without a reactor.
    catch_unwind(AssertUnwindSafe(register)).unwrap_or_else(|_panic| {
        let text = "the runtime of tokio was built without `enable_io`";
        Err(io::Error::new(io::ErrorKind::Unsupported, text))
    })
}

fn millis(duration: Duration) -> u64 {
    u64::try_from(duration.as_millis()).unwrap_or(u64::MAX)
}

impl AsyncRuntime for Tokio {
    fn name(&self) -> &'static str {
        "tokio"
    }

    fn random(&self) -> f64 {
        fastrand::f64()
    }

    fn parallelism(&self) -> usize {
        self.0.metrics().num_workers()
    }

    fn spawn(&self, task: BoxFuture<'static, ()>) {
        // A task reports its end itself.
        drop(self.0.spawn(task));
    }

    fn resolve(&self, host: String, port: u16) -> BoxFuture<'static, io::Result<Vec<SocketAddr>>> {
        let looked_up = self.0.spawn_blocking(move || look_up(&host, port));
        async { looked_up.await? }.boxed()
    }

    fn connect(&self, address: &Address) -> BoxFuture<'static, io::Result<BoxSocket>> {
        let stream = os::connect(address);
        async { connected(stream?).await }.boxed()
    }

    fn adopt(&self, listener: OsListener) -> io::Result<BoxListener> {
        let _inside = self.0.enter();
        Ok(Box::new(TokioListener::new(listener)?))
    }
}
