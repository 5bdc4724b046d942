//! Enums and their values.

use std::collections::HashMap;

use protobuf::descriptor::{EnumDescriptorProto, EnumValueDescriptorProto};

use super::Builder;
use super::scope::{Scope, claim};
use crate::check::{File, join};
use crate::model::{Enum, Variant};
use crate::names;

impl Builder<'_, '_> {
    pub(super) fn enumeration(
        &mut self,
        file: &File<'_>,
        full_name: &str,
        enumeration: &EnumDescriptorProto,
        scope: &mut Scope,
    ) -> Enum {
        let name = enumeration.name();
        let rust_name = names::type_name(name);
        let what = format!("the enum `{name}`");
        self.claimed(
            file,
            full_name,
            &rust_name,
            &what,
            scope.claim_type(&rust_name, &what),
        );
        let mut taken = HashMap::new();
        let mut variants: Vec<Variant> = Vec::new();
        for value in &enumeration.value {
            let rust_name = names::variant_name(name, value.name());
            let value_name = join(full_name, value.name());
            let original = variants
                .iter_mut()
                .find(|other| other.number == value.number());
            let is_named = original.as_ref().is_some_and(|it| it.has_name(&rust_name));
            if !is_named {
                let what = format!("the value `{}`", value.name());
                let claim = claim(&mut taken, &rust_name, &what);
                self.claimed(file, &value_name, &rust_name, &what, claim);
            }
            match original {
                Some(original) => original.aliases.push((value.name().into(), rust_name)),
                None => variants.push(variant(file, &value_name, value, rust_name)),
            }
        }
        Enum {
            name: name.into(),
            rust_name,
            docs: file.scan.docs(full_name),
            deprecated: enumeration.options.deprecated(),
            variants,
        }
    }
}

fn variant(
    file: &File<'_>,
    full_name: &str,
    value: &EnumValueDescriptorProto,
    rust_name: String,
) -> Variant {
    Variant {
        name: value.name().into(),
        rust_name,
        aliases: Vec::new(),
        number: value.number(),
        docs: file.scan.docs(full_name),
        deprecated: value.options.deprecated(),
    }
}
