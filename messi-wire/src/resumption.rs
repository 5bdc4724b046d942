//! Resumption: a session goes on with another connection after one is lost, and no message is lost or handled twice.
//!
//! Both sides number their messages without a byte on the wire: each counts the messages that it sends and receives.
//! The invariant: a message that was written is kept by its sender until the peer has acknowledged it, and a message
//! that was received is never taken from a later connection again. In detail:
//!
//! 1. The client asks for a session in its first ping ([`ClientControl::Hello`]). The server grants it in its first
//!    pong ([`ServerControl::Accept`]). A server that does not know sessions sends an empty pong: the connection is a
//!    plain one.
//! 2. From then on the [`Delivery`] of each side keeps all frames that are written, and counts received messages. Pings
//!    and pongs carry the count ([`ClientControl::Ack`], [`ServerControl::Ack`]), and the peer drops the frames that it
//!    covers.
//! 3. The connection is lost. Received bytes that are not a complete frame are dropped, and so are not counted.
//! 4. The client connects again, and sends the count in its first ping ([`ClientControl::Resume`]). The server answers
//!    with its own ([`ServerControl::Resumed`]), or with a new session and the fate of the old one.
//! 5. Each side sends the kept frames beyond the peer's count again, before anything else.
//!
//! Pings and pongs have no payload in the original, which ignores one in a ping.

mod control;
mod delivery;
mod first_ping;
mod first_pong;
mod lost;
#[cfg(test)]
pub(crate) mod samples;
mod secret;
mod window;

pub(crate) use control::encode_ack;
pub use control::{Bye, ByeReason, ClientControl, Grant, Resume, ServerControl, Token};
pub use delivery::{Delivery, Mismatch};
pub use first_ping::{FirstPing, Opening};
pub use first_pong::{Answer, FirstPong};
pub use lost::{Lost, SessionLost};
pub use secret::Secret;
