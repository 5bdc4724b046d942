//! Fuzzes the header of the PROXY protocol, with any first bytes of a connection.

use std::net::SocketAddr;

use messi_wire::proxy_header::{HeaderReader, MAX_SIZE, ProxyHeaderError};

use crate::input::Input;

/// Reads a header in parts. The first byte is the size of a part minus one, the rest are the bytes of a connection. Returns
/// whether they begin with a header.
#[must_use]
pub fn proxy_header(data: &[u8]) -> bool {
    let mut input = Input(data);
    let part = usize::from(input.next().unwrap_or_default()) + 1;
    let stream = input.0;
    let header = read(stream, part);
    match (&header, expected(stream)) {
        (Ok(Some(read)), Ok(Some(expected))) => assert_eq!(*read, expected),
        // A signature may be refused before the rest has come.
        (Ok(None), Ok(None)) | (Err(_), Err(())) => {}
        (read, expected) => panic!("read {read:?}, expected {expected:?}"),
    }
    matches!(header, Ok(Some(_)))
}

/// A client, if there is one, and the bytes after the header.
type Header<'a> = (Option<SocketAddr>, &'a [u8]);

/// Returns the header, or `None` if it is not complete.
fn read(mut stream: &[u8], part: usize) -> Result<Option<Header<'_>>, ProxyHeaderError> {
    let mut reader = HeaderReader::default();
    while !stream.is_empty() {
        let missing = reader.missing();
        assert!((1..=MAX_SIZE).contains(&missing.len()));
        let count = missing.len().min(part).min(stream.len());
        missing[..count].copy_from_slice(&stream[..count]);
        stream = &stream[count..];
        if let Some(header) = reader.advance(count)? {
            return Ok(Some((header.client, stream)));
        }
    }
    Ok(None)
}

/// Returns the same as [`read`]. It is written independently of `messi_wire::proxy_header`, for comparison.
fn expected(stream: &[u8]) -> Result<Option<Header<'_>>, ()> {
    let signature = b"\r\n\r\n\0\r\nQUIT\n";
    if !stream
        .iter()
        .zip(signature)
        .all(|(one, other)| one == other)
    {
        return Err(());
    }
    let Some((fixed, rest)) = stream.split_at_checked(16) else {
        return Ok(None);
    };
    let size = usize::from(fixed[14]) * 256 + usize::from(fixed[15]);
    let size_of_address = match (fixed[12], fixed[13]) {
        (0x20, _) => 0,
        (0x21, 0x11) => 4,
        (0x21, 0x21) => 16,
        (0x21, 0x00..=0x02 | 0x10 | 0x12 | 0x20 | 0x22 | 0x30..=0x32) => 0,
        _ => return Err(()),
    };
    let size_of_ports = if size_of_address == 0 { 0 } else { 4 };
    if size < 2 * size_of_address + size_of_ports || 16 + size > MAX_SIZE {
        return Err(());
    }
    let Some((addresses, rest)) = rest.split_at_checked(size) else {
        return Ok(None);
    };
    let port = |at: usize| u16::from(addresses[at]) * 256 + u16::from(addresses[at + 1]);
    let client: Option<SocketAddr> = match size_of_address {
        4 => {
            let [a, b, c, d] = [0, 1, 2, 3].map(|at| addresses[at]);
            Some(([a, b, c, d], port(8)).into())
        }
        16 => {
            let groups = [0, 2, 4, 6, 8, 10, 12, 14].map(port);
            Some(match groups {
                [0, 0, 0, 0, 0, 0xffff, high, low] => {
                    let ([a, b], [c, d]) = (high.to_be_bytes(), low.to_be_bytes());
                    ([a, b, c, d], port(32)).into()
                }
                groups => (groups, port(32)).into(),
            })
        }
        _ => None,
    };
    Ok(Some((client, rest)))
}
