//! Tests of handlers without real sockets and without real time.
//!
//! A [`Simulation`] is a runtime with a network in memory, a pretended clock, and an order of events that a
//! seed decides. Clients and servers run in it as they are: their builders take it as their
//! [`runtime`](crate::ClientBuilder::runtime). A minute of silence, a server that is restarted and a
//! connection that breaks in the middle of a message are then a few lines of a test that takes no time and
//! gives the same result each time.
//!
//! This module needs the feature `testing`, which is for development dependencies:
//!
//! ```toml
//! [dev-dependencies]
//! messi = { version = "0.1", features = ["testing"] }
//! ```
//!
//! # Examples
//!
//! ```
//! # use chat::*;
//! use std::time::Duration;
//!
//! use messi::testing::Simulation;
//!
//! # struct Session;
//! # impl ChatServerHandler for Session {}
//! # struct Ui;
//! # impl ChatClientHandler for Ui {}
//! # fn main() -> Result<(), messi::Error> {
//! let simulation = Simulation::new(7);
//! simulation.run(async {
//!     let server = ChatServer::builder("tcp://room:6000")
//!         .runtime(&simulation)
//!         .start(|_client| Session)
//!         .await?;
//!     let client = ChatClient::builder("tcp://room:6000")
//!         .runtime(&simulation)
//!         .start(Ui)?;
//!     client.connected().await?;
//!
//!     // Keep-alive finds out that nothing comes through, and the client connects again.
//!     simulation.connections()[0].lose();
//!     simulation.sleep(Duration::from_secs(10)).await;
//!     assert!(client.is_connected());
//!     assert_eq!(simulation.connections().len(), 2);
//!
//!     client.stop().await;
//!     server.stop().await;
//!     assert_eq!((simulation.tasks(), simulation.sockets()), (0, 0));
//!     Ok(())
//! })
//! # }
//! ```

mod accept_queue;
mod clock;
mod count;
mod executor;
mod flow;
mod foreign_waits;
mod hosts;
mod link;
mod listener;
mod network;
mod simulated_connection;
mod socket;
#[cfg(test)]
mod tests;
mod world;

use std::fmt::{self, Debug, Formatter};
use std::net::IpAddr;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::thread;
use std::time::Duration;

pub use self::hosts::Host;
pub use self::simulated_connection::{Direction, SimulatedConnection};
use self::world::World;
#[doc(no_inline)]
pub use crate::Clock;
use crate::{JoinHandle, Runtime};

/// A runtime with its own network and clock. Its tasks run on the thread that calls [`run`](Self::run).
///
/// Every host name exists. `tcp://room:6000` and `tcp://hall:6000` are servers on different hosts; a server
/// without a host, `tcp://:6000`, is found by any name. Two simulations share no state.
///
/// Handlers and the future that is run may wait for each other, for clients and servers, and for the
/// pretended time, which handlers have from their handle: see [`Clock`]. They must not wait for events from
/// outside, such as those of a thread, a real socket or the timer of another runtime: the clock does not wait for
/// them, so that requests and other waits time out at once. If the test then panics, the callback that waits is
/// named.
///
/// Dropping the simulation drops the tasks that are left in it.
///
/// See the [module](self) for an example.
pub struct Simulation {
    seed: u64,
    world: Arc<World>,
    /// Whether the report about a panic was printed.
    is_reported: AtomicBool,
}

impl Simulation {
    /// Creates a simulation without hosts, tasks or connections.
    ///
    /// The same seed makes the same run, as long as the code that is run uses no other source of random
    /// numbers.
    ///
    /// # Examples
    ///
    /// ```
    /// use messi::testing::Simulation;
    ///
    /// let simulation = Simulation::new(7);
    /// assert_eq!(simulation.elapsed().as_secs(), 0);
    /// ```
    pub fn new(seed: u64) -> Self {
        Self {
            seed,
            world: Arc::new(World::new(seed)),
            is_reported: AtomicBool::new(false),
        }
    }

    /// Runs a future to its end, and until then the tasks of all clients and servers, and those that were
    /// spawned.
    ///
    /// The seed decides in which order tasks run that are ready at the same time. When no task is ready, the
    /// clock jumps to the next time that a task waits for. Tasks that are left continue when `run` is called
    /// again.
    ///
    /// # Panics
    ///
    /// If the future or a spawned task panics; if all tasks wait and no task waits for a time; if tasks run on and on
    /// without waiting; after 30 pretended days; and if the simulation is being run already. The seed, the pretended
    /// time, and each callback that waits for something outside of the simulation are then printed.
    ///
    /// # Examples
    ///
    /// ```
    /// use std::time::Duration;
    ///
    /// use messi::testing::Simulation;
    ///
    /// let simulation = Simulation::new(7);
    /// let elapsed = simulation.run(async {
    ///     simulation.sleep(Duration::from_secs(60)).await;
    ///     simulation.elapsed()
    /// });
    /// assert_eq!(elapsed, Duration::from_secs(60));
    /// ```
    pub fn run<T>(&self, future: impl Future<Output = T>) -> T {
        let _report = ReportPanic(self);
        self.world.executor.run(future)
    }

    /// Runs a task of the test beside the tasks of clients and servers, and returns a handle that waits for its
    /// output.
    ///
    /// The task runs while [`run`](Self::run) does. If it has not ended by then, it goes on in the next run, or is
    /// dropped with the simulation. Dropping the handle does not end it. If the task panics, `run` panics.
    ///
    /// # Examples
    ///
    /// ```
    /// use std::time::Duration;
    ///
    /// use messi::testing::Simulation;
    ///
    /// let simulation = Simulation::new(7);
    /// let clock = simulation.clock();
    /// let hour = simulation.spawn(async move {
    ///     let start = clock.now();
    ///     clock.sleep(Duration::from_secs(3_600)).await;
    ///     clock.now() - start
    /// });
    /// assert_eq!(simulation.run(hour).as_secs(), 3_600);
    /// ```
    pub fn spawn<T: Send + 'static>(
        &self,
        future: impl Future<Output = T> + Send + 'static,
    ) -> JoinHandle<T> {
        self.runtime().spawn(future)
    }

    /// Returns the clock, for tasks that have no handle of a client or a server.
    ///
    /// See [`spawn`](Self::spawn) for an example.
    pub fn clock(&self) -> Clock {
        self.runtime().clock()
    }

    /// Returns the pretended time since the start.
    ///
    /// See [`run`](Self::run) for an example.
    pub fn elapsed(&self) -> Duration {
        self.world.clock.elapsed()
    }

    /// Waits for a pretended duration, like [`Clock::sleep`].
    ///
    /// See [`run`](Self::run) for an example.
    pub fn sleep(&self, duration: Duration) -> impl Future<Output = ()> + Send + Unpin + use<> {
        self.world.clock.sleep(duration)
    }

    /// Waits for a future, but not longer than a pretended `limit`: then it returns `None`.
    ///
    /// # Examples
    ///
    /// ```
    /// use std::time::Duration;
    ///
    /// use messi::testing::Simulation;
    ///
    /// let simulation = Simulation::new(7);
    /// let limit = Duration::from_secs(1);
    /// let never = simulation.timeout(limit, std::future::pending::<()>());
    /// assert_eq!(simulation.run(never), None);
    /// ```
    pub async fn timeout<T>(&self, limit: Duration, future: impl Future<Output = T>) -> Option<T> {
        self.clock().timeout(limit, future).await
    }

    /// Returns all connections that were made so far, in that order, including those that have ended.
    ///
    /// See the [module](self) for an example.
    pub fn connections(&self) -> Vec<SimulatedConnection> {
        let links = self.world.network.links();
        links.into_iter().map(SimulatedConnection::new).collect()
    }

    /// Returns the template of the connections that are made from now on. Each of them begins with its
    /// settings.
    ///
    /// # Examples
    ///
    /// ```
    /// use std::time::Duration;
    ///
    /// use messi::testing::Simulation;
    ///
    /// let simulation = Simulation::new(7);
    /// simulation.later_connections().set_delay(Duration::from_millis(50));
    /// ```
    pub fn later_connections(&self) -> SimulatedConnection {
        SimulatedConnection::new(self.world.network.later.clone())
    }

    /// Sets how a host, a name or an address, reacts to attempts to connect from now on.
    ///
    /// See [`Host`] for an example.
    pub fn set_host(&self, name: &str, host: Host) {
        self.world.network.set_host(name, host);
    }

    /// Sets the addresses of a name, in the order in which clients try them. Without it, each name has one
    /// address.
    ///
    /// A server with the name in its URI listens on the first of them. [`set_host`](Self::set_host) sets how one of
    /// them reacts. A name without an address is unknown.
    ///
    /// # Examples
    ///
    /// ```
    /// use std::net::{Ipv4Addr, Ipv6Addr};
    ///
    /// use messi::testing::{Host, Simulation};
    ///
    /// let simulation = Simulation::new(7);
    /// let (dead, alive) = (Ipv6Addr::LOCALHOST, Ipv4Addr::LOCALHOST);
    /// simulation.set_addresses("room", [dead.into(), alive.into()]);
    /// simulation.set_host("::1", Host::BlackHole);
    /// ```
    pub fn set_addresses(&self, name: &str, addresses: impl IntoIterator<Item = IpAddr>) {
        let addresses = addresses.into_iter().collect();
        self.world.network.set_addresses(name, addresses);
    }

    /// Returns the number of tasks that have not ended: those of clients and servers, and those that were
    /// spawned. It is zero once all clients and servers have been stopped, if no other task is left.
    ///
    /// # Examples
    ///
    /// ```
    /// use messi::testing::Simulation;
    ///
    /// let simulation = Simulation::new(7);
    /// assert_eq!(simulation.tasks(), 0);
    /// ```
    pub fn tasks(&self) -> usize {
        self.world.executor.tasks()
    }

    /// Returns the number of open ends of connections and of listeners. It is zero once all clients and
    /// servers have been stopped.
    ///
    /// # Examples
    ///
    /// ```
    /// use messi::testing::Simulation;
    ///
    /// let simulation = Simulation::new(7);
    /// assert_eq!(simulation.sockets(), 0);
    /// ```
    pub fn sockets(&self) -> usize {
        self.world.network.sockets()
    }

    /// Returns the runtime of the clients and servers that run in the simulation.
    ///
    /// Builders take it with [`ClientBuilder::runtime`](crate::ClientBuilder::runtime) and
    /// [`ServerBuilder::runtime`](crate::ServerBuilder::runtime). They take a reference to the simulation as
    /// well.
    ///
    /// # Examples
    ///
    /// ```
    /// # use chat::*;
    /// use messi::testing::Simulation;
    ///
    /// let simulation = Simulation::new(7);
    /// let server = ChatServer::builder("tcp://room:6000").runtime(simulation.runtime());
    /// let client = ChatClient::builder("tcp://room:6000").runtime(&simulation);
    /// ```
    pub fn runtime(&self) -> Runtime {
        Runtime(self.world.clone())
    }

    /// Returns the information that is needed to understand a failed run, and to repeat it.
    fn report(&self) -> String {
        let (seed, elapsed) = (self.seed, self.elapsed());
        let foreign_waits = self.world.foreign_waits.overtaken_at(elapsed);
        format!(
            "the simulation with the seed {seed} ended {elapsed:?} after its start{foreign_waits}"
        )
    }

    /// Prints the report, once, if the thread is panicking.
    fn report_panic(&self) {
        if thread::panicking() && !self.is_reported.swap(true, Ordering::Relaxed) {
            eprintln!("{}", self.report());
        }
    }
}

impl From<&Simulation> for Runtime {
    fn from(simulation: &Simulation) -> Self {
        simulation.runtime()
    }
}

impl Drop for Simulation {
    fn drop(&mut self) {
        // A run may have returned the error that has made the test panic.
        self.report_panic();
        // Tasks hold the world, which holds them.
        self.world.executor.close();
    }
}

impl Debug for Simulation {
    fn fmt(&self, formatter: &mut Formatter<'_>) -> fmt::Result {
        formatter
            .debug_struct("Simulation")
            .field("seed", &self.seed)
            .field("elapsed", &self.elapsed())
            .field("tasks", &self.tasks())
            .field("sockets", &self.sockets())
            .finish_non_exhaustive()
    }
}

/// Prints the report when a run panics.
struct ReportPanic<'a>(&'a Simulation);

impl Drop for ReportPanic<'_> {
    fn drop(&mut self) {
        self.0.report_panic();
    }
}
