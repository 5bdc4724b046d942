//! Descriptions of errors, for people who have to fix them.

use std::error::Error;
use std::io;
use std::time::Duration;

use futures_rustls::rustls::{self, AlertDescription, CertificateError};
use thiserror::Error;

use crate::SharedError;
use crate::transport::handshake::HandshakeError;

/// An error with an explanation for people.
#[derive(Debug, Error)]
#[error("{explanation}")]
struct Explained<E: Error + 'static> {
    explanation: String,
    source: E,
}

/// Returns an error with an explanation for people.
pub(super) fn explained(
    explanation: impl Into<String>,
    source: impl Error + Send + Sync + 'static,
) -> SharedError {
    let explanation = explanation.into();
    Explained {
        explanation,
        source,
    }
    .into()
}

/// Returns the error of rustls that an error of a TLS socket was made of, with an explanation if there is
/// one; `None` if it is not an error of TLS.
pub(super) fn explain(error: &io::Error) -> Option<SharedError> {
    let error = error.get_ref()?.downcast_ref::<rustls::Error>()?.clone();
    Some(match explanation(&error) {
        Some(explanation) => explained(explanation, error),
        None => error.into(),
    })
}

/// Explains the error that a handshake has ended with.
pub(super) fn explain_handshake(error: io::Error) -> HandshakeError {
    let explanation = explain(&error).unwrap_or_else(|| match error.kind() {
        io::ErrorKind::UnexpectedEof | io::ErrorKind::ConnectionReset => {
            let explanation = "the peer has closed the connection: it may not speak TLS";
            explained(explanation, error)
        }
        _ => error.into(),
    });
    HandshakeError::Tls(explanation)
}

/// Returns the error of a handshake that has exceeded its time limit.
pub(super) fn timed_out(limit: Duration) -> HandshakeError {
    let text = format!("no handshake within {} s", limit.as_secs_f64());
    HandshakeError::Tls(io::Error::new(io::ErrorKind::TimedOut, text).into())
}

fn explanation(error: &rustls::Error) -> Option<String> {
    Some(match error {
        rustls::Error::InvalidCertificate(error) => explain_certificate(error),
        rustls::Error::NoCertificatesPresented => "the peer has shown no certificate".into(),
        rustls::Error::AlertReceived(alert) => explain_alert(*alert),
        rustls::Error::InvalidMessage(_) => "the peer does not speak TLS".into(),
        _ => return None,
    })
}

fn explain_certificate(error: &CertificateError) -> String {
    match error {
        CertificateError::UnknownIssuer => {
            "the certificate of the peer is of no authority that is trusted here".into()
        }
        CertificateError::NotValidForNameContext {
            expected,
            presented,
        } => {
            // How rustls writes a name is its own affair: it is shown as it is.
            let names = presented.join(", ");
            let expected = expected.to_str();
            format!("the certificate of the peer is not for {expected}, but for: {names}")
        }
        CertificateError::ExpiredContext { time, not_after } => {
            let seconds = time.as_secs().saturating_sub(not_after.as_secs());
            format!("the certificate of the peer has expired {seconds} s ago")
        }
        CertificateError::NotValidYetContext { time, not_before } => {
            let seconds = not_before.as_secs().saturating_sub(time.as_secs());
            format!("the certificate of the peer will be valid in {seconds} s")
        }
        _ => "the certificate of the peer is not accepted".into(),
    }
}

/// Describes why the peer has refused this side.
fn explain_alert(alert: AlertDescription) -> String {
    let meaning = match alert {
        AlertDescription::CertificateRequired => "it requires a certificate of this side",
        AlertDescription::UnknownCA => "the certificate of this side is of no authority it trusts",
        AlertDescription::CertificateExpired => "the certificate of this side has expired",
        AlertDescription::ProtocolVersion => "it does not speak TLS 1.3",
        _ => return "the peer has refused".into(),
    };
    format!("the peer has refused: {meaning}")
}

#[cfg(test)]
mod tests {
    use futures_rustls::pki_types::ServerName;

    use super::*;

    #[test]
    fn names_of_a_certificate_are_shown_as_rustls_writes_them() {
        // A name may hold quotes, and rustls may write it in another way with any version.
        for name in [r#"DnsName("a.example")"#, "a.example", r#"x-"quoted"-name"#] {
            let error = CertificateError::NotValidForNameContext {
                expected: ServerName::try_from("b.example").unwrap(),
                presented: vec![name.into(), "other".into()],
            };
            let error = io::Error::other(rustls::Error::InvalidCertificate(error));
            let expected =
                format!("the certificate of the peer is not for b.example, but for: {name}, other");
            assert_eq!(explain(&error).unwrap().to_string(), expected);
        }
    }
}
