//! The values of the templates for clients and servers.

use messi_schema::{Direction, Field, FieldKind, Message, Protocol, Request, Schema, Type};
use serde::Serialize;

use super::annotations::Annotations;
use super::literal;
use super::modules::Modules;
use super::names::{self, is_keyword};

/// A client or a server.
#[derive(Debug, Serialize)]
pub(crate) struct Program {
    /// The prefix of the names of its classes.
    name: String,
    source: String,
    imports: Vec<String>,
    sent: DirectionCode,
    received: DirectionCode,
}

/// The messages of one direction.
#[derive(Debug, Serialize)]
struct DirectionCode {
    #[serde(rename = "type")]
    ty: String,
    /// The type of its frames.
    frame_type: &'static str,
    members: Vec<Member>,
    requests: Vec<RequestCode>,
}

/// A member of a direction.
#[derive(Clone, Debug, Serialize)]
struct Member {
    name: String,
    is_keyword: bool,
    #[serde(rename = "type")]
    ty: String,
    /// The class of a message.
    class: String,
    /// The type of the parameter for a value that is no message.
    argument: String,
    is_message: bool,
    /// The fields of a message that are parameters.
    fields: Vec<Parameter>,
    /// Whether there may be fields that are not parameters.
    has_other_fields: bool,
}

/// A parameter.
#[derive(Clone, Debug, Serialize)]
struct Parameter {
    name: String,
    #[serde(rename = "type")]
    ty: String,
}

/// A request and its response.
#[derive(Debug, Serialize)]
struct RequestCode {
    member: Member,
    response: String,
    response_type: String,
    /// The name of the parameter for the time limit.
    timeout: String,
}

impl Program {
    /// Returns the values of a client.
    pub(crate) fn client<'a>(
        schema: &'a Schema,
        protocol: &'a Protocol,
        modules: &'a Modules<'a>,
    ) -> Self {
        let mut annotations = Annotations::of_program(modules);
        let [sent, received] = directions(protocol, modules, &mut annotations);
        Self::new(schema, annotations.imports(), sent, received)
    }

    /// Returns the values of a server.
    pub(crate) fn server<'a>(
        schema: &'a Schema,
        protocol: &'a Protocol,
        modules: &'a Modules<'a>,
    ) -> Self {
        let mut annotations = Annotations::of_program(modules);
        let [received, sent] = directions(protocol, modules, &mut annotations);
        Self::new(schema, annotations.imports(), sent, received)
    }

    fn new(
        schema: &Schema,
        imports: Vec<String>,
        sent: DirectionCode,
        received: DirectionCode,
    ) -> Self {
        let file = schema.files.last().map_or("", |file| &file.name);
        Self {
            name: names::class(file),
            source: literal::plain(file),
            imports,
            sent,
            received,
        }
    }
}

/// Returns the messages of clients and those of servers.
fn directions<'a>(
    protocol: &'a Protocol,
    modules: &'a Modules<'a>,
    annotations: &mut Annotations<'a>,
) -> [DirectionCode; 2] {
    let (clients, servers) = (&protocol.client_to_server, &protocol.server_to_client);
    let mut direction = |direction: &'a Direction, other: &'a Direction, frame_type| {
        let fields = fields(modules, direction);
        DirectionCode {
            ty: annotations.message(&direction.message),
            frame_type,
            members: fields.map(|it| member(it, modules, annotations)).collect(),
            requests: {
                let requests = direction.requests.iter();
                let requests =
                    requests.map(|it| request(it, direction, other, modules, annotations));
                requests.flatten().collect()
            },
        }
    };
    [
        direction(clients, servers, "CLIENT_TO_SERVER_USER"),
        direction(servers, clients, "SERVER_TO_CLIENT_USER"),
    ]
}

/// Returns the members of a direction.
pub(crate) fn fields<'a>(
    modules: &Modules<'a>,
    direction: &Direction,
) -> impl Iterator<Item = &'a Field> + use<'a> {
    let message = modules.message(&direction.message);
    let fields = message.into_iter().flat_map(|message| &message.fields);
    fields.filter(|field| field.oneof.is_some())
}

fn member<'a>(
    field: &'a Field,
    modules: &'a Modules<'a>,
    annotations: &mut Annotations<'a>,
) -> Member {
    // A member of a oneof has one value.
    let (FieldKind::Singular(ty) | FieldKind::Optional(ty)) = &field.kind else {
        unreachable!("a member of a oneof is no list and no map");
    };
    let message = match ty {
        Type::Message(name) => modules.message(name),
        _ => None,
    };
    let parameters = message.map(|it| parameters(it, annotations));
    Member {
        name: field.name.clone(),
        is_keyword: is_keyword(&field.name),
        ty: annotations.value(ty),
        class: annotations.class(ty),
        argument: annotations.argument(ty),
        is_message: ty.is_message(),
        // The fields of protobuf's own messages are not in the schema.
        has_other_fields: match (message, &parameters) {
            (Some(message), Some(parameters)) => message.fields.len() > parameters.len(),
            _ => true,
        },
        fields: parameters.unwrap_or_default(),
    }
}

fn parameters<'a>(message: &'a Message, annotations: &mut Annotations<'a>) -> Vec<Parameter> {
    let fields = message
        .fields
        .iter()
        .filter(|field| is_parameter(&field.name));
    let parameters = fields.map(|field| Parameter {
        name: field.name.clone(),
        ty: annotations.field_argument(&field.kind),
    });
    parameters.collect()
}

/// Returns whether a field can be a parameter. The others are passed by their name alone: keywords, the names
/// of other parameters, and those that Python changes in classes.
fn is_parameter(field: &str) -> bool {
    !is_keyword(field)
        && !["self", "message", "fields"].contains(&field)
        && !field.starts_with("__")
}

fn request<'a>(
    request: &'a Request,
    direction: &Direction,
    other: &Direction,
    modules: &'a Modules<'a>,
    annotations: &mut Annotations<'a>,
) -> Option<RequestCode> {
    let find = |direction: &Direction, name: &str| {
        let mut fields = fields(modules, direction);
        fields.find(|field| field.name == name)
    };
    let asked = member(find(direction, &request.request)?, modules, annotations);
    let answered = member(find(other, &request.response)?, modules, annotations);
    Some(RequestCode {
        timeout: timeout(&asked.fields),
        member: asked,
        response: answered.name,
        response_type: answered.ty,
    })
}

/// Returns the name of the parameter for the time limit, which no field may have.
fn timeout(fields: &[Parameter]) -> String {
    let mut name = String::from("timeout");
    while fields.iter().any(|field| field.name == name) {
        name.push('_');
    }
    name
}
