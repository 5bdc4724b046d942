//! A protocol as C: the values of the templates of clients and servers.

use messi_schema::{Direction, Schema};
use serde::Serialize;

use super::layout::{File, Member, Message, Oneof};
use super::names;

/// A protocol.
#[derive(Debug, Serialize)]
pub(crate) struct Protocol {
    /// The name that files, functions and structs of the sides begin with: `chat`.
    pub(crate) name: String,
    /// The name in capitals, for include guards.
    #[serde(rename = "NAME")]
    upper_name: String,
    /// The header of the messages: `chat.h`.
    messages_header: String,
    client_to_server: CDirection,
    server_to_client: CDirection,
}

/// The messages of one direction.
#[derive(Debug, Serialize)]
struct CDirection {
    /// The name that all names of the message begin with: `chat_client_to_server`.
    #[serde(rename = "type")]
    base: String,
    members: Vec<CMember>,
}

/// A message that one side sends and the other handles.
#[derive(Debug, Serialize)]
struct CMember {
    /// The name: `connect_req`.
    name: String,
    /// `message` or `scalar`.
    kind: &'static str,
    /// The type of the value: `struct chat_connect_req_t`.
    #[serde(rename = "type")]
    ty: String,
    /// The constant that selects it.
    choice: String,
    /// The value in the message of the direction: `messages.value.connect_req_p`.
    value: String,
    /// The function that selects it.
    init: String,
}

/// Lays out the protocol of a schema, if it has one, from the layouts of all its files.
pub(crate) fn lay_out(schema: &Schema, files: &[File]) -> Option<Protocol> {
    let protocol = schema.protocol.as_ref()?;
    let own = files.last()?;
    let name = names::stem(&own.name);
    Some(Protocol {
        upper_name: name.to_ascii_uppercase(),
        name,
        messages_header: own.header.clone(),
        client_to_server: direction(&protocol.client_to_server, files)?,
        server_to_client: direction(&protocol.server_to_client, files)?,
    })
}

fn direction(direction: &Direction, files: &[File]) -> Option<CDirection> {
    let mut messages = files.iter().flat_map(|file| &file.messages);
    let message: &Message = messages.find(|it| it.full_name == direction.message)?;
    // The other members of its struct do not matter. A direction has one oneof.
    let oneof = message.oneofs.first()?;
    Some(CDirection {
        base: message.base.clone(),
        members: oneof.members.iter().map(|it| member(it, oneof)).collect(),
    })
}

fn member(member: &Member, oneof: &Oneof) -> CMember {
    let is_message = member.function.ends_with("_alloc");
    CMember {
        name: names::snake(&member.field),
        kind: if is_message { "message" } else { "scalar" },
        ty: match (is_message, member.star) {
            (false, "*") => format!("{} *", member.ty),
            _ => member.ty.clone(),
        },
        choice: member.choice.clone().unwrap_or_default(),
        value: format!("{}.value.{}", oneof.member, member.name),
        init: member.function.clone(),
    }
}
