//! The addresses of loopback that connections are spread over.

use std::net::{IpAddr, Ipv4Addr};

/// The maximum number of connections to one address.
///
/// The client's ports bound it: Linux has some 28,000 for each address of a server, and finds a free one quickly
/// while most are free.
pub(crate) const CONNECTIONS_PER_ADDRESS: usize = 10_000;

/// Returns the address that a server of this number of connections listens on.
pub(crate) fn listen_address(connections: usize) -> IpAddr {
    match connections <= CONNECTIONS_PER_ADDRESS {
        true => Ipv4Addr::LOCALHOST.into(),
        // There is no address for all of loopback.
        false => Ipv4Addr::UNSPECIFIED.into(),
    }
}

/// Returns the address that the connection with an index is opened to.
pub(crate) fn address_of(connection: usize) -> IpAddr {
    let first = u32::from(Ipv4Addr::LOCALHOST);
    let offset = connection / CONNECTIONS_PER_ADDRESS;
    Ipv4Addr::from(first + offset as u32).into()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn many_connections_are_spread_over_several_addresses() {
        let text = |connection| address_of(connection).to_string();
        assert_eq!(text(0), "127.0.0.1");
        assert_eq!(text(9_999), "127.0.0.1");
        assert_eq!(text(10_000), "127.0.0.2");
        assert_eq!(text(49_999), "127.0.0.5");
        assert_eq!(listen_address(10_000).to_string(), "127.0.0.1");
        assert_eq!(listen_address(10_001).to_string(), "0.0.0.0");
    }
}
