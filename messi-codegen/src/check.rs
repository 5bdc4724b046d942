//! The rules of proto3 and of a messi protocol. Every violation is reported, at its place.
//!
//! [`heads`] looks at the first lines of each file; [`names`] at what is declared and what refers
//! to it, without which nothing can be built; [`rules`] at all else that proto3 asks for; and
//! [`directions`] at what makes a schema a protocol.

mod directions;
mod enums;
mod extensions;
mod fields;
mod head;
mod json;
mod list;
mod maps;
mod names;
mod oneofs;
mod options;
mod references;
mod reserved;
pub(crate) mod similar;
mod symbols;

use protobuf::descriptor::{DescriptorProto, FileDescriptorProto};

use self::symbols::Symbols;
use crate::diagnostics::Diagnostics;
use crate::scan::Scan;
use crate::source::Sources;

/// A file as both saw it: the scan, with places and comments, and the parser, with types.
#[derive(Clone, Copy)]
pub(crate) struct File<'a> {
    pub(crate) scan: &'a Scan,
    pub(crate) descriptor: &'a FileDescriptorProto,
}

/// The rules on the heads of files.
pub(crate) fn heads(sources: &Sources, diagnostics: &mut Diagnostics) {
    for source in &sources.files {
        head::check(&source.scan, diagnostics);
    }
}

/// The rules on names, in files of sound syntax.
pub(crate) fn names(sources: &Sources, diagnostics: &mut Diagnostics) {
    let scans = scans(sources);
    names::check(&scans, diagnostics);
    for scan in &scans {
        maps::check_entries(scan, diagnostics);
    }
    let symbols = Symbols::new(sources);
    references::check(&scans, &symbols, diagnostics);
}

/// All other rules of proto3, in files of sound syntax.
pub(crate) fn rules(sources: &Sources, diagnostics: &mut Diagnostics) {
    let scans = scans(sources);
    for scan in &scans {
        fields::check(scan, diagnostics);
        json::check(scan, diagnostics);
        maps::check_keys(scan, diagnostics);
        oneofs::check(scan, diagnostics);
        enums::check(scan, diagnostics);
        reserved::check(scan, diagnostics);
    }
    let symbols = Symbols::new(sources);
    extensions::check(&scans, &symbols, diagnostics);
    options::check(&scans, &symbols, diagnostics);
}

/// The rules of a messi protocol; the last file is the schema itself.
pub(crate) fn directions(files: &[File<'_>], diagnostics: &mut Diagnostics) {
    directions::check(files, diagnostics);
}

/// What is declared in each file of the schema.
fn scans(sources: &Sources) -> Vec<&Scan> {
    sources.files.iter().map(|source| &source.scan).collect()
}

/// Every message of a file by its full name, nested ones included, but for those that stand for
/// the entries of a map.
pub(crate) fn messages<'a>(file: &File<'a>) -> Vec<(String, &'a DescriptorProto)> {
    let mut found = Vec::new();
    for message in &file.descriptor.message_type {
        collect(
            &join(file.descriptor.package(), message.name()),
            message,
            &mut found,
        );
    }
    found
}

fn collect<'a>(
    full_name: &str,
    message: &'a DescriptorProto,
    found: &mut Vec<(String, &'a DescriptorProto)>,
) {
    found.push((full_name.into(), message));
    for nested in nested_messages(message) {
        collect(&join(full_name, nested.name()), nested, found);
    }
}

/// The messages declared inside a message.
pub(crate) fn nested_messages(message: &DescriptorProto) -> impl Iterator<Item = &DescriptorProto> {
    message
        .nested_type
        .iter()
        .filter(|nested| !nested.options.map_entry())
}

/// A name inside a scope.
pub(crate) fn join(scope: &str, name: &str) -> String {
    if scope.is_empty() {
        name.into()
    } else {
        format!("{scope}.{name}")
    }
}
