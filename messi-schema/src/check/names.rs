//! Checks that names are unique in all files.

use std::collections::{HashMap, HashSet};

use crate::ast::{Declaration, DeclarationKind, File};
use crate::diagnostics::Diagnostics;
use crate::position::{Position, Spanned};

/// A place in a file.
type Place<'a> = (&'a File, Position);

pub(super) fn check(files: &[&File], diagnostics: &mut Diagnostics) {
    check_unique(files, diagnostics);
    check_packages(files, diagnostics);
    check_values(files, diagnostics);
}

fn check_unique(files: &[&File], diagnostics: &mut Diagnostics) {
    let mut first: HashMap<&str, Place<'_>> = HashMap::new();
    for (file, declaration) in declarations(files) {
        let Declaration {
            full_name, name, ..
        } = declaration;
        if let Some((other, position)) = first.get(full_name.as_str()) {
            let message = format!("found a second declaration of `{full_name}`");
            let help = format!("the first is at {}:{position}", other.display_name);
            diagnostics.report_with_help(&file.display_name, name.position, message, help);
        } else {
            first.insert(full_name, (file, name.position));
        }
    }
}

/// Checks declarations against packages and the packages around them, which are names too.
fn check_packages(files: &[&File], diagnostics: &mut Diagnostics) {
    let packages = packages(files);
    for (file, declaration) in declarations(files) {
        let full_name = declaration.scoped_name();
        let Some((other, package)) = packages.get(full_name.as_str()) else {
            continue;
        };
        let message = format!(
            "found {} `{full_name}`, which is the name of a package",
            declaration.kind.with_article()
        );
        let help = format!(
            "the package is at {}:{}: give one of them another name",
            other.display_name, package.position
        );
        diagnostics.report_with_help(&file.display_name, declaration.name.position, message, help);
    }
}

/// Returns the first file of each package, and of each package around one.
fn packages<'a>(files: &[&'a File]) -> HashMap<&'a str, (&'a File, &'a Spanned<String>)> {
    let mut packages = HashMap::new();
    for &file in files {
        let Some(package) = file.packages.first() else {
            continue;
        };
        let ends = package.value.match_indices('.').map(|(index, _)| index);
        for end in ends.chain([package.value.len()]) {
            let part = &package.value[..end];
            packages.entry(part).or_insert((file, package));
        }
    }
    packages
}

/// Checks that values of enums are unique in the scope around their enum.
fn check_values(files: &[&File], diagnostics: &mut Diagnostics) {
    let is_value = |declaration: &Declaration| declaration.kind == DeclarationKind::Value;
    if !declarations(files).any(|(_, it)| is_value(it)) {
        return;
    }
    let mut taken: HashMap<String, Place<'_>> = HashMap::new();
    for (file, declaration) in declarations(files).filter(|(_, it)| !is_value(it)) {
        let place = (file, declaration.name.position);
        taken.entry(declaration.full_name.clone()).or_insert(place);
    }
    let mut values: HashSet<&str> = HashSet::new();
    for (file, value) in declarations(files).filter(|(_, it)| is_value(it)) {
        // A second one in the same enum has been reported.
        if !values.insert(&value.full_name) {
            continue;
        }
        let (name, position) = (&value.name.value, value.name.position);
        if let Some((other, first)) = taken.get(&value.scoped_name()) {
            let message = format!(
                "found the value `{name}`, whose name is taken in the scope around its enum"
            );
            let help = format!(
                "the other is at {}:{first}: {}",
                other.display_name,
                advice(value)
            );
            diagnostics.report_with_help(&file.display_name, position, message, help);
        } else {
            taken.insert(value.scoped_name(), (file, position));
        }
    }
}

/// Returns the advice to begin the name of a value with that of its enum: `COLOR_KIND_RED` for `RED` of
/// `ColorKind`.
fn advice(value: &Declaration) -> String {
    let mut name = String::new();
    for character in value.scope.rsplit('.').next().unwrap_or_default().chars() {
        if character.is_ascii_uppercase() && name.ends_with(|it: char| it != '_') {
            name.push('_');
        }
        name.push(character);
    }
    let (prefix, name) = (name.to_ascii_uppercase(), &value.name.value);
    match name.starts_with(&prefix) {
        true => "give one of them another name".into(),
        false => {
            format!("begin the names of values with that of their enum, as in `{prefix}_{name}`")
        }
    }
}

/// Returns every declaration, in the order of the files.
fn declarations<'a>(files: &[&'a File]) -> impl Iterator<Item = (&'a File, &'a Declaration)> {
    let files: Vec<&File> = files.to_vec();
    files.into_iter().flat_map(|file| {
        let declarations = file.declarations.iter();
        declarations.map(move |declaration| (file, declaration))
    })
}
