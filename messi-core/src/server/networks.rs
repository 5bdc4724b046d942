//! Networks of IP addresses, as in `10.0.0.0/8` and `fd00::/8`.

use std::net::IpAddr;

/// A list of networks.
#[derive(Debug)]
pub(super) struct Networks(Vec<Network>);

/// The addresses that begin with the same bits.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
struct Network {
    /// IPv4 addresses are those within IPv6, as a socket of both shows them.
    first: u128,
    /// The number of bits, from 0 to 128.
    prefix: u32,
}

impl Networks {
    /// Parses networks and single addresses. There must be at least one.
    ///
    /// # Errors
    ///
    /// Returns the problem as text.
    pub(super) fn parse(networks: &[String]) -> Result<Self, String> {
        if networks.is_empty() {
            return Err("there is no network".into());
        }
        let networks = networks.iter().map(|text| {
            let network = Network::parse(text);
            network.map_err(|problem| {
                format!("expected a network such as 10.0.0.0/8, but got '{text}': {problem}")
            })
        });
        Ok(Self(networks.collect::<Result<_, _>>()?))
    }

    /// Returns whether an address is in one of the networks.
    pub(super) fn contains(&self, address: IpAddr) -> bool {
        let address = bits(address);
        self.0.iter().any(|network| network.contains(address))
    }
}

impl Network {
    fn parse(text: &str) -> Result<Self, &'static str> {
        let (address, prefix) = match text.split_once('/') {
            Some((address, prefix)) => (address, Some(prefix)),
            None => (text, None),
        };
        let address: IpAddr = address.parse().map_err(|_| "it has no IP address")?;
        let size = if address.is_ipv4() { 32 } else { 128 };
        let prefix = match prefix {
            Some(prefix) => parse_prefix(prefix, size)?,
            None => size,
        };
        let network = Self {
            first: bits(address),
            prefix: 128 - size + prefix,
        };
        // More bits than the prefix are a mistake in one of both. A smaller network may be meant.
        if network.first & !network.mask() != 0 {
            return Err("the address has bits after the prefix");
        }
        Ok(network)
    }

    fn contains(self, address: u128) -> bool {
        address & self.mask() == self.first
    }

    fn mask(self) -> u128 {
        // To shift by all 128 bits would overflow.
        u128::MAX.checked_shl(128 - self.prefix).unwrap_or(0)
    }
}

fn parse_prefix(text: &str, size: u32) -> Result<u32, &'static str> {
    // A number of Rust may begin with a plus.
    let is_number = text.bytes().all(|byte| byte.is_ascii_digit());
    let prefix = text.parse().ok().filter(|_| is_number);
    prefix
        .filter(|&it| it <= size)
        .ok_or("the prefix is not a number from 0 to 32, or to 128 for IPv6")
}

/// Returns the bits of an address as one of IPv6.
fn bits(address: IpAddr) -> u128 {
    match address {
        IpAddr::V4(address) => address.to_ipv6_mapped().to_bits(),
        IpAddr::V6(address) => address.to_bits(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn parse(networks: &[&str]) -> Result<Networks, String> {
        let networks: Vec<_> = networks.iter().map(|&it| it.into()).collect();
        Networks::parse(&networks)
    }

    fn contains(network: &str, address: &str) -> bool {
        parse(&[network])
            .unwrap()
            .contains(address.parse().unwrap())
    }

    #[test]
    fn a_network_has_the_addresses_with_its_prefix() {
        for (network, inside, outside) in [
            ("10.0.0.0/8", "10.255.255.255", "11.0.0.0"),
            ("10.0.0.0/8", "10.0.0.0", "9.255.255.255"),
            ("192.0.2.128/25", "192.0.2.128", "192.0.2.127"),
            ("192.0.2.7/32", "192.0.2.7", "192.0.2.6"),
            ("192.0.2.7", "192.0.2.7", "192.0.2.8"),
            ("fd00::/8", "fdff::1", "fe00::"),
            ("2001:db8::7", "2001:db8::7", "2001:db8::8"),
            ("2001:db8::7/128", "2001:db8::7", "2001:db8::6"),
            ("0.0.0.0/0", "255.255.255.255", "2001:db8::1"),
            ("128.0.0.0/1", "128.0.0.0", "127.255.255.255"),
        ] {
            assert!(contains(network, inside), "{network} {inside}");
            assert!(!contains(network, outside), "{network} {outside}");
        }
        assert!(contains("::/0", "2001:db8::1"));
    }

    #[test]
    fn ipv4_addresses_are_the_same_on_a_socket_of_both_kinds() {
        assert!(contains("10.0.0.0/8", "::ffff:10.0.0.1"));
        assert!(contains("::ffff:10.0.0.0/104", "10.0.0.1"));
        assert!(!contains("::ffff:10.0.0.0/104", "11.0.0.1"));
    }

    #[test]
    fn an_address_may_be_in_any_network_of_a_list() {
        let networks = parse(&["10.0.0.0/8", "fd00::/8"]).unwrap();
        let contains = |it: &str| networks.contains(it.parse().unwrap());
        let found = ["10.0.0.1", "fd00::1", "192.0.2.1"].map(contains);
        assert_eq!(found, [true, true, false]);
    }

    #[test]
    fn another_text_is_an_error_with_the_text() {
        let prefix = "the prefix is not a number from 0 to 32, or to 128 for IPv6";
        for (text, problem) in [
            ("", "it has no IP address"),
            ("localhost", "it has no IP address"),
            ("10.0.0/8", "it has no IP address"),
            ("10.0.0.1:6000", "it has no IP address"),
            (" 10.0.0.1", "it has no IP address"),
            ("10.0.0.0/", prefix),
            ("10.0.0.0/33", prefix),
            ("10.0.0.0/+8", prefix),
            ("10.0.0.0/-1", prefix),
            ("10.0.0.0/8/8", prefix),
            ("10.0.0.0/255.0.0.0", prefix),
            ("10.0.0.0/99999999999", prefix),
            ("fd00::/129", prefix),
            ("10.0.0.1/8", "the address has bits after the prefix"),
            ("fd00::1/8", "the address has bits after the prefix"),
            ("0.0.0.1/0", "the address has bits after the prefix"),
        ] {
            let error = parse(&["10.0.0.0/8", text]).unwrap_err();
            let expected =
                format!("expected a network such as 10.0.0.0/8, but got '{text}': {problem}");
            assert_eq!(error, expected);
        }
        assert_eq!(parse(&[]).unwrap_err(), "there is no network");
    }
}
