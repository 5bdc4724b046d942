//! Sockets and timers of the reactor async-io, which several runtimes have in common.

mod listener;
mod stream;
mod ticks;

use std::io;
use std::time::Duration;

use async_io::Timer;
use futures::future::{BoxFuture, FutureExt};

use self::listener::AsyncListener;
pub(super) use self::stream::connected;
pub(super) use self::ticks::{MIN_SLEEP, Ticks};
use crate::transport::BoxListener;
use crate::transport::os::OsListener;

/// Waits for a duration.
pub(super) fn sleep(duration: Duration) -> BoxFuture<'static, ()> {
    Timer::after(duration).map(drop).boxed()
}

/// Wraps a listener.
pub(super) fn wrap_listener(listener: OsListener) -> io::Result<BoxListener> {
    Ok(Box::new(AsyncListener::new(listener)?))
}
