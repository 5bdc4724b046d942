//! The header of the PROXY protocol, version 2: a proxy sends it before anything else, with the address of its client.
//!
//! The layout is that of section 2.2 of the [specification], with numbers in big endian:
//!
//! | bytes | content |
//! | --- | --- |
//! | 12 | the signature |
//! | 1 | the version, 2, and the command: `LOCAL` or `PROXY` |
//! | 1 | the address family, and the transport |
//! | 2 | the size of the rest |
//! | 12, 36 or 216 | the addresses and ports of the client and of the proxy, if the family has any |
//! | any | further fields, which are skipped |
//!
//! Bytes of the next protocol follow at once. So [`HeaderReader`] asks for the bytes that are surely of the header, and
//! for no more.
//!
//! [specification]: https://www.haproxy.org/download/3.2/doc/proxy-protocol.txt

#[cfg(test)]
mod tests;

use std::net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr};

use thiserror::Error;

/// The first bytes of each header. No frame begins with them, and no TLS record.
const SIGNATURE: [u8; 12] = *b"\r\n\r\n\0\r\nQUIT\n";

/// Size of the part before the addresses.
const FIXED_SIZE: usize = 16;

/// The size of the largest header.
///
/// The specification wants headers that fit into one segment of 536 bytes. Proxies may add the certificate of a client,
/// which is larger; 4 KiB are also the limit of nginx.
pub const MAX_SIZE: usize = 4096;

/// Bytes that an error shows of input that is not a header. They include no bytes of a frame's message.
const SHOWN_SIZE: usize = 4;

/// A header that was read.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct ProxyHeader {
    /// The address of the client. `None` if the connection is one of the proxy itself, such as a health check, or if
    /// the client has no TCP address: then the address of the proxy counts.
    pub client: Option<SocketAddr>,
}

/// The reason why bytes are not an accepted header.
#[derive(Clone, Debug, PartialEq, Eq, Error)]
#[non_exhaustive]
pub enum ProxyHeaderError {
    /// The bytes, of which these are the first, do not begin with the signature.
    #[error("expected a header of the PROXY protocol, version 2, but got '{}…'", .0.escape_ascii())]
    Signature(Vec<u8>),
    /// The version is not 2.
    #[error("expected version 2 of the PROXY protocol, but got version {0}")]
    Version(u8),
    /// The command is neither `LOCAL` nor `PROXY`.
    #[error("unknown command {0} in the header of the PROXY protocol")]
    Command(u8),
    /// The address family is not one of the specification.
    #[error("unknown address family {0} in the header of the PROXY protocol")]
    Family(u8),
    /// The transport is not one of the specification.
    #[error("unknown transport {0} in the header of the PROXY protocol")]
    Transport(u8),
    /// The header is too small for its addresses.
    #[error("the header of the PROXY protocol has {size} bytes of addresses, expected {expected}")]
    TooSmall {
        /// The size of the addresses and of all that follows.
        size: usize,
        /// The size of the addresses.
        expected: usize,
    },
    /// The header is larger than [`MAX_SIZE`].
    #[error("the header of the PROXY protocol has {0} bytes, more than {MAX_SIZE}")]
    TooBig(usize),
}

/// Reads the header at the beginning of a connection, in parts of any size.
///
/// # Examples
///
/// ```
/// use messi_wire::proxy_header::HeaderReader;
///
/// // A health check of a proxy, and the bytes of a client's TLS.
/// let mut connection: &[u8] = b"\r\n\r\n\0\r\nQUIT\n\x20\0\0\0\x16\x03\x01";
/// let mut reader = HeaderReader::default();
/// let header = loop {
///     let count = std::io::Read::read(&mut connection, reader.missing())?;
///     if let Some(header) = reader.advance(count).unwrap() {
///         break header;
///     }
/// };
/// assert_eq!(header.client, None);
/// assert_eq!(connection, b"\x16\x03\x01");
/// # Ok::<(), std::io::Error>(())
/// ```
#[derive(Debug)]
pub struct HeaderReader {
    /// The fixed part, and once that is read, the whole header.
    bytes: Vec<u8>,
    received: usize,
    /// The form of the addresses, once the fixed part is read.
    addresses: Option<Addresses>,
}

/// The form of the addresses.
#[derive(Clone, Copy, Debug)]
enum Addresses {
    Ignored,
    V4,
    V6,
}

impl HeaderReader {
    /// Returns the memory for the next bytes of the header: never more than are missing of it. It is empty only if the
    /// header is complete.
    pub fn missing(&mut self) -> &mut [u8] {
        &mut self.bytes[self.received..]
    }

    /// Takes bytes that were written to the beginning of [`missing`](Self::missing). Returns the header once it is
    /// complete.
    ///
    /// # Errors
    ///
    /// [`ProxyHeaderError`] as soon as the signature differs, or the fixed part is refused.
    pub fn advance(&mut self, count: usize) -> Result<Option<ProxyHeader>, ProxyHeaderError> {
        self.received = (self.received + count).min(self.bytes.len());
        let received = &self.bytes[..self.received];
        let addresses = match self.addresses {
            Some(addresses) => addresses,
            None => {
                check_signature(received)?;
                let Some(&fixed) = received.first_chunk() else {
                    return Ok(None);
                };
                let (addresses, size) = read_fixed(fixed)?;
                self.bytes.resize(size, 0);
                *self.addresses.insert(addresses)
            }
        };
        let is_complete = self.received == self.bytes.len();
        Ok(is_complete.then(|| ProxyHeader {
            client: addresses.client(&self.bytes[FIXED_SIZE..]),
        }))
    }
}

impl Default for HeaderReader {
    fn default() -> Self {
        Self {
            bytes: vec![0; FIXED_SIZE],
            received: 0,
            addresses: None,
        }
    }
}

/// Checks the bytes that have arrived: another protocol is refused at once, whether it sends 16 bytes or not.
fn check_signature(received: &[u8]) -> Result<(), ProxyHeaderError> {
    let size = received.len().min(SIGNATURE.len());
    if received[..size] == SIGNATURE[..size] {
        return Ok(());
    }
    let shown = &received[..received.len().min(SHOWN_SIZE)];
    Err(ProxyHeaderError::Signature(shown.into()))
}

/// Returns the form of the addresses, and the size of the whole header.
fn read_fixed(fixed: [u8; FIXED_SIZE]) -> Result<(Addresses, usize), ProxyHeaderError> {
    let [.., version_and_command, family_and_transport, high, low] = fixed;
    let size = usize::from(u16::from_be_bytes([high, low]));
    match version_and_command >> 4 {
        2 => {}
        version => return Err(ProxyHeaderError::Version(version)),
    }
    let addresses = match version_and_command & 0xf {
        // `LOCAL`: the rest is to be ignored, the family included.
        0 => Addresses::Ignored,
        1 => read_family(family_and_transport)?,
        command => return Err(ProxyHeaderError::Command(command)),
    };
    let expected = addresses.size();
    if size < expected {
        return Err(ProxyHeaderError::TooSmall { size, expected });
    }
    let size = FIXED_SIZE + size;
    if size > MAX_SIZE {
        return Err(ProxyHeaderError::TooBig(size));
    }
    Ok((addresses, size))
}

/// Returns the form of the addresses of a `PROXY` command.
///
/// A valid value that is not TCP counts as unspecified, as the specification asks for: a client at a Unix socket of the
/// proxy, for example.
fn read_family(family_and_transport: u8) -> Result<Addresses, ProxyHeaderError> {
    match (family_and_transport >> 4, family_and_transport & 0xf) {
        (1, 1) => Ok(Addresses::V4),
        (2, 1) => Ok(Addresses::V6),
        (0..=3, 0..=2) => Ok(Addresses::Ignored),
        (0..=3, transport) => Err(ProxyHeaderError::Transport(transport)),
        (family, _) => Err(ProxyHeaderError::Family(family)),
    }
}

impl Addresses {
    /// Returns the size of both addresses and ports.
    fn size(self) -> usize {
        match self {
            Self::Ignored => 0,
            Self::V4 => 12,
            Self::V6 => 36,
        }
    }

    /// Returns the address of the client from the bytes after the fixed part, of which there are as many as
    /// [`size`](Self::size), or more.
    fn client(self, bytes: &[u8]) -> Option<SocketAddr> {
        match self {
            Self::Ignored => None,
            // The client, the proxy, and the ports of both.
            Self::V4 => {
                let address: [u8; 4] = *bytes.first_chunk()?;
                socket_addr(Ipv4Addr::from(address), bytes.get(8..)?)
            }
            Self::V6 => {
                let address: [u8; 16] = *bytes.first_chunk()?;
                // One client is one address, whether the proxy listens on IPv4 or on IPv6 for both.
                let address = Ipv6Addr::from(address).to_canonical();
                socket_addr(address, bytes.get(32..)?)
            }
        }
    }
}

/// Returns an address with the port that these bytes begin with.
fn socket_addr(address: impl Into<IpAddr>, port: &[u8]) -> Option<SocketAddr> {
    let port = u16::from_be_bytes(*port.first_chunk()?);
    Some(SocketAddr::new(address.into(), port))
}
