//! The packages of types that are not declared, such as those of an import that is missing.

use std::collections::BTreeSet;

use crate::ast::{Declaration, File};
use crate::position::Spanned;
use crate::resolve::{Meaning, Symbols};
use crate::scalar::Scalar;
use crate::source::Sources;

/// The greatest number of parts of a name that is taken for one with a package.
const MAX_PARTS: usize = 8;

/// Returns an empty file for each package that references name and no file has.
pub(super) fn missing(sources: &Sources) -> Vec<File> {
    let symbols = Symbols::new(sources);
    let mut packages: BTreeSet<&str> = BTreeSet::new();
    for source in &sources.files {
        for declaration in &source.file.declarations {
            packages.extend(named(declaration, &source.file, &symbols));
        }
    }
    for source in &sources.files {
        packages.remove(source.file.package());
    }
    let files = packages.into_iter().map(|package| {
        let mut file = File::new(package);
        file.packages.push(Spanned::made_up(package));
        file
    });
    files.collect()
}

/// Returns the packages in the types of a field that are not declared.
fn named<'a>(
    field: &'a Declaration,
    file: &'a File,
    symbols: &Symbols<'_>,
) -> impl Iterator<Item = &'a str> {
    let names = field.types.iter().map(|it| it.value.as_str());
    let undeclared = names.filter(|name| {
        let meaning = symbols.resolve(file, &field.scope, name);
        Scalar::from_name(name).is_none() && !matches!(meaning, Meaning::Declared(..))
    });
    let short = undeclared.filter(|name| name.split('.').count() <= MAX_PARTS);
    short.filter_map(|name| Some(name.trim_start_matches('.').rsplit_once('.')?.0))
}
