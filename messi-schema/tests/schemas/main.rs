//! Reads schemas into the model, or reports every problem.

#[path = "../common/mod.rs"]
mod common;

mod directions;
mod files;
mod model;
mod rest;
mod rules;

use messi_schema::{Message, Schema};

use self::common::{problems, with};

/// Returns the problems of a valid protocol with further declarations, which begin on line 6.
fn problems_with(declarations: &str) -> Vec<String> {
    problems(&with(declarations))
}

fn message<'a>(schema: &'a Schema, name: &str) -> &'a Message {
    let mut messages = schema.files.iter().flat_map(|file| &file.messages);
    messages.find(|message| message.name == name).unwrap()
}
