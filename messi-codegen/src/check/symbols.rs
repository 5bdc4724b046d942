//! What a name means where it is used, by protobuf's rules: it is looked for from the innermost
//! scope outwards, among what a file declares and what it imports, and its first part decides in
//! which scope the rest must be.

use std::collections::{HashMap, HashSet};

use super::join;
use super::names::in_scope;
use crate::scan::{DeclarationKind, Scan};
use crate::source::Sources;

/// The names of all files.
pub(super) struct Symbols<'a> {
    /// What each name is, and the index of the file that declares it.
    declared: HashMap<String, (DeclarationKind, usize)>,
    /// The files that have each package or one inside it.
    packages: HashMap<&'a str, HashSet<usize>>,
    /// The files that each file sees: itself, those it imports, and those they import publicly.
    visible: Vec<HashSet<usize>>,
    /// The files, in which each has an index, by the name that others import them by.
    files: Vec<(&'a str, &'a Scan)>,
}

/// What a name is found to mean.
pub(super) enum Meaning<'a> {
    /// A declaration of this full name.
    Declared(DeclarationKind, String),
    /// A name that this file, which is not imported, declares.
    NotImported(&'a str),
    /// Nothing in this scope, which the first part of the name leads into.
    NotInside(String),
    Nothing,
}

impl<'a> Symbols<'a> {
    pub(super) fn new(sources: &'a Sources) -> Self {
        let bundled = sources
            .bundled
            .iter()
            .map(|scan| (scan.file.as_str(), scan));
        let own = sources
            .files
            .iter()
            .map(|source| (source.name.as_str(), &source.scan));
        let files: Vec<(&str, &Scan)> = bundled.chain(own).collect();
        let mut symbols = Self {
            declared: HashMap::new(),
            packages: HashMap::new(),
            visible: visible(&files),
            files,
        };
        for (index, (_, scan)) in symbols.files.clone().into_iter().enumerate() {
            symbols.add(index, scan);
        }
        symbols
    }

    fn add(&mut self, index: usize, scan: &'a Scan) {
        for declaration in &scan.declarations {
            let entry = self.declared.entry(in_scope(declaration));
            entry.or_insert((declaration.kind, index));
        }
        let package = scan.package();
        let ends = package.match_indices('.').map(|(end, _)| end);
        for end in ends.chain([package.len()]).filter(|&end| end > 0) {
            self.packages
                .entry(&package[..end])
                .or_default()
                .insert(index);
        }
    }

    /// The names of types that a file could use.
    pub(super) fn types(&self) -> impl Iterator<Item = &str> {
        let types = self.declared.iter().filter(|(_, (kind, _))| is_type(*kind));
        types.map(|(name, _)| name.as_str())
    }

    /// Looks a type up, as a name in a scope of a file.
    pub(super) fn resolve(&self, file: &Scan, scope: &str, name: &str) -> Meaning<'a> {
        let index = self
            .files
            .iter()
            .position(|(_, scan)| std::ptr::eq(*scan, file));
        let visible = &self.visible[index.unwrap_or_default()];
        if let Some(absolute) = name.strip_prefix('.') {
            return self.get(visible, absolute);
        }
        let (first, is_path) = match name.split_once('.') {
            Some((first, _)) => (first, true),
            None => (name, false),
        };
        let mut hidden = Meaning::Nothing;
        let mut scope = Some(scope);
        while let Some(around) = scope {
            let candidate = join(around, first);
            match self.get(visible, &candidate) {
                Meaning::Declared(kind, _) if is_path && has_inside(kind) => {
                    return self.inside(visible, candidate, &join(around, name));
                }
                Meaning::Declared(kind, full_name) if !is_path && is_type(kind) => {
                    return Meaning::Declared(kind, full_name);
                }
                _ if is_path && self.is_package(visible, &candidate) => {
                    return self.inside(visible, candidate, &join(around, name));
                }
                Meaning::NotImported(file) => hidden = Meaning::NotImported(file),
                _ => {}
            }
            scope = match around {
                "" => None,
                _ => Some(around.rsplit_once('.').map_or("", |(outer, _)| outer)),
            };
        }
        hidden
    }

    /// The whole of a name whose first part has been found.
    fn inside(&self, visible: &HashSet<usize>, first: String, full_name: &str) -> Meaning<'a> {
        match self.get(visible, full_name) {
            Meaning::Nothing => Meaning::NotInside(first),
            found => found,
        }
    }

    fn get(&self, visible: &HashSet<usize>, full_name: &str) -> Meaning<'a> {
        match self.declared.get(full_name) {
            Some((kind, index)) if visible.contains(index) => {
                Meaning::Declared(*kind, full_name.into())
            }
            Some((_, index)) => Meaning::NotImported(self.files[*index].0),
            None => Meaning::Nothing,
        }
    }

    fn is_package(&self, visible: &HashSet<usize>, name: &str) -> bool {
        let files = self.packages.get(name);
        files.is_some_and(|files| !files.is_disjoint(visible))
    }
}

fn is_type(kind: DeclarationKind) -> bool {
    matches!(kind, DeclarationKind::Message | DeclarationKind::Enum)
}

/// Whether there can be names inside what is declared.
fn has_inside(kind: DeclarationKind) -> bool {
    is_type(kind) || kind == DeclarationKind::Service
}

/// The files that each file sees.
fn visible(files: &[(&str, &Scan)]) -> Vec<HashSet<usize>> {
    let find = |path: &str| files.iter().position(|(name, _)| *name == path);
    let all = 0..files.len();
    all.map(|index| {
        let mut seen = HashSet::from([index]);
        let imports = files[index].1.imports.iter();
        let mut next: Vec<usize> = imports
            .filter_map(|import| find(&import.path.text))
            .collect();
        while let Some(index) = next.pop() {
            if seen.insert(index) {
                let public = files[index].1.imports.iter().filter(|it| it.is_public);
                next.extend(public.filter_map(|import| find(&import.path.text)));
            }
        }
        seen
    })
    .collect()
}
