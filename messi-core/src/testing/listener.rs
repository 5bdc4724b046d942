//! Where a server waits for clients.

use std::collections::VecDeque;
use std::future::poll_fn;
use std::io;
use std::mem;
use std::net::SocketAddr;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::task::{Context, Poll, Waker};

use futures::future::{BoxFuture, FutureExt};

use super::count::Counted;
use super::network::Network;
use super::socket::Socket;
use crate::Address;
use crate::runtime::{self, BoxSocket};

/// A bound address. To drop it makes the address free, and resets the connections that nobody has
/// accepted.
#[derive(Debug)]
pub(super) struct Listener {
    network: Arc<Network>,
    address: SocketAddr,
    queue: Arc<Queue>,
    _counted: Counted,
}

/// Connections that wait to be accepted.
#[derive(Debug, Default)]
pub(super) struct Queue(Mutex<State>);

#[derive(Debug, Default)]
struct State {
    sockets: VecDeque<Socket>,
    waiting: Vec<Waker>,
    closed: bool,
}

impl Queue {
    /// Adds a connection. One that comes too late is reset.
    pub(super) fn push(&self, socket: Socket) {
        let mut state = self.lock();
        if state.closed {
            drop(state);
            return socket.reset();
        }
        state.sockets.push_back(socket);
        let waiting = mem::take(&mut state.waiting);
        drop(state);
        waiting.into_iter().for_each(Waker::wake);
    }

    fn poll_take(&self, cx: &mut Context<'_>) -> Poll<Socket> {
        let mut state = self.lock();
        if let Some(socket) = state.sockets.pop_front() {
            return Poll::Ready(socket);
        }
        state.waiting.retain(|waker| !waker.will_wake(cx.waker()));
        state.waiting.push(cx.waker().clone());
        Poll::Pending
    }

    fn close(&self) {
        let mut state = self.lock();
        state.closed = true;
        let left = mem::take(&mut state.sockets);
        drop(state);
        left.iter().for_each(Socket::reset);
    }

    fn lock(&self) -> MutexGuard<'_, State> {
        // Nothing that runs under the lock leaves it half changed.
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Listener {
    pub(super) fn new(
        network: Arc<Network>,
        address: SocketAddr,
        queue: Arc<Queue>,
        counted: Counted,
    ) -> Self {
        Self {
            network,
            address,
            queue,
            _counted: counted,
        }
    }
}

impl runtime::Listener for Listener {
    fn local_addr(&self) -> io::Result<Address> {
        Ok(Address::Tcp(self.address))
    }

    fn accept(&self) -> BoxFuture<'_, io::Result<(BoxSocket, Address)>> {
        async {
            let socket = poll_fn(|cx| self.queue.poll_take(cx)).await;
            let address = Address::Tcp(socket.client_addr());
            Ok((Box::new(socket) as BoxSocket, address))
        }
        .boxed()
    }
}

impl Drop for Listener {
    fn drop(&mut self) {
        self.network.unbind(self.address);
        self.queue.close();
    }
}
