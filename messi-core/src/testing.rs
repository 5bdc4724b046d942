//! Tests of handlers without sockets and without waiting.
//!
//! A [`Simulation`] is a runtime with a network in memory, a pretended clock, and an order of events that
//! a seed decides. Clients and servers run in it as they are: their builders take it as their
//! [`runtime`](crate::ClientBuilder::runtime). A minute of silence, a server that is restarted and a connection
//! that breaks in the middle of a message are then a few lines of a test that takes no time and gives the same
//! result each time.
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
//! # mod chat { messi::protocol!("../examples/chat/chat.proto"); }
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
use std::sync::Arc;
use std::thread;
use std::time::Duration;

pub use self::clock::Clock;
pub use self::hosts::Host;
pub use self::simulated_connection::{Direction, SimulatedConnection};
use self::world::World;
use crate::Runtime;

/// A world of its own, with a network, a clock, and tasks on the thread that calls
/// [`run`](Self::run).
///
/// The hosts that URIs name are made up as they are named: any name will do. `tcp://room:6000` and
/// `tcp://hall:6000` are servers of different hosts; a server without a host, `tcp://:6000`, is
/// found by any name. Nothing is shared with another simulation.
///
/// Handlers and the future that is run may wait for each other, for what clients and servers do,
/// and for the pretended time: see [`clock`](Self::clock). They must not wait for anything
/// outside, as what a thread, a real socket or the timer of another runtime does.
///
/// Dropping the simulation drops the tasks that are left in it.
///
/// See the [module](self) for an example.
pub struct Simulation {
    seed: u64,
    world: Arc<World>,
}

impl Simulation {
    /// A world in which nothing has happened. The same seed makes the same run, as long as what
    /// is run draws on no other chance.
    pub fn new(seed: u64) -> Self {
        Self {
            seed,
            world: Arc::new(World::new(seed)),
        }
    }

    /// Runs a future to its end, and the tasks of all clients and servers until then.
    ///
    /// What can be done at a moment is done in an order that the seed decides. When nothing can
    /// be done any more, the clock jumps to the next moment that someone waits for. Tasks that
    /// are left go on when `run` is called again.
    ///
    /// # Panics
    ///
    /// If the future panics; if nothing can happen any more and the future is not ready; if
    /// tasks run on and on without waiting; after 30 pretended days; and if the simulation is
    /// being run already. The seed and the pretended time are then printed.
    pub fn run<T>(&self, future: impl Future<Output = T>) -> T {
        let _report = ReportPanic(self);
        self.world.executor.run(future)
    }

    /// The clock, for handlers to wait with.
    pub fn clock(&self) -> Clock {
        self.world.clock.clone()
    }

    /// Pretended time since the start.
    pub fn elapsed(&self) -> Duration {
        self.world.clock.elapsed()
    }

    /// Waits for a pretended duration: see [`Clock::sleep`].
    pub fn sleep(&self, duration: Duration) -> impl Future<Output = ()> + Send + Unpin + use<> {
        self.world.clock.sleep(duration)
    }

    /// Waits for a future, but no longer than a pretended `limit`; then `None`.
    pub async fn timeout<T>(&self, limit: Duration, future: impl Future<Output = T>) -> Option<T> {
        self.world.clock.timeout(limit, future).await
    }

    /// Every connection made so far, in that order, those that have ended included.
    pub fn connections(&self) -> Vec<SimulatedConnection> {
        let links = self.world.network.links();
        links.into_iter().map(SimulatedConnection::new).collect()
    }

    /// The model of the connections that are made from now on: what is done to it, is done to each
    /// of them at its beginning.
    pub fn later_connections(&self) -> SimulatedConnection {
        SimulatedConnection::new(self.world.network.later.clone())
    }

    /// Decides what becomes of attempts to connect to a host, a name or an address, from now on.
    pub fn set_host(&self, name: &str, host: Host) {
        self.world.network.set_host(name, host);
    }

    /// How many tasks of clients and servers are alive. None is left once all have been stopped.
    pub fn tasks(&self) -> usize {
        self.world.executor.tasks()
    }

    /// How many ends of connections, and listeners, are open. None is left once all clients and
    /// servers have been stopped.
    pub fn sockets(&self) -> usize {
        self.world.network.sockets()
    }

    /// Returns the runtime of the clients and servers that run in the simulation.
    ///
    /// Builders take it with [`ClientBuilder::runtime`](crate::ClientBuilder::runtime) and
    /// [`ServerBuilder::runtime`](crate::ServerBuilder::runtime). They take a reference to the simulation as well.
    ///
    /// # Examples
    ///
    /// ```
    /// # mod chat { messi::protocol!("../examples/chat/chat.proto"); }
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
}

impl From<&Simulation> for Runtime {
    fn from(simulation: &Simulation) -> Self {
        simulation.runtime()
    }
}

impl Drop for Simulation {
    fn drop(&mut self) {
        // Tasks hold the world that holds them.
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

/// Tells, when a run panics, which and when.
struct ReportPanic<'a>(&'a Simulation);

impl Drop for ReportPanic<'_> {
    fn drop(&mut self) {
        if thread::panicking() {
            let Simulation { seed, .. } = self.0;
            let elapsed = self.0.elapsed();
            eprintln!("the simulation with the seed {seed} ended {elapsed:?} after its start");
        }
    }
}
