//! Encodes messages in protobuf's wire format.

/// The bytes of one message.
#[derive(Debug, Default)]
pub(crate) struct Encoder(Vec<u8>);

/// The wire types.
const VARINT: u32 = 0;
const FIXED64: u32 = 1;
const LENGTH_DELIMITED: u32 = 2;
const FIXED32: u32 = 5;

/// A value in the form of its wire type.
#[derive(Clone, Debug, PartialEq)]
pub(crate) enum WireValue {
    Varint(u64),
    Fixed32([u8; 4]),
    Fixed64([u8; 8]),
    /// A string, bytes or a message.
    Bytes(Vec<u8>),
}

impl WireValue {
    /// Returns an integer in two's complement, as `int32` and others have it.
    pub(crate) fn signed(value: i128) -> Self {
        Self::Varint(value as u64)
    }

    /// Returns numbers as one value.
    pub(crate) fn packed(values: &[Self]) -> Self {
        let mut encoder = Encoder::default();
        for value in values {
            encoder.value(value);
        }
        Self::Bytes(encoder.into_bytes())
    }

    /// Returns whether the value is the default of its type.
    pub(crate) fn is_default(&self) -> bool {
        match self {
            Self::Varint(value) => *value == 0,
            Self::Fixed32(bytes) => bytes.iter().all(|byte| *byte == 0),
            Self::Fixed64(bytes) => bytes.iter().all(|byte| *byte == 0),
            Self::Bytes(bytes) => bytes.is_empty(),
        }
    }

    fn wire_type(&self) -> u32 {
        match self {
            Self::Varint(_) => VARINT,
            Self::Fixed32(_) => FIXED32,
            Self::Fixed64(_) => FIXED64,
            Self::Bytes(_) => LENGTH_DELIMITED,
        }
    }
}

impl Encoder {
    pub(crate) fn into_bytes(self) -> Vec<u8> {
        self.0
    }

    pub(crate) fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// Writes a field of an unsigned integer, a bool or an enum.
    pub(crate) fn number(&mut self, field: u32, value: u64) {
        self.tag(field, VARINT);
        self.varint(value);
    }

    /// Writes a field of the type `int32`: a negative number takes ten bytes.
    pub(crate) fn signed(&mut self, field: u32, value: i32) {
        self.number(field, i64::from(value) as u64);
    }

    pub(crate) fn text(&mut self, field: u32, value: &str) {
        self.bytes(field, value.as_bytes());
    }

    pub(crate) fn bytes(&mut self, field: u32, value: &[u8]) {
        self.tag(field, LENGTH_DELIMITED);
        self.varint(value.len() as u64);
        self.0.extend_from_slice(value);
    }

    /// Writes a field.
    pub(crate) fn field(&mut self, field: u32, value: &WireValue) {
        self.tag(field, value.wire_type());
        self.value(value);
    }

    /// Writes a value without the number of its field.
    fn value(&mut self, value: &WireValue) {
        match value {
            WireValue::Varint(value) => self.varint(*value),
            WireValue::Fixed32(bytes) => self.0.extend_from_slice(bytes),
            WireValue::Fixed64(bytes) => self.0.extend_from_slice(bytes),
            WireValue::Bytes(bytes) => {
                self.varint(bytes.len() as u64);
                self.0.extend_from_slice(bytes);
            }
        }
    }

    /// Appends fields that are encoded already.
    pub(crate) fn append(&mut self, fields: &[u8]) {
        self.0.extend_from_slice(fields);
    }

    /// Writes a field of a message type.
    pub(crate) fn message(&mut self, field: u32, write: impl FnOnce(&mut Self)) {
        let mut message = Self::default();
        write(&mut message);
        self.bytes(field, &message.0);
    }

    fn tag(&mut self, field: u32, wire_type: u32) {
        self.varint(u64::from(field << 3 | wire_type));
    }

    fn varint(&mut self, mut value: u64) {
        while value >= 0x80 {
            self.0.push(value as u8 | 0x80);
            value >>= 7;
        }
        self.0.push(value as u8);
    }
}
