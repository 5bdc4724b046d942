//! Names: declared once, and declared at all.

use std::collections::HashMap;

use super::join;
use crate::diagnostics::{Diagnostics, Position};
use crate::scan::{DeclarationKind, Scan, Word};

const SCALARS: &[&str] = &[
    "double", "float", "int32", "int64", "uint32", "uint64", "sint32", "sint64", "fixed32",
    "fixed64", "sfixed32", "sfixed64", "bool", "string", "bytes",
];

/// The package whose types come with the crate: whether one of them exists, the parser knows.
const BUNDLED: &str = "google.protobuf.";

pub(super) fn check(scans: &[&Scan], diagnostics: &mut Diagnostics) {
    check_unique(scans, diagnostics);
    check_values(scans, diagnostics);
    let types = types(scans);
    for scan in scans {
        for (full_name, declarations) in &scan.declarations {
            for reference in declarations
                .iter()
                .flat_map(|declaration| &declaration.types)
            {
                check_reference(scan, full_name, reference, &types, diagnostics);
            }
        }
    }
}

/// The full name of every message and enum.
fn types<'a>(scans: &[&'a Scan]) -> Vec<&'a str> {
    let declarations = scans.iter().flat_map(|scan| &scan.declarations);
    let types = declarations.filter(|(_, declarations)| {
        declarations
            .iter()
            .any(|declaration| is_type(declaration.kind))
    });
    types.map(|(full_name, _)| full_name.as_str()).collect()
}

fn is_type(kind: DeclarationKind) -> bool {
    matches!(kind, DeclarationKind::Message | DeclarationKind::Enum)
}

fn check_unique(scans: &[&Scan], diagnostics: &mut Diagnostics) {
    let mut first: HashMap<&str, &Scan> = HashMap::new();
    for scan in scans {
        for (full_name, declarations) in &scan.declarations {
            let elsewhere = first.get(full_name.as_str());
            for declaration in declarations.iter().skip(usize::from(elsewhere.is_none())) {
                let other = elsewhere.unwrap_or(scan);
                let position = other.position(full_name);
                let message = format!("found a second declaration of `{full_name}`");
                let help = format!("the first is at {}:{position}", other.file);
                diagnostics.report_with_help(&scan.file, declaration.position, message, help);
            }
        }
        first.extend(scan.declarations.keys().map(|name| (name.as_str(), *scan)));
    }
}

/// Values of enums are in the scope around their enum, where nothing else has their name.
fn check_values(scans: &[&Scan], diagnostics: &mut Diagnostics) {
    let mut taken: HashMap<String, Place<'_>> = HashMap::new();
    for scan in scans {
        for (full_name, declarations) in &scan.declarations {
            let first = declarations.first();
            let other = first.filter(|first| first.kind != DeclarationKind::Value);
            if let Some(other) = other {
                let place = (*scan, other.position);
                taken.entry(full_name.clone()).or_insert(place);
            }
        }
    }
    for (scan, full_name, position) in values(scans) {
        let Some((enumeration, value)) = full_name.rsplit_once('.') else {
            continue;
        };
        let scope = enumeration.rsplit_once('.').map_or("", |(scope, _)| scope);
        if let Some((other, first)) = taken.get(&join(scope, value)) {
            let message =
                format!("found the value `{value}` where the scope of its enum has that name");
            let help = format!("the other is at {}:{first}", other.file);
            diagnostics.report_with_help(&scan.file, position, message, help);
        } else {
            taken.insert(join(scope, value), (scan, position));
        }
    }
}

/// A place in a file.
type Place<'a> = (&'a Scan, Position);

/// Every value with its full name, in the order of declaration; one declared twice in its enum,
/// which is reported as that, only once.
fn values<'a>(scans: &[&'a Scan]) -> Vec<(&'a Scan, &'a str, Position)> {
    let mut values = Vec::new();
    for scan in scans {
        let declarations = scan.declarations.iter();
        let mut of_file: Vec<_> = declarations
            .filter_map(|(full_name, declarations)| {
                let value = declarations.first()?;
                let is_value = value.kind == DeclarationKind::Value;
                is_value.then_some((*scan, full_name.as_str(), value.position))
            })
            .collect();
        of_file.sort_by_key(|(_, _, position)| *position);
        values.extend(of_file);
    }
    values
}

fn check_reference(
    scan: &Scan,
    field: &str,
    reference: &Word,
    types: &[&str],
    diagnostics: &mut Diagnostics,
) {
    let name = &reference.text;
    if SCALARS.contains(&name.as_str()) || resolves(field, name, types) {
        return;
    }
    if name.trim_start_matches('.').starts_with(BUNDLED) || scan.package() == "google.protobuf" {
        return;
    }
    let message = format!("found the unknown type `{name}`");
    match nearest(name, types) {
        Some(similar) => {
            let help = format!("there is a type of a similar name, `{similar}`");
            diagnostics.report_with_help(&scan.file, reference.position, message, help);
        }
        None => diagnostics.report(&scan.file, reference.position, message),
    }
}

/// Whether a name, seen from a field, is one of the types: looked for in the innermost scope
/// first.
fn resolves(field: &str, name: &str, types: &[&str]) -> bool {
    if let Some(absolute) = name.strip_prefix('.') {
        return types.contains(&absolute);
    }
    let mut scope = field;
    while let Some((outer, _)) = scope.rsplit_once('.') {
        scope = outer;
        if types.contains(&format!("{scope}.{name}").as_str()) {
            return true;
        }
    }
    types.contains(&name)
}

/// The name that a misspelled one most likely means.
fn nearest<'a>(name: &str, types: &[&'a str]) -> Option<&'a str> {
    let last = |name: &'a str| name.rsplit('.').next().unwrap_or(name);
    let name = name.rsplit('.').next().unwrap_or(name);
    let candidates = types
        .iter()
        .map(|full_name| last(full_name))
        .chain(SCALARS.iter().copied());
    let nearest = candidates
        .map(|candidate| (distance(name, candidate), candidate))
        .min()?;
    (nearest.0 <= name.len().div_ceil(3)).then_some(nearest.1)
}

/// How many characters must be changed, put in or left out to make one name the other.
fn distance(from: &str, to: &str) -> usize {
    let to: Vec<char> = to.chars().collect();
    let mut row: Vec<usize> = (0..=to.len()).collect();
    for (index, from) in from.chars().enumerate() {
        let mut diagonal = row[0];
        row[0] = index + 1;
        for (column, to) in to.iter().enumerate() {
            let changed = diagonal + usize::from(from != *to);
            diagonal = row[column + 1];
            row[column + 1] = changed.min(row[column] + 1).min(diagonal + 1);
        }
    }
    row[to.len()]
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn distance_counts_single_changes() {
        assert_eq!(distance("kitten", "sitting"), 3);
        assert_eq!(distance("", "ab"), 2);
        assert_eq!(distance("same", "same"), 0);
    }

    #[test]
    fn names_resolve_from_the_innermost_scope_out() {
        let types = ["a.b.C", "a.D"];
        assert!(resolves("a.b.X.field", "C", &types));
        assert!(resolves("a.b.X.field", "D", &types));
        assert!(resolves("a.b.X.field", "b.C", &types));
        assert!(resolves("a.b.X.field", ".a.D", &types));
        assert!(!resolves("a.X.field", "C", &types));
        assert!(!resolves("a.X.field", ".D", &types));
    }
}
