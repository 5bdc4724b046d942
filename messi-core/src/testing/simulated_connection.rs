//! Connections as tests see and disturb them.

use std::fmt::{self, Debug, Formatter};
use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;

use super::flow::{Conditions, Flow, Split};
use super::link::{End, Link};

/// A connection of a [`Simulation`](super::Simulation), which a test can disturb; or the template of later
/// ones.
///
/// Undisturbed, bytes can be read as soon as they are written, and each direction buffers 64 KiB. A handle is
/// cheap to clone, and does not keep the connection open.
///
/// # Examples
///
/// ```
/// use std::time::Duration;
///
/// use messi::testing::Simulation;
///
/// let simulation = Simulation::new(7);
/// let later = simulation.later_connections();
/// later.set_delay(Duration::from_millis(50));
/// later.to_server().split_at_random();
/// ```
#[derive(Clone)]
pub struct SimulatedConnection(Arc<Link>);

impl SimulatedConnection {
    pub(super) fn new(link: Arc<Link>) -> Self {
        Self(link)
    }

    /// Returns the direction from the client to the server.
    ///
    /// # Examples
    ///
    /// ```
    /// use messi::testing::Simulation;
    ///
    /// let simulation = Simulation::new(7);
    /// let later = simulation.later_connections();
    /// later.to_server().split(1);
    /// ```
    pub fn to_server(&self) -> Direction {
        Direction::new(&self.0, End::Server)
    }

    /// Returns the direction from the server to the client.
    ///
    /// # Examples
    ///
    /// ```
    /// use messi::testing::Simulation;
    ///
    /// let simulation = Simulation::new(7);
    /// let later = simulation.later_connections();
    /// later.to_client().set_buffer(1024);
    /// ```
    pub fn to_client(&self) -> Direction {
        Direction::new(&self.0, End::Client)
    }

    /// Resets the connection: both sides get an error, and bytes that were not read are lost.
    ///
    /// # Examples
    ///
    /// ```
    /// use messi::testing::Simulation;
    ///
    /// let simulation = Simulation::new(7);
    /// for connection in simulation.connections() {
    ///     connection.cut();
    /// }
    /// ```
    pub fn cut(&self) {
        self.0.cut();
    }

    /// Drops all bytes that are written from now on, both ways, as if a machine in between were switched off.
    ///
    /// Neither side is notified, not even of the end of the connection. See the [module](super) for an
    /// example.
    pub fn lose(&self) {
        self.to_server().lose();
        self.to_client().lose();
    }

    /// Sets the delay of bytes, each way. Connecting takes twice as long.
    ///
    /// # Examples
    ///
    /// ```
    /// use std::time::Duration;
    ///
    /// use messi::testing::Simulation;
    ///
    /// let simulation = Simulation::new(7);
    /// let later = simulation.later_connections();
    /// later.set_delay(Duration::from_millis(50));
    /// ```
    pub fn set_delay(&self, delay: Duration) {
        self.to_server().set_delay(delay);
        self.to_client().set_delay(delay);
    }

    /// Sets the rate of bytes, each way: see [`Direction::set_rate`].
    ///
    /// # Examples
    ///
    /// A line of 1 Mbit/s:
    ///
    /// ```
    /// use messi::testing::Simulation;
    ///
    /// let simulation = Simulation::new(7);
    /// simulation.later_connections().set_rate(125_000);
    /// ```
    pub fn set_rate(&self, bytes_per_second: u64) {
        self.to_server().set_rate(bytes_per_second);
        self.to_client().set_rate(bytes_per_second);
    }

    /// Returns whether neither side has closed the connection, and it was not cut.
    ///
    /// # Examples
    ///
    /// ```
    /// use messi::testing::Simulation;
    ///
    /// let simulation = Simulation::new(7);
    /// let open = simulation.connections().iter().filter(|it| it.is_open()).count();
    /// assert_eq!(open, 0);
    /// ```
    pub fn is_open(&self) -> bool {
        self.0.is_open()
    }

    /// Returns the address of the client, as its server sees it.
    ///
    /// # Examples
    ///
    /// ```
    /// use messi::testing::Simulation;
    ///
    /// let simulation = Simulation::new(7);
    /// for connection in simulation.connections() {
    ///     println!("{} to {}", connection.client_addr(), connection.server_addr());
    /// }
    /// ```
    pub fn client_addr(&self) -> SocketAddr {
        self.0.client_addr
    }

    /// Returns the address of the server, as the client has looked it up.
    ///
    /// See [`client_addr`](Self::client_addr) for an example.
    pub fn server_addr(&self) -> SocketAddr {
        self.0.server_addr
    }
}

impl Debug for SimulatedConnection {
    fn fmt(&self, formatter: &mut Formatter<'_>) -> fmt::Result {
        formatter
            .debug_struct("SimulatedConnection")
            .field("client_addr", &self.client_addr())
            .field("server_addr", &self.server_addr())
            .field("is_open", &self.is_open())
            .finish_non_exhaustive()
    }
}

/// One direction of a [`SimulatedConnection`].
///
/// # Examples
///
/// A client that reads slowly, and a server that gets its bytes one by one:
///
/// ```
/// use std::time::Duration;
///
/// use messi::testing::Simulation;
///
/// let simulation = Simulation::new(7);
/// let later = simulation.later_connections();
/// later.to_client().set_buffer(100);
/// later.to_client().set_delay(Duration::from_millis(20));
/// later.to_server().split(1);
/// ```
#[derive(Clone)]
pub struct Direction {
    link: Arc<Link>,
    to: End,
}

impl Direction {
    fn new(link: &Arc<Link>, to: End) -> Self {
        let link = link.clone();
        Self { link, to }
    }

    /// Sets the delay of the bytes that are written from now on. They don't overtake earlier ones. Default:
    /// zero.
    ///
    /// # Examples
    ///
    /// ```
    /// use std::time::Duration;
    ///
    /// use messi::testing::Simulation;
    ///
    /// let simulation = Simulation::new(7);
    /// let later = simulation.later_connections();
    /// later.to_server().set_delay(Duration::from_millis(50));
    /// ```
    pub fn set_delay(&self, delay: Duration) {
        self.disturb(|conditions| conditions.delay = delay);
    }

    /// Sets the rate of the bytes that are written from now on, in bytes a second. They arrive one packet
    /// after the other, and take the delay in addition. Default: no limit. The minimum is 1.
    ///
    /// # Examples
    ///
    /// A client that downloads at 1 Mbit/s:
    ///
    /// ```
    /// use messi::testing::Simulation;
    ///
    /// let simulation = Simulation::new(7);
    /// simulation.later_connections().to_client().set_rate(125_000);
    /// ```
    pub fn set_rate(&self, bytes_per_second: u64) {
        self.disturb(|conditions| conditions.rate = Some(bytes_per_second.max(1)));
    }

    /// Sets the number of bytes that may be written and not yet read before a write blocks. Default: 64 KiB.
    /// The minimum is 1.
    ///
    /// # Examples
    ///
    /// ```
    /// use messi::testing::Simulation;
    ///
    /// let simulation = Simulation::new(7);
    /// let later = simulation.later_connections();
    /// later.to_client().set_buffer(1024);
    /// ```
    pub fn set_buffer(&self, bytes: usize) {
        self.disturb(|conditions| conditions.buffer = bytes.max(1));
    }

    /// Limits the bytes of each read and of each write. The minimum is 1.
    ///
    /// # Examples
    ///
    /// ```
    /// use messi::testing::Simulation;
    ///
    /// let simulation = Simulation::new(7);
    /// let later = simulation.later_connections();
    /// later.to_server().split(1);
    /// ```
    pub fn split(&self, bytes: usize) {
        self.disturb(|conditions| conditions.split = Split::AtMost(bytes.max(1)));
    }

    /// Limits the bytes of each read and of each write to a random part of those that it could have.
    ///
    /// # Examples
    ///
    /// ```
    /// use messi::testing::Simulation;
    ///
    /// let simulation = Simulation::new(7);
    /// let later = simulation.later_connections();
    /// later.to_server().split_at_random();
    /// ```
    pub fn split_at_random(&self) {
        self.disturb(|conditions| conditions.split = Split::AtRandom);
    }

    /// Holds all bytes back until [`resume`](Self::resume). Writes block once the buffer is full.
    ///
    /// # Examples
    ///
    /// ```
    /// use messi::testing::Simulation;
    ///
    /// let simulation = Simulation::new(7);
    /// let later = simulation.later_connections();
    /// later.to_client().stall();
    /// ```
    pub fn stall(&self) {
        self.disturb(|conditions| conditions.stalled = true);
    }

    /// Ends a [`stall`](Self::stall): the bytes that were held back arrive.
    ///
    /// # Examples
    ///
    /// ```
    /// use messi::testing::Simulation;
    ///
    /// let simulation = Simulation::new(7);
    /// for connection in simulation.connections() {
    ///     connection.to_client().resume();
    /// }
    /// ```
    pub fn resume(&self) {
        self.disturb(|conditions| conditions.stalled = false);
    }

    /// Drops all bytes that are written from now on, for ever. Neither side is notified, not even of the end
    /// of the connection.
    ///
    /// # Examples
    ///
    /// ```
    /// use messi::testing::Simulation;
    ///
    /// let simulation = Simulation::new(7);
    /// for connection in simulation.connections() {
    ///     connection.to_server().lose();
    /// }
    /// ```
    pub fn lose(&self) {
        self.disturb(|conditions| conditions.lossy = true);
    }

    /// Cuts the connection after this number of further bytes have been read, maybe in the middle of a
    /// message. With 0, it cuts the connection now.
    ///
    /// # Examples
    ///
    /// ```
    /// use messi::testing::Simulation;
    ///
    /// let simulation = Simulation::new(7);
    /// let later = simulation.later_connections();
    /// later.to_server().cut_after(10);
    /// ```
    pub fn cut_after(&self, bytes: usize) {
        self.disturb(|conditions| conditions.cut_after = Some(bytes));
    }

    /// Returns the number of written bytes.
    ///
    /// # Examples
    ///
    /// ```
    /// use messi::testing::Simulation;
    ///
    /// let simulation = Simulation::new(7);
    /// let later = simulation.later_connections();
    /// let bytes = later.to_server().written();
    /// assert_eq!(bytes, 0);
    /// ```
    pub fn written(&self) -> u64 {
        self.link.look(self.to, Flow::written)
    }

    /// Returns the number of writes, including those that blocked. Real sockets would make as many system
    /// calls.
    ///
    /// # Examples
    ///
    /// ```
    /// use messi::testing::Simulation;
    ///
    /// let simulation = Simulation::new(7);
    /// let later = simulation.later_connections();
    /// assert_eq!(later.to_server().writes(), 0);
    /// ```
    pub fn writes(&self) -> u64 {
        self.link.look(self.to, Flow::writes)
    }

    /// Returns the number of bytes that the other end has read.
    ///
    /// # Examples
    ///
    /// ```
    /// use messi::testing::Simulation;
    ///
    /// let simulation = Simulation::new(7);
    /// let later = simulation.later_connections();
    /// assert_eq!(later.to_server().read(), 0);
    /// ```
    pub fn read(&self) -> u64 {
        self.link.look(self.to, Flow::read_so_far)
    }

    fn disturb(&self, disturb: impl FnOnce(&mut Conditions)) {
        self.link.disturb(self.to, disturb);
    }
}

impl Debug for Direction {
    fn fmt(&self, formatter: &mut Formatter<'_>) -> fmt::Result {
        formatter
            .debug_struct("Direction")
            .field("to", &self.to)
            .field("written", &self.written())
            .field("read", &self.read())
            .finish_non_exhaustive()
    }
}
