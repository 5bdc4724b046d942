//! Runtimes on the reactor async-io: its sockets and timers, with an executor of any kind.

mod listener;
mod stream;
mod ticks;

use std::fmt::Debug;
use std::io;
use std::net::SocketAddr;
use std::sync::Arc;
use std::time::{Duration, Instant};

use async_io::Timer;
use futures::future::{BoxFuture, FutureExt};

use self::listener::AsyncListener;
use self::stream::connected;
use self::ticks::Ticks;
use super::MIN_COALESCED;
use super::async_runtime::{AsyncRuntime, look_up};
use crate::time::TimeSource;
use crate::transport::os::OsListener;
use crate::transport::{Address, BoxListener, BoxSocket, os};

/// Threads that run tasks.
pub(super) trait Spawn: Debug + Send + Sync + 'static {
    /// Returns the name of the executor.
    fn name(&self) -> &'static str;

    /// Returns the number of threads.
    fn threads(&self) -> usize;

    /// Runs a task to its end.
    fn spawn(&self, task: BoxFuture<'static, ()>);
}

/// An executor with tasks that wait for async-io.
#[derive(Debug)]
pub(super) struct AsyncIo {
    executor: Box<dyn Spawn>,
    ticks: Arc<Ticks>,
}

impl AsyncIo {
    /// Creates a runtime with the timers of all runtimes on this reactor.
    ///
    /// # Panics
    ///
    /// If the operating system starts no thread for the timers.
    pub(super) fn new(executor: impl Spawn) -> Self {
        Self {
            executor: Box::new(executor),
            ticks: Ticks::shared(),
        }
    }
}

impl TimeSource for AsyncIo {
    fn now(&self) -> Instant {
        Instant::now()
    }

    fn sleep(&self, duration: Duration) -> BoxFuture<'static, ()> {
        Timer::after(duration).map(drop).boxed()
    }

    fn sleep_about(&self, duration: Duration) -> BoxFuture<'static, ()> {
        if duration < MIN_COALESCED {
            return self.sleep(duration);
        }
        self.ticks.sleep(duration).boxed()
    }
}

impl AsyncRuntime for AsyncIo {
    fn name(&self) -> &'static str {
        self.executor.name()
    }

    fn random(&self) -> f64 {
        fastrand::f64()
    }

    fn parallelism(&self) -> usize {
        self.executor.threads()
    }

    fn spawn(&self, task: BoxFuture<'static, ()>) {
        self.executor.spawn(task);
    }

    fn resolve(&self, host: String, port: u16) -> BoxFuture<'static, io::Result<Vec<SocketAddr>>> {
        blocking::unblock(move || look_up(&host, port)).boxed()
    }

    fn connect(&self, address: &Address) -> BoxFuture<'static, io::Result<BoxSocket>> {
        let stream = os::connect(address);
        async { connected(stream?).await }.boxed()
    }

    fn adopt(&self, listener: OsListener) -> io::Result<BoxListener> {
        Ok(Box::new(AsyncListener::new(listener)?))
    }
}
