//! Settings that both sides of TLS share.

use std::sync::Arc;
use std::time::Duration;

use futures_rustls::rustls::crypto::{CryptoProvider, ring};

/// The time limit of a handshake, unless a user sets another.
pub(super) const DEFAULT_HANDSHAKE_TIMEOUT: Duration = Duration::from_secs(5);

/// Returns the provider of the cryptography.
///
/// It is named here, and not installed for the whole process, so that TLS does not depend on what else the
/// program does.
pub(super) fn provider() -> Arc<CryptoProvider> {
    Arc::new(ring::default_provider())
}
