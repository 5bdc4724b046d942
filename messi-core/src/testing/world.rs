//! The parts of a simulation, as the runtime of its clients and servers.

use std::fmt::Display;
use std::io;
use std::net::SocketAddr;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, Instant};

use fastrand::Rng;
use futures::future::{BoxFuture, FutureExt, ready};

use super::clock::SimulatedClock;
use super::executor::Executor;
use super::foreign_waits::ForeignWaits;
use super::listener::SimulatedListener;
use super::network::Network;
use crate::runtime::{AsyncRuntime, CallbackObserver};
use crate::time::TimeSource;
use crate::transport::os::OsListener;
use crate::transport::{Address, BoxListener, BoxSocket};

/// The clock, the executor and the network of one simulation.
#[derive(Debug)]
pub(super) struct World {
    pub(super) clock: SimulatedClock,
    pub(super) executor: Executor,
    pub(super) network: Arc<Network>,
    pub(super) foreign_waits: ForeignWaits,
    /// The random numbers of clients. The order of tasks and the network have numbers of their own, so
    /// that one of them does not disturb another.
    random: Mutex<Rng>,
}

impl World {
    pub(super) fn new(seed: u64) -> Self {
        let mut random = Rng::with_seed(seed);
        let clock = SimulatedClock::new();
        Self {
            executor: Executor::new(clock.clone(), random.fork()),
            network: Arc::new(Network::new(clock.clone(), random.fork())),
            foreign_waits: ForeignWaits::default(),
            random: Mutex::new(random),
            clock,
        }
    }
}

impl TimeSource for World {
    fn now(&self) -> Instant {
        self.clock.now()
    }

    fn sleep(&self, duration: Duration) -> BoxFuture<'static, ()> {
        self.clock.sleep(duration).boxed()
    }
}

impl AsyncRuntime for World {
    fn name(&self) -> &'static str {
        "simulation"
    }

    fn random(&self) -> f64 {
        let mut random = self.random.lock().unwrap_or_else(PoisonError::into_inner);
        random.f64()
    }

    /// The same on each machine, so that a seed replays a run.
    fn parallelism(&self) -> usize {
        1
    }

    fn observe_callbacks(&self, handler: &dyn Display) -> Option<Box<dyn CallbackObserver>> {
        Some(self.foreign_waits.observer(&self.clock, handler))
    }

    fn spawn(&self, task: BoxFuture<'static, ()>) {
        self.executor.spawn(task);
    }

    fn resolve(&self, host: String, port: u16) -> BoxFuture<'static, io::Result<Vec<SocketAddr>>> {
        ready(self.network.resolve(&host, port)).boxed()
    }

    fn connect(&self, address: &Address) -> BoxFuture<'static, io::Result<BoxSocket>> {
        let network = self.network.clone();
        let address = socket_addr(address);
        async move { network.connect(address?).await }.boxed()
    }

    fn listen(&self, address: &Address) -> io::Result<BoxListener> {
        let listener = SimulatedListener::bind(&self.network, socket_addr(address)?)?;
        Ok(Box::new(listener))
    }

    fn adopt(&self, _: OsListener) -> io::Result<BoxListener> {
        let problem = "a simulation has no listeners of the operating system";
        Err(io::Error::new(io::ErrorKind::Unsupported, problem))
    }
}

/// Returns the address on the network.
fn socket_addr(address: &Address) -> io::Result<SocketAddr> {
    address.socket_addr().ok_or_else(|| {
        let problem = "a simulation has no Unix sockets";
        io::Error::new(io::ErrorKind::Unsupported, problem)
    })
}
