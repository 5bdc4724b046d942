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
    by_name: BTreeMap<String, IpAddr>,
    by_address: BTreeMap<IpAddr, Host>,
}

impl Hosts {
    pub(super) fn set(&mut self, name: &str, host: Host) {
        let address = self.address(name);
        self.by_address.insert(address, host);
    }

    pub(super) fn get(&self, address: IpAddr) -> Host {
        self.by_address.get(&address).copied().unwrap_or_default()
    }

    /// Returns the address of a name. One in figures stands for itself.
    pub(super) fn address(&mut self, name: &str) -> IpAddr {
        if let Ok(address) = name.parse() {
            return address;
        }
        if name == "localhost" {
            return Ipv4Addr::LOCALHOST.into();
        }
        let [.., high, low] = (self.by_name.len() as u32 + 1).to_be_bytes();
        // This range is reserved for tests of networks.
        let next = Ipv4Addr::new(198, 18, high, low).into();
        *self.by_name.entry(name.into()).or_insert(next)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_name_has_an_address_of_its_own() {
        let mut hosts = Hosts::default();
        let room = hosts.address("room");
        let hall = hosts.address("hall");
        assert_ne!(room, hall);
        assert_eq!(hosts.address("room"), room);
        assert_eq!(hosts.address("::1").to_string(), "::1");
        assert_eq!(hosts.address("localhost").to_string(), "127.0.0.1");
    }

    #[test]
    fn a_host_is_known_by_name_and_by_address() {
        let mut hosts = Hosts::default();
        hosts.set("room", Host::BlackHole);
        let room = hosts.address("room");
        assert_eq!(hosts.get(room), Host::BlackHole);
        hosts.set(&room.to_string(), Host::Reachable);
        assert_eq!(hosts.get(room), Host::Reachable);
    }
}
