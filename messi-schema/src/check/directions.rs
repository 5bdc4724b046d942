//! The two messages that make a schema a protocol.

use crate::ast::{Declaration, DeclarationKind, File, join};
use crate::diagnostics::Diagnostics;
use crate::position::Position;
use crate::protocol::{CLIENT_TO_SERVER, Expected, ONEOF, SERVER_TO_CLIENT};

/// The messages of both directions and their senders.
const DIRECTIONS: [(&str, &str); 2] =
    [(CLIENT_TO_SERVER, "clients"), (SERVER_TO_CLIENT, "servers")];

/// Checks the messages of both directions. The last file is the schema itself.
pub(super) fn check(files: &[&File], expected: Expected, diagnostics: &mut Diagnostics) {
    let Some(schema) = files.last() else {
        return;
    };
    for (name, senders) in DIRECTIONS {
        match find(files, name) {
            Some((file, message)) => check_message(file, message, diagnostics),
            None if expected == Expected::Protocol => {
                report_missing(schema, name, senders, diagnostics);
            }
            None => {}
        }
    }
}

/// Finds the message of a direction: in the package of the schema, which may span several files.
fn find<'a>(files: &[&'a File], name: &str) -> Option<(&'a File, &'a Declaration)> {
    let full_name = join(files.last()?.package(), name);
    files.iter().find_map(|file| {
        let mut messages = file.of_kind(DeclarationKind::Message);
        let message = messages.find(|message| message.full_name == full_name)?;
        Some((*file, message))
    })
}

fn report_missing(file: &File, name: &str, senders: &str, diagnostics: &mut Diagnostics) {
    let package = file.packages.first();
    let position = package.map_or(Position::START, |package| package.position);
    let message = format!(
        "found no message `{name}`, expected one with a oneof `{ONEOF}` for the messages that {senders} send"
    );
    diagnostics.report(&file.display_name, position, message);
}

fn check_message(file: &File, message: &Declaration, diagnostics: &mut Diagnostics) {
    let name = &message.name.value;
    let inside = |kind| {
        let declarations = file.inside(&message.full_name);
        declarations.filter(move |declaration| declaration.kind == kind)
    };
    let mut report = |position: Position, found: String| {
        let message =
            format!("found {found} in `{name}`, expected exactly one oneof, named `{ONEOF}`");
        diagnostics.report(&file.display_name, position, message);
    };
    if inside(DeclarationKind::Oneof).next().is_none() {
        report(message.name.position, "no oneof".into());
    }
    for oneof in inside(DeclarationKind::Oneof).filter(|oneof| oneof.name.value != ONEOF) {
        report(
            oneof.name.position,
            format!("the oneof `{}`", oneof.name.value),
        );
    }
    for nested in inside(DeclarationKind::Message) {
        let message = format!(
            "found the message `{}` inside `{name}`, expected none: declare it beside `{name}`",
            nested.name.value
        );
        diagnostics.report(&file.display_name, nested.name.position, message);
    }
}
