//! What is wrong, for those who have to mend it.

use std::io;
use std::time::Duration;

use futures_rustls::rustls::{AlertDescription, CertificateError, Error};

/// What an error of a socket that speaks TLS means; `None` if it has nothing to do with TLS.
pub(crate) fn explain(error: &io::Error) -> Option<String> {
    let error = error.get_ref()?.downcast_ref::<Error>()?;
    Some(match error {
        Error::InvalidCertificate(error) => explain_certificate(error),
        Error::NoCertificatesPresented => "the peer has shown no certificate".into(),
        Error::AlertReceived(alert) => explain_alert(*alert),
        Error::InvalidMessage(_) => "the peer does not speak TLS".into(),
        error => error.to_string(),
    })
}

/// Why there was no handshake.
pub(super) fn explain_handshake(error: &io::Error) -> String {
    if let Some(explanation) = explain(error) {
        return explanation;
    }
    match error.kind() {
        io::ErrorKind::UnexpectedEof | io::ErrorKind::ConnectionReset => {
            "the peer has closed the connection: it may not speak TLS".into()
        }
        _ => error.to_string(),
    }
}

/// Why there was no handshake in time.
pub(super) fn no_handshake(limit: Duration) -> String {
    format!("no handshake within {} s", limit.as_secs_f64())
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
            let names: Vec<&str> = presented.iter().map(|name| bare(name)).collect();
            let names = names.join(", ");
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
        error => format!("the certificate of the peer is not accepted: {error}"),
    }
}

/// The name in `DnsName("name")`, as rustls shows it.
fn bare(name: &str) -> &str {
    name.split('"').nth(1).unwrap_or(name)
}

/// What the peer has said of this side.
fn explain_alert(alert: AlertDescription) -> String {
    let meaning = match alert {
        AlertDescription::CertificateRequired => "it requires a certificate of this side",
        AlertDescription::UnknownCA => "the certificate of this side is of no authority it trusts",
        AlertDescription::CertificateExpired => "the certificate of this side has expired",
        AlertDescription::ProtocolVersion => "it does not speak TLS 1.3",
        alert => return format!("the peer has refused: {alert:?}"),
    };
    format!("the peer has refused: {meaning}")
}
