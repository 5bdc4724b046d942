//! URIs: `tcp://host:port`, `tls://host:port` and `unix:///path`.

use std::fmt::{self, Display, Formatter};
use std::io;
use std::net::{Ipv4Addr, Ipv6Addr};
use std::path::Path;
use std::str::FromStr;
use std::sync::Arc;

use thiserror::Error;

use super::address::Address;

/// The URI of a server: `tcp://host:port`, `tls://host:port` or `unix:///path`.
///
/// The host is a name, an IPv4 address or an IPv6 address in brackets. An empty host stands for this machine:
/// a server listens on all its IPv4 addresses, a client connects to `127.0.0.1`.
///
/// Builders accept a URI as text, and as a value of this type.
///
/// # Examples
///
/// ```
/// use messi::Uri;
///
/// # fn main() -> Result<(), messi::UriError> {
/// let uri: Uri = "tcp://chat.example.com:6000".parse()?;
/// assert_eq!(uri.scheme(), "tcp");
/// assert_eq!(uri.port(), Some(6000));
/// assert_eq!(uri.to_string(), "tcp://chat.example.com:6000");
/// assert!("udp://chat.example.com:6000".parse::<Uri>().is_err());
/// # Ok(())
/// # }
/// ```
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct Uri {
    scheme: Scheme,
    location: Location,
}

/// The protocol below messi.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
enum Scheme {
    Tcp,
    Tls,
    Unix,
}

/// The place where a server is found.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub(crate) enum Location {
    Host(HostPort),
    /// The path of a Unix socket of this machine.
    Path(Arc<Path>),
}

/// A host and one of its ports.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub(crate) struct HostPort {
    /// A host name, an IPv4 or IPv6 address (without brackets), or an empty string for any address.
    host: String,
    pub(crate) port: u16,
}

/// A URI that is not of an accepted form, or does not fit the other settings.
#[derive(Clone, Debug, PartialEq, Eq, Error)]
#[error(
    "expected tcp://<host>:<port>, tls://<host>:<port> or unix://<path>, but got '{uri}': {problem}"
)]
pub struct UriError {
    uri: String,
    problem: &'static str,
}

impl Uri {
    /// Parses a URI for a builder. It must be `tls://` if TLS is configured, and only then, so that no
    /// messages are sent in the clear by mistake.
    pub(crate) fn parse(text: &str, has_tls: bool) -> Result<Self, UriError> {
        parse(text)
            .and_then(|uri| uri.check_tls(has_tls))
            .map_err(|problem| UriError::new(text, problem))
    }

    fn check_tls(self, has_tls: bool) -> Result<Self, &'static str> {
        match (self.scheme, has_tls) {
            (Scheme::Tls, false) if cfg!(not(feature = "tls")) => {
                Err("TLS needs the feature `tls` of the crate messi")
            }
            (Scheme::Tls, false) => {
                Err("TLS is not configured: see the method `tls` of the builder")
            }
            (Scheme::Tcp | Scheme::Unix, true) => {
                Err("TLS is configured, but the URI is not `tls://`")
            }
            (Scheme::Tls, true) | (Scheme::Tcp | Scheme::Unix, false) => Ok(self),
        }
    }

    /// Returns the scheme: `tcp`, `tls` or `unix`.
    ///
    /// # Examples
    ///
    /// ```
    /// # fn main() -> Result<(), messi::UriError> {
    /// let uri: messi::Uri = "tls://:6000".parse()?;
    /// assert_eq!(uri.scheme(), "tls");
    /// # Ok(())
    /// # }
    /// ```
    pub fn scheme(&self) -> &'static str {
        self.scheme.name()
    }

    /// Returns the host, an IPv6 address without its brackets; `None` for a Unix socket.
    ///
    /// # Examples
    ///
    /// ```
    /// # fn main() -> Result<(), messi::UriError> {
    /// let uri: messi::Uri = "tcp://[::1]:6000".parse()?;
    /// assert_eq!(uri.host(), Some("::1"));
    /// # Ok(())
    /// # }
    /// ```
    pub fn host(&self) -> Option<&str> {
        self.host_port().map(|it| it.host.as_str())
    }

    /// Returns the port; `None` for a Unix socket.
    ///
    /// # Examples
    ///
    /// ```
    /// # fn main() -> Result<(), messi::UriError> {
    /// let uri: messi::Uri = "tcp://chat.example.com:6000".parse()?;
    /// assert_eq!(uri.port(), Some(6000));
    /// # Ok(())
    /// # }
    /// ```
    pub fn port(&self) -> Option<u16> {
        self.host_port().map(|it| it.port)
    }

    /// Returns the path of a Unix socket; `None` for a host.
    ///
    /// # Examples
    ///
    /// ```
    /// use std::path::Path;
    ///
    /// # fn main() -> Result<(), messi::UriError> {
    /// let uri: messi::Uri = "unix:///run/chat.sock".parse()?;
    /// assert_eq!(uri.path(), Some(Path::new("/run/chat.sock")));
    /// # Ok(())
    /// # }
    /// ```
    pub fn path(&self) -> Option<&Path> {
        match &self.location {
            Location::Host(_) => None,
            Location::Path(path) => Some(path),
        }
    }

    /// Returns the place where the server is found.
    pub(crate) fn location(&self) -> &Location {
        &self.location
    }

    /// Returns the host that clients connect to; an empty text for a Unix socket.
    pub(crate) fn connect_host(&self) -> &str {
        self.host_port().map_or("", HostPort::connect_host)
    }

    /// Returns the URI with which clients find a server on a listener that exists.
    pub(crate) fn of_listener(address: &Address, has_tls: bool) -> Result<Self, UriError> {
        let (scheme, location) = match address {
            Address::Tcp(address) => {
                let scheme = if has_tls { Scheme::Tls } else { Scheme::Tcp };
                let host = address.ip().to_string();
                let port = address.port();
                (scheme, Location::Host(HostPort { host, port }))
            }
            Address::Unix(path) => (Scheme::Unix, Location::Path(path.clone())),
        };
        let uri = Self { scheme, location };
        let text = uri.to_string();
        let uri = uri.check_tls(has_tls);
        let uri = uri.map_err(|problem| UriError::new(&text, problem))?;
        Ok(uri.of_started_server(address.port()))
    }

    /// Returns the URI with which clients find a server that has been started with this one, and listens on
    /// this port.
    pub(crate) fn of_started_server(&self, port: Option<u16>) -> Self {
        let mut uri = self.clone();
        if let (Location::Host(server), Some(port)) = (&mut uri.location, port) {
            *server = HostPort {
                host: server.reachable_host(),
                port,
            };
        }
        uri
    }

    fn host_port(&self) -> Option<&HostPort> {
        match &self.location {
            Location::Host(host_port) => Some(host_port),
            Location::Path(_) => None,
        }
    }
}

impl Scheme {
    fn name(self) -> &'static str {
        match self {
            Self::Tcp => "tcp",
            Self::Tls => "tls",
            Self::Unix => "unix",
        }
    }
}

impl HostPort {
    /// Returns the host to listen on: an empty one stands for every IPv4 address of the machine.
    pub(crate) fn listen_host(&self) -> &str {
        if self.host.is_empty() {
            "0.0.0.0"
        } else {
            &self.host
        }
    }

    /// Returns the host to connect to: an empty one stands for this machine.
    pub(crate) fn connect_host(&self) -> &str {
        if self.host.is_empty() {
            "127.0.0.1"
        } else {
            &self.host
        }
    }

    /// Returns the host for clients of a server that listens on this one: not every system connects to the
    /// address that stands for all.
    fn reachable_host(&self) -> String {
        if self.host.parse() == Ok(Ipv6Addr::UNSPECIFIED) {
            Ipv6Addr::LOCALHOST.to_string()
        } else if self.host.parse() == Ok(Ipv4Addr::UNSPECIFIED) {
            Ipv4Addr::LOCALHOST.to_string()
        } else {
            self.host.clone()
        }
    }
}

/// Returns the error of a look-up that has found no address.
pub(crate) fn no_address() -> io::Error {
    io::Error::new(io::ErrorKind::NotFound, "it has no address")
}

impl UriError {
    fn new(uri: &str, problem: &'static str) -> Self {
        Self {
            uri: uri.into(),
            problem,
        }
    }
}

impl FromStr for Uri {
    type Err = UriError;

    fn from_str(text: &str) -> Result<Self, UriError> {
        parse(text).map_err(|problem| UriError::new(text, problem))
    }
}

impl From<Uri> for String {
    fn from(uri: Uri) -> Self {
        uri.to_string()
    }
}

impl Display for Uri {
    fn fmt(&self, formatter: &mut Formatter<'_>) -> fmt::Result {
        write!(formatter, "{}://", self.scheme.name())?;
        match &self.location {
            Location::Host(host_port) => Display::fmt(host_port, formatter),
            Location::Path(path) => Display::fmt(&path.display(), formatter),
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

fn parse(text: &str) -> Result<Uri, &'static str> {
    let (scheme, rest) = text.split_once("://").ok_or(UNKNOWN_SCHEME)?;
    let (scheme, location) = match scheme {
        "tcp" => (Scheme::Tcp, Location::Host(parse_host_port(rest)?)),
        "tls" => (Scheme::Tls, Location::Host(parse_host_port(rest)?)),
        "unix" => (Scheme::Unix, Location::Path(parse_path(rest)?)),
        _ => return Err(UNKNOWN_SCHEME),
    };
    Ok(Uri { scheme, location })
}

const UNKNOWN_SCHEME: &str = "unknown scheme";

fn parse_host_port(text: &str) -> Result<HostPort, &'static str> {
    let (host, port) = text.rsplit_once(':').ok_or("no port")?;
    Ok(HostPort {
        host: parse_host(host)?,
        port: parse_port(port)?,
    })
}

/// Parses an absolute path. A relative one would look like a host, and mean another file if the process
/// is started elsewhere.
fn parse_path(text: &str) -> Result<Arc<Path>, &'static str> {
    if !text.starts_with('/') {
        return Err("the path does not begin with a slash, as in unix:///run/chat.sock");
    }
    if text.contains('\0') {
        return Err("the path holds a NUL");
    }
    Ok(Path::new(text).into())
}

fn parse_host(host: &str) -> Result<String, &'static str> {
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

fn parse_port(port: &str) -> Result<u16, &'static str> {
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
            assert_eq!(parsed.scheme(), "tcp");
            assert_eq!((parsed.host(), parsed.port()), (Some(host), Some(port)));
            assert_eq!(parsed.path(), None);
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
            assert_eq!(parsed.scheme(), "unix");
            assert_eq!(parsed.path(), Some(Path::new(path)));
            assert_eq!((parsed.host(), parsed.port()), (None, None));
            assert_eq!(parsed.to_string(), uri);
        }
    }

    #[test]
    fn a_uri_is_one_with_tls_if_tls_is_configured_and_only_then() {
        let parsed = Uri::parse("tls://[::1]:6000", true).unwrap();
        assert_eq!(parsed.to_string(), "tls://[::1]:6000");
        let problem = |uri, has_tls| Uri::parse(uri, has_tls).unwrap_err().problem;
        for uri in ["tcp://a:1", "unix:///a"] {
            let expected = "TLS is configured, but the URI is not `tls://`";
            assert_eq!(problem(uri, true), expected);
        }
        let expected = if cfg!(feature = "tls") {
            "TLS is not configured: see the method `tls` of the builder"
        } else {
            "TLS needs the feature `tls` of the crate messi"
        };
        assert_eq!(problem("tls://a:1", false), expected);
    }

    #[test]
    fn whether_tls_is_configured_is_no_matter_of_the_syntax() {
        let parsed: Uri = "tls://a:1".parse().unwrap();
        assert_eq!(parsed.scheme(), "tls");
        let error = "tcp://a".parse::<Uri>().unwrap_err();
        assert_eq!(error, Uri::parse("tcp://a", false).unwrap_err());
    }

    #[test]
    fn clients_find_a_started_server_by_its_host_and_its_real_port() {
        for (uri, started) in [
            ("tcp://localhost:0", "tcp://localhost:6000"),
            ("tls://127.0.0.1:0", "tls://127.0.0.1:6000"),
            ("tcp://:0", "tcp://:6000"),
            ("tcp://0.0.0.0:0", "tcp://127.0.0.1:6000"),
            ("tcp://[::]:6000", "tcp://[::1]:6000"),
        ] {
            let uri: Uri = uri.parse().unwrap();
            assert_eq!(String::from(uri.of_started_server(Some(6000))), started);
        }
        let uri: Uri = "unix:///run/chat.sock".parse().unwrap();
        assert_eq!(uri.of_started_server(None), uri);
    }

    #[test]
    fn a_bad_uri_is_an_error_that_shows_the_accepted_form() {
        for (uri, problem) in [
            ("", "unknown scheme"),
            ("udp://a:1", "unknown scheme"),
            ("TCP://a:1", "unknown scheme"),
            ("tcp://a", "no port"),
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
