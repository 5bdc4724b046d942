//! The messages of a schema as C.

use messi_schema::{Diagnostics, ProtoFile, Schema};

use super::layout::{self, File, Types};
use super::{clashes, encoded_max, google, names};

/// Lays out the messages of a schema, and of the files of `google/protobuf/` that it imports. Returns `None`
/// if a name can't be used in C: that is reported.
///
/// Files that the schema imports are not laid out: each is generated on its own.
pub(crate) fn lay_out(schema: &Schema, diagnostics: &mut Diagnostics) -> Option<Vec<File>> {
    let before = diagnostics.is_empty();
    google::check(schema, diagnostics);
    let google = google::imported(&schema.files);
    let sources: Vec<&ProtoFile> = google.iter().chain(&schema.files).collect();
    let types = Types::new(&sources, encoded_max::of(&sources));
    let lay_out = |source: &&ProtoFile| layout::file(source, &types);
    let mut files: Vec<File> = sources.iter().map(lay_out).collect();
    let pairs: Vec<(&ProtoFile, &File)> = sources.iter().copied().zip(&files).collect();
    clashes::check(&pairs, &structs_of_sides(schema), diagnostics);
    if before && !diagnostics.is_empty() {
        return None;
    }
    let own = files.pop()?;
    files.truncate(google.len());
    files.push(own);
    Some(files)
}

/// Returns the structs of the client and the server, each with what it is.
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
