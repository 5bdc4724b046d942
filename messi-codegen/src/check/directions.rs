//! What makes a schema a protocol: the two messages that hold what each side sends.

use protobuf::descriptor::DescriptorProto;

use super::{File, join, nested_messages};
use crate::diagnostics::{Diagnostics, Position};

/// The two messages, and who sends them.
const DIRECTIONS: [(&str, &str); 2] =
    [("ClientToServer", "clients"), ("ServerToClient", "servers")];

/// The name of their oneof.
const ONEOF: &str = "messages";

pub(super) fn check(files: &[File<'_>], diagnostics: &mut Diagnostics) {
    let Some(schema) = files.last() else {
        return;
    };
    for (name, senders) in DIRECTIONS {
        match find(files, name) {
            Some((file, message)) => check_message(file, message, diagnostics),
            None => report_missing(schema, name, senders, diagnostics),
        }
    }
}

/// The message of a direction: in the schema's own package, be it in a file that it imports.
fn find<'a>(files: &[File<'a>], name: &str) -> Option<(File<'a>, &'a DescriptorProto)> {
    let package = files.last()?.descriptor.package();
    let own = files
        .iter()
        .filter(|file| file.descriptor.package() == package);
    own.flat_map(|file| {
        file.descriptor
            .message_type
            .iter()
            .map(|message| (*file, message))
    })
    .find(|(_, message)| message.name() == name)
}

fn report_missing(file: &File<'_>, name: &str, senders: &str, diagnostics: &mut Diagnostics) {
    let position = file
        .scan
        .packages
        .first()
        .map_or(crate::scan::START, |word| word.position);
    let message = format!(
        "found no message `{name}`, expected one with a oneof `{ONEOF}` of what {senders} send"
    );
    diagnostics.report(&file.scan.file, position, message);
}

fn check_message(file: File<'_>, message: &DescriptorProto, diagnostics: &mut Diagnostics) {
    let name = message.name();
    let full_name = join(file.descriptor.package(), name);
    let oneofs: Vec<&str> = real_oneofs(message).collect();
    let report = &mut |position: Position, found: String| {
        let message =
            format!("found {found} in `{name}`, expected exactly one oneof, named `{ONEOF}`");
        diagnostics.report(&file.scan.file, position, message);
    };
    if oneofs.is_empty() {
        report(file.scan.position(&full_name), "no oneof".into());
    }
    for oneof in oneofs.iter().filter(|&&oneof| oneof != ONEOF) {
        report(
            file.scan.position(&join(&full_name, oneof)),
            format!("the oneof `{oneof}`"),
        );
    }
    for nested in nested_messages(message) {
        let position = file.scan.position(&join(&full_name, nested.name()));
        let message = format!(
            "found the message `{}` inside `{name}`, expected none: declare it beside `{name}`",
            nested.name()
        );
        diagnostics.report(&file.scan.file, position, message);
    }
}

/// The oneofs that the schema declares: an `optional` field is one of its own in descriptors.
fn real_oneofs(message: &DescriptorProto) -> impl Iterator<Item = &str> {
    message
        .oneof_decl
        .iter()
        .enumerate()
        .filter_map(|(index, oneof)| {
            let is_synthetic = message.field.iter().any(|field| {
                field.proto3_optional()
                    && field.has_oneof_index()
                    && field.oneof_index() == index as i32
            });
            (!is_synthetic).then(|| oneof.name())
        })
}
