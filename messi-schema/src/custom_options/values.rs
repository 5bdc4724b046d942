//! Encodes the values of options by their types.

use std::collections::BTreeMap;

use super::fields::{Declared, FieldRef, FieldType, Fields};
use crate::ast::{DeclarationKind, Literal, LiteralField, LiteralKind};
use crate::encoder::{Encoder, WireValue};
use crate::lexer::{integer, unescape};
use crate::scalar::Scalar;

/// Encodes values.
pub(super) struct Values<'a> {
    fields: Fields<'a>,
}

impl<'a> Values<'a> {
    pub(super) fn new(fields: Fields<'a>) -> Self {
        Self { fields }
    }

    /// Encodes a value of a type.
    pub(super) fn encode(&self, ty: FieldType<'a>, literal: &Literal) -> Option<WireValue> {
        let is_message = literal.kind == LiteralKind::Message;
        match ty {
            FieldType::Scalar(scalar) => scalar_value(scalar, literal),
            FieldType::Enum(declared) => enum_value(declared, literal),
            FieldType::Message(declared) if is_message => self.message(declared, literal),
            FieldType::Entry(map) if is_message => self.entry(map, literal),
            FieldType::Message(_) | FieldType::Entry(_) => None,
        }
    }

    /// Encodes a message like protoc: in the order of the numbers of its fields.
    fn message(&self, message: Declared<'a>, literal: &Literal) -> Option<WireValue> {
        let mut values: BTreeMap<u32, (FieldRef<'a>, Vec<&Literal>)> = BTreeMap::new();
        for written in &literal.fields {
            // A name in brackets, of an extension or of the message in an `Any`, is not found.
            let field = self.fields.of_message(message, &written.name.value)?;
            let (_, known) = values.entry(field.number()).or_insert((field, Vec::new()));
            known.extend(&written.values);
            if !field.is_list() && (written.is_list || known.len() > 1) {
                return None;
            }
        }
        let mut encoder = Encoder::default();
        for (field, literals) in values.into_values() {
            self.write(field, &literals, &mut encoder)?;
        }
        Some(WireValue::Bytes(encoder.into_bytes()))
    }

    /// Writes the values of a field.
    fn write(
        &self,
        field: FieldRef<'a>,
        literals: &[&Literal],
        encoder: &mut Encoder,
    ) -> Option<()> {
        let ty = field.value_type(self.fields)?;
        let values = literals.iter().map(|it| self.encode(ty, it));
        let values: Vec<WireValue> = values.collect::<Option<_>>()?;
        let is_message = matches!(ty, FieldType::Message(_) | FieldType::Entry(_));
        let is_number = !values.iter().any(|it| matches!(it, WireValue::Bytes(_)));
        if field.is_repeated() && field.is_packed() && is_number && !values.is_empty() {
            encoder.field(field.number(), &WireValue::packed(&values));
            return Some(());
        }
        for value in values {
            let is_left_out = !is_message && !field.is_list() && !field.has_presence();
            if !(is_left_out && value.is_default()) {
                encoder.field(field.number(), &value);
            }
        }
        Some(())
    }

    /// Encodes the entry of a map, `{ key: … value: … }`.
    fn entry(&self, map: FieldRef<'a>, literal: &Literal) -> Option<WireValue> {
        let is_known = |field: &LiteralField| matches!(field.name.value.as_str(), "key" | "value");
        if !literal.fields.iter().all(is_known) {
            return None;
        }
        let mut encoder = Encoder::default();
        for (index, name) in ["key", "value"].into_iter().enumerate() {
            let mut written = literal.fields.iter().filter(|it| it.name.value == name);
            if let Some(value) = written.next().and_then(|it| it.values.first()) {
                let ty = map.part_type(index, self.fields)?;
                encoder.field(index as u32 + 1, &self.encode(ty, value)?);
            }
        }
        Some(WireValue::Bytes(encoder.into_bytes()))
    }
}

fn enum_value(declared: Declared<'_>, literal: &Literal) -> Option<WireValue> {
    let mut values = declared.file.inside(&declared.declaration.full_name);
    let value = values.find(|it| {
        it.kind == DeclarationKind::Value
            && literal.kind == LiteralKind::Identifier
            && it.name.value == literal.text
    })?;
    Some(WireValue::signed(integer(&value.number.value)?))
}

fn scalar_value(scalar: Scalar, literal: &Literal) -> Option<WireValue> {
    let within = |first: i128, last: i128| {
        let is_integer = literal.kind == LiteralKind::Integer;
        let value = integer(&literal.text).filter(|_| is_integer)?;
        (first..=last).contains(&value).then_some(value)
    };
    let int32 = || within(i32::MIN.into(), i32::MAX.into());
    let int64 = || within(i64::MIN.into(), i64::MAX.into());
    let uint32 = || within(0, u32::MAX.into());
    let uint64 = || within(0, u64::MAX.into());
    let zigzag = |value: i128| WireValue::Varint(((value << 1) ^ (value >> 127)) as u64);
    let fixed32 = |value: i128| WireValue::Fixed32((value as u32).to_le_bytes());
    let fixed64 = |value: i128| WireValue::Fixed64((value as u64).to_le_bytes());
    Some(match scalar {
        Scalar::Int32 => WireValue::signed(int32()?),
        Scalar::Int64 => WireValue::signed(int64()?),
        Scalar::Uint32 => WireValue::signed(uint32()?),
        Scalar::Uint64 => WireValue::signed(uint64()?),
        Scalar::Sint32 => zigzag(int32()?),
        Scalar::Sint64 => zigzag(int64()?),
        Scalar::Sfixed32 => fixed32(int32()?),
        Scalar::Sfixed64 => fixed64(int64()?),
        Scalar::Fixed32 => fixed32(uint32()?),
        Scalar::Fixed64 => fixed64(uint64()?),
        Scalar::Float => WireValue::Fixed32((float(literal)? as f32).to_le_bytes()),
        Scalar::Double => WireValue::Fixed64(float(literal)?.to_le_bytes()),
        Scalar::Bool => WireValue::Varint(u64::from(boolean(literal)?)),
        Scalar::String | Scalar::Bytes if literal.kind == LiteralKind::Text => {
            WireValue::Bytes(unescape(&literal.text))
        }
        Scalar::String | Scalar::Bytes => return None,
    })
}

fn float(literal: &Literal) -> Option<f64> {
    match literal.kind {
        LiteralKind::Integer => integer(&literal.text).map(|value| value as f64),
        LiteralKind::Float => {
            let text = literal.text.as_str();
            let is_name = text.ends_with("inf") || text.ends_with("nan");
            let text = if is_name {
                text
            } else {
                text.trim_end_matches(['f', 'F'])
            };
            text.parse().ok()
        }
        LiteralKind::Identifier => match literal.text.as_str() {
            "inf" => Some(f64::INFINITY),
            "nan" => Some(f64::NAN),
            _ => None,
        },
        LiteralKind::Text | LiteralKind::Message => None,
    }
}

fn boolean(literal: &Literal) -> Option<bool> {
    let is_name = literal.kind == LiteralKind::Identifier;
    literal.text.parse().ok().filter(|_| is_name)
}
