//! Headers, written here byte by byte as the specification lays them out.

use std::net::{IpAddr, SocketAddr};

/// The bytes of each header before the version.
pub(super) const SIGNATURE: [u8; 12] = [
    0x0d, 0x0a, 0x0d, 0x0a, 0x00, 0x0d, 0x0a, 0x51, 0x55, 0x49, 0x54, 0x0a,
];

/// Returns the header of a connection for a client, over TCP.
pub(super) fn header(client: &str) -> Vec<u8> {
    header_with(client, &[])
}

/// Returns the header of a connection for a client, with further fields.
pub(super) fn header_with(client: &str, fields: &[u8]) -> Vec<u8> {
    let client: SocketAddr = client.parse().unwrap();
    let (family, addresses) = match client.ip() {
        IpAddr::V4(address) => (0x11, [address.octets(), [198, 51, 100, 1]].concat()),
        IpAddr::V6(address) => (0x21, [address.octets(), [1; 16]].concat()),
    };
    let ports = [client.port().to_be_bytes(), 443_u16.to_be_bytes()].concat();
    of_parts(0x21, family, &[&addresses, &ports[..], fields].concat())
}

/// Returns the header of a connection that the proxy makes for itself.
pub(super) fn local() -> Vec<u8> {
    of_parts(0x20, 0, &[])
}

pub(super) fn of_parts(version_and_command: u8, family: u8, rest: &[u8]) -> Vec<u8> {
    let size = u16::try_from(rest.len()).unwrap().to_be_bytes();
    let fixed = [version_and_command, family, size[0], size[1]];
    [&SIGNATURE[..], &fixed, rest].concat()
}
