//! Reports members of a protocol with the name of a callback that every client or server has.

use messi_schema::{Diagnostics, Direction, Schema};

use super::names;

/// The callbacks of a client that are not those of members.
const OF_CLIENTS: [&str; 2] = ["connected", "disconnected"];

/// The callbacks of a server that are not those of members.
const OF_SERVERS: [&str; 2] = ["client_connected", "client_disconnected"];

/// Reports members with the name of a built-in callback, each at its place.
pub(crate) fn check(schema: &Schema, diagnostics: &mut Diagnostics) {
    if let Some(protocol) = &schema.protocol {
        check_direction(schema, &protocol.server_to_client, OF_CLIENTS, diagnostics);
        check_direction(schema, &protocol.client_to_server, OF_SERVERS, diagnostics);
    }
}

fn check_direction(
    schema: &Schema,
    direction: &Direction,
    built_in: [&str; 2],
    diagnostics: &mut Diagnostics,
) {
    for file in &schema.files {
        let mut messages = file.messages.iter();
        let message = messages.find(|it| it.full_name == direction.message);
        let fields = message.into_iter().flat_map(|it| &it.fields);
        for field in fields.filter(|it| it.oneof.is_some()) {
            let name = names::snake(&field.name);
            if built_in.contains(&name.as_str()) {
                let message = format!(
                    "member `{}` would generate `on_{name}`, which is a built-in callback",
                    field.name
                );
                diagnostics.report(&file.display_name, field.position, message);
            }
        }
    }
}
