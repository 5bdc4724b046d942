//! URLs of servers.

use std::fmt::{self, Display, Formatter};
use std::path::PathBuf;

use ::redis::{ConnectionAddr, IntoConnectionInfo, ProtocolVersion, RedisConnectionInfo};

use crate::error::Failure;

/// A server, and how to log in to it.
#[derive(Clone)]
pub(crate) struct Target {
    pub(crate) address: Address,
    pub(crate) is_tls: bool,
    /// Holds the password.
    pub(crate) login: RedisConnectionInfo,
}

/// The address of a server.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Address {
    Tcp(String, u16),
    Unix(PathBuf),
}

impl Target {
    /// Parses a URL. No error shows any part of it, since that could be the password.
    pub(crate) fn parse(url: &str) -> Result<Self, Failure> {
        if url.contains('#') {
            // The fragment of the crate `redis` would turn the checks of certificates off.
            return Err(invalid(
                "it has a fragment; write `#` in a password as `%23`",
            ));
        }
        let (plain, is_tls) = match url.split_once("://") {
            // `redis` refuses these where its own TLS is off, which messi does not use.
            Some(("rediss" | "valkeys", rest)) => (&*format!("redis://{rest}"), true),
            _ => (url, false),
        };
        if is_tls && cfg!(not(feature = "tls")) {
            return Err(invalid("TLS needs the feature `tls` of messi-redis"));
        }
        let parsed = plain.into_connection_info();
        // The texts of these errors are constants.
        let parsed = parsed.map_err(|error| Failure::Url(error.to_string()))?;
        let address = match parsed.addr().clone() {
            ConnectionAddr::Tcp(host, port) => Address::Tcp(host, port),
            ConnectionAddr::Unix(path) => Address::Unix(path),
            _ => return Err(invalid("unknown kind of address")),
        };
        // Messages and the answers to commands come on one connection only in this version.
        let login = parsed.redis_settings().clone();
        let login = login.set_protocol(ProtocolVersion::RESP3);
        Ok(Self {
            address,
            is_tls,
            login,
        })
    }
}

fn invalid(reason: &str) -> Failure {
    Failure::Url(reason.into())
}

impl Display for Address {
    fn fmt(&self, formatter: &mut Formatter<'_>) -> fmt::Result {
        match self {
            Self::Tcp(host, port) if host.contains(':') => write!(formatter, "[{host}]:{port}"),
            Self::Tcp(host, port) => write!(formatter, "{host}:{port}"),
            Self::Unix(path) => write!(formatter, "{}", path.display()),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn parse(url: &str) -> Result<(Address, bool), String> {
        match Target::parse(url) {
            Ok(target) => Ok((target.address, target.is_tls)),
            Err(error) => Err(error.to_string()),
        }
    }

    #[test]
    fn addresses_are_those_of_the_url() {
        for (url, address) in [
            ("redis://example.com", "example.com:6379"),
            ("redis://user:password@10.0.0.5:7000/3", "10.0.0.5:7000"),
            ("valkey://[::1]", "[::1]:6379"),
            (
                "redis+unix:///run/redis.sock?pass=secret",
                "/run/redis.sock",
            ),
        ] {
            let (parsed, is_tls) = parse(url).unwrap();
            assert_eq!((&*parsed.to_string(), is_tls), (address, false), "{url}");
        }
    }

    #[test]
    #[cfg(feature = "tls")]
    fn tls_is_asked_for_by_the_scheme() {
        for url in ["rediss://:secret@example.com", "valkeys://example.com"] {
            let address = Address::Tcp("example.com".into(), 6379);
            assert_eq!(parse(url), Ok((address, true)), "{url}");
        }
    }

    #[test]
    #[cfg(not(feature = "tls"))]
    fn tls_is_refused_without_the_feature() {
        assert!(parse("rediss://example.com").unwrap_err().contains("`tls`"));
    }

    #[test]
    fn errors_do_not_show_the_password() {
        for url in [
            "redis://user:secret",
            "redis://:secret@",
            "http://:secret@example.com",
            "redis://:secret#1@example.com",
            "rediss://:secret@example.com#insecure",
            "redis://:secret/1@example.com",
            "redis://:secret@example.com/database",
            "redis://:secret@example.com?protocol=4",
            "redis://:secret@0.0.0.0",
            "secret",
            "",
        ] {
            let error = parse(url).unwrap_err();
            assert!(!error.contains("secret"), "{url}: {error}");
        }
    }
}
