//! The greatest encoded sizes of messages that have one.

use std::collections::HashMap;

use messi_schema::{Field, FieldKind, Message, Part, ProtoFile, Scalar, Type};

/// The greatest number of messages inside each other, as in the runtime. A recursive message has no
/// greatest size.
const MAX_DEPTH: usize = 32;

/// Returns the greatest encoded size of each message that has one, by its full name.
pub(crate) fn of(files: &[&ProtoFile]) -> HashMap<String, u32> {
    let mut messages = Vec::new();
    for file in files {
        collect(&file.messages, &mut messages);
    }
    let mut known = HashMap::new();
    // Each pass learns the sizes of the messages of which all submessages are known.
    for _ in 0..=MAX_DEPTH {
        let before = known.len();
        messages.retain(|message| match size(message, &known) {
            Some(size) => {
                known.insert(message.full_name.clone(), size);
                false
            }
            None => true,
        });
        if known.len() == before {
            break;
        }
    }
    known
}

fn collect<'a>(from: &'a [Message], messages: &mut Vec<&'a Message>) {
    for message in from {
        collect(&message.messages, messages);
        messages.push(message);
    }
}

/// Returns the greatest size of a message, if it is known. It fits in an `int` of C.
fn size(message: &Message, known: &HashMap<String, u32>) -> Option<u32> {
    let mut sum = 0_u32;
    for part in message.parts() {
        let size = match part {
            Part::Field(field) => field_size(field, known)?,
            Part::Oneof(oneof) => {
                let members = message.members(oneof.index);
                let sizes = members.map(|field| field_size(field, known));
                sizes.collect::<Option<Vec<u32>>>()?.into_iter().max()?
            }
            _ => return None,
        };
        sum = sum.checked_add(size)?;
    }
    i32::try_from(sum).is_ok().then_some(sum)
}

fn field_size(field: &Field, known: &HashMap<String, u32>) -> Option<u32> {
    let (FieldKind::Singular(ty) | FieldKind::Optional(ty)) = &field.kind else {
        return None;
    };
    // A number of a field has 29 bits.
    let tag = varint_size(field.number << 3);
    let value = match ty {
        Type::Scalar(scalar) => scalar_size(*scalar)?,
        _ if ty.is_message() => {
            let size = *known.get(&ty.full_name()?)?;
            varint_size(size).checked_add(size)?
        }
        // It may be negative, whether it is declared or not.
        _ => 10,
    };
    tag.checked_add(value)
}

fn scalar_size(scalar: Scalar) -> Option<u32> {
    match scalar {
        Scalar::Bool => Some(1),
        Scalar::Uint32 | Scalar::Sint32 => Some(5),
        Scalar::Fixed32 | Scalar::Sfixed32 | Scalar::Float => Some(4),
        Scalar::Fixed64 | Scalar::Sfixed64 | Scalar::Double => Some(8),
        Scalar::Int32 | Scalar::Int64 | Scalar::Uint64 | Scalar::Sint64 => Some(10),
        Scalar::String | Scalar::Bytes => None,
    }
}

fn varint_size(value: u32) -> u32 {
    (32 - value.leading_zeros()).div_ceil(7).max(1)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn varints_have_seven_bits_in_a_byte() {
        for (value, size) in [(0, 1), (127, 1), (128, 2), (16_383, 2), (u32::MAX, 5)] {
            assert_eq!(varint_size(value), size, "of {value}");
        }
    }
}
