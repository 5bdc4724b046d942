//! What tests do to a connection.

use std::fmt::{self, Debug, Formatter};
use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;

use super::flow::{Conditions, Flow, Split};
use super::link::{End, Link};

/// A connection of a [`Simulation`](super::Simulation), to be disturbed; or the model of those
/// that are made later.
///
/// Undisturbed, what is written can be read at once, and each direction holds 64 KiB that were
/// written and not read. A handle is cheap to clone, and keeps nothing open.
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

    /// The direction from the client to the server.
    pub fn to_server(&self) -> Direction {
        Direction::new(&self.0, End::Server)
    }

    /// The direction from the server to the client.
    pub fn to_client(&self) -> Direction {
        Direction::new(&self.0, End::Client)
    }

    /// Resets the connection: both sides find that it has failed, and what was not read is lost.
    pub fn cut(&self) {
        self.0.cut();
    }

    /// Lets everything vanish that is written from now on, both ways, the news of an end
    /// included, as when a machine in between is switched off. Neither side is told.
    pub fn lose(&self) {
        self.to_server().lose();
        self.to_client().lose();
    }

    /// Sets how long bytes are under way, each way. A connection takes that twice to be made.
    pub fn set_delay(&self, delay: Duration) {
        self.to_server().set_delay(delay);
        self.to_client().set_delay(delay);
    }

    /// Whether neither side has closed the connection, and it was not cut.
    pub fn is_open(&self) -> bool {
        self.0.is_open()
    }

    /// The address of the client, as its server sees it.
    pub fn client_addr(&self) -> SocketAddr {
        self.0.client_addr
    }

    /// The address of the server, as the client has looked it up.
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

    /// Sets how long bytes are under way, of those written from now on. Nothing overtakes what
    /// was written before. Default: no time.
    pub fn set_delay(&self, delay: Duration) {
        self.disturb(|conditions| conditions.delay = delay);
    }

    /// Sets how many bytes may be written and not yet read, before who writes has to wait; at
    /// least 1. Default: 64 KiB.
    pub fn set_buffer(&self, bytes: usize) {
        self.disturb(|conditions| conditions.buffer = bytes.max(1));
    }

    /// Lets no more than so many bytes go with one read, and with one write; at least 1.
    pub fn split(&self, bytes: usize) {
        self.disturb(|conditions| conditions.split = Split::AtMost(bytes.max(1)));
    }

    /// Lets each read and write have only some of the bytes that it could, how many the seed
    /// decides.
    pub fn split_at_random(&self) {
        self.disturb(|conditions| conditions.split = Split::AtRandom);
    }

    /// Lets nothing arrive until [`resume`](Self::resume): who writes has to wait once the buffer
    /// is full.
    pub fn stall(&self) {
        self.disturb(|conditions| conditions.stalled = true);
    }

    /// Ends a [`stall`](Self::stall): what has waited arrives.
    pub fn resume(&self) {
        self.disturb(|conditions| conditions.stalled = false);
    }

    /// Lets everything vanish that is written from now on, the news of an end included. Neither
    /// side is told, and it is for ever.
    pub fn lose(&self) {
        self.disturb(|conditions| conditions.lossy = true);
    }

    /// Cuts the connection once so many more bytes have been read, be it in the middle of a
    /// message. With 0, that is now.
    pub fn cut_after(&self, bytes: usize) {
        self.disturb(|conditions| conditions.cut_after = Some(bytes));
    }

    /// How many bytes have been written: handed to the operating system, had there been one.
    pub fn written(&self) -> u64 {
        self.link.look(self.to, Flow::written)
    }

    /// How often that was done or tried: system calls, had there been an operating system.
    pub fn writes(&self) -> u64 {
        self.link.look(self.to, Flow::writes)
    }

    /// How many bytes have been read at the other end.
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
