//! Lays out the messages and enums of a file.

use messi_schema::{Enum, Field, FieldKind, Message, Part, ProtoFile, Scalar, Type};

use super::message::{MessageParts, Named};
use super::{EncodedMax, EnumValue, File, Types, comments};
use crate::c::names;

/// Lays out a file.
pub(crate) fn file(file: &ProtoFile, types: &Types) -> File {
    let stem = names::stem(&file.name);
    let imports = file.imports.iter().flat_map(|import| {
        let through = import.through.iter().map(String::as_str);
        [import.name.as_str()].into_iter().chain(through)
    });
    // Others only declare options.
    let imports = imports.filter(|name| types.files.contains(*name));
    let mut builder = Builder {
        types,
        enums: Vec::new(),
        messages: Vec::new(),
    };
    builder.add_enums(&file.enums);
    builder.add_messages(&file.messages);
    File {
        name: file.name.clone(),
        header: format!("{stem}.h"),
        source: format!("{stem}.c"),
        guard: format!("{}_H", stem.to_ascii_uppercase()),
        includes: imports
            .map(|name| format!("{}.h", names::stem(name)))
            .collect(),
        enums: builder.enums,
        messages: builder.messages,
    }
}

struct Builder<'a> {
    types: &'a Types,
    enums: Vec<super::Enum>,
    messages: Vec<super::Message>,
}

impl Builder<'_> {
    fn add_enums(&mut self, enums: &[Enum]) {
        self.enums.extend(enums.iter().map(enumeration));
    }

    fn add_messages(&mut self, messages: &[Message]) {
        for message in messages {
            self.add_enums(&message.enums);
            self.add_messages(&message.messages);
            for field in &message.fields {
                if let FieldKind::Map { key, value } = &field.kind {
                    let entry = self.map_entry(message, field, *key, value);
                    self.messages.push(entry);
                }
            }
            let laid_out = self.message(message);
            self.messages.push(laid_out);
        }
    }

    fn message(&self, message: &Message) -> super::Message {
        let mut parts = MessageParts::new(self.types, message.full_name.clone());
        // Oneofs are behind the fields, as in structs of pbtools.
        for part in message.parts() {
            if let Part::Field(field) = part {
                parts.add_field(field);
            }
        }
        for oneof in &message.oneofs {
            parts.add_oneof(oneof, message.members(oneof.index));
        }
        let size = self.types.encoded_max.get(&message.full_name);
        let encoded_max = size.map(|size| EncodedMax {
            name: format!("{}_ENCODED_MAX", parts.base.to_ascii_uppercase()),
            size: *size,
        });
        super::Message {
            comments: comments(&message.comments),
            encoded_max,
            ..parts.into_message(message.position)
        }
    }

    /// Lays out the message of a map's entries.
    fn map_entry(
        &self,
        message: &Message,
        field: &Field,
        key: Scalar,
        value: &Type,
    ) -> super::Message {
        let full_name = names::map_entry(&message.full_name, &field.name);
        let mut parts = MessageParts::new(self.types, full_name);
        let named = |name, number| Named {
            name,
            number,
            comments: Vec::new(),
            position: field.position,
        };
        parts.add_singular(&named("key", 1), &Type::Scalar(key));
        parts.add_singular(&named("value", 2), value);
        super::Message {
            is_map_entry: true,
            ..parts.into_message(field.position)
        }
    }
}

fn enumeration(it: &Enum) -> super::Enum {
    let base = names::snake(&it.full_name);
    let values = it.values.iter().map(|value| EnumValue {
        name: format!("{base}_{}_e", names::snake(&value.name)),
        // C has no negative constants: 2147483648 is no int.
        number: match value.number {
            i32::MIN => format!("({} - 1)", i32::MIN + 1),
            number => number.to_string(),
        },
        comments: comments(&value.comments),
        position: value.position,
    });
    super::Enum {
        full_name: it.full_name.clone(),
        tag: format!("{base}_e"),
        comments: comments(&it.comments),
        values: values.collect(),
        position: it.position,
    }
}
