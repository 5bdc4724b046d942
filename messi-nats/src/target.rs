//! URLs of servers.

use std::fmt::{self, Display, Formatter};

use async_nats::ServerAddr;
use percent_encoding::percent_decode_str;

use crate::error::Failure;
use crate::login::Login;

/// A server, and how to log in to it.
#[derive(Clone)]
pub(crate) struct Target {
    pub(crate) address: Address,
    pub(crate) is_tls: bool,
    pub(crate) login: Login,
}

/// The address of a server.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Address {
    host: String,
    port: u16,
}

impl Target {
    /// Parses a URL. No error shows any part of it, since that could be the password.
    pub(crate) fn parse(url: &str) -> Result<Self, Failure> {
        let is_tls = url.starts_with("tls://");
        if !is_tls && !url.starts_with("nats://") {
            return Err(invalid("it must begin with `nats://` or `tls://`"));
        }
        if is_tls && cfg!(not(feature = "tls")) {
            return Err(invalid("TLS needs the feature `tls` of messi-nats"));
        }
        // The texts of these errors are constants.
        let parsed: ServerAddr = url.parse().map_err(|error: std::io::Error| {
            let text = error.to_string();
            invalid(text.rsplit(": ").next().unwrap_or_default())
        })?;
        if parsed.host().is_empty() {
            return Err(invalid("it has no host"));
        }
        let login = login(&parsed)?;
        let address = Address {
            host: parsed.host().into(),
            port: parsed.port(),
        };
        let url = parsed.into_inner();
        if !matches!(url.path(), "" | "/") || url.query().is_some() || url.fragment().is_some() {
            return Err(invalid(
                "something follows the port; write `/`, `?` and `#` in a password as `%2F`, `%3F` and `%23`",
            ));
        }
        Ok(Self {
            address,
            is_tls,
            login,
        })
    }
}

/// Returns the user of a URL. One without a password is a token.
fn login(url: &ServerAddr) -> Result<Login, Failure> {
    Ok(match (url.username(), url.password()) {
        (None, None) => Login::None,
        (Some(token), None) => Login::Token(decoded(token)?),
        (user, Some(password)) => Login::Password {
            user: decoded(user.unwrap_or_default())?,
            password: decoded(password)?,
        },
    })
}

fn decoded(text: &str) -> Result<String, Failure> {
    let decoded = percent_decode_str(text).decode_utf8();
    let decoded = decoded.map_err(|_| invalid("user and password must be UTF-8"))?;
    Ok(decoded.into_owned())
}

fn invalid(reason: &str) -> Failure {
    Failure::Url(reason.into())
}

impl Display for Address {
    fn fmt(&self, formatter: &mut Formatter<'_>) -> fmt::Result {
        let Self { host, port } = self;
        if host.contains(':') {
            write!(formatter, "[{host}]:{port}")
        } else {
            write!(formatter, "{host}:{port}")
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn parse(url: &str) -> Result<Target, String> {
        Target::parse(url).map_err(|error| error.to_string())
    }

    #[test]
    fn addresses_are_those_of_the_url() {
        for (url, address) in [
            ("nats://example.com", "example.com:4222"),
            ("nats://user:password@10.0.0.5:7000/", "10.0.0.5:7000"),
            ("nats://token@[::1]", "[::1]:4222"),
        ] {
            let target = parse(url).unwrap_or_else(|error| panic!("{url}: {error}"));
            assert_eq!(
                (&*target.address.to_string(), target.is_tls),
                (address, false)
            );
        }
    }

    #[test]
    fn users_are_those_of_the_url() {
        let password = |user: &str, password: &str| Login::Password {
            user: user.into(),
            password: password.into(),
        };
        for (url, login) in [
            ("nats://host", Login::None),
            ("nats://t%23ken@host", Login::Token("t#ken".into())),
            ("nats://user:p%2F%40@host", password("user", "p/@")),
            ("nats://:secret@host", password("", "secret")),
        ] {
            let target = parse(url).unwrap_or_else(|error| panic!("{url}: {error}"));
            assert!(target.login == login, "{url}");
        }
    }

    #[test]
    #[cfg(feature = "tls")]
    fn tls_is_asked_for_by_the_scheme() {
        let target = parse("tls://:secret@example.com").ok().unwrap();
        assert!(target.is_tls);
        assert_eq!(target.address.to_string(), "example.com:4222");
    }

    #[test]
    #[cfg(not(feature = "tls"))]
    fn tls_is_refused_without_the_feature() {
        assert!(parse("tls://example.com").err().unwrap().contains("`tls`"));
    }

    #[test]
    fn errors_do_not_show_the_password() {
        for url in [
            "nats://user:secret",
            "nats://:secret@",
            "http://:secret@example.com",
            "ws://:secret@example.com",
            "nats://:secret#1@example.com",
            "tls://:secret@example.com#insecure",
            "nats://:secret/1@example.com",
            "nats://:secret@example.com/database",
            "nats://:secret@example.com?protocol=4",
            "nats://:secret%ff@example.com",
            "nats://a secret@exam ple",
            "nats://",
            "secret",
            "",
        ] {
            let error = parse(url).err().unwrap_or_else(|| panic!("{url} is valid"));
            assert!(!error.contains("secret"), "{url}: {error}");
        }
    }
}
