//! Names: each declared once, in a file and in all that it imports.

use std::collections::HashMap;

use super::join;
use crate::diagnostics::{Diagnostics, Position};
use crate::scan::{Declaration, DeclarationKind, Scan, Word};

/// A place in a file.
type Place<'a> = (&'a Scan, Position);

pub(super) fn check(scans: &[&Scan], diagnostics: &mut Diagnostics) {
    check_unique(scans, diagnostics);
    check_packages(scans, diagnostics);
    check_values(scans, diagnostics);
}

fn check_unique(scans: &[&Scan], diagnostics: &mut Diagnostics) {
    let mut first: HashMap<&str, Place<'_>> = HashMap::new();
    for (scan, declaration) in declarations(scans) {
        let Declaration {
            full_name, name, ..
        } = declaration;
        if let Some((other, position)) = first.get(full_name.as_str()) {
            let message = format!("found a second declaration of `{full_name}`");
            let help = format!("the first is at {}:{position}", other.file);
            diagnostics.report_with_help(&scan.file, name.position, message, help);
        } else {
            first.insert(full_name, (scan, name.position));
        }
    }
}

/// A package is a name too, as is each part of it.
fn check_packages(scans: &[&Scan], diagnostics: &mut Diagnostics) {
    let packages = packages(scans);
    for (scan, declaration) in declarations(scans) {
        let full_name = in_scope(declaration);
        let Some((other, package)) = packages.get(full_name.as_str()) else {
            continue;
        };
        let message = format!(
            "found {} `{full_name}`, which is the name of a package",
            article(declaration.kind)
        );
        let help = format!("the package is at {}:{}", other.file, package.position);
        diagnostics.report_with_help(&scan.file, declaration.name.position, message, help);
    }
}

/// The first file of each package and of each that is around one.
fn packages<'a>(scans: &[&'a Scan]) -> HashMap<&'a str, (&'a Scan, &'a Word)> {
    let mut packages = HashMap::new();
    for &scan in scans {
        let Some(package) = scan.packages.first() else {
            continue;
        };
        let ends = package.text.match_indices('.').map(|(index, _)| index);
        for end in ends.chain([package.text.len()]) {
            let part = &package.text[..end];
            packages.entry(part).or_insert((scan, package));
        }
    }
    packages
}

/// Values of enums are in the scope around their enum, where nothing else has their name.
fn check_values(scans: &[&Scan], diagnostics: &mut Diagnostics) {
    let is_value = |declaration: &Declaration| declaration.kind == DeclarationKind::Value;
    let mut taken: HashMap<String, Place<'_>> = HashMap::new();
    for (scan, declaration) in declarations(scans).filter(|(_, it)| !is_value(it)) {
        let place = (scan, declaration.name.position);
        taken.entry(declaration.full_name.clone()).or_insert(place);
    }
    let mut values: HashMap<&str, ()> = HashMap::new();
    for (scan, value) in declarations(scans).filter(|(_, it)| is_value(it)) {
        // One that is twice in its enum is reported as that.
        if values.insert(&value.full_name, ()).is_some() {
            continue;
        }
        let (name, position) = (&value.name.text, value.name.position);
        if let Some((other, first)) = taken.get(&in_scope(value)) {
            let message =
                format!("found the value `{name}` where the scope of its enum has that name");
            let help = format!("the other is at {}:{first}", other.file);
            diagnostics.report_with_help(&scan.file, position, message, help);
        } else {
            taken.insert(in_scope(value), (scan, position));
        }
    }
}

/// Every declaration, in the order of the files and of each file.
fn declarations<'a>(scans: &[&'a Scan]) -> impl Iterator<Item = (&'a Scan, &'a Declaration)> {
    let scans: Vec<&Scan> = scans.to_vec();
    scans.into_iter().flat_map(|scan| {
        let declarations = scan.declarations.iter();
        declarations.map(move |declaration| (scan, declaration))
    })
}

/// The name that protobuf knows a declaration by: that of a value has not the name of its enum.
pub(super) fn in_scope(declaration: &Declaration) -> String {
    if declaration.kind != DeclarationKind::Value {
        return declaration.full_name.clone();
    }
    let around = declaration.scope.rsplit_once('.').map_or("", |(it, _)| it);
    join(around, &declaration.name.text)
}

/// A kind of declaration with the article that goes before it.
pub(super) fn article(kind: DeclarationKind) -> &'static str {
    match kind {
        DeclarationKind::Message => "the message",
        DeclarationKind::Enum => "the enum",
        DeclarationKind::Oneof => "the oneof",
        DeclarationKind::Field => "the field",
        DeclarationKind::Extension => "the extension",
        DeclarationKind::Value => "the value",
        DeclarationKind::Service => "the service",
        DeclarationKind::Method => "the method",
    }
}
