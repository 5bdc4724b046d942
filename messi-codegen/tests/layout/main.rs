//! The layout of schemas in Rust.

#[path = "../common/mod.rs"]
mod common;

mod clashes;
mod model;
mod stored;

use messi_codegen::model::{Message, Protocol};

fn message<'a>(protocol: &'a Protocol, name: &str) -> &'a Message {
    let mut messages = protocol.root.messages.iter();
    messages.find(|message| message.name == name).unwrap()
}
