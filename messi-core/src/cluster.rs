//! Several servers that act as one: a cluster.
//!
//! The servers of a cluster are its *nodes*. They send messages to each other over an [`Engine`]. The messages of a
//! server to all clients, to a topic, to a user or to clients by their ids then reach the clients of all nodes:
//!
//! ```
//! # use chat::*;
//! # struct Session;
//! # impl ChatServerHandler for Session {}
//! # async_std::task::block_on(async {
//! use messi::cluster::Memory;
//!
//! let engine = Memory::new();
//! let start = || {
//!     let server = ChatServer::builder("tcp://127.0.0.1:0").cluster(engine.clone());
//!     server.start(|_client| Session)
//! };
//! let (first, second) = (start().await?, start().await?);
//! // For the clients of both.
//! first.broadcast(MessageInd { user: "server".into(), text: "Hello, all!".into() });
//! # first.stop().await;
//! # second.stop().await;
//! # Ok::<(), messi::Error>(())
//! # }).unwrap();
//! ```
//!
//! # Delivery
//!
//! The clients of a server get its messages at once, whatever happens to the engine. Those of other nodes get the
//! messages of one node in the order in which it has sent them, each at most once. Messages that are lost on the way
//! are noticed by their numbers, counted in [`ClusterStats::lost`], and reported to [`Cluster::on_gap`].

mod channels;
mod engine;
mod envelope;
mod memory;
mod node;
mod numbers;
mod outbox;
mod presence;
pub mod queue;
mod schema;
mod settings;
mod status;

pub use self::engine::{
    Engine, EngineError, EngineFuture, Inbox, Link, LinkReceiver, LinkSender, Order,
};
pub(crate) use self::envelope::Target;
pub use self::memory::Memory;
pub(crate) use self::node::{ClusterNode, Local};
pub(crate) use self::presence::PresenceTable;
pub use self::presence::{Presence, PresenceChange, PresenceEvent};
pub use self::settings::{Cluster, Gap};
pub use self::status::{Channel, ClusterState, ClusterStats, ClusterStatus, Node};
pub use crate::ids::NodeId;
