//! The hosts of a simulation.

use std::collections::BTreeMap;
use std::net::{IpAddr, Ipv4Addr};

/// The reaction of a host to attempts to connect.
///
/// # Examples
///
/// ```
/// use messi::testing::{Host, Simulation};
///
/// let simulation = Simulation::new(7);
/// simulation.set_host("room", Host::BlackHole);
/// ```
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Host {
    /// They succeed if a server listens, and are refused at once otherwise.
    #[default]
    Reachable,
    /// They are never answered, so that clients wait for their connect timeout. Existing connections go on.
    BlackHole,
    /// The name of the host has no address.
    Unknown,
}

/// The addresses of names, assigned in the order in which the names are first used.
#[derive(Debug, Default)]
pub(super) struct Hosts {
    by_name: BTreeMap<String, Vec<IpAddr>>,
    by_address: BTreeMap<IpAddr, Host>,
}

impl Hosts {
    /// Sets the reaction of each address of a name.
    pub(super) fn set(&mut self, name: &str, host: Host) {
        for address in self.addresses(name) {
            self.by_address.insert(address, host);
        }
    }

    pub(super) fn set_addresses(&mut self, name: &str, addresses: Vec<IpAddr>) {
        self.by_name.insert(name.into(), addresses);
    }

    pub(super) fn get(&self, address: IpAddr) -> Host {
        self.by_address.get(&address).copied().unwrap_or_default()
    }

    /// Returns the addresses of a name. One in figures stands for itself.
    pub(super) fn addresses(&mut self, name: &str) -> Vec<IpAddr> {
        if let Ok(address) = name.parse() {
            return vec![address];
        }
        let [.., high, low] = (self.by_name.len() as u32 + 1).to_be_bytes();
        let next = match name {
            "localhost" => Ipv4Addr::LOCALHOST,
            // This range is reserved for tests of networks.
            _ => Ipv4Addr::new(198, 18, high, low),
        };
        let addresses = self.by_name.entry(name.into());
        addresses.or_insert_with(|| vec![next.into()]).clone()
    }
}

#[cfg(test)]
mod tests {
    use std::net::Ipv6Addr;

    use super::*;

    #[test]
    fn each_name_has_an_address_of_its_own() {
        let mut hosts = Hosts::default();
        let room = hosts.addresses("room");
        let hall = hosts.addresses("hall");
        assert_ne!(room, hall);
        assert_eq!(hosts.addresses("room"), room);
        assert_eq!(hosts.addresses("::1"), [Ipv6Addr::LOCALHOST]);
        assert_eq!(hosts.addresses("localhost"), [Ipv4Addr::LOCALHOST]);
    }

    #[test]
    fn a_host_is_known_by_name_and_by_address() {
        let mut hosts = Hosts::default();
        hosts.set("room", Host::BlackHole);
        let room = hosts.addresses("room")[0];
        assert_eq!(hosts.get(room), Host::BlackHole);
        hosts.set(&room.to_string(), Host::Reachable);
        assert_eq!(hosts.get(room), Host::Reachable);
    }
}
