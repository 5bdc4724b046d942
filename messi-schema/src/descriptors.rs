//! Descriptors of checked files, as the bytes that protoc would write.
//!
//! Each function encodes the fields of one message of `google/protobuf/descriptor.proto`, in the
//! order of their numbers like protoc, so that the bytes are the same.

mod options;

use crate::ast::{ImportKind, join};
use crate::encoder::Encoder;
use crate::entries::entry_name;
use crate::google::GoogleType;
use crate::model::{
    Enum, Extension, Field, FieldKind, Message, Method, Oneof, ProtoFile, Reserved, Service, Type,
};
use crate::options::OptionOwner;
use crate::scalar::Scalar;

/// Encodes a file as a `FileDescriptorProto`.
pub(crate) fn file(file: &ProtoFile) -> Vec<u8> {
    let mut out = Encoder::default();
    out.text(1, &file.name);
    if let Some(package) = &file.package {
        out.text(2, &package.name);
    }
    for import in &file.imports {
        out.text(3, &import.name);
    }
    for it in &file.messages {
        out.message(4, |out| message(it, out));
    }
    for it in &file.enums {
        out.message(5, |out| enumeration(it, out));
    }
    for it in &file.services {
        out.message(6, |out| service(it, out));
    }
    for it in &file.extensions {
        out.message(7, |out| extension(it, out));
    }
    options::write(8, OptionOwner::File, &file.options, &mut out);
    for (number, kind) in [(10, ImportKind::Public), (11, ImportKind::Weak)] {
        let imports = file.imports.iter().enumerate();
        for (index, _) in imports.filter(|(_, import)| import.kind == kind) {
            out.number(number, index as u64);
        }
    }
    out.text(12, "proto3");
    out.into_bytes()
}

fn message(message: &Message, out: &mut Encoder) {
    out.text(1, &message.name);
    let synthetic = synthetic_oneofs(message);
    // A synthetic oneof comes after all oneofs of the schema, and has one member.
    let mut next_synthetic = message.oneofs.len();
    let owner = Owner::Message(&message.full_name);
    for it in &message.fields {
        let mut oneof = it.oneof;
        if matches!(it.kind, FieldKind::Optional(_)) {
            oneof = Some(next_synthetic);
            next_synthetic += 1;
        }
        out.message(2, |out| field(it, owner, oneof, out));
    }
    nested_messages(message, out);
    for it in &message.enums {
        out.message(4, |out| enumeration(it, out));
    }
    for it in &message.extensions {
        out.message(6, |out| extension(it, out));
    }
    options::write(7, OptionOwner::Message, &message.options, out);
    for it in &message.oneofs {
        out.message(8, |out| oneof(it, out));
    }
    for name in synthetic {
        out.message(8, |out| out.text(1, &name));
    }
    // The last number of a range of fields is not part of it.
    reserved(&message.reserved, 1, [9, 10], out);
}

/// Returns the names of the oneofs that protobuf declares for `optional` fields, one for each.
fn synthetic_oneofs(message: &Message) -> Vec<String> {
    let fields = message.fields.iter().map(|field| field.name.clone());
    let oneofs = message.oneofs.iter().map(|oneof| oneof.name.clone());
    let mut taken: Vec<String> = fields.chain(oneofs).collect();
    let is_optional = |field: &&Field| matches!(field.kind, FieldKind::Optional(_));
    let mut names = Vec::new();
    for field in message.fields.iter().filter(is_optional) {
        // protoc avoids two underscores, which C++ reserves.
        let mut name = match field.name.starts_with('_') {
            true => field.name.clone(),
            false => format!("_{}", field.name),
        };
        while taken.contains(&name) {
            name.insert(0, 'X');
        }
        taken.push(name.clone());
        names.push(name);
    }
    names
}

/// Encodes the messages inside a message, with those of the entries of maps among them, in the order
/// of their declaration.
fn nested_messages(outer: &Message, out: &mut Encoder) {
    let maps = outer.fields.iter().filter_map(|field| match &field.kind {
        FieldKind::Map { key, value } => Some((field, key, value)),
        _ => None,
    });
    let mut maps = maps.peekable();
    for nested in &outer.messages {
        while let Some((field, key, value)) = maps.next_if(|it| it.0.position < nested.position) {
            out.message(3, |out| entry(field, *key, value, out));
        }
        out.message(3, |out| message(nested, out));
    }
    for (field, key, value) in maps {
        out.message(3, |out| entry(field, *key, value, out));
    }
}

/// Encodes the message of the entries of a map.
fn entry(map: &Field, key: Scalar, value: &Type, out: &mut Encoder) {
    out.text(1, &entry_name(&map.name));
    for (number, name, ty) in [(1, "key", &Type::Scalar(key)), (2, "value", value)] {
        out.message(2, |out| {
            out.text(1, name);
            out.number(3, number);
            out.number(4, OPTIONAL);
            type_of(ty, out);
            out.text(10, name);
        });
    }
    // `map_entry = true`
    out.message(7, |out| out.number(7, 1));
}

/// The labels of fields.
const OPTIONAL: u64 = 1;
const REPEATED: u64 = 3;

/// The owner of a field: the message that declares it, by its full name, or the options of
/// `google.protobuf` that an extension extends.
#[derive(Clone, Copy)]
enum Owner<'a> {
    Message(&'a str),
    Extended(GoogleType),
}

fn field(field: &Field, owner: Owner<'_>, oneof: Option<usize>, out: &mut Encoder) {
    out.text(1, &field.name);
    if let Owner::Extended(options) = owner {
        out.text(2, &format!(".{}", options.full_name()));
    }
    out.number(3, field.number.into());
    let is_repeated = matches!(
        field.kind,
        FieldKind::Repeated { .. } | FieldKind::Map { .. }
    );
    out.number(4, if is_repeated { REPEATED } else { OPTIONAL });
    match &field.kind {
        FieldKind::Map { .. } => {
            // An extension can't be a map.
            let scope = match owner {
                Owner::Message(full_name) => full_name,
                Owner::Extended(_) => "",
            };
            type_of(&Type::Message(join(scope, &entry_name(&field.name))), out);
        }
        FieldKind::Singular(ty) | FieldKind::Optional(ty) | FieldKind::Repeated { ty, .. } => {
            type_of(ty, out);
        }
    }
    options::write(8, OptionOwner::Field, &field.options, out);
    if let Some(oneof) = oneof {
        out.number(9, oneof as u64);
    }
    out.text(10, &field.json_name);
    if matches!(field.kind, FieldKind::Optional(_)) {
        out.number(17, 1);
    }
}

/// Encodes the type of a field.
fn type_of(ty: &Type, out: &mut Encoder) {
    const MESSAGE: u64 = 11;
    const ENUM: u64 = 14;
    match (ty, ty.full_name()) {
        (Type::Scalar(scalar), _) => out.number(5, scalar.type_number().into()),
        (ty, name) => {
            out.number(5, if ty.is_message() { MESSAGE } else { ENUM });
            out.text(6, &format!(".{}", name.unwrap_or_default()));
        }
    }
}

fn extension(extension: &Extension, out: &mut Encoder) {
    let owner = Owner::Extended(extension.extendee);
    field(&extension.field, owner, None, out);
}

fn oneof(oneof: &Oneof, out: &mut Encoder) {
    out.text(1, &oneof.name);
    options::write(2, OptionOwner::Oneof, &oneof.options, out);
}

fn enumeration(enumeration: &Enum, out: &mut Encoder) {
    out.text(1, &enumeration.name);
    for value in &enumeration.values {
        out.message(2, |out| {
            out.text(1, &value.name);
            out.signed(2, value.number);
            options::write(3, OptionOwner::Value, &value.options, out);
        });
    }
    options::write(3, OptionOwner::Enum, &enumeration.options, out);
    reserved(&enumeration.reserved, 0, [4, 5], out);
}

/// Encodes reserved ranges, with `beyond` added to their last numbers, and names.
fn reserved(reserved: &Reserved, beyond: i32, [ranges, names]: [u32; 2], out: &mut Encoder) {
    for (first, last) in &reserved.ranges {
        out.message(ranges, |out| {
            out.signed(1, *first);
            out.signed(2, last.saturating_add(beyond));
        });
    }
    for name in &reserved.names {
        out.text(names, name);
    }
}

fn service(service: &Service, out: &mut Encoder) {
    out.text(1, &service.name);
    for it in &service.methods {
        out.message(2, |out| method(it, out));
    }
    options::write(3, OptionOwner::Service, &service.options, out);
}

fn method(method: &Method, out: &mut Encoder) {
    out.text(1, &method.name);
    for (number, ty) in [(2, &method.request), (3, &method.response)] {
        out.text(number, &format!(".{}", ty.full_name().unwrap_or_default()));
    }
    options::write(4, OptionOwner::Method, &method.options, out);
    if method.is_client_streaming {
        out.number(5, 1);
    }
    if method.is_server_streaming {
        out.number(6, 1);
    }
}
