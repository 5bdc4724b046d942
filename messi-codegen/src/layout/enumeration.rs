//! Enums and their values.

use std::collections::HashMap;

use super::builder::Builder;
use super::namespace::{Namespace, claim};
use super::renames::of_value;
use crate::model::{Alias, Enum, Variant};
use crate::names;

impl Builder<'_, '_> {
    pub(super) fn enumeration(
        &mut self,
        enumeration: &messi_schema::Enum,
        namespace: &mut Namespace,
    ) -> Option<Enum> {
        let rust_name =
            names::type_name(self.renames.name(&enumeration.full_name, &enumeration.name));
        let what = format!("the enum `{}`", enumeration.name);
        let claim = namespace.claim_type(&rust_name, &what);
        let is_free = self.is_free(enumeration.position, &rust_name, &what, claim);
        let enumeration = Enum {
            name: enumeration.name.clone(),
            rust_name,
            docs: enumeration.comments.lines(),
            deprecated: enumeration.options.is_deprecated(),
            variants: self.variants(enumeration),
        };
        is_free.then_some(enumeration)
    }

    /// Lays out the values. One with a number that an earlier value has is an alias of that.
    fn variants(&mut self, enumeration: &messi_schema::Enum) -> Vec<Variant> {
        let mut taken = HashMap::new();
        let mut variants: Vec<Variant> = Vec::new();
        for value in &enumeration.values {
            let full_name = of_value(enumeration, value);
            let name = self.renames.name(&full_name, &value.name);
            let rust_name = names::variant_name(&enumeration.name, name);
            let mut others = variants.iter_mut();
            let original = others.find(|other| other.number == value.number);
            // An alias may have the same name in Rust as its original.
            let is_named = original.as_ref().is_some_and(|it| it.has_name(&rust_name));
            if !is_named {
                let what = format!("the value `{}`", value.name);
                let claim = claim(&mut taken, &rust_name, &what);
                if !self.is_free(value.position, &rust_name, &what, claim) {
                    continue;
                }
            }
            match original {
                Some(original) => original.aliases.push(alias(value, rust_name)),
                None => variants.push(variant(value, rust_name)),
            }
        }
        variants
    }
}

fn alias(value: &messi_schema::Value, rust_name: String) -> Alias {
    Alias {
        name: value.name.clone(),
        rust_name,
    }
}

fn variant(value: &messi_schema::Value, rust_name: String) -> Variant {
    Variant {
        name: value.name.clone(),
        rust_name,
        aliases: Vec::new(),
        number: value.number,
        docs: value.comments.lines(),
        deprecated: value.options.is_deprecated(),
    }
}
