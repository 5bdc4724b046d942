//! Sockets and timers of the reactor async-io, which several runtimes have in common.

mod listener;
mod stream;
mod ticks;

use std::io;
use std::time::Duration;

use async_io::{Async, Timer};
use futures::future::{BoxFuture, FutureExt};

use self::listener::AsyncListener;
use self::stream::{AsyncStream, ReactorStream};
pub(super) use self::ticks::{MIN_SLEEP, Ticks};
use crate::transport::os::{OsListener, OsStream};
use crate::transport::{BoxListener, BoxSocket};

/// Waits for a duration.
pub(super) fn sleep(duration: Duration) -> BoxFuture<'static, ()> {
    Timer::after(duration).map(drop).boxed()
}

/// Waits until a stream is connected, and wraps it.
pub(super) async fn connected(stream: OsStream) -> io::Result<BoxSocket> {
    match stream {
        OsStream::Tcp(stream) => wait_connected(Async::new_nonblocking(stream)?).await,
        #[cfg(unix)]
        OsStream::Unix(stream) => wait_connected(Async::new_nonblocking(stream)?).await,
    }
}

async fn wait_connected(stream: Async<impl ReactorStream + 'static>) -> io::Result<BoxSocket> {
    stream.writable().await?;
    stream.get_ref().check_connected()?;
    Ok(Box::new(AsyncStream::new(stream)))
}

/// Wraps a stream that is connected.
fn wrap(stream: OsStream) -> io::Result<BoxSocket> {
    Ok(match stream {
        OsStream::Tcp(stream) => Box::new(AsyncStream::new(Async::new_nonblocking(stream)?)),
        #[cfg(unix)]
        OsStream::Unix(stream) => Box::new(AsyncStream::new(Async::new_nonblocking(stream)?)),
    })
}

/// Wraps a listener.
pub(super) fn wrap_listener(listener: OsListener) -> io::Result<BoxListener> {
    Ok(Box::new(AsyncListener::new(listener)?))
}
