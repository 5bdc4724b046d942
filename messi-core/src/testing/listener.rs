//! Listeners of servers.

use std::future::poll_fn;
use std::io;
use std::net::SocketAddr;
use std::sync::Arc;

use futures::future::{BoxFuture, FutureExt};

use super::accept_queue::AcceptQueue;
use super::count::Counted;
use super::network::Network;
use crate::transport::{Address, BoxSocket, Listener};

/// A bound address. Dropping it frees the address, and resets the connections that were not accepted.
#[derive(Debug)]
pub(super) struct SimulatedListener {
    network: Arc<Network>,
    address: SocketAddr,
    queue: Arc<AcceptQueue>,
    _counted: Counted,
}

impl SimulatedListener {
    /// Listens on an address. Port 0 stands for a free one.
    pub(super) fn bind(network: &Arc<Network>, address: SocketAddr) -> io::Result<Self> {
        let (address, queue, counted) = network.bind(address)?;
        Ok(Self {
            network: network.clone(),
            address,
            queue,
            _counted: counted,
        })
    }
}

impl Listener for SimulatedListener {
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

impl Drop for SimulatedListener {
    fn drop(&mut self) {
        self.network.unbind(self.address);
        self.queue.close();
    }
}
