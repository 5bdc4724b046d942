//! The messages of `google.protobuf`, from definitions that the command carries: names, numbers and types
//! alone, for C has no other source of them.

use std::collections::HashSet;

use messi_schema::{Diagnostics, FieldKind, Message, ProtoFile, Schema, Type};

/// Returns the definition in a file of `google/`, with its name in imports.
macro_rules! definition {
    ($name:literal) => {
        (
            concat!("google/protobuf/", $name),
            include_str!(concat!(env!("CARGO_MANIFEST_DIR"), "/google/", $name)),
        )
    };
}

const DEFINITIONS: &[(&str, &str)] = &[
    definition!("any.proto"),
    definition!("api.proto"),
    definition!("duration.proto"),
    definition!("empty.proto"),
    definition!("field_mask.proto"),
    definition!("source_context.proto"),
    definition!("struct.proto"),
    definition!("timestamp.proto"),
    definition!("type.proto"),
    definition!("wrappers.proto"),
];

/// Returns the files of `google/protobuf/` that files import, and those that these import.
pub(crate) fn imported(files: &[ProtoFile]) -> Vec<ProtoFile> {
    let mut found = Vec::new();
    let mut names = HashSet::new();
    let mut wanted: Vec<String> = imports(files).collect();
    while let Some(name) = wanted.pop() {
        if !names.insert(name.clone()) {
            continue;
        }
        let Some((_, text)) = DEFINITIONS.iter().find(|(known, _)| *known == name) else {
            continue;
        };
        let file =
            messi_schema::read_text(&name, text).expect("a definition of this program is valid");
        wanted.extend(imports(std::slice::from_ref(&file)));
        found.push(file);
    }
    found.sort_by(|one, other| one.name.cmp(&other.name));
    found
}

fn imports(files: &[ProtoFile]) -> impl Iterator<Item = String> {
    let imports = files.iter().flat_map(|file| &file.imports);
    imports.map(|import| import.name.clone())
}

/// Reports fields with types of `google/protobuf/descriptor.proto`. It is of proto2.
pub(crate) fn check(schema: &Schema, diagnostics: &mut Diagnostics) {
    for file in &schema.files {
        check_messages(file, &file.messages, diagnostics);
    }
}

fn check_messages(file: &ProtoFile, messages: &[Message], diagnostics: &mut Diagnostics) {
    for message in messages {
        check_messages(file, &message.messages, diagnostics);
        for field in &message.fields {
            let (FieldKind::Singular(ty)
            | FieldKind::Optional(ty)
            | FieldKind::Repeated { ty, .. }
            | FieldKind::Map { value: ty, .. }) = &field.kind
            else {
                continue;
            };
            if let Type::Google(google) = ty
                && google.is_descriptor()
            {
                let name = google.full_name();
                let message = format!("found the type `{name}`, which there is not in C");
                diagnostics.report(&file.display_name, field.position, message);
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use std::fs;

    use messi_schema::{Enum, Field};

    use super::*;

    /// A field without its place, comments and options.
    fn field(field: &Field) -> String {
        format!(
            "{} = {} {:?} {:?}",
            field.full_name, field.number, field.kind, field.oneof
        )
    }

    fn enumeration(it: &Enum) -> String {
        let values = it.values.iter();
        let values: Vec<_> = values.map(|it| (&it.name, it.number)).collect();
        format!("{} {values:?}", it.full_name)
    }

    /// Returns everything of messages that C has of them.
    fn list(messages: &[Message]) -> Vec<String> {
        let mut lines = Vec::new();
        for message in messages {
            lines.push(message.full_name.clone());
            lines.extend(message.oneofs.iter().map(|oneof| oneof.full_name.clone()));
            lines.extend(message.fields.iter().map(field));
            lines.extend(message.enums.iter().map(enumeration));
            lines.extend(list(&message.messages));
        }
        lines
    }

    #[test]
    fn the_definitions_are_those_that_come_with_protoc() {
        let included = protoc_bin_vendored::include_path().unwrap();
        for (name, text) in DEFINITIONS {
            let ours = messi_schema::read_text(name, text).unwrap();
            let theirs = fs::read_to_string(included.join(name)).unwrap();
            let theirs = messi_schema::read_text(name, &theirs).unwrap();
            assert_eq!(list(&ours.messages), list(&theirs.messages), "{name}");
            let enums = |file: &ProtoFile| file.enums.iter().map(enumeration).collect::<Vec<_>>();
            assert_eq!(enums(&ours), enums(&theirs), "{name}");
        }
    }

    #[test]
    fn files_are_found_with_those_that_they_import() {
        let text = "syntax = \"proto3\"; import \"google/protobuf/type.proto\";";
        let file = messi_schema::read_text("a.proto", text).unwrap();
        let names: Vec<String> = imported(&[file]).into_iter().map(|it| it.name).collect();
        let expected = ["any", "source_context", "type"];
        assert_eq!(
            names,
            expected.map(|name| format!("google/protobuf/{name}.proto"))
        );
    }
}
