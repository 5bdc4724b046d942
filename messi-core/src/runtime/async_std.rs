//! The runtime async-std. This is the only file that names it.

use std::io;
use std::net::SocketAddr;
use std::num::NonZero;
use std::sync::Arc;
use std::thread;
use std::time::{Duration, Instant};

use async_std::net::ToSocketAddrs;
use async_std::task;
use futures::future::{BoxFuture, FutureExt};

use super::async_io::{self, MIN_SLEEP, Ticks};
use super::async_runtime::AsyncRuntime;
use crate::time::TimeSource;
use crate::transport::os::OsListener;
use crate::transport::{Address, BoxListener, BoxSocket, os};

/// Tasks on the threads of async-std.
#[derive(Debug)]
pub(super) struct AsyncStd {
    ticks: Arc<Ticks>,
}

impl AsyncStd {
    /// Creates a runtime with timers of its own.
    pub(super) fn new() -> Self {
        Self {
            ticks: Ticks::new(spawn),
        }
    }
}

fn spawn(task: BoxFuture<'static, ()>) {
    // A task reports its end itself.
    drop(task::spawn(task));
}

impl TimeSource for AsyncStd {
    fn now(&self) -> Instant {
        Instant::now()
    }

    fn sleep(&self, duration: Duration) -> BoxFuture<'static, ()> {
        async_io::sleep(duration)
    }

    fn sleep_about(&self, duration: Duration) -> BoxFuture<'static, ()> {
        if duration < MIN_SLEEP {
            return self.sleep(duration);
        }
        self.ticks.sleep(duration).boxed()
    }
}

impl AsyncRuntime for AsyncStd {
    fn name(&self) -> &'static str {
        "async-std"
    }

    fn random(&self) -> f64 {
        fastrand::f64()
    }

    fn parallelism(&self) -> usize {
        thread::available_parallelism().map_or(1, NonZero::get)
    }

    fn spawn(&self, task: BoxFuture<'static, ()>) {
        spawn(task);
    }

    fn resolve(&self, host: String, port: u16) -> BoxFuture<'static, io::Result<Vec<SocketAddr>>> {
        async move { Ok((host.as_str(), port).to_socket_addrs().await?.collect()) }.boxed()
    }

    fn connect(&self, address: &Address) -> BoxFuture<'static, io::Result<BoxSocket>> {
        let stream = os::connect(address);
        async { async_io::connected(stream?).await }.boxed()
    }

    fn listen(&self, address: &Address) -> io::Result<BoxListener> {
        self.adopt(os::listen(address)?)
    }

    fn adopt(&self, listener: OsListener) -> io::Result<BoxListener> {
        async_io::wrap_listener(listener)
    }
}
