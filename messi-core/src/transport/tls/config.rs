//! Settings that both sides of TLS share.

use std::mem;
use std::sync::{Arc, PoisonError, RwLock};
use std::time::Duration;

use futures_rustls::rustls::crypto::{CryptoProvider, ring};

/// The time limit of a handshake, unless a user sets another.
pub(super) const DEFAULT_HANDSHAKE_TIMEOUT: Duration = Duration::from_secs(5);

/// Returns the provider of the cryptography.
///
/// It is named here, and not installed for the whole process, so that TLS does not depend on the rest of the
/// program.
pub(super) fn provider() -> Arc<CryptoProvider> {
    Arc::new(ring::default_provider())
}

/// The configuration of rustls for the next handshake. It can be replaced at any time.
///
/// Under the lock, there is no await, wake-up, log output or user code: a replaced configuration, which may
/// have parts of the user's, is dropped after it.
#[derive(Debug)]
pub(super) struct CurrentConfig<T>(RwLock<Arc<T>>);

impl<T: Clone> CurrentConfig<T> {
    pub(super) fn new(config: Arc<T>) -> Arc<Self> {
        Arc::new(Self(RwLock::new(config)))
    }

    /// Returns the configuration for a handshake that begins now.
    pub(super) fn get(&self) -> Arc<T> {
        self.0
            .read()
            .unwrap_or_else(PoisonError::into_inner)
            .clone()
    }

    /// Changes the configuration for the handshakes that begin from now on.
    pub(super) fn update(&self, change: impl FnOnce(&mut T)) {
        let mut current = self.0.write().unwrap_or_else(PoisonError::into_inner);
        let mut changed = T::clone(&current);
        change(&mut changed);
        let replaced = mem::replace(&mut *current, Arc::new(changed));
        drop(current);
        drop(replaced);
    }
}
