//! The rules of proto3 and of a messi protocol. Every violation is reported, at its place.
//!
//! Rules come in three stages: [`heads`] looks at the first lines of each file; [`before_parsing`]
//! at what needs no understanding of types, all that `protobuf-parse` would stumble over among
//! it; [`after_parsing`] at its descriptors.

mod directions;
mod enums;
mod head;
mod messages;
mod references;
mod reserved;
mod siblings;

use protobuf::descriptor::{DescriptorProto, EnumDescriptorProto, FileDescriptorProto};

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

/// The rules on the names and numbers that a scan has seen. They are those of files of sound
/// syntax, whose scan can be relied on.
pub(crate) fn before_parsing(sources: &Sources, diagnostics: &mut Diagnostics) {
    let scans: Vec<&Scan> = sources.files.iter().map(|source| &source.scan).collect();
    references::check(&scans, diagnostics);
    for scan in &scans {
        siblings::check(scan, diagnostics);
        reserved::check(scan, diagnostics);
    }
}

/// The rules on descriptors; the last file is the schema itself.
pub(crate) fn after_parsing(files: &[File<'_>], diagnostics: &mut Diagnostics) {
    for file in files {
        for (full_name, message) in messages(file) {
            messages::check(file, &full_name, message, diagnostics);
        }
        for (full_name, enumeration) in enums(file) {
            enums::check(file, &full_name, enumeration, diagnostics);
        }
    }
    directions::check(files, diagnostics);
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

/// Every enum of a file by its full name, nested ones included.
fn enums<'a>(file: &File<'a>) -> Vec<(String, &'a EnumDescriptorProto)> {
    let package = file.descriptor.package();
    let top = file
        .descriptor
        .enum_type
        .iter()
        .map(|e| (join(package, e.name()), e));
    let nested = messages(file).into_iter().flat_map(|(full_name, message)| {
        message
            .enum_type
            .iter()
            .map(move |e| (join(&full_name, e.name()), e))
    });
    top.chain(nested).collect()
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
