//! The names by which options select types.

use messi_schema::nearest;
use proc_macro2::Span;
use syn::parse::{Parse, ParseStream};
use syn::spanned::Spanned;
use syn::{Error, Path, Result};

use super::item::Item;
use super::path::shown;

/// The name of a type, as the user wrote it.
#[derive(Clone, Debug)]
pub(crate) struct Target {
    pub(crate) name: String,
    pub(crate) span: Span,
}

impl Target {
    /// Returns the name that a path is.
    pub(super) fn of(path: &Path) -> Self {
        Self {
            name: shown(path),
            span: path.span(),
        }
    }

    /// Returns the name in the argument of a setter.
    pub(super) fn new(name: &str) -> Self {
        Self {
            name: name.into(),
            span: Span::call_site(),
        }
    }

    /// Returns the indices of the types with this name.
    ///
    /// # Errors
    ///
    /// There is no such type. `what` is the option's use of the name: `a derive for`.
    pub(super) fn find(&self, items: &[Item<'_>], what: &str) -> Result<Vec<usize>> {
        let Self { name, span } = self;
        let named = items.iter().enumerate();
        let named = named.filter(|(_, item)| item.is_named(name));
        let indices: Vec<usize> = named.map(|(index, _)| index).collect();
        if !indices.is_empty() {
            return Ok(indices);
        }
        let paths: Vec<String> = items.iter().map(|it| it.path.to_string()).collect();
        let mut message = format!("found {what} the unknown type `{name}`");
        if let Some(near) = nearest(name, paths.iter().map(String::as_str)) {
            message += &format!(": a type with a similar name exists: `{near}`");
        }
        Err(Error::new(*span, message))
    }
}

impl Parse for Target {
    fn parse(input: ParseStream<'_>) -> Result<Self> {
        Ok(Self::of(&input.call(Path::parse_mod_style)?))
    }
}
