//! The fields of a message.

use protobuf::descriptor::DescriptorProto;
use protobuf::descriptor::field_descriptor_proto::Type;

use super::{File, join};
use crate::diagnostics::Diagnostics;

/// The largest number of a field.
pub(super) const MAX_NUMBER: i32 = (1 << 29) - 1;

/// Numbers that protobuf keeps for itself.
const KEPT: std::ops::RangeInclusive<i32> = 19_000..=19_999;

pub(super) fn check(
    file: &File<'_>,
    full_name: &str,
    message: &DescriptorProto,
    diagnostics: &mut Diagnostics,
) {
    for field in &message.field {
        let (name, number) = (field.name(), field.number());
        let position = file.scan.number_position(full_name, name);
        let report = &mut |message: String| diagnostics.report(&file.scan.file, position, message);
        if !(1..=MAX_NUMBER).contains(&number) || KEPT.contains(&number) {
            report(format!(
                "found the field number {number}, expected one from 1 to {MAX_NUMBER}, and none from {} to {}",
                KEPT.start(),
                KEPT.end()
            ));
        }
        check_reserved(message, name, number, report);
    }
    check_map_keys(file, full_name, message, diagnostics);
    check_oneofs(file, full_name, message, diagnostics);
}

fn check_reserved(
    message: &DescriptorProto,
    name: &str,
    number: i32,
    report: &mut dyn FnMut(String),
) {
    let ranges = &message.reserved_range;
    if ranges
        .iter()
        .any(|range| (range.start()..range.end()).contains(&number))
    {
        report(format!(
            "found the field number {number} of `{name}`, which is reserved"
        ));
    }
    if message
        .reserved_name
        .iter()
        .any(|reserved| reserved == name)
    {
        report(format!(
            "found a field with the name `{name}`, which is reserved"
        ));
    }
}

fn check_map_keys(
    file: &File<'_>,
    full_name: &str,
    message: &DescriptorProto,
    diagnostics: &mut Diagnostics,
) {
    for entry in message
        .nested_type
        .iter()
        .filter(|nested| nested.options.map_entry())
    {
        let suits = entry.field.first().is_some_and(|key| {
            !matches!(
                key.type_(),
                Type::TYPE_DOUBLE
                    | Type::TYPE_FLOAT
                    | Type::TYPE_BYTES
                    | Type::TYPE_ENUM
                    | Type::TYPE_MESSAGE
                    | Type::TYPE_GROUP
            )
        });
        if suits {
            continue;
        }
        let field = message
            .field
            .iter()
            .find(|field| field.type_name().rsplit('.').next() == Some(entry.name()));
        let name = field.map_or("", |field| field.name());
        let position = file.scan.position(&join(full_name, name));
        let message = format!(
            "found a type of key in the map `{name}` that can't be one, expected an integer, `bool` or `string`"
        );
        diagnostics.report(&file.scan.file, position, message);
    }
}

fn check_oneofs(
    file: &File<'_>,
    full_name: &str,
    message: &DescriptorProto,
    diagnostics: &mut Diagnostics,
) {
    for (index, oneof) in message.oneof_decl.iter().enumerate() {
        let has_members = message
            .field
            .iter()
            .any(|field| field.has_oneof_index() && field.oneof_index() == index as i32);
        if !has_members {
            let position = file.scan.position(&join(full_name, oneof.name()));
            let message = format!("found the oneof `{}` without a member", oneof.name());
            diagnostics.report(&file.scan.file, position, message);
        }
    }
}
