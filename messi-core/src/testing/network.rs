//! Hosts, ports, and the connections between them.

use std::collections::BTreeMap;
use std::future::pending;
use std::io;
use std::net::{IpAddr, Ipv4Addr, SocketAddr};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use fastrand::Rng;

use super::accept_queue::AcceptQueue;
use super::clock::SimulatedClock;
use super::count::{Count, Counted};
use super::hosts::{Host, Hosts};
use super::link::{End, Link};
use super::socket::SimulatedSocket;
use crate::transport::BoxSocket;

/// The first of the ports that are assigned if no port is asked for.
const FIRST_FREE_PORT: u16 = 49_152;

/// The network of a simulation.
#[derive(Debug)]
pub(super) struct Network {
    clock: SimulatedClock,
    /// The model of the connections that are made from now on.
    pub(super) later: Arc<Link>,
    sockets: Count,
    state: Mutex<NetworkState>,
}

#[derive(Debug)]
struct NetworkState {
    hosts: Hosts,
    listeners: BTreeMap<SocketAddr, Arc<AcceptQueue>>,
    links: Vec<Arc<Link>>,
    random: Rng,
}

impl Network {
    pub(super) fn new(clock: SimulatedClock, mut random: Rng) -> Self {
        let nowhere = SocketAddr::new(Ipv4Addr::UNSPECIFIED.into(), 0);
        let later = Link::new(
            (nowhere, nowhere),
            Default::default(),
            clock.clone(),
            random.fork(),
        );
        Self {
            clock,
            later: Arc::new(later),
            sockets: Count::default(),
            state: Mutex::new(NetworkState {
                hosts: Hosts::default(),
                listeners: BTreeMap::new(),
                links: Vec::new(),
                random,
            }),
        }
    }

    /// Returns the number of open ends of connections and listeners.
    pub(super) fn sockets(&self) -> usize {
        self.sockets.get()
    }

    /// Returns every connection made so far.
    pub(super) fn links(&self) -> Vec<Arc<Link>> {
        self.lock().links.clone()
    }

    pub(super) fn set_host(&self, name: &str, host: Host) {
        self.lock().hosts.set(name, host);
    }

    pub(super) fn set_addresses(&self, name: &str, addresses: Vec<IpAddr>) {
        self.lock().hosts.set_addresses(name, addresses);
    }

    pub(super) fn resolve(&self, name: &str, port: u16) -> io::Result<Vec<SocketAddr>> {
        let hosts = &mut self.lock().hosts;
        let mut addresses = hosts.addresses(name);
        if name.parse::<IpAddr>().is_err() {
            addresses.retain(|&address| hosts.get(address) != Host::Unknown);
        }
        if addresses.is_empty() {
            return Err(io::Error::new(io::ErrorKind::NotFound, "no such host"));
        }
        let with_port = |address| SocketAddr::new(address, port);
        Ok(addresses.into_iter().map(with_port).collect())
    }

    /// Binds an address to a new queue. Returns it, with a port if no port was asked for, and the count of
    /// the listener.
    pub(super) fn bind(
        &self,
        address: SocketAddr,
    ) -> io::Result<(SocketAddr, Arc<AcceptQueue>, Counted)> {
        let mut state = self.lock();
        let address = state.free_address(address)?;
        let queue = Arc::<AcceptQueue>::default();
        state.listeners.insert(address, queue.clone());
        Ok((address, queue, self.sockets.one_more()))
    }

    /// Frees an address.
    pub(super) fn unbind(&self, address: SocketAddr) {
        self.lock().listeners.remove(&address);
    }

    /// Connects to an address. That takes as long as a byte to the server and one back.
    pub(super) async fn connect(&self, address: SocketAddr) -> io::Result<BoxSocket> {
        let (to_client, to_server) = self.later.conditions();
        self.clock.sleep(to_server.delay).await;
        if self.lock().hosts.get(address.ip()) == Host::BlackHole {
            return pending().await;
        }
        let socket = self.establish(address);
        self.clock.sleep(to_client.delay).await;
        Ok(Box::new(socket?))
    }

    /// Hands one end to the server that listens, and returns the other.
    fn establish(&self, address: SocketAddr) -> io::Result<SimulatedSocket> {
        let mut state = self.lock();
        let Some(queue) = state.listener(address) else {
            return Err(io::ErrorKind::ConnectionRefused.into());
        };
        let link = Arc::new(Link::new(
            (state.next_client_addr(), address),
            self.later.conditions(),
            self.clock.clone(),
            state.random.fork(),
        ));
        state.links.push(link.clone());
        drop(state);
        let socket =
            |end| SimulatedSocket::new(link.clone(), end, &self.clock, self.sockets.one_more());
        queue.push(socket(End::Server));
        Ok(socket(End::Client))
    }

    fn lock(&self) -> MutexGuard<'_, NetworkState> {
        // No code that runs under the lock leaves it half changed.
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl NetworkState {
    /// Returns the address to listen on, with a port if no port was asked for.
    fn free_address(&self, address: SocketAddr) -> io::Result<SocketAddr> {
        let with = |port| SocketAddr::new(address.ip(), port);
        match address.port() {
            0 => (FIRST_FREE_PORT..=u16::MAX)
                .map(with)
                .find(|&address| self.is_free(address)),
            _ => Some(address).filter(|&address| self.is_free(address)),
        }
        .ok_or_else(|| io::ErrorKind::AddrInUse.into())
    }

    fn is_free(&self, address: SocketAddr) -> bool {
        let is_any = |address: SocketAddr| address.ip().is_unspecified();
        !self.listeners.keys().any(|&bound| {
            bound.port() == address.port() && (bound == address || is_any(bound) || is_any(address))
        })
    }

    /// Returns the queue of the server that listens on this address, or on all addresses of this port.
    fn listener(&self, address: SocketAddr) -> Option<Arc<AcceptQueue>> {
        self.listeners
            .iter()
            .find(|&(&bound, _)| {
                bound == address || (bound.ip().is_unspecified() && bound.port() == address.port())
            })
            .map(|(_, queue)| queue.clone())
    }

    /// Returns an address that no connection had before.
    fn next_client_addr(&self) -> SocketAddr {
        let number = self.links.len() as u32;
        let (host, port) = (number / 10_000, number % 10_000);
        let [.., high, low] = host.to_be_bytes();
        let port = FIRST_FREE_PORT + port as u16;
        SocketAddr::new(Ipv4Addr::new(198, 19, high, low).into(), port)
    }
}
