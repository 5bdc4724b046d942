//! Which type gets which derives.

use std::collections::{HashMap, HashSet};

use messi_schema::nearest;
use proc_macro2::TokenStream;
use quote::quote;
use syn::Error;

use super::derive::{Derivable, Derive, Known, Target};
use super::item::Item;
use crate::model::{Module, TypePath};

/// The derives of each type, and what is wrong with what was asked for.
#[derive(Debug, Default)]
pub(crate) struct Derives {
    by_type: HashMap<TypePath, Vec<TokenStream>>,
    pub(crate) mistakes: Vec<Error>,
}

impl Derives {
    /// Gives the types of a protocol what was asked for.
    pub(crate) fn new(derives: &[Derive], root: &Module) -> Self {
        if derives.is_empty() {
            return Self::default();
        }
        let mut wishes = Wishes {
            items: Item::all(root),
            wishes: Vec::new(),
            mistakes: Vec::new(),
        };
        for derive in derives {
            wishes.add(derive);
        }
        wishes.grant()
    }

    /// The attribute that derives what a type gets, if it gets anything.
    pub(crate) fn of(&self, path: &TypePath) -> TokenStream {
        let traits = self.by_type.get(path);
        traits.map_or_else(TokenStream::new, |traits| quote!( #[derive(#(#traits),*)] ))
    }
}

/// A trait for a type.
#[derive(Clone, Copy)]
struct Wish<'a> {
    /// The place of the type among all.
    item: usize,
    derivable: &'a Derivable,
    /// Whether the type was named. Otherwise it gets the trait only if it can have it.
    must: bool,
}

struct Wishes<'a> {
    items: Vec<Item<'a>>,
    wishes: Vec<Wish<'a>>,
    mistakes: Vec<Error>,
}

impl<'a> Wishes<'a> {
    fn add(&mut self, derive: &'a Derive) {
        let meant = match &derive.target {
            None => (0..self.items.len()).collect(),
            Some(target) => self.meant_by(target),
        };
        for derivable in &derive.traits {
            self.add_trait(derivable, &meant, derive.target.is_some());
        }
    }

    /// The types that a name means.
    fn meant_by(&mut self, Target { name, span }: &Target) -> Vec<usize> {
        let items = self.items.iter().enumerate();
        let meant = items.filter(|(_, item)| item.is_meant_by(name));
        let meant: Vec<usize> = meant.map(|(index, _)| index).collect();
        if meant.is_empty() {
            let paths: Vec<String> = self.items.iter().map(|it| it.path.to_string()).collect();
            let mut message = format!("found a derive for the unknown type `{name}`");
            if let Some(near) = nearest(name, paths.iter().map(String::as_str)) {
                message += &format!(": there is a type of a similar name, `{near}`");
            }
            self.mistakes.push(Error::new(*span, message));
        }
        meant
    }

    fn add_trait(&mut self, derivable: &'a Derivable, meant: &[usize], must: bool) {
        for &item in meant {
            let it = &self.items[item];
            let path = it.path.to_string();
            // Enums have all of these.
            if it.is_enum() && derivable.known.is_some() {
                if must {
                    self.refuse(derivable, &format!("the enum `{path}` has it already"));
                }
                continue;
            }
            let is_same = |wish: &Wish<'_>| {
                wish.item == item && wish.derivable.path.to_string() == derivable.path.to_string()
            };
            if self.wishes.iter().any(is_same) {
                return self.refuse(derivable, &format!("`{path}` is given it twice"));
            }
            self.wishes.push(Wish {
                item,
                derivable,
                must,
            });
        }
    }

    fn refuse(&mut self, derivable: &Derivable, why: &str) {
        let message = format!("found the derive `{}`: {why}", derivable.shown);
        self.mistakes.push(Error::new(derivable.span, message));
    }

    /// Decides who gets what.
    fn grant(mut self) -> Derives {
        for known in Known::ALL {
            self.drop_impossible(known);
            self.refuse_impossible(known);
        }
        let mut by_type: HashMap<TypePath, Vec<TokenStream>> = HashMap::new();
        for wish in &self.wishes {
            let path = self.items[wish.item].path.clone();
            let traits = by_type.entry(path).or_default();
            traits.push(wish.derivable.path.clone());
        }
        Derives {
            by_type,
            mistakes: self.mistakes,
        }
    }

    /// Takes a trait from the types that can't have it and were not named; then from those that
    /// hold one of these, and so on.
    fn drop_impossible(&mut self, known: Known) {
        loop {
            let mut impossible = self.obstacles(known);
            impossible.retain(|(index, _)| !self.wishes[*index].must);
            if impossible.is_empty() {
                return;
            }
            for (index, _) in impossible.into_iter().rev() {
                self.wishes.remove(index);
            }
        }
    }

    /// Takes it from those that were named too, and reports it.
    fn refuse_impossible(&mut self, known: Known) {
        let impossible = self.obstacles(known);
        for (index, obstacle) in &impossible {
            let Wish {
                item, derivable, ..
            } = self.wishes[*index];
            let path = &self.items[item].path;
            self.refuse(derivable, &format!("`{path}` can't have it, as {obstacle}"));
        }
        if impossible.is_empty() {
            return;
        }
        // Those that hold one of these would only repeat it.
        let wishes = self.wishes.iter_mut();
        for wish in wishes.filter(|wish| wish.derivable.known == Some(known)) {
            wish.must = false;
        }
        self.drop_impossible(known);
    }

    /// What keeps types from having a trait that they were to have, by the places of the wishes.
    fn obstacles(&self, known: Known) -> Vec<(usize, String)> {
        let wishes = self.wishes.iter().enumerate();
        let wishes = wishes.filter(|(_, wish)| wish.derivable.known == Some(known));
        let with: HashSet<&TypePath> = wishes
            .clone()
            .map(|(_, wish)| &self.items[wish.item].path)
            .collect();
        let own: HashSet<&TypePath> = self.items.iter().map(|item| &item.path).collect();
        // Of those that are elsewhere only the compiler knows.
        let has = |path: &TypePath| with.contains(path) || !own.contains(path);
        wishes
            .filter_map(|(index, wish)| {
                let obstacle = self.items[wish.item].obstacle(known, &has)?;
                Some((index, obstacle))
            })
            .collect()
    }
}
