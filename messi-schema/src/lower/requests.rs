//! Finds requests and their responses by their names.

use crate::model::{Field, Message, ProtoFile, Request};
use crate::protocol::{REQUEST, RESPONSE};

/// Returns the members of one direction's message that have a response in the other's.
pub(super) fn find(files: &[ProtoFile], requests: &str, responses: &str) -> Vec<Request> {
    let responses: Vec<&Field> = members(files, responses).collect();
    let pairs = members(files, requests).filter_map(|request| {
        let stem = request.name.strip_suffix(REQUEST)?;
        let is_response = |member: &&&Field| member.name.strip_suffix(RESPONSE) == Some(stem);
        let response = responses.iter().find(is_response)?;
        Some(Request {
            request: request.name.clone(),
            response: response.name.clone(),
        })
    });
    pairs.collect()
}

/// Returns the members of the oneofs of a message. That of a direction has one oneof.
fn members<'a>(files: &'a [ProtoFile], full_name: &str) -> impl Iterator<Item = &'a Field> {
    let mut messages = files.iter().flat_map(|file| &file.messages);
    let message: Option<&Message> = messages.find(|message| message.full_name == full_name);
    let fields = message.into_iter().flat_map(|message| &message.fields);
    fields.filter(|field| field.oneof.is_some())
}
