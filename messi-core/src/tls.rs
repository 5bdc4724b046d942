//! TLS, with the feature `tls`: `tls://host:port` for servers and clients.
//!
//! The messages are the same, and so is their order; only nobody else can read or change them, and
//! each side knows who is at the other end. It is TLS 1.3, by rustls: with certificates, none of whose
//! checks can be turned off, and without session tickets, so that a certificate that is replaced
//! counts from the next connection on. A side that is told to speak TLS never does without.
//!
//! A server shows a certificate, an [`Identity`]; a client trusts the authorities in its [`Roots`].
//! With [`ServerTls::require_client_certificates`], clients show theirs too, and handlers see it by
//! [`peer_certificates`](crate::ServerClient::peer_certificates).
//!
//! # Examples
//!
//! ```no_run
//! # mod chat { messi::protocol!("../examples/chat/chat.proto"); }
//! # use chat::*;
//! use messi::tls::{ClientTls, Identity, Roots, ServerTls};
//!
//! # struct Session;
//! # impl ChatServerHandler for Session {}
//! # struct Ui;
//! # impl ChatClientHandler for Ui {}
//! # async fn example() -> Result<(), messi::Error> {
//! let identity = Identity::from_pem_files("server.pem", "server.key")?;
//! let server = ChatServer::builder("tls://:6000")
//!     .tls(ServerTls::new(identity))
//!     .start(|_client| Session)
//!     .await?;
//!
//! let client = ChatClient::builder("tls://chat.example.com:6000")
//!     .tls(ClientTls::new(Roots::platform()?))
//!     .start(Ui)?;
//! # Ok(())
//! # }
//! ```

mod client;
mod close;
mod error;
mod explain;
mod fair;
mod identity;
mod roots;
mod server;
mod stream;

use std::sync::Arc;
use std::time::Duration;

use futures_rustls::rustls::crypto::{CryptoProvider, ring};

pub use self::client::ClientTls;
pub use self::error::TlsError;
pub(crate) use self::explain::explain;
pub use self::identity::Identity;
pub use self::roots::Roots;
pub use self::server::ServerTls;

/// What a handshake may take, unless a user says so.
const HANDSHAKE_TIMEOUT: Duration = Duration::from_secs(5);

/// The cryptography: named here, and not installed for the whole process, so that it does not depend on
/// what else the program does.
fn provider() -> Arc<CryptoProvider> {
    Arc::new(ring::default_provider())
}
