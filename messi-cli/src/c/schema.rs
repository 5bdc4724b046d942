//! A schema as C.

use messi_schema::{Diagnostics, ProtoFile, Schema};

use super::layout::{self, File, Types};
use super::protocol::{self, Protocol};
use super::{callbacks, clashes, encoded_max, google, names};

/// The C of a schema.
#[derive(Debug)]
pub(crate) struct Layout {
    /// The files of `google/protobuf/` that it imports, and its own. Others that it imports are generated on
    /// their own.
    pub(crate) files: Vec<File>,
    /// The protocol, if it has one.
    pub(crate) protocol: Option<Protocol>,
}

/// Lays out a schema. Returns `None` if a name can't be used in C: that is reported.
pub(crate) fn lay_out(schema: &Schema, diagnostics: &mut Diagnostics) -> Option<Layout> {
    let before = diagnostics.is_empty();
    google::check(schema, diagnostics);
    let google = google::imported(&schema.files);
    let sources: Vec<&ProtoFile> = google.iter().chain(&schema.files).collect();
    let types = Types::new(&sources, encoded_max::of(&sources));
    let lay_out = |source: &&ProtoFile| layout::file(source, &types);
    let mut files: Vec<File> = sources.iter().map(lay_out).collect();
    let pairs: Vec<(&ProtoFile, &File)> = sources.iter().copied().zip(&files).collect();
    clashes::check(&pairs, &structs_of_sides(schema), diagnostics);
    callbacks::check(schema, diagnostics);
    if before && !diagnostics.is_empty() {
        return None;
    }
    let protocol = protocol::lay_out(schema, &files);
    let own = files.pop()?;
    files.truncate(google.len());
    files.push(own);
    Some(Layout { files, protocol })
}

/// Returns the structs of the client and the server, each with its description.
fn structs_of_sides(schema: &Schema) -> Vec<(String, &'static str)> {
    let Some(file) = schema.files.last() else {
        return Vec::new();
    };
    if schema.protocol.is_none() {
        return Vec::new();
    }
    let stem = names::stem(&file.name);
    let sides = [
        ("client_t", "the client"),
        ("server_t", "the server"),
        ("server_client_t", "a client of the server"),
    ];
    let sides = sides.map(|(suffix, what)| (format!("{stem}_{suffix}"), what));
    sides.into()
}
