//! Engines, which carry messages between the nodes of a cluster.

use std::error::Error;
use std::fmt::{self, Debug, Formatter};
use std::pin::Pin;
use std::sync::Arc;

use crate::SharedError;

/// The future of an operation of an engine. It is polled on the runtime of the server.
pub type EngineFuture<'a, T> = Pin<Box<dyn Future<Output = Result<T, EngineError>> + Send + 'a>>;

/// A publish/subscribe system that carries messages between the nodes of a cluster.
///
/// A node keeps one [`Link`] to it, and connects again whenever that fails. An engine itself does not try
/// again, and need not keep messages: the node takes the necessary steps after a loss.
///
/// The engine must deliver the messages that one link has published to a channel in their order, and each at most
/// once. It may lose messages: nodes notice it by their numbers.
pub trait Engine: Debug + Send + Sync + 'static {
    /// Connects to the engine.
    ///
    /// The node limits the time, and drops the future if it takes longer.
    ///
    /// # Errors
    ///
    /// Returns the reason why there is no connection at this moment. The node tries again later.
    fn connect(&self) -> EngineFuture<'_, Link>;

    /// Returns an engine for one node, if this one keeps something of a node from link to link, such as how far it has read.
    ///
    /// Each node calls it once, before it connects for the first time, and drops one link before it makes the next.
    ///
    /// The default is `None`: a node uses this engine itself.
    fn for_node(&self) -> Option<Arc<dyn Engine>> {
        None
    }
}

/// A connection to an engine. It is closed when both halves are dropped.
#[derive(Debug)]
pub struct Link {
    /// Publishes and subscribes.
    pub sender: Box<dyn LinkSender>,
    /// Receives the messages that are published to the channels of the subscriptions, by this link too.
    pub receiver: Box<dyn LinkReceiver>,
}

/// The half of a [`Link`] that publishes and subscribes.
pub trait LinkSender: Debug + Send {
    /// Gives orders to the engine, in this order. It completes once the engine has them: a subscription is in effect
    /// then, and each message that is published afterwards, by any link, is received.
    ///
    /// All orders should leave in as few writes as possible.
    ///
    /// # Errors
    ///
    /// Returns an error if the connection has failed. Then the node drops the link.
    fn send(&mut self, orders: Vec<Order>) -> EngineFuture<'_, ()>;
}

/// The half of a [`Link`] that receives.
///
/// A node reads it at all times: no action of its clients makes it wait. An engine that has a task or thread of its own
/// for a connection puts messages into a [`Queue`](super::queue::Queue), which is limited.
pub trait LinkReceiver: Debug + Send {
    /// Waits until messages have come, and delivers them in their order. The node calls it again at once.
    ///
    /// # Errors
    ///
    /// Returns an error if the connection has failed. Then the node drops the link.
    fn receive<'a>(&'a mut self, inbox: &'a mut Inbox<'_>) -> EngineFuture<'a, ()>;
}

/// An order of a node to the engine.
///
/// The name of a channel has at most 300 bytes of UTF-8, without restrictions on its characters: an engine that has
/// any must escape them.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum Order {
    /// Receive the messages that are published to the channel from now on.
    Subscribe(String),
    /// Receive no more messages from the channel.
    Unsubscribe(String),
    /// Deliver these bytes to all links that have subscribed to the channel.
    Publish {
        /// The channel.
        channel: String,
        /// The bytes: up to the largest message of the server and 64 KiB.
        payload: Vec<u8>,
    },
}

/// The callback for the messages that an engine delivers.
pub struct Inbox<'a>(&'a mut (dyn FnMut(&str, &[u8]) + Send));

impl<'a> Inbox<'a> {
    /// Creates an inbox that calls a closure with the channel and the bytes of each message.
    pub fn new(deliver: &'a mut (dyn FnMut(&str, &[u8]) + Send)) -> Self {
        Self(deliver)
    }

    /// Delivers a message. It never waits.
    pub fn deliver(&mut self, channel: &str, payload: &[u8]) {
        (self.0)(channel, payload);
    }
}

impl Debug for Inbox<'_> {
    fn fmt(&self, formatter: &mut Formatter<'_>) -> fmt::Result {
        formatter.debug_struct("Inbox").finish_non_exhaustive()
    }
}

/// The reason why an engine can't be used at this moment.
///
/// # Examples
///
/// ```
/// use std::io;
///
/// use messi::cluster::EngineError;
///
/// let error = EngineError::new(io::Error::from(io::ErrorKind::ConnectionRefused));
/// ```
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("the engine failed")]
pub struct EngineError {
    source: SharedError,
}

impl EngineError {
    /// Creates an error with its cause.
    pub fn new(source: impl Error + Send + Sync + 'static) -> Self {
        Self {
            source: source.into(),
        }
    }
}
