//! Names that the user has chosen for Rust.

use std::collections::BTreeMap;

use messi_schema::{Diagnostics, Enum, Message, Schema};

/// Names for items, by their full names in the schema: `chat.ConnectReq`, `chat.ConnectReq.user`.
#[derive(Debug, Default)]
pub(crate) struct Renames(BTreeMap<String, String>);

impl Renames {
    pub(crate) fn new(names: impl IntoIterator<Item = (String, String)>) -> Self {
        Self(names.into_iter().collect())
    }

    /// Returns the name to use for an item in place of its own.
    pub(super) fn name<'a>(&'a self, full_name: &str, name: &'a str) -> &'a str {
        self.0.get(full_name).map_or(name, String::as_str)
    }

    /// Reports names for items that the schema does not have.
    pub(super) fn check(&self, schema: &Schema, diagnostics: &mut Diagnostics) {
        for item in self.0.keys() {
            let mut files = schema.files.iter();
            let is_known = files.any(|it| are_in(item, &it.messages) || is_in(item, &it.enums));
            if !is_known {
                let message =
                    format!("found a new name for `{item}`, which the schema does not have");
                let help = "write the full name of a message, an enum, a field, a oneof or a value";
                diagnostics.report_anywhere(message, help);
            }
        }
    }
}

/// Returns the full name of a value. In protobuf it is in the scope around its enum.
pub(super) fn of_value(enumeration: &Enum, value: &messi_schema::Value) -> String {
    format!("{}.{}", enumeration.full_name, value.name)
}

/// Returns whether an item is one of these messages, or inside one.
fn are_in(item: &str, messages: &[Message]) -> bool {
    messages.iter().any(|message| {
        message.full_name == item
            || message.fields.iter().any(|it| it.full_name == item)
            || message.oneofs.iter().any(|it| it.full_name == item)
            || are_in(item, &message.messages)
            || is_in(item, &message.enums)
    })
}

/// Returns whether an item is one of these enums, or a value of one.
fn is_in(item: &str, enums: &[Enum]) -> bool {
    enums.iter().any(|enumeration| {
        let mut values = enumeration.values.iter();
        enumeration.full_name == item || values.any(|it| of_value(enumeration, it) == item)
    })
}
