//! The two directions: the members of their messages, and the handler methods that get them.

use messi_schema::{Diagnostics, Schema};

use crate::model::{Direction, DirectionMember, Message, Module, Oneof, Request, Type, TypePath};
use crate::names;

/// The callbacks that every server handler has.
pub(super) const SERVER_CALLBACKS: &[&str] = &[
    "on_client_connected",
    "on_client_interrupted",
    "on_client_resumed",
    "on_client_disconnected",
];

/// The callbacks that every client handler has.
pub(super) const CLIENT_CALLBACKS: &[&str] = &[
    "on_connected",
    "on_interrupted",
    "on_resumed",
    "on_disconnected",
    "on_connect_failure",
];

/// Lays out a direction. Returns `None` if its message is missing or has another name in Rust, which has been
/// reported.
pub(super) fn direction(
    schema: &Schema,
    direction: &messi_schema::Direction,
    root: &Module,
    callbacks: &[&str],
    diagnostics: &mut Diagnostics,
) -> Option<Direction> {
    let name = direction.message.rsplit('.').next()?;
    let message = root.messages.iter().find(|message| message.name == name)?;
    let mut oneofs = message.oneofs.iter();
    let oneof = oneofs.find(|oneof| oneof.name == messi_schema::Direction::ONEOF)?;
    check_names(&direction.message, message, oneof, schema, diagnostics)?;
    let types: Vec<&Type> = oneof.members.iter().map(|member| &member.ty).collect();
    let members = oneof.members.iter().map(|member| DirectionMember {
        member: member.clone(),
        handler: names::handler_name(&member.method),
        convertible: is_convertible(&member.ty, &types, message),
    });
    let mut members: Vec<DirectionMember> = members.collect();
    let clashes = members
        .iter_mut()
        .filter(|it| callbacks.contains(&it.handler.as_str()));
    for clash in clashes {
        report_callback(schema, &direction.message, clash, diagnostics);
        clash.handler.push('_');
    }
    Some(Direction {
        members,
        has_fields: !message.fields.is_empty() || message.oneofs.len() > 1,
    })
}

/// Reports a direction if its items do not have the names in Rust that the generated code uses, and returns
/// `None`.
fn check_names(
    direction: &str,
    message: &Message,
    oneof: &Oneof,
    schema: &Schema,
    diagnostics: &mut Diagnostics,
) -> Option<()> {
    let names = [
        (&message.rust_name, names::type_name(&message.name)),
        (&oneof.rust_name, names::value_name(&oneof.name)),
        (&oneof.enum_name, names::type_name(&oneof.name)),
    ];
    let Some((found, expected)) = names.iter().find(|(found, expected)| *found != expected) else {
        return Some(());
    };
    let text = format!("found the name `{found}` in Rust, expected `{expected}` for a direction");
    for file in &schema.files {
        let mut messages = file.messages.iter();
        if let Some(message) = messages.find(|message| message.full_name == direction) {
            diagnostics.report(&file.display_name, message.position, text.as_str());
        }
    }
    None
}

/// Reports a member with a handler method that would be a callback.
fn report_callback(
    schema: &Schema,
    direction: &str,
    DirectionMember {
        member, handler, ..
    }: &DirectionMember,
    diagnostics: &mut Diagnostics,
) {
    let message = format!(
        "member `{}` would generate `{handler}`, which is a built-in callback",
        member.name
    );
    for file in &schema.files {
        let mut messages = file.messages.iter();
        let found = messages.find(|message| message.full_name == direction);
        let mut fields = found.into_iter().flat_map(|message| &message.fields);
        if let Some(field) = fields.find(|field| field.name == member.name) {
            diagnostics.report(&file.display_name, field.position, message);
            return;
        }
    }
}

/// Returns the requests of a direction with their responses in the other.
pub(super) fn requests(
    direction: &messi_schema::Direction,
    requests: &Direction,
    responses: &Direction,
) -> Vec<Request> {
    let pairs = direction.requests.iter().filter_map(|pair| {
        Some(Request {
            request: requests.member(&pair.request)?.clone(),
            response: responses.member(&pair.response)?.clone(),
        })
    });
    pairs.collect()
}

/// Returns whether the type of a member selects that member, and is not the direction's message
/// itself. An undeclared type may be any.
fn is_convertible(ty: &Type, types: &[&Type], message: &Message) -> bool {
    let is_message = match ty {
        Type::Message { path, .. } => {
            *path
                != TypePath {
                    modules: Vec::new(),
                    name: message.rust_name.clone(),
                }
        }
        Type::WellKnown(_) => true,
        Type::Undeclared => return true,
        _ => false,
    };
    is_message && types.iter().filter(|&&other| other == ty).count() == 1
}
