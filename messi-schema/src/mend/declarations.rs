//! The declarations of a file: one of each name, with numbers.

use std::collections::{HashMap, HashSet};

use crate::ast::{Declaration, DeclarationKind, File, is_set};
use crate::options::{ALLOW_ALIAS, DEPRECATED};
use crate::position::Spanned;

/// The name of the value of an enum that has no values.
const VALUE: &str = "UNKNOWN";

pub(super) fn mend(file: &mut File) {
    file.settings.clear();
    file.reserved.clear();
    let mut mended = Mended::default();
    file.map(|declaration| mended.declaration(declaration));
    for value in mended.missing_values() {
        file.declare(value);
    }
}

/// The facts about the declarations that have been mended.
#[derive(Default)]
struct Mended {
    names: HashSet<(DeclarationKind, String)>,
    /// The enums in which values may have the same number.
    with_aliases: HashSet<String>,
    /// The number of fields of each message, and of values of each enum.
    counts: HashMap<(DeclarationKind, String), u32>,
}

impl Mended {
    /// Mends a declaration, or leaves it out.
    fn declaration(&mut self, mut declaration: Declaration) -> Option<Declaration> {
        let kind = declaration.kind;
        let is_new = is_kept(kind) && self.names.insert((kind, declaration.full_name.clone()));
        if !is_new {
            return None;
        }
        if is_set(&declaration.settings, ALLOW_ALIAS) {
            self.with_aliases.insert(declaration.full_name.clone());
        }
        declaration
            .settings
            .retain(|it| it.name.value == DEPRECATED);
        let count = self.counts.entry((kind, declaration.scope.clone()));
        let count = count.or_default();
        match kind {
            DeclarationKind::Field => declaration.number.value = (*count + 1).to_string(),
            DeclarationKind::Value if !self.with_aliases.contains(&declaration.scope) => {
                declaration.number.value = count.to_string();
            }
            _ => {}
        }
        *count += 1;
        Some(declaration)
    }

    /// Returns a value for each enum that has no values.
    fn missing_values(&self) -> Vec<Declaration> {
        let names = self.names.iter();
        let enums = names.filter(|(kind, _)| *kind == DeclarationKind::Enum);
        let kind = DeclarationKind::Value;
        let empty = enums.filter(|(_, name)| !self.counts.contains_key(&(kind, name.clone())));
        let values = empty.map(|(_, scope)| {
            let mut value = Declaration::new(kind, Spanned::made_up(VALUE), scope);
            value.number = Spanned::made_up("0");
            value
        });
        values.collect()
    }
}

/// Returns whether a model without services and extensions has declarations of a kind.
fn is_kept(kind: DeclarationKind) -> bool {
    match kind {
        DeclarationKind::Message
        | DeclarationKind::Enum
        | DeclarationKind::Oneof
        | DeclarationKind::Field
        | DeclarationKind::Value => true,
        DeclarationKind::Extension | DeclarationKind::Service | DeclarationKind::Method => false,
    }
}
