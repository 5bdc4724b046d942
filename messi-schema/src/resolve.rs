//! Resolves names by protobuf's rules: from the innermost scope outwards, among the declarations of
//! the file and of its imports. The first part of a name decides in which scope the rest must be.

use std::collections::{HashMap, HashSet};

use crate::ast::{Declaration, DeclarationKind, File, ImportKind, join};
use crate::source::Sources;

/// The names of all files.
pub(crate) struct Symbols<'a> {
    /// The kind of each name and the index of the file that declares it.
    declared: HashMap<String, (DeclarationKind, usize)>,
    /// The files that have each package or one inside it.
    packages: HashMap<&'a str, HashSet<usize>>,
    /// The files that each file sees: itself, those it imports, and those they import publicly.
    visible: Vec<HashSet<usize>>,
    /// The files, in which each has an index, by the name that others import them by.
    files: Vec<(&'a str, &'a File)>,
}

/// The meaning of a name.
pub(crate) enum Meaning<'a> {
    /// A declaration of this full name.
    Declared(DeclarationKind, String),
    /// A declaration of this file, which is not imported.
    NotImported(&'a str),
    /// Not declared in this scope, which the first part of the name selects.
    NotInside(String),
    /// Not declared anywhere.
    Unknown,
}

impl<'a> Symbols<'a> {
    pub(crate) fn new(sources: &'a Sources) -> Self {
        let foreign = sources
            .foreign
            .iter()
            .map(|file| (file.display_name.as_str(), file));
        let own = sources
            .files
            .iter()
            .map(|source| (source.name.as_str(), &source.file));
        let files: Vec<(&str, &File)> = foreign.chain(own).collect();
        let mut symbols = Self {
            declared: HashMap::new(),
            packages: HashMap::new(),
            visible: visible(&files),
            files,
        };
        for (index, (_, file)) in symbols.files.clone().into_iter().enumerate() {
            symbols.add(index, file);
        }
        symbols
    }

    fn add(&mut self, index: usize, file: &'a File) {
        for declaration in &file.declarations {
            let entry = self.declared.entry(declaration.scoped_name());
            entry.or_insert((declaration.kind, index));
        }
        let package = file.package();
        let ends = package.match_indices('.').map(|(end, _)| end);
        for end in ends.chain([package.len()]).filter(|&end| end > 0) {
            self.packages
                .entry(&package[..end])
                .or_default()
                .insert(index);
        }
    }

    /// Returns the names of all types.
    pub(crate) fn types(&self) -> impl Iterator<Item = &str> {
        let types = self.declared.iter().filter(|(_, (kind, _))| kind.is_type());
        types.map(|(name, _)| name.as_str())
    }

    /// Returns the file that declares a name.
    pub(crate) fn file_of(&self, full_name: &str) -> Option<&'a File> {
        let (_, index) = self.declared.get(full_name)?;
        Some(self.files[*index].1)
    }

    /// Returns the declaration of a name, and its file. Values of enums have other names.
    pub(crate) fn declaration(&self, full_name: &str) -> Option<(&'a File, &'a Declaration)> {
        let file = self.file_of(full_name)?;
        Some((file, file.find(full_name)?))
    }

    /// Resolves the name of a type in a scope of a file.
    pub(crate) fn resolve(&self, file: &File, scope: &str, name: &str) -> Meaning<'a> {
        self.resolve_kind(file, scope, name, DeclarationKind::is_type)
    }

    /// Resolves the name of an extension in a scope of a file.
    pub(crate) fn resolve_extension(&self, file: &File, scope: &str, name: &str) -> Meaning<'a> {
        let is_extension = |kind| kind == DeclarationKind::Extension;
        self.resolve_kind(file, scope, name, is_extension)
    }

    /// Resolves a name. Declarations of other kinds than `is_meant` do not hide those further out.
    fn resolve_kind(
        &self,
        file: &File,
        scope: &str,
        name: &str,
        is_meant: impl Fn(DeclarationKind) -> bool,
    ) -> Meaning<'a> {
        let index = self
            .files
            .iter()
            .position(|(_, it)| std::ptr::eq(*it, file));
        let visible = &self.visible[index.unwrap_or_default()];
        if let Some(absolute) = name.strip_prefix('.') {
            return self.get(visible, absolute);
        }
        let (first, is_path) = match name.split_once('.') {
            Some((first, _)) => (first, true),
            None => (name, false),
        };
        let mut hidden = Meaning::Unknown;
        let mut scope = Some(scope);
        while let Some(around) = scope {
            let candidate = join(around, first);
            match self.get(visible, &candidate) {
                // The first part has decided: if the rest is not in there, no outer scope is
                // searched.
                Meaning::Declared(kind, _) if is_path && has_inside(kind) => {
                    return self.inside(visible, candidate, &join(around, name));
                }
                Meaning::Declared(kind, full_name) if !is_path && is_meant(kind) => {
                    return Meaning::Declared(kind, full_name);
                }
                _ if is_path && self.is_package(visible, &candidate) => {
                    return self.inside(visible, candidate, &join(around, name));
                }
                // Only worth a report if no outer scope has the name.
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

    /// Resolves the whole of a name after its first part has been found.
    fn inside(&self, visible: &HashSet<usize>, first: String, full_name: &str) -> Meaning<'a> {
        match self.get(visible, full_name) {
            Meaning::Unknown => Meaning::NotInside(first),
            found => found,
        }
    }

    fn get(&self, visible: &HashSet<usize>, full_name: &str) -> Meaning<'a> {
        match self.declared.get(full_name) {
            Some((kind, index)) if visible.contains(index) => {
                Meaning::Declared(*kind, full_name.into())
            }
            Some((_, index)) => Meaning::NotImported(self.files[*index].0),
            None => Meaning::Unknown,
        }
    }

    fn is_package(&self, visible: &HashSet<usize>, name: &str) -> bool {
        let files = self.packages.get(name);
        files.is_some_and(|files| !files.is_disjoint(visible))
    }
}

/// Returns whether a declaration can have names inside.
fn has_inside(kind: DeclarationKind) -> bool {
    kind.is_type() || kind == DeclarationKind::Service
}

/// Returns the files that each file sees.
fn visible(files: &[(&str, &File)]) -> Vec<HashSet<usize>> {
    let find = |path: &str| files.iter().position(|(name, _)| *name == path);
    let all = 0..files.len();
    all.map(|index| {
        let mut seen = HashSet::from([index]);
        let imports = files[index].1.imports.iter();
        let mut next: Vec<usize> = imports
            .filter_map(|import| find(&import.path.value))
            .collect();
        while let Some(index) = next.pop() {
            if seen.insert(index) {
                let public = files[index]
                    .1
                    .imports
                    .iter()
                    .filter(|it| it.kind == ImportKind::Public);
                next.extend(public.filter_map(|import| find(&import.path.value)));
            }
        }
        seen
    })
    .collect()
}
