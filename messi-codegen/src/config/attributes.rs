//! Decides which further attributes each type gets, and each of its fields or variants.

use std::collections::HashMap;

use messi_schema::nearest;
use proc_macro2::{Span, TokenStream};
use syn::Error;

use super::attribute::{Attribute, Kind, Place};
use super::item::Item;
use super::target::Target;
use crate::model::{Module, TypePath};

/// The attributes of types and of their parts, and the errors of the option.
#[derive(Debug, Default)]
pub(crate) struct Attributes {
    of_types: HashMap<TypePath, TokenStream>,
    /// By the type and the name of the field or variant.
    of_parts: HashMap<(TypePath, String), TokenStream>,
    pub(crate) mistakes: Vec<Error>,
}

impl Attributes {
    /// Resolves the option for the types of a protocol.
    pub(crate) fn new(attributes: &[Attribute], root: &Module) -> Self {
        let mut resolved = Self::default();
        if attributes.is_empty() {
            return resolved;
        }
        let items = Item::all(root);
        for attribute in attributes {
            if let Err(mistake) = resolved.add(attribute, &items) {
                resolved.mistakes.push(mistake);
            }
        }
        resolved
    }

    /// Returns whether there are no attributes, as in most expansions.
    pub(crate) fn is_empty(&self) -> bool {
        self.of_types.is_empty() && self.of_parts.is_empty()
    }

    /// Returns the attributes of a type.
    pub(crate) fn of_type(&self, path: &TypePath) -> TokenStream {
        self.of_types.get(path).cloned().unwrap_or_default()
    }

    /// Returns the attributes of a field or variant of a type.
    pub(crate) fn of_part(&self, path: &TypePath, name: &str) -> TokenStream {
        let part = (path.clone(), name.to_owned());
        self.of_parts.get(&part).cloned().unwrap_or_default()
    }

    fn add(&mut self, attribute: &Attribute, items: &[Item<'_>]) -> Result<(), Error> {
        let tokens = &attribute.tokens;
        match &attribute.place {
            Place::All(kind) => {
                for item in items.iter().filter(|item| is_of(item, *kind)) {
                    self.add_to_type(&item.path, tokens);
                }
            }
            Place::Type(target) => self.add_to_type(&find(target, items)?.path, tokens),
            Place::Part { owner, name, span } => {
                let item = find(owner, items)?;
                let name = part(item, name, *span)?;
                let part = (item.path.clone(), name.to_owned());
                self.of_parts
                    .entry(part)
                    .or_default()
                    .extend(tokens.clone());
            }
        }
        Ok(())
    }

    fn add_to_type(&mut self, path: &TypePath, tokens: &TokenStream) {
        let all = self.of_types.entry(path.clone()).or_default();
        all.extend(tokens.clone());
    }
}

fn is_of(item: &Item<'_>, kind: Kind) -> bool {
    match kind {
        Kind::Messages => item.message().is_some(),
        Kind::Oneofs => item.is_oneof(),
        Kind::Enums => item.is_enum(),
    }
}

/// Returns the type with a name. A name that selects a message and its oneofs is that of the message.
fn find<'i, 'a>(target: &Target, items: &'i [Item<'a>]) -> Result<&'i Item<'a>, Error> {
    let indices = target.find(items, "attributes of")?;
    let mut named = indices.iter().map(|index| &items[*index]);
    let item = named.find(|item| item.path.to_string() == target.name);
    Ok(item.expect("a message comes with its oneofs"))
}

/// Returns the name of a field or variant as the layout has it.
fn part<'a>(item: &Item<'a>, name: &str, span: Span) -> Result<&'a str, Error> {
    let parts = item.parts();
    let plain = |name: &str| name.trim_start_matches("r#").to_owned();
    if let Some(part) = parts.iter().find(|part| plain(part) == plain(name)) {
        return Ok(part);
    }
    let what = match item.message() {
        Some(_) => "field",
        None => "variant",
    };
    let path = &item.path;
    let mut message = format!("found attributes of the unknown {what} `{name}` of `{path}`");
    if let Some(near) = nearest(name, parts.iter().copied()) {
        message += &format!(": a {what} with a similar name exists: `{near}`");
    }
    Err(Error::new(span, message))
}
