//! The documentation of a protocol: tables of the messages of both sides and of their handlers.

use proc_macro2::{Ident, TokenStream};

use super::docs::lines;
use super::scope::{Scope, spaceless};
use crate::model::{Direction, DirectionMember, Protocol, Request, Type};
use crate::names::ItemNames;

/// Returns a table of messages for each side.
pub(super) fn docs(protocol: &Protocol, names: &ItemNames, scope: &Scope) -> TokenStream {
    let side = scope.side;
    let from_clients = Table {
        heading: "# Messages of clients",
        direction: &protocol.client_to_server,
        handler: &names.server_handler,
        has_handler: side.has_server(),
        requests: &protocol.client_requests,
    };
    let from_servers = Table {
        heading: "# Messages of servers",
        direction: &protocol.server_to_client,
        handler: &names.client_handler,
        has_handler: side.has_client(),
        requests: &protocol.server_requests,
    };
    let mut text = vec![format!("The protocol `{}`.", protocol.name)];
    text.extend(from_clients.lines(scope));
    text.extend(from_servers.lines(scope));
    lines(&text)
}

/// The messages that one side sends.
struct Table<'a> {
    heading: &'a str,
    direction: &'a Direction,
    /// The trait of the other side's handlers.
    handler: &'a Ident,
    /// Whether that trait is generated.
    has_handler: bool,
    requests: &'a [Request],
}

impl Table<'_> {
    fn lines(&self, scope: &Scope) -> Vec<String> {
        let mut titles = vec!["message", "type", "handled by"];
        if self.has_requests() {
            titles.push("response");
        }
        let rule = vec!["---"; titles.len()];
        let mut lines = vec![String::new(), self.heading.into(), String::new()];
        lines.extend([row(&titles), row(&rule)]);
        let members = self.direction.members.iter();
        lines.extend(members.map(|member| row(&self.cells(member, scope))));
        lines
    }

    fn has_requests(&self) -> bool {
        !self.requests.is_empty()
    }

    fn cells(&self, member: &DirectionMember, scope: &Scope) -> Vec<String> {
        let message = format!("`{}`", member.member.name);
        let mut cells = vec![message, ty(&member.member.ty, scope), self.method(member)];
        if self.has_requests() {
            cells.push(self.response(member));
        }
        cells
    }

    fn method(&self, member: &DirectionMember) -> String {
        let (method, handler) = (&member.handler, self.handler);
        if self.has_handler {
            format!("[`{method}`]({handler}::{method})")
        } else {
            format!("`{method}`")
        }
    }

    /// Returns the response, if the message is a request.
    fn response(&self, member: &DirectionMember) -> String {
        let mut requests = self.requests.iter();
        let request = requests.find(|it| it.request.name == member.member.name);
        request.map_or_else(String::new, |it| format!("`{}`", it.response.name))
    }
}

fn row(cells: &[impl AsRef<str>]) -> String {
    let cells = cells.iter().map(|cell| format!(" {} |", cell.as_ref()));
    format!("|{}", cells.collect::<String>())
}

/// Returns a link to a type of the schema, or the name of another type in protobuf. The link has the
/// kind of its target, as a derive may have the same name: `Clone`.
fn ty(ty: &Type, scope: &Scope) -> String {
    match ty {
        Type::Message { path, .. } => format!("[`struct@{}`]", spaceless(&scope.path(path))),
        Type::Enum(path) => format!("[`enum@{}`]", spaceless(&scope.path(path))),
        Type::Scalar(scalar) => format!("`{}`", scalar.name()),
        Type::WellKnown(name) | Type::WellKnownEnum(name) => format!("`google.protobuf.{name}`"),
        Type::Empty => "`google.protobuf.Empty`".into(),
        Type::Wrapper(scalar) => format!("wrapped `{}`", scalar.name()),
        Type::Undeclared => "not declared".into(),
    }
}
