//! Mends the syntax trees of a schema with problems, so that there is a model of the valid part.
//!
//! Parts that a back end can't do without are made up: the messages of both directions, numbers, and a
//! value of each enum. Parts that have no use there are left out: second declarations of a name,
//! services, extensions, and most options. References to types that are not declared are left to
//! [`lower`](crate::lower).

mod declarations;
mod directions;
mod packages;

use std::path::PathBuf;

use crate::ast::File;
use crate::lower;
use crate::model::Schema;
use crate::resolve::Symbols;
use crate::source::{Source, Sources};

/// Returns the model of the valid part of a schema. It has both directions, and all that can be read.
pub(crate) fn mend(schema: &str, mut sources: Sources) -> Schema {
    if sources.files.is_empty() {
        sources.files.push(source(schema, File::new(schema)));
    }
    directions::complete(&mut sources.files);
    for source in &mut sources.files {
        declarations::mend(&mut source.file);
    }
    let missing = packages::missing(&sources);
    let missing = missing.into_iter().map(|file| source("", file));
    sources.files.splice(..0, missing.collect::<Vec<_>>());
    lower::lower(&sources, &Symbols::new(&sources))
}

fn source(name: &str, file: File) -> Source {
    Source {
        name: name.into(),
        path: PathBuf::from(name),
        text: String::new(),
        file,
    }
}
