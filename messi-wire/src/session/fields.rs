//! Finds the member of an encoded message without decoding it.

/// Returns the number of the last wanted field of an encoded message. Of several members of a oneof, the
/// last one counts.
#[inline]
pub(super) fn last_of(payload: &[u8], is_wanted: impl Fn(u32) -> bool) -> Option<u32> {
    // Nearly every message is one field with a key and a size of one byte each.
    if let [key, size, field @ ..] = payload
        && key & 0x87 == LENGTH_DELIMITED
        && *size < 0x80
        && usize::from(*size) == field.len()
    {
        let number = u32::from(key >> 3);
        return is_wanted(number).then_some(number);
    }
    last_of_several(payload, is_wanted)
}

/// The wire type of members that are messages.
const LENGTH_DELIMITED: u8 = 2;

fn last_of_several(mut payload: &[u8], is_wanted: impl Fn(u32) -> bool) -> Option<u32> {
    let mut last = None;
    while let Some(number) = next_field(&mut payload) {
        if is_wanted(number) {
            last = Some(number);
        }
    }
    last
}

/// Beginning of an encoded message, from which the number of its first field can be read later. That is its
/// member, unless the schema of the peer has other fields.
#[derive(Clone, Copy, Debug, Default)]
pub struct FirstKey([u8; KEY_SIZE]);

/// Size of the longest key of a field, in bytes.
const KEY_SIZE: usize = 5;

impl FirstKey {
    /// Keeps the beginning of an encoded message, which costs less than to decode it.
    #[inline]
    pub fn of(payload: &[u8]) -> Self {
        match payload.first_chunk() {
            Some(key) => Self(*key),
            None => Self::of_short(payload),
        }
    }

    fn of_short(payload: &[u8]) -> Self {
        let mut key = [0; KEY_SIZE];
        key[..payload.len()].copy_from_slice(payload);
        Self(key)
    }

    /// Returns the number of the field, or 0 if there is no number.
    pub fn number(self) -> u32 {
        let key = varint(&mut self.0.as_slice()).unwrap_or(0);
        u32::try_from(key >> 3).unwrap_or(0)
    }
}

/// Skips the next field of an encoded message, and returns its number; `None` at the end of the message,
/// and if the field is invalid.
///
/// Source: <https://protobuf.dev/programming-guides/encoding/>.
#[inline]
fn next_field(payload: &mut &[u8]) -> Option<u32> {
    let key = varint(payload)?;
    let size = match key & 7 {
        0 => varint(payload).map(|_| 0)?,
        1 => 8,
        2 => varint(payload)?,
        5 => 4,
        _ => return None,
    };
    *payload = payload.get(size..)?;
    u32::try_from(key >> 3).ok()
}

/// Decodes a varint at the start of the bytes. One byte is the usual case, and must be fast: each message
/// is scanned.
#[inline]
fn varint(bytes: &mut &[u8]) -> Option<usize> {
    let (&byte, rest) = bytes.split_first()?;
    if byte >= 0x80 {
        return long_varint(bytes);
    }
    *bytes = rest;
    Some(byte.into())
}

#[cold]
fn long_varint(bytes: &mut &[u8]) -> Option<usize> {
    prost::decode_length_delimiter(bytes).ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Returns the numbers of the fields of an encoded message.
    fn fields(mut payload: &[u8]) -> Vec<u32> {
        std::iter::from_fn(|| next_field(&mut payload)).collect()
    }

    #[test]
    fn fields_of_all_wire_types_are_found() {
        // A varint, 64 bits, 32 bits and a text, then two messages.
        let payload = b"\x48\x96\x01\x51\0\0\0\0\0\0\0\0\x5d\0\0\0\0\x62\x03abc\x0a\0\x12\0";
        assert_eq!(fields(payload), [9, 10, 11, 12, 1, 2]);
        assert_eq!(FirstKey::of(payload).number(), 9);
        assert_eq!(FirstKey::of(b"\x12\0").number(), 2);
        assert_eq!(FirstKey::of(b"\x82\x7d\0").number(), 2_000);
        assert_eq!(FirstKey::of(b"").number(), 0);
        assert_eq!(FirstKey::of(&[0xff; 20]).number(), 0);
        assert_eq!(last_of(payload, |number| number < 10), Some(2));
        for payload in [b"\x0a\0".as_slice(), b"\x0a\x02ab"] {
            assert_eq!(last_of(payload, |number| number == 1), Some(1));
            assert_eq!(last_of(payload, |number| number == 2), None);
        }
    }

    #[test]
    fn invalid_fields_are_ignored() {
        for payload in [
            b"".as_slice(),
            b"\x0a",
            b"\x0a\x05abc",
            b"\x0b\x0c",
            b"\x09\0",
            b"\x0a\xff\xff\xff\xff\xff\xff\xff\xff\xff\x01",
            &[0xff; 20],
        ] {
            assert_eq!(fields(payload), [], "{payload:?}");
        }
    }
}
