//! Listeners.

use std::io;

use async_io::Async;
use futures::future::{BoxFuture, FutureExt};

use super::stream::wrap;
use crate::transport::os::OsListener;
use crate::transport::{Address, BoxSocket, Listener};

/// A listener that waits for the reactor.
pub(super) struct AsyncListener(Async<OsListener>);

impl AsyncListener {
    /// Registers a listener with the reactor.
    pub(super) fn new(listener: OsListener) -> io::Result<Self> {
        Async::new_nonblocking(listener).map(Self)
    }
}

impl Listener for AsyncListener {
    fn local_addr(&self) -> io::Result<Address> {
        self.0.get_ref().local_addr()
    }

    fn accept(&self) -> BoxFuture<'_, io::Result<(BoxSocket, Address)>> {
        async {
            let (stream, address) = self.0.read_with(OsListener::accept).await?;
            Ok((wrap(stream)?, address))
        }
        .boxed()
    }
}
