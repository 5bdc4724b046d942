//! The values of an enum.

use std::collections::HashMap;

use protobuf::descriptor::EnumDescriptorProto;

use super::File;
use crate::diagnostics::Diagnostics;

pub(super) fn check(
    file: &File<'_>,
    full_name: &str,
    enumeration: &EnumDescriptorProto,
    diagnostics: &mut Diagnostics,
) {
    let name = enumeration.name();
    let Some(first) = enumeration.value.first() else {
        let message = format!("found the enum `{name}` without a value");
        return diagnostics.report(&file.scan.file, file.scan.position(full_name), message);
    };
    let number_of = |value: &str| file.scan.number_position(full_name, value);
    if first.number() != 0 {
        let message = format!(
            "found {} as the number of `{}`, the first value of the enum `{name}`, expected 0",
            first.number(),
            first.name()
        );
        diagnostics.report(&file.scan.file, number_of(first.name()), message);
    }
    let mut names: HashMap<i32, &str> = HashMap::new();
    for value in &enumeration.value {
        let (value, number) = (value.name(), value.number());
        let mut report =
            |message: String| diagnostics.report(&file.scan.file, number_of(value), message);
        let other = names.insert(number, value);
        if let Some(other) = other.filter(|_| !enumeration.options.allow_alias()) {
            report(format!(
                "found the number {number} for both `{other}` and `{value}`, which only an enum with `option allow_alias = true;` may have"
            ));
        }
        let ranges = &enumeration.reserved_range;
        if ranges
            .iter()
            .any(|range| (range.start()..=range.end()).contains(&number))
        {
            report(format!(
                "found the number {number} of `{value}`, which is reserved"
            ));
        }
        if enumeration
            .reserved_name
            .iter()
            .any(|reserved| reserved == value)
        {
            report(format!(
                "found a value with the name `{value}`, which is reserved"
            ));
        }
    }
}
