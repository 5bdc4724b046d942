//! Transports: from a URI to a socket on which frames can be read and written.
//!
//! From the bottom up: [`tcp`] and `unix` make and configure the sockets of the operating system, which
//! [`os`] joins to one type; a runtime only wraps them to a [`Socket`] or a [`Listener`]. A [`handshake`]
//! may follow once two ends are connected, and turns a socket into another one; that of TLS does. The
//! connection and its driver, which are above, do not know which transport it is.

mod address;
mod bound;
pub(crate) mod close;
pub(crate) mod handshake;
pub(crate) mod linger;
pub(crate) mod os;
mod socket;
pub(crate) mod std_socket;
pub(crate) mod tcp;
#[cfg(feature = "tls")]
pub mod tls;
pub(crate) mod tls_alert;
#[cfg(unix)]
pub(crate) mod unix;
mod uri;

pub use self::address::Address;
pub use self::bound::BoundListener;
pub(crate) use self::socket::{BoxListener, BoxSocket, Listener, Socket};
pub(crate) use self::uri::{HostPort, Location, no_address};
pub use self::uri::{Uri, UriError};
