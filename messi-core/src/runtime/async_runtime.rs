//! The interface of an async runtime.

use std::fmt::Display;
use std::io;
use std::net::SocketAddr;

use futures::future::BoxFuture;

use crate::time::TimeSource;
use crate::transport::os::OsListener;
use crate::transport::{Address, BoxListener, BoxSocket, os};

/// Observes the polls of the callbacks of one handler.
pub(crate) trait CallbackObserver: Send {
    /// Handles that a callback is about to be polled.
    fn begin_poll(&mut self);

    /// Handles that the poll has ended, or that the callback was dropped, which is then not pending.
    fn end_poll(&mut self, is_pending: bool);
}

/// Tasks, time, random numbers and sockets.
pub(crate) trait AsyncRuntime: TimeSource {
    /// Returns the name of the runtime.
    fn name(&self) -> &'static str;

    /// Returns a random number from 0 to 1, 1 excluded.
    fn random(&self) -> f64;

    /// Returns the number of tasks that can run at the same time.
    fn parallelism(&self) -> usize;

    /// Returns an observer of the callbacks of a handler, if the runtime has to know their waits.
    fn observe_callbacks(&self, _handler: &dyn Display) -> Option<Box<dyn CallbackObserver>> {
        None
    }

    /// Runs a task beside the others, to its end.
    fn spawn(&self, task: BoxFuture<'static, ()>);

    /// Looks up the addresses of a host. One that is an address in figures needs no look-up.
    fn resolve(&self, host: String, port: u16) -> BoxFuture<'static, io::Result<Vec<SocketAddr>>>;

    /// Connects to an address, with a stream that [`os`](crate::transport::os) has made, unless the network
    /// is the runtime's own.
    fn connect(&self, address: &Address) -> BoxFuture<'static, io::Result<BoxSocket>>;

    /// Listens on an address, with a listener that [`os`](crate::transport::os) has made, unless the network
    /// is the runtime's own.
    fn listen(&self, address: &Address) -> io::Result<BoxListener> {
        self.adopt(os::listen(address)?)
    }

    /// Wraps a listener of the operating system.
    fn adopt(&self, listener: OsListener) -> io::Result<BoxListener>;
}

/// Looks up the addresses of a host by the operating system, which blocks the thread.
#[cfg(any(feature = "async-std", feature = "smol", feature = "tokio"))]
pub(super) fn look_up(host: &str, port: u16) -> io::Result<Vec<SocketAddr>> {
    Ok(std::net::ToSocketAddrs::to_socket_addrs(&(host, port))?.collect())
}
