//! Lowers the syntax trees of a schema to its model.
//!
//! Where rules are broken, the model is only good for finding further problems: numbers that are out of
//! range become 0, names that do not resolve become [`Type::Unknown`](crate::Type::Unknown).

mod declarations;
mod options;
mod requests;

use std::path::PathBuf;

use self::declarations::Lowering;
use crate::ast::{File, ImportKind, join};
use crate::custom_options::Interpreter;
use crate::descriptors;
use crate::model::{Direction, Import, Package, ProtoFile, Protocol, Schema};
use crate::protocol::{CLIENT_TO_SERVER, SERVER_TO_CLIENT};
use crate::resolve::Symbols;
use crate::source::{Source, Sources};

/// Lowers a schema.
pub(crate) fn lower(sources: &Sources, symbols: &Symbols<'_>) -> Schema {
    let interpreter = Interpreter::new(symbols);
    let files = sources.files.iter();
    let files = files.map(|source| file(source, &sources.foreign, symbols, &interpreter));
    let files: Vec<ProtoFile> = files.collect();
    let schema = files.last();
    let package = schema.map_or("", ProtoFile::package_name);
    Schema {
        name: name(package, schema.map_or("", |it| &it.display_name)),
        protocol: protocol(&files, package),
        files,
        sources: sources.paths.clone(),
    }
}

/// Returns the protocol of a package, if it has the messages of both directions.
fn protocol(files: &[ProtoFile], package: &str) -> Option<Protocol> {
    let [client, server] = [CLIENT_TO_SERVER, SERVER_TO_CLIENT].map(|it| join(package, it));
    let direction = |message: &str, other: &str| {
        let mut messages = files.iter().flat_map(|file| &file.messages);
        messages.find(|it| it.full_name == message)?;
        Some(Direction {
            message: message.into(),
            requests: requests::find(files, message, other),
        })
    };
    Some(Protocol {
        client_to_server: direction(&client, &server)?,
        server_to_client: direction(&server, &client)?,
    })
}

/// Returns the name of a protocol: the last part of its package that is no version, or the stem of its file.
fn name(package: &str, file: &str) -> String {
    let mut parts = package.rsplit('.').filter(|part| !is_version(part));
    let name = match parts.next() {
        Some(last) if !last.is_empty() => last,
        _ => {
            let name = file.rsplit(['/', '\\']).next().unwrap_or(file);
            name.trim_end_matches(".proto")
        }
    };
    name.into()
}

/// Returns whether a part of a package is a version: `v1`, `v1beta1`, `v2p1alpha`, `v1test`.
fn is_version(part: &str) -> bool {
    let rest = part.strip_prefix('v').unwrap_or_default();
    let mut words = rest.split(|character: char| character.is_ascii_digit());
    // The first word is before the first digit.
    rest.contains(|character: char| character.is_ascii_digit())
        && words.next() == Some("")
        && words.all(|word| matches!(word, "" | "p" | "alpha" | "beta" | "test"))
}

fn file(
    source: &Source,
    foreign: &[File],
    symbols: &Symbols<'_>,
    interpreter: &Interpreter<'_>,
) -> ProtoFile {
    let tree = &source.file;
    let lowering = Lowering::new(tree, symbols, interpreter);
    let package = tree.package();
    let mut file = ProtoFile {
        name: source.name.clone(),
        display_name: tree.display_name.clone(),
        path: PathBuf::from(&source.path),
        text: source.text.clone(),
        package: self::package(tree),
        imports: imports(tree, foreign),
        messages: lowering.messages(package),
        enums: lowering.enums(package),
        services: lowering.services(package),
        extensions: lowering.extensions(package),
        options: lowering.file_options(),
        comments: tree.comments.clone(),
        descriptor: Vec::new(),
    };
    file.descriptor = descriptors::file(&file);
    file
}

fn package(tree: &File) -> Option<Package> {
    let package = tree.packages.first()?;
    Some(Package {
        name: package.value.clone(),
        position: package.position,
        comments: tree.package_comments.clone(),
    })
}

fn imports(tree: &File, foreign: &[File]) -> Vec<Import> {
    let imports = tree.imports.iter().map(|import| Import {
        name: import.path.value.clone(),
        kind: import.kind,
        through: public_imports(&import.path.value, foreign),
        position: import.path.position,
        comments: import.comments.clone(),
    });
    imports.collect()
}

/// Returns the files of proto3 that a foreign file imports publicly, itself or through others. Other files have
/// no such imports.
fn public_imports(name: &str, foreign: &[File]) -> Vec<String> {
    let find = |name: &str| foreign.iter().find(|file| file.display_name == name);
    let (mut names, mut found) = (vec![name], Vec::new());
    let mut next = 0;
    while let Some(&name) = names.get(next) {
        next += 1;
        let Some(file) = find(name) else {
            found.push(name.into());
            continue;
        };
        let public = file
            .imports
            .iter()
            .filter(|it| it.kind == ImportKind::Public);
        let public = public.map(|it| it.path.value.as_str());
        let new: Vec<&str> = public.filter(|it| !names.contains(it)).collect();
        names.extend(new);
    }
    found.retain(|it| it != name);
    found
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_protocol_is_named_after_its_package_or_file() {
        assert_eq!(name("acme.ChatRoom", "x.proto"), "ChatRoom");
        assert_eq!(name("acme.chat.v1", "x.proto"), "chat");
        assert_eq!(name("acme.chat.v1p2beta3", "x.proto"), "chat");
        assert_eq!(name("chat.v1.room", "x.proto"), "room");
        assert_eq!(name("chat.version1", "x.proto"), "version1");
        assert_eq!(name("chat.v", "x.proto"), "v");
        assert_eq!(name("v1", "protos/my_chat.proto"), "my_chat");
        assert_eq!(name("", "protos/my_chat.proto"), "my_chat");
        assert_eq!(name("", r"..\protos\my_chat.proto"), "my_chat");
        assert_eq!(name("", r"C:\protos\my_chat.proto"), "my_chat");
    }
}
