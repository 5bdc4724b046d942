//! A second server, with TLS.

use messi::ServerBuilder;
use messi::tls::{Identity, ServerTls};
use rcgen::{CertifiedKey, generate_simple_self_signed};

use super::chat::*;

/// Configures a server with a self-signed certificate.
pub(super) fn builder() -> ServerBuilder<Chat> {
    let certified = generate_simple_self_signed(["localhost".to_owned()]);
    let CertifiedKey { cert, signing_key } = certified.expect("a valid name");
    let identity = Identity::from_pem(cert.pem(), signing_key.serialize_pem());
    let tls = ServerTls::new(identity.expect("a certificate with its key"));
    ChatServer::builder("tls://127.0.0.1:0").tls(tls)
}
