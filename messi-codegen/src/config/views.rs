//! Decides which messages have views.

use std::collections::{HashMap, HashSet};

use messi_schema::code_list;
use proc_macro2::Span;
use syn::Error;

use super::item::Item;
use super::target::Target;
use crate::model::{Direction, Module, Oneof, Protocol, Scalar, Type, TypePath};
use crate::names::{ItemNames, view_name};

/// The messages with views, and the errors of the option.
#[derive(Debug, Default)]
pub(crate) struct Views {
    /// The messages that the user has named: members of a direction with these types are views.
    listed: HashSet<TypePath>,
    /// The named messages, and those that they hold: all that can borrow in them does.
    whole: HashSet<TypePath>,
    /// The messages of directions that have views for the sake of their members.
    directions: HashSet<TypePath>,
    pub(crate) mistakes: Vec<Error>,
}

impl Views {
    /// Resolves the option for a protocol, with these types beside those of external packages, and the directions with
    /// messages that are received.
    pub(crate) fn new(
        targets: &[Target],
        received: &[(TypePath, &Direction)],
        root: &Module,
        protocol: &Protocol,
    ) -> Self {
        let Some(first) = targets.first() else {
            return Self::default();
        };
        let items = Item::all(root);
        let borrowing = borrowing(&items);
        let mut views = Self::default();
        for target in targets {
            views.add(target, &items, received, &borrowing);
        }
        views.whole = held(&views.listed, &items, &borrowing);
        let directions = received.iter().filter(|(path, direction)| {
            let mut members = direction.members.iter();
            members.any(|it| views.borrows(path, &it.member.ty))
        });
        views.directions = directions.map(|(path, _)| path.clone()).collect();
        views.without_clashes(&items, protocol, first.span)
    }

    /// Returns whether a message has a view.
    pub(crate) fn has(&self, message: &TypePath) -> bool {
        self.whole.contains(message) || self.directions.contains(message)
    }

    /// Returns whether the messages of a direction are received as views.
    pub(crate) fn are_received(&self, direction: &TypePath) -> bool {
        self.directions.contains(direction)
    }

    /// Returns whether a oneof has a view in the view of the message that holds it.
    pub(crate) fn has_oneof(&self, holder: &TypePath, oneof: &Oneof) -> bool {
        let mut members = oneof.members.iter();
        members.any(|member| self.borrows(holder, &member.ty))
    }

    /// Returns whether a value borrows in the view of the message that holds it.
    pub(crate) fn borrows(&self, holder: &TypePath, ty: &Type) -> bool {
        let is_whole = self.whole.contains(holder);
        match ty {
            Type::Scalar(Scalar::String | Scalar::Bytes) => is_whole,
            Type::Message { path, .. } if is_whole => self.whole.contains(path),
            Type::Message { path, .. } => self.listed.contains(path),
            _ => false,
        }
    }

    /// Adds a named message.
    fn add(
        &mut self,
        target: &Target,
        items: &[Item<'_>],
        received: &[(TypePath, &Direction)],
        borrowing: &HashSet<TypePath>,
    ) {
        let indices = match target.find(items, "a view of") {
            Ok(indices) => indices,
            Err(mistake) => return self.mistakes.push(mistake),
        };
        let mut messages = indices.iter().map(|index| &items[*index]);
        // A name selects the oneofs of a message too.
        let Some(message) = messages.find(|item| item.message().is_some()) else {
            return self.refuse(target, ", which is no message");
        };
        let path = &message.path;
        let is_of = |ty: &Type| matches!(ty, Type::Message { path: other, .. } if other == path);
        let mut members = received.iter().flat_map(|(_, it)| &it.members);
        if !members.any(|it| is_of(&it.member.ty)) {
            let directions = received.iter().map(|(path, _)| path.name.as_str());
            let directions = code_list(&directions.collect::<Vec<_>>(), "or");
            let why = format!(", but no member of {directions} has this type");
            return self.refuse(target, &why);
        }
        if !borrowing.contains(path) {
            let why = ", which has no `string` and no `bytes` to borrow";
            return self.refuse(target, why);
        }
        if !self.listed.insert(path.clone()) {
            self.refuse(target, " twice");
        }
    }

    fn refuse(&mut self, Target { name, span }: &Target, why: &str) {
        let message = format!("found a view of `{name}`{why}");
        self.mistakes.push(Error::new(*span, message));
    }

    /// Reports views with the name of another item. Then there are no views: they would only repeat the error. Its
    /// place is that of the first name in the option, as the view of a held message comes from no single one.
    fn without_clashes(self, items: &[Item<'_>], protocol: &Protocol, span: Span) -> Self {
        let taken = taken(items, protocol);
        let clashes = self.names(items).filter_map(|(owned, view)| {
            let other = taken.get(&view)?;
            let message = format!("found the view `{view}` of `{owned}` beside {other}");
            Some(Error::new(span, message))
        });
        let clashes: Vec<Error> = clashes.collect();
        if clashes.is_empty() {
            return self;
        }
        Self {
            mistakes: [self.mistakes, clashes].concat(),
            ..Self::default()
        }
    }

    /// Returns the paths of all types with views, and those of the views.
    fn names<'a>(
        &'a self,
        items: &'a [Item<'_>],
    ) -> impl Iterator<Item = (TypePath, TypePath)> + 'a {
        let messages = items.iter().filter(|item| self.has(&item.path));
        messages.flat_map(|item| {
            let oneofs = item.message().into_iter().flat_map(|it| &it.oneofs);
            let oneofs = oneofs.filter(|oneof| self.has_oneof(&item.path, oneof));
            let oneofs = oneofs.map(|oneof| TypePath {
                modules: item.inside().to_vec(),
                name: oneof.enum_name.clone(),
            });
            [item.path.clone()].into_iter().chain(oneofs).map(|owned| {
                let view = TypePath {
                    modules: owned.modules.clone(),
                    name: view_name(&owned.name),
                };
                (owned, view)
            })
        })
    }
}

/// Returns the items by their paths, in words, that no view may have the name of.
fn taken(items: &[Item<'_>], protocol: &Protocol) -> HashMap<TypePath, &'static str> {
    let names = ItemNames::of(protocol);
    let generated = names.all().map(|name| TypePath {
        modules: Vec::new(),
        name: name.to_string(),
    });
    let generated = generated
        .into_iter()
        .map(|path| (path, "the generated item of this name"));
    let types = items
        .iter()
        .map(|it| (it.path.clone(), "the type of this name"));
    generated.chain(types).collect()
}

/// Returns the messages with a string or bytes in them.
fn borrowing(items: &[Item<'_>]) -> HashSet<TypePath> {
    let mut found = HashSet::new();
    loop {
        let known = found.len();
        for item in items {
            let borrows = |ty: &Type| match ty {
                Type::Scalar(scalar) => matches!(scalar, Scalar::String | Scalar::Bytes),
                Type::Message { path, .. } => found.contains(path),
                _ => false,
            };
            if item
                .message()
                .is_some_and(|it| it.types().iter().any(borrows))
            {
                found.insert(item.path.clone());
            }
        }
        if found.len() == known {
            return found;
        }
    }
}

/// Returns messages with all those that they hold and that borrow.
fn held(
    messages: &HashSet<TypePath>,
    items: &[Item<'_>],
    borrowing: &HashSet<TypePath>,
) -> HashSet<TypePath> {
    let by_path: HashMap<&TypePath, &Item<'_>> = items.iter().map(|it| (&it.path, it)).collect();
    let mut found = HashSet::new();
    let mut next: Vec<TypePath> = messages.iter().cloned().collect();
    while let Some(path) = next.pop() {
        // A type outside of the expansion has no view.
        let Some(message) = by_path.get(&path).and_then(|item| item.message()) else {
            continue;
        };
        if borrowing.contains(&path) && found.insert(path) {
            next.extend(message.types().into_iter().filter_map(|ty| match ty {
                Type::Message { path, .. } => Some(path),
                _ => None,
            }));
        }
    }
    found
}
