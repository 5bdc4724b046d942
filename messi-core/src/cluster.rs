//! Several servers that act as one, over an engine that carries messages between them.

mod engine;
mod memory;

pub use self::engine::{
    Engine, EngineError, EngineFuture, Inbox, Link, LinkReceiver, LinkSender, Order,
};
pub use self::memory::Memory;
pub use crate::ids::NodeId;
