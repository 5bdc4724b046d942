//! Tests of the header. Its bytes are written out here as the specification lays them out.

use super::*;

/// 192.0.2.7:4660 at 198.51.100.1:443 over TCP.
const V4: &[u8] = b"\x0d\x0a\x0d\x0a\x00\x0d\x0a\x51\x55\x49\x54\x0a\x21\x11\x00\x0c\
    \xc0\x00\x02\x07\xc6\x33\x64\x01\x12\x34\x01\xbb";

/// [2001:db8::7]:4660 at [2001:db8::1]:443 over TCP, and a field of three bytes without content.
const V6: &[u8] = b"\x0d\x0a\x0d\x0a\x00\x0d\x0a\x51\x55\x49\x54\x0a\x21\x21\x00\x27\
    \x20\x01\x0d\xb8\0\0\0\0\0\0\0\0\0\0\0\x07\x20\x01\x0d\xb8\0\0\0\0\0\0\0\0\0\0\0\x01\x12\x34\x01\xbb\
    \x04\x00\x00";

/// Returns a header with these bytes after the signature.
fn header(rest: &[u8]) -> Vec<u8> {
    [&V4[..12], rest].concat()
}

/// Reads a header in parts of this size, and returns it with the remaining bytes. `None` stands for a header that is not
/// complete.
fn read_in_parts(
    mut bytes: &[u8],
    part: usize,
) -> Result<(Option<ProxyHeader>, &[u8]), ProxyHeaderError> {
    let mut reader = HeaderReader::default();
    while !bytes.is_empty() {
        let missing = reader.missing();
        let count = missing.len().min(part).min(bytes.len());
        missing[..count].copy_from_slice(&bytes[..count]);
        bytes = &bytes[count..];
        if let Some(header) = reader.advance(count)? {
            assert!(reader.missing().is_empty());
            return Ok((Some(header), bytes));
        }
        assert!(!reader.missing().is_empty());
    }
    Ok((None, bytes))
}

fn read(bytes: &[u8]) -> Result<Option<ProxyHeader>, ProxyHeaderError> {
    Ok(read_in_parts(bytes, usize::MAX)?.0)
}

/// Returns the client of a complete header.
fn client(bytes: &[u8]) -> Option<SocketAddr> {
    read(bytes).unwrap().expect("a complete header").client
}

fn error(bytes: &[u8]) -> ProxyHeaderError {
    read(bytes).unwrap_err()
}

#[test]
fn a_client_has_the_address_of_the_header() {
    assert_eq!(client(V4), Some("192.0.2.7:4660".parse().unwrap()));
    assert_eq!(client(V6), Some("[2001:db8::7]:4660".parse().unwrap()));
}

#[test]
fn an_ipv4_address_within_ipv6_is_the_ipv4_address() {
    let mut bytes = V6.to_vec();
    bytes[16..32].copy_from_slice(&Ipv4Addr::new(192, 0, 2, 7).to_ipv6_mapped().octets());
    assert_eq!(client(&bytes), client(V4));
}

#[test]
fn bytes_after_the_header_are_left_whatever_the_size_of_the_parts() {
    for header in [V4, V6] {
        let stream = [header, b"\x16\x03\x01"].concat();
        for part in 1..=stream.len() {
            let (read, rest) = read_in_parts(&stream, part).unwrap();
            assert_eq!(read.unwrap().client, client(header));
            assert_eq!(rest, b"\x16\x03\x01");
        }
    }
}

#[test]
fn a_header_that_ends_early_is_not_complete() {
    for header in [V4, V6] {
        for size in 0..header.len() {
            assert_eq!(read(&header[..size]), Ok(None), "{size}");
        }
    }
}

#[test]
fn connections_of_the_proxy_itself_have_no_client_whatever_follows() {
    assert_eq!(client(&header(b"\x20\x00\x00\x00")), None);
    assert_eq!(client(&header(b"\x20\x00\x00\x03abc")), None);
    assert_eq!(client(&header(b"\x20\xff\x00\x00")), None);
    let mut local = V4.to_vec();
    local[12] = 0x20;
    assert_eq!(client(&local), None);
}

#[test]
fn clients_without_a_tcp_address_have_none() {
    for family_and_transport in [0x00, 0x01, 0x02, 0x10, 0x12, 0x20, 0x22, 0x30, 0x31, 0x32] {
        let mut bytes = header(&[0x21, family_and_transport, 0, 216]);
        bytes.extend([1; 216]);
        assert_eq!(client(&bytes), None, "{family_and_transport:#x}");
    }
}

#[test]
fn all_other_values_of_the_fixed_part_are_refused() {
    for byte in 0..=u8::MAX {
        let (high, low) = (byte >> 4, byte & 0xf);
        let expected = match (high, low) {
            (2, 0 | 1) => Ok(Some(ProxyHeader { client: None })),
            (2, command) => Err(ProxyHeaderError::Command(command)),
            (version, _) => Err(ProxyHeaderError::Version(version)),
        };
        assert_eq!(read(&header(&[byte, 0, 0, 0])), expected, "{byte:#x}");
        let family = read(&header(&[0x21, byte, 0, 0]));
        match (high, low) {
            (1, 1) | (2, 1) => assert!(matches!(family, Err(ProxyHeaderError::TooSmall { .. }))),
            (0..=3, 0..=2) => assert_eq!(family, Ok(Some(ProxyHeader { client: None }))),
            (0..=3, _) => assert_eq!(family, Err(ProxyHeaderError::Transport(low))),
            _ => assert_eq!(family, Err(ProxyHeaderError::Family(high))),
        }
    }
}

#[test]
fn a_header_is_as_large_as_its_addresses_and_no_larger_than_the_limit() {
    let too_small = |size, expected| ProxyHeaderError::TooSmall { size, expected };
    assert_eq!(error(&header(b"\x21\x11\x00\x0b")), too_small(11, 12));
    assert_eq!(error(&header(b"\x21\x21\x00\x23")), too_small(35, 36));
    let largest = (MAX_SIZE - 16) as u16;
    let [high, low] = largest.to_be_bytes();
    let mut bytes = header(&[0x21, 0x11, high, low]);
    bytes.extend(&V4[16..]);
    bytes.resize(MAX_SIZE, 0xee);
    assert_eq!(client(&bytes), client(V4));
    for command in [0x20, 0x21] {
        let [high, low] = (largest + 1).to_be_bytes();
        let bytes = header(&[command, 0, high, low]);
        assert_eq!(error(&bytes), ProxyHeaderError::TooBig(MAX_SIZE + 1));
    }
}

#[test]
fn another_protocol_is_refused_at_its_first_byte_that_differs() {
    for at in 0..12 {
        let mut bytes = V4[..=at].to_vec();
        bytes[at] ^= 1;
        assert!(matches!(error(&bytes), ProxyHeaderError::Signature(_)));
    }
    for (bytes, text) in [
        (&b"\x03\0\0\0"[..], r"\x03\x00\x00\x00"),
        (b"\x01\0\0\x06secret", r"\x01\x00\x00\x06"),
        (b"\x16\x03\x01\x02\0", r"\x16\x03\x01\x02"),
        (b"PROXY TCP4 192.0.2.7 198.51.100.1 4660 443\r\n", "PROX"),
    ] {
        let expected =
            format!("expected a header of the PROXY protocol, version 2, but got '{text}…'");
        assert_eq!(error(bytes).to_string(), expected);
    }
}

#[test]
fn random_bytes_cause_no_panic() {
    let mut random = fastrand::Rng::with_seed(7);
    for _ in 0..100_000 {
        let mut bytes = V6.to_vec();
        for _ in 0..random.usize(1..4) {
            let at = random.usize(..bytes.len());
            bytes[at] = random.u8(..);
        }
        bytes.resize(random.usize(0..=MAX_SIZE), 0);
        let whole = read_in_parts(&bytes, usize::MAX);
        // The error of the signature shows the bytes that have arrived by then.
        match read_in_parts(&bytes, random.usize(1..64)) {
            Err(ProxyHeaderError::Signature(_)) => {
                assert!(matches!(whole, Err(ProxyHeaderError::Signature(_))));
            }
            in_parts => assert_eq!(in_parts, whole),
        }
    }
}
