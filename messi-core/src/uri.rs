//! Addresses as users write them: `tcp://host:port`, `tls://host:port`, `unix:///path`.

use std::fmt::{self, Display, Formatter};
use std::net::Ipv6Addr;
use std::path::Path;
use std::sync::Arc;

use crate::UriError;

/// Where a server listens or a client connects to.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Uri {
    Tcp(HostPort),
    /// The same, with TLS.
    Tls(HostPort),
    /// A Unix socket of this machine.
    Unix(Arc<Path>),
}

/// A host and a port of it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct HostPort {
    /// A host name, an IPv4 or IPv6 address (without brackets), or nothing for any address.
    pub(crate) host: String,
    pub(crate) port: u16,
}

impl Uri {
    /// Reads `tcp://host:port`, `tcp://[IPv6]:port` or `tcp://:port`, the same with `tls://`, or
    /// `unix:///path`. It must be one with TLS if TLS is set up, and only then, so that nobody does
    /// without by mistake.
    pub(crate) fn parse(uri: &str, has_tls: bool) -> Result<Self, UriError> {
        read(uri)
            .and_then(|uri| uri.check(has_tls))
            .map_err(|problem| UriError {
                uri: uri.into(),
                problem,
            })
    }

    fn check(self, has_tls: bool) -> Result<Self, &'static str> {
        match (&self, has_tls) {
            (Self::Tls(_), false) if cfg!(not(feature = "tls")) => {
                Err("TLS needs the feature `tls` of the crate messi")
            }
            (Self::Tls(_), false) => Err("TLS is not set up: see the method `tls` of the builder"),
            (Self::Tcp(_) | Self::Unix(_), true) => {
                Err("TLS is set up, which this URI would do without")
            }
            _ => Ok(self),
        }
    }
}

impl HostPort {
    /// The host to listen on: an empty one stands for every IPv4 address of the machine.
    pub(crate) fn listen_host(&self) -> &str {
        if self.host.is_empty() {
            "0.0.0.0"
        } else {
            &self.host
        }
    }

    /// The host to connect to: an empty one stands for this machine.
    pub(crate) fn connect_host(&self) -> &str {
        if self.host.is_empty() {
            "127.0.0.1"
        } else {
            &self.host
        }
    }
}

impl Display for Uri {
    fn fmt(&self, formatter: &mut Formatter<'_>) -> fmt::Result {
        match self {
            Self::Tcp(server) => write!(formatter, "tcp://{server}"),
            Self::Tls(server) => write!(formatter, "tls://{server}"),
            Self::Unix(path) => write!(formatter, "unix://{}", path.display()),
        }
    }
}

impl Display for HostPort {
    fn fmt(&self, formatter: &mut Formatter<'_>) -> fmt::Result {
        let Self { host, port } = self;
        if host.contains(':') {
            write!(formatter, "[{host}]:{port}")
        } else {
            write!(formatter, "{host}:{port}")
        }
    }
}

fn read(uri: &str) -> Result<Uri, &'static str> {
    match uri.split_once("://") {
        Some(("tcp", rest)) => Ok(Uri::Tcp(read_host_port(rest)?)),
        Some(("tls", rest)) => Ok(Uri::Tls(read_host_port(rest)?)),
        Some(("unix", rest)) => Ok(Uri::Unix(read_path(rest)?)),
        _ => Err("it begins with none of them"),
    }
}

fn read_host_port(text: &str) -> Result<HostPort, &'static str> {
    let (host, port) = text.rsplit_once(':').ok_or("it has no port")?;
    Ok(HostPort {
        host: read_host(host)?,
        port: read_port(port)?,
    })
}

/// A path, taken as it is. A relative one would look like a host, and mean another file where the
/// process is started elsewhere.
fn read_path(text: &str) -> Result<Arc<Path>, &'static str> {
    if !text.starts_with('/') {
        return Err("the path does not begin with a slash, as in unix:///run/chat.sock");
    }
    if text.contains('\0') {
        return Err("the path holds a NUL");
    }
    Ok(Path::new(text).into())
}

fn read_host(host: &str) -> Result<String, &'static str> {
    if let Some(address) = host
        .strip_prefix('[')
        .and_then(|rest| rest.strip_suffix(']'))
    {
        let address: Ipv6Addr = address
            .parse()
            .map_err(|_| "there is no IPv6 address between the brackets")?;
        return Ok(address.to_string());
    }
    if host.contains(':') {
        return Err("an IPv6 address must be in brackets, as in tcp://[::1]:6000");
    }
    let allowed = |c: char| c.is_alphanumeric() || matches!(c, '.' | '-' | '_');
    if !host.chars().all(allowed) {
        return Err("the host is neither a name nor an address");
    }
    Ok(host.into())
}

fn read_port(port: &str) -> Result<u16, &'static str> {
    let digits = !port.is_empty() && port.bytes().all(|byte| byte.is_ascii_digit());
    port.parse()
        .ok()
        .filter(|_| digits)
        .ok_or("the port is not a number from 0 to 65535")
}

#[cfg(test)]
mod tests {
    use super::*;

    const FORMS: &str = "tcp://<host>:<port>, tls://<host>:<port> or unix://<path>";

    #[test]
    fn names_addresses_and_an_empty_host_are_accepted() {
        for (uri, host, port) in [
            ("tcp://127.0.0.1:6000", "127.0.0.1", 6000),
            ("tcp://localhost:0", "localhost", 0),
            (
                "tcp://my-server_1.example.com:65535",
                "my-server_1.example.com",
                65535,
            ),
            ("tcp://[::1]:6000", "::1", 6000),
            ("tcp://[::ffff:10.0.0.1]:1", "::ffff:10.0.0.1", 1),
            ("tcp://:6000", "", 6000),
        ] {
            let parsed = Uri::parse(uri, false).unwrap();
            let expected = HostPort {
                host: host.into(),
                port,
            };
            assert_eq!(parsed, Uri::Tcp(expected));
            assert_eq!(parsed.to_string(), uri);
        }
    }

    #[test]
    fn an_empty_host_is_any_address_for_a_server_and_this_machine_for_a_client() {
        let any = HostPort {
            host: String::new(),
            port: 6000,
        };
        assert_eq!(any.listen_host(), "0.0.0.0");
        assert_eq!(any.connect_host(), "127.0.0.1");
    }

    #[test]
    fn the_path_of_a_unix_socket_is_taken_as_it_is() {
        for path in ["/run/chat.sock", "/a b/%20:6000"] {
            let uri = format!("unix://{path}");
            let parsed = Uri::parse(&uri, false).unwrap();
            assert_eq!(parsed, Uri::Unix(Path::new(path).into()));
            assert_eq!(parsed.to_string(), uri);
        }
    }

    #[test]
    fn a_uri_is_one_with_tls_if_tls_is_set_up_and_only_then() {
        let parsed = Uri::parse("tls://[::1]:6000", true).unwrap();
        assert_eq!(parsed.to_string(), "tls://[::1]:6000");
        let problem = |uri, has_tls| Uri::parse(uri, has_tls).unwrap_err().problem;
        for uri in ["tcp://a:1", "unix:///a"] {
            let expected = "TLS is set up, which this URI would do without";
            assert_eq!(problem(uri, true), expected);
        }
        let expected = if cfg!(feature = "tls") {
            "TLS is not set up: see the method `tls` of the builder"
        } else {
            "TLS needs the feature `tls` of the crate messi"
        };
        assert_eq!(problem("tls://a:1", false), expected);
    }

    #[test]
    fn a_bad_uri_is_an_error_that_shows_the_accepted_form() {
        for (uri, problem) in [
            ("", "it begins with none of them"),
            ("udp://a:1", "it begins with none of them"),
            ("TCP://a:1", "it begins with none of them"),
            ("tcp://a", "it has no port"),
            ("tcp://a:", "the port is not a number from 0 to 65535"),
            ("tcp://a:+1", "the port is not a number from 0 to 65535"),
            ("tcp://a:65536", "the port is not a number from 0 to 65535"),
            ("tcp://a:1/path", "the port is not a number from 0 to 65535"),
            (
                "tcp://user@host:1",
                "the host is neither a name nor an address",
            ),
            ("tcp://a b:1", "the host is neither a name nor an address"),
            (
                "tcp://::1:6000",
                "an IPv6 address must be in brackets, as in tcp://[::1]:6000",
            ),
            (
                "tcp://[nonsense]:1",
                "there is no IPv6 address between the brackets",
            ),
            (
                "unix://chat.sock",
                "the path does not begin with a slash, as in unix:///run/chat.sock",
            ),
            ("unix:///chat\0sock", "the path holds a NUL"),
        ] {
            assert_eq!(
                Uri::parse(uri, false).unwrap_err().to_string(),
                format!("expected {FORMS}, but got '{uri}': {problem}")
            );
        }
    }
}
