//! Decides which derives each type gets.

use std::collections::{HashMap, HashSet};

use proc_macro2::TokenStream;
use quote::quote;
use syn::Error;

use super::ability::Implementors;
use super::derive::{Derivable, Derive, Known};
use super::externs::Externs;
use super::item::Item;
use super::target::Target;
use crate::model::{Module, TypePath};

/// The derives of each type, and the errors of the requests.
#[derive(Debug, Default)]
pub(crate) struct Derives {
    by_type: HashMap<TypePath, Vec<TokenStream>>,
    pub(crate) mistakes: Vec<Error>,
}

impl Derives {
    /// Resolves requests for the types of a protocol.
    pub(crate) fn new(derives: &[Derive], root: &Module, externs: &Externs) -> Self {
        if derives.is_empty() {
            return Self::default();
        }
        let mut requests = Resolution {
            items: Item::all(root),
            is_google_external: externs.google().is_some(),
            requests: Vec::new(),
            mistakes: Vec::new(),
        };
        for derive in derives {
            requests.add(derive);
        }
        requests.resolve()
    }

    /// Returns the attribute with the derives of a type, if it has any.
    pub(crate) fn of(&self, path: &TypePath) -> TokenStream {
        let traits = self.by_type.get(path);
        traits.map_or_else(TokenStream::new, |traits| quote!( #[derive(#(#traits),*)] ))
    }
}

/// A request for one trait on one type.
#[derive(Clone, Copy)]
struct DeriveRequest<'a> {
    /// The index of the type.
    item: usize,
    derivable: &'a Derivable,
    /// Whether the type was named. Other types get the trait only if they can implement it.
    is_required: bool,
}

/// The requests that are being resolved.
struct Resolution<'a> {
    items: Vec<Item<'a>>,
    is_google_external: bool,
    requests: Vec<DeriveRequest<'a>>,
    mistakes: Vec<Error>,
}

impl<'a> Resolution<'a> {
    fn add(&mut self, derive: &'a Derive) {
        let indices = match &derive.target {
            None => (0..self.items.len()).collect(),
            Some(target) => self.named(target),
        };
        for derivable in &derive.traits {
            self.add_trait(derivable, &indices, derive.target.is_some());
        }
    }

    /// Returns the indices of the types with a name.
    fn named(&mut self, target: &Target) -> Vec<usize> {
        target
            .find(&self.items, "a derive for")
            .unwrap_or_else(|mistake| {
                self.mistakes.push(mistake);
                Vec::new()
            })
    }

    fn add_trait(&mut self, derivable: &'a Derivable, indices: &[usize], is_required: bool) {
        for &item in indices {
            let it = &self.items[item];
            let path = it.path.to_string();
            // Enums implement all of these.
            if it.is_enum() && derivable.known.is_some() {
                if is_required {
                    self.refuse(
                        derivable,
                        &format!("the enum `{path}` implements it already"),
                    );
                }
                continue;
            }
            let is_same = |request: &DeriveRequest<'_>| {
                request.item == item
                    && request.derivable.path.to_string() == derivable.path.to_string()
            };
            if self.requests.iter().any(is_same) {
                return self.refuse(derivable, &format!("it is requested twice for `{path}`"));
            }
            self.requests.push(DeriveRequest {
                item,
                derivable,
                is_required,
            });
        }
    }

    fn refuse(&mut self, derivable: &Derivable, why: &str) {
        let message = format!("found the derive `{}`: {why}", derivable.shown);
        self.mistakes.push(Error::new(derivable.span, message));
    }

    /// Drops the requests that can't be met.
    fn resolve(mut self) -> Derives {
        for known in Known::ALL {
            self.drop_impossible(known);
            self.refuse_impossible(known);
        }
        let mut by_type: HashMap<TypePath, Vec<TokenStream>> = HashMap::new();
        for request in &self.requests {
            let path = self.items[request.item].path.clone();
            let traits = by_type.entry(path).or_default();
            traits.push(request.derivable.path.clone());
        }
        Derives {
            by_type,
            mistakes: self.mistakes,
        }
    }

    /// Drops a trait for the types that can't implement it and were not named, then for those that
    /// contain one of these, and so on.
    fn drop_impossible(&mut self, known: Known) {
        loop {
            let mut impossible = self.obstacles(known);
            impossible.retain(|(index, _)| !self.requests[*index].is_required);
            if impossible.is_empty() {
                return;
            }
            for (index, _) in impossible.into_iter().rev() {
                self.requests.remove(index);
            }
        }
    }

    /// Reports the named types that can't implement it, and drops it for them.
    fn refuse_impossible(&mut self, known: Known) {
        let impossible = self.obstacles(known);
        for (index, obstacle) in &impossible {
            let DeriveRequest {
                item, derivable, ..
            } = self.requests[*index];
            let path = &self.items[item].path;
            self.refuse(
                derivable,
                &format!("`{path}` can't implement it, as {obstacle}"),
            );
        }
        if impossible.is_empty() {
            return;
        }
        // A type that contains one of these would only repeat the error.
        let requests = self.requests.iter_mut();
        for request in requests.filter(|request| request.derivable.known == Some(known)) {
            request.is_required = false;
        }
        self.drop_impossible(known);
    }

    /// Returns the reasons why types can't implement a trait, by the index of the request.
    fn obstacles(&self, known: Known) -> Vec<(usize, String)> {
        let requests = self.requests.iter().enumerate();
        let requests = requests.filter(|(_, request)| request.derivable.known == Some(known));
        let with: HashSet<&TypePath> = requests
            .clone()
            .map(|(_, request)| &self.items[request.item].path)
            .collect();
        let implementors = Implementors {
            known,
            with,
            own: self.items.iter().map(|item| &item.path).collect(),
            is_google_external: self.is_google_external,
        };
        requests
            .filter_map(|(index, request)| {
                let obstacle = self.items[request.item].obstacle(&implementors)?;
                Some((index, obstacle))
            })
            .collect()
    }
}
