//! Addresses as users write them: `tcp://host:port`.

use std::fmt::{self, Display, Formatter};
use std::net::Ipv6Addr;

use crate::UriError;

/// Where a server listens or a client connects to.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Uri {
    /// A host name, an IPv4 or IPv6 address (without brackets), or nothing for any address.
    pub(crate) host: String,
    pub(crate) port: u16,
}

impl Uri {
    /// Reads `tcp://host:port`, `tcp://[IPv6]:port` or `tcp://:port`.
    pub(crate) fn parse(uri: &str) -> Result<Self, UriError> {
        parts(uri)
            .and_then(|(host, port)| {
                Ok(Self {
                    host: read_host(host)?,
                    port: read_port(port)?,
                })
            })
            .map_err(|problem| UriError {
                uri: uri.into(),
                problem,
            })
    }

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
        if self.host.contains(':') {
            write!(formatter, "tcp://[{}]:{}", self.host, self.port)
        } else {
            write!(formatter, "tcp://{}:{}", self.host, self.port)
        }
    }
}

fn parts(uri: &str) -> Result<(&str, &str), &'static str> {
    let rest = uri
        .strip_prefix("tcp://")
        .ok_or("it does not begin with tcp://")?;
    rest.rsplit_once(':').ok_or("it has no port")
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
            let parsed = Uri::parse(uri).unwrap();
            assert_eq!((parsed.host.as_str(), parsed.port), (host, port));
            assert_eq!(parsed.to_string(), uri);
        }
    }

    #[test]
    fn an_empty_host_is_any_address_for_a_server_and_this_machine_for_a_client() {
        let uri = Uri::parse("tcp://:6000").unwrap();
        assert_eq!(uri.listen_host(), "0.0.0.0");
        assert_eq!(uri.connect_host(), "127.0.0.1");
    }

    #[test]
    fn a_bad_uri_is_an_error_that_shows_the_accepted_form() {
        for (uri, problem) in [
            ("", "it does not begin with tcp://"),
            ("udp://a:1", "it does not begin with tcp://"),
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
        ] {
            assert_eq!(
                Uri::parse(uri).unwrap_err().to_string(),
                format!(
                    "expected a URI of the form tcp://<host>:<port>, but got '{uri}': {problem}"
                )
            );
        }
    }
}
