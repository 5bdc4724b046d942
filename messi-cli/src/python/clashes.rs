//! Names that clash in Python.

use std::collections::HashMap;

use messi_schema::{Diagnostics, Direction, Field, Message, Position, ProtoFile, Protocol, Schema};

use super::names::messages_module;
use crate::arguments::Side;

/// The callbacks of a client that are not those of members.
const OF_CLIENTS: &[&str] = &["on_connect_failure", "on_connected", "on_disconnected"];

/// The callbacks of a server that are not those of members.
const OF_SERVERS: &[&str] = &["on_client_connected", "on_client_disconnected"];

/// Reports names that clash. Returns whether there are no clashes.
pub(crate) fn check(schema: &Schema, side: Side, diagnostics: &mut Diagnostics) -> bool {
    let are_modules_valid = check_modules(schema, diagnostics);
    let Some(protocol) = &schema.protocol else {
        return are_modules_valid;
    };
    let mut classes = Vec::new();
    if side.has_client() {
        classes.push(client(schema, protocol));
    }
    if side.has_server() {
        classes.push(server(schema, protocol));
        classes.push(server_client(schema, protocol));
    }
    let clashes = classes.into_iter().map(|class| class.report(diagnostics));
    clashes.fold(are_modules_valid, |all, is_valid| all && is_valid)
}

/// Checks that each file has a module of its own.
fn check_modules(schema: &Schema, diagnostics: &mut Diagnostics) -> bool {
    let mut files: HashMap<String, &ProtoFile> = HashMap::new();
    let mut are_valid = true;
    for file in &schema.files {
        let module = messages_module(&file.name);
        if let Some(other) = files.get(&module) {
            let message =
                format!("the module of this file would be `{module}`, as of another file");
            let help = format!("the other is {}: rename one of them", other.display_name);
            diagnostics.report_with_help(&file.display_name, Position::START, message, help);
            are_valid = false;
        }
        files.insert(module, file);
    }
    are_valid
}

/// A class with the methods for members.
struct Class<'a> {
    /// The methods that every protocol has.
    fixed: &'static [&'static str],
    /// Each method, with the member and the file that it comes from.
    methods: Vec<(String, &'a ProtoFile, &'a Field)>,
}

impl<'a> Class<'a> {
    fn new(fixed: &'static [&'static str]) -> Self {
        Self {
            fixed,
            methods: Vec::new(),
        }
    }

    /// Adds a method with this prefix for each member of a direction.
    fn add(mut self, prefix: &str, schema: &'a Schema, direction: &Direction) -> Self {
        for (file, field) in members(schema, direction) {
            self.methods
                .push((format!("{prefix}{}", field.name), file, field));
        }
        self
    }

    /// Adds a method for each request of a direction.
    fn add_requests(mut self, schema: &'a Schema, direction: &Direction) -> Self {
        for (file, field) in members(schema, direction) {
            if direction.requests.iter().any(|it| it.request == field.name) {
                self.methods.push((field.name.clone(), file, field));
            }
        }
        self
    }

    /// Reports methods of the same name. Returns whether there are no such methods.
    fn report(&self, diagnostics: &mut Diagnostics) -> bool {
        let mut names: HashMap<&str, Option<&Field>> = HashMap::new();
        names.extend(self.fixed.iter().map(|name| (*name, None)));
        let mut are_valid = true;
        for (method, file, field) in &self.methods {
            let Some(other) = names.insert(method, Some(*field)) else {
                continue;
            };
            let name = &field.name;
            let message = match other {
                Some(other) => format!(
                    "the members `{}` and `{name}` would both generate the method `{method}`",
                    other.name
                ),
                None => format!(
                    "the member `{name}` would generate the method `{method}`, which has another meaning"
                ),
            };
            let help = "give it another name: the wire has its number alone";
            diagnostics.report_with_help(&file.display_name, field.position, message, help);
            are_valid = false;
        }
        are_valid
    }
}

fn client<'a>(schema: &'a Schema, protocol: &Protocol) -> Class<'a> {
    let sent = &protocol.client_to_server;
    Class::new(OF_CLIENTS)
        .add("on_", schema, &protocol.server_to_client)
        .add("init_", schema, sent)
        .add("send_", schema, sent)
        .add_requests(schema, sent)
}

fn server<'a>(schema: &'a Schema, protocol: &Protocol) -> Class<'a> {
    let sent = &protocol.server_to_client;
    Class::new(OF_SERVERS)
        .add("on_", schema, &protocol.client_to_server)
        .add("init_", schema, sent)
        .add("broadcast_", schema, sent)
}

fn server_client<'a>(schema: &'a Schema, protocol: &Protocol) -> Class<'a> {
    let sent = &protocol.server_to_client;
    Class::new(&[])
        .add("send_", schema, sent)
        .add_requests(schema, sent)
}

/// Returns the members of a direction, with their file.
fn members<'a>(
    schema: &'a Schema,
    direction: &Direction,
) -> impl Iterator<Item = (&'a ProtoFile, &'a Field)> {
    let files = schema.files.iter();
    let messages = files.flat_map(|file| file.messages.iter().map(move |message| (file, message)));
    let is_direction = |it: &(&ProtoFile, &Message)| it.1.full_name == direction.message;
    let messages: Vec<_> = messages.filter(is_direction).collect();
    messages.into_iter().flat_map(|(file, message)| {
        let members = message.fields.iter().filter(|field| field.oneof.is_some());
        members.map(move |field| (file, field))
    })
}
