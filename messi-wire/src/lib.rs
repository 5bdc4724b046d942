//! The protocol of messi without I/O: no async runtime, no sockets, no clock, no locks and no logging.
//!
//! This crate is the inside of the crate `messi`; its interface may change with each release.
//!
//! From the inside out:
//!
//! - [`frame`] is the unit of the wire, and [`encode`] appends the frame of a message to a buffer.
//! - [`RecvBuffer`] turns received bytes into frames, [`SendBuffer`] holds the bytes being written, and
//!   [`KeepAlive`], [`Timers`], [`FloodLimiter`] and [`Backoff`] decide when something is due.
//! - [`Connection`] is one connection: it is given received bytes and the time, and returns bytes to
//!   send, messages and the next deadline.
//! - [`Session`] is the sending half that outlives connections: the send queue, the offline queue and
//!   the responses that are still expected.
//! - [`resumption`] lets a session go on with another connection, without a loss.
//! - [`view`] decodes messages that borrow from the received bytes.
//! - [`proxy_header`] is read before all of this on connections that a proxy has made for its clients.

mod backoff;
pub mod config;
pub mod connection;
pub mod encode;
mod error;
mod flood_limiter;
pub mod frame;
mod io_error;
mod keep_alive;
pub mod proxy_header;
mod recv_buffer;
pub mod resumption;
mod role;
mod send_buffer;
pub mod session;
mod shared_error;
mod timer;
pub mod view;

pub use backoff::Backoff;
pub use config::{ConnectionConfig, Overflow};
pub use connection::{Connection, Ending};
pub use error::{DisconnectReason, NotConnected, RequestError, SendError};
pub use flood_limiter::FloodLimiter;
pub use keep_alive::{Due, KeepAlive};
pub use prost;
pub use recv_buffer::RecvBuffer;
pub use role::Role;
pub use send_buffer::SendBuffer;
pub use session::Session;
pub use shared_error::SharedError;
pub use timer::{Timer, Timers};
