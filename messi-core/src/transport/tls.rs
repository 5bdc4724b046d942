//! TLS for servers and clients with URIs of the form `tls://host:port`. Needs the feature `tls`.
//!
//! Messages and their order stay the same, but third parties can neither read nor change them, and each
//! side can verify the identity of the other. The version is TLS 1.3, implemented by rustls. No check of a
//! certificate can be turned off. There are no session tickets, so that a replaced certificate takes effect
//! with the next connection. A side that is configured for TLS never communicates without it.
//!
//! A server shows a certificate, its [`Identity`]; a client trusts the authorities in its [`Roots`]. With
//! [`ServerTls::require_client_certificates`], clients show a certificate too. Handlers get its names from
//! [`peer_certificate`](crate::ServerClient::peer_certificate). Identities and authorities can be renewed
//! while a server or client runs.
//!
//! For all else, [`ServerTls::from_config`] and [`ClientTls::from_config`] take a configuration of [`rustls`],
//! which is exported here in the version that messi uses.
//!
//! # Examples
//!
//! ```no_run
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
mod config;
mod error;
mod explain;
mod fair;
mod identity;
mod peer_certificate;
mod roots;
mod server;
mod stream;

pub use futures_rustls::rustls;

pub use self::client::ClientTls;
pub use self::error::TlsError;
pub use self::identity::Identity;
pub use self::peer_certificate::PeerCertificate;
pub use self::roots::Roots;
pub use self::server::ServerTls;
