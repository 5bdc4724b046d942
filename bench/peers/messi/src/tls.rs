//! TLS between the two processes of a trial, with a certificate for this benchmark only.

use messi::tls::{ClientTls, Identity, Roots, ServerTls};
use work::fail;

const CERTIFICATE: &str = include_str!("../tls/certificate.pem");
const KEY: &str = include_str!("../tls/key.pem");

pub(crate) fn server() -> ServerTls {
    let identity = Identity::from_pem(CERTIFICATE, KEY);
    ServerTls::new(identity.unwrap_or_else(|error| fail(error)))
}

pub(crate) fn client() -> ClientTls {
    let roots = Roots::from_pem(CERTIFICATE);
    ClientTls::new(roots.unwrap_or_else(|error| fail(error)))
}
