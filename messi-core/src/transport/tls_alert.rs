//! Recognition of a peer that speaks TLS where this side does not.
//!
//! A server that expects TLS answers anything else with an alert, and closes the connection. To a client
//! without TLS, that alert would look like a frame of an unknown type.

use std::io;

use thiserror::Error;

use crate::DisconnectReason;

/// The first byte of a TLS alert (RFC 8446, section 5.1). It is not the type of any frame.
const ALERT: u8 = 0x15;

/// The explanation of an alert.
#[derive(Debug, Error)]
#[error("the peer speaks TLS, and this side does not: see tls:// in URIs")]
struct PeerSpeaksTls;

/// Refuses a TLS alert at the very beginning of the bytes that a peer sends.
///
/// After the first read it costs one comparison per read.
#[derive(Debug, Default)]
pub(crate) struct TlsAlertGuard {
    is_armed: bool,
}

impl TlsAlertGuard {
    /// Refuses an alert in the next bytes, which are the first of all.
    pub(crate) fn arm(&mut self) {
        self.is_armed = true;
    }

    /// Checks bytes that have just been read.
    ///
    /// # Errors
    ///
    /// With the [`DisconnectReason`], if the first byte of all is that of an alert.
    #[inline]
    pub(crate) fn check(&mut self, received: &[u8]) -> io::Result<()> {
        if self.is_armed {
            self.check_first(received)
        } else {
            Ok(())
        }
    }

    #[cold]
    fn check_first(&mut self, received: &[u8]) -> io::Result<()> {
        let Some(&first) = received.first() else {
            return Ok(());
        };
        self.is_armed = false;
        if first != ALERT {
            return Ok(());
        }
        Err(DisconnectReason::Tls(PeerSpeaksTls.into()).into())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn armed() -> TlsAlertGuard {
        let mut guard = TlsAlertGuard::default();
        guard.arm();
        guard
    }

    #[test]
    fn an_alert_is_refused_at_the_very_beginning_alone() {
        assert!(armed().check(&[ALERT]).is_err());
        assert!(armed().check(&[ALERT, 3, 3]).is_err());
        let mut guard = armed();
        assert!(guard.check(&[]).is_ok(), "nothing was read");
        assert!(guard.check(&[2]).is_ok());
        assert!(guard.check(&[ALERT]).is_ok());
    }

    #[test]
    fn a_guard_that_is_not_armed_lets_anything_pass() {
        assert!(TlsAlertGuard::default().check(&[ALERT]).is_ok());
    }
}
