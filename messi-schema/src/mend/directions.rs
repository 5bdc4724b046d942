//! The messages of both directions, each with its oneof and a member.

use crate::ast::{Declaration, DeclarationKind, File, join};
use crate::position::Spanned;
use crate::protocol::{CLIENT_TO_SERVER, ONEOF, SERVER_TO_CLIENT};
use crate::source::Source;

/// The name of the member of a direction that has no members.
const MEMBER: &str = "unknown";

/// Completes the directions. The last file is the schema itself.
pub(super) fn complete(files: &mut [Source]) {
    let package = files.last().map_or("", |it| it.file.package()).to_owned();
    for name in [CLIENT_TO_SERVER, SERVER_TO_CLIENT] {
        let full_name = join(&package, name);
        let declares = |it: &Source| has(&it.file, DeclarationKind::Message, &full_name);
        let declaring = files.iter().position(declares);
        let index = declaring.unwrap_or(files.len().saturating_sub(1));
        if let Some(source) = files.get_mut(index) {
            complete_one(&mut source.file, &package, name);
        }
    }
}

fn complete_one(file: &mut File, package: &str, name: &str) {
    let message = join(package, name);
    let oneof = join(&message, ONEOF);
    if !has(file, DeclarationKind::Message, &message) {
        file.declare(new(DeclarationKind::Message, name, package));
    }
    if !has(file, DeclarationKind::Oneof, &oneof) {
        adopt_oneof(file, &message, &oneof);
    }
    let is_member = |field: &Declaration| field.oneof.as_ref() == Some(&oneof);
    if !file.of_kind(DeclarationKind::Field).any(is_member) {
        let mut member = new(DeclarationKind::Field, MEMBER, &message);
        member.types = vec![Spanned::made_up(MEMBER)];
        member.oneof = Some(oneof);
        file.declare(member);
    }
}

/// Gives the oneof of a direction its name. If there is no oneof, all fields become its members.
fn adopt_oneof(file: &mut File, message: &str, oneof: &str) {
    let other = file
        .of_kind(DeclarationKind::Oneof)
        .find(|it| it.scope == message)
        .map(|it| it.full_name.clone());
    file.map(|mut it| {
        let is_inside = it.scope == message;
        if is_inside && it.kind == DeclarationKind::Field && it.oneof == other && !it.is_map() {
            it.oneof = Some(oneof.into());
            it.label = None;
        }
        let is_other = it.kind == DeclarationKind::Oneof && Some(&it.full_name) == other.as_ref();
        (!is_other).then_some(it)
    });
    file.declare(new(DeclarationKind::Oneof, ONEOF, message));
}

fn has(file: &File, kind: DeclarationKind, full_name: &str) -> bool {
    file.of_kind(kind).any(|it| it.full_name == full_name)
}

fn new(kind: DeclarationKind, name: &str, scope: &str) -> Declaration {
    Declaration::new(kind, Spanned::made_up(name), scope)
}
