//! A second server, which speaks TLS.

use messi::ServerBuilder;
use messi::tls::{Identity, ServerTls};
use rcgen::{CertifiedKey, generate_simple_self_signed};

use super::chat::*;

/// A server with a certificate that nobody trusts.
pub(super) fn builder() -> ServerBuilder<Chat> {
    let certified = generate_simple_self_signed(["localhost".to_owned()]);
    let CertifiedKey { cert, signing_key } = certified.expect("the name is sound");
    let identity = Identity::from_pem(cert.pem(), signing_key.serialize_pem());
    let tls = ServerTls::new(identity.expect("they belong together"));
    ChatServer::builder("tls://127.0.0.1:0").tls(tls)
}
