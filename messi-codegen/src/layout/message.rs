//! Messages, their fields and their oneofs.

use std::collections::{HashMap, HashSet};

use super::builder::Builder;
use super::namespace::{Namespace, claim};
use crate::model::{Accessor, Field, FieldKind, Member, Message, Module, Oneof, Type};
use crate::names;

impl Builder<'_, '_> {
    /// Lays out a message and everything inside it, unless its name is taken.
    pub(super) fn message(
        &mut self,
        message: &messi_schema::Message,
        modules: &[String],
        namespace: &mut Namespace,
    ) -> Option<Message> {
        let name = self.renames.name(&message.full_name, &message.name);
        let rust_name = names::type_name(name);
        let module_name = names::value_name(name);
        let what = format!("the message `{}`", message.name);
        let claim = namespace.claim_type(&rust_name, &what);
        let mut is_free = self.is_free(message.position, &rust_name, &what, claim);
        // Enums of oneofs and nested types share a module.
        let mut inside = Namespace::default();
        let oneofs = self.oneofs(message, &mut inside);
        let inner_modules = [modules, std::slice::from_ref(&module_name)].concat();
        let nested = self.nested(message, &inner_modules, &mut inside);
        if !oneofs.is_empty() || !nested.is_empty() {
            let claim = namespace.claim_module(&module_name, &format!("the module of {what}"));
            is_free &= self.is_free(message.position, &module_name, &what, claim);
        }
        let message = Message {
            name: message.name.clone(),
            rust_name,
            docs: message.comments.lines(),
            deprecated: message.options.is_deprecated(),
            fields: self.fields(message, &oneofs),
            oneofs,
            module_name,
            nested,
        };
        is_free.then_some(message)
    }

    fn nested(
        &mut self,
        message: &messi_schema::Message,
        modules: &[String],
        namespace: &mut Namespace,
    ) -> Module {
        let mut module = Module::default();
        for nested in &message.messages {
            let nested = self.message(nested, modules, namespace);
            module.messages.extend(nested);
        }
        for enumeration in &message.enums {
            let enumeration = self.enumeration(enumeration, namespace);
            module.enums.extend(enumeration);
        }
        module
    }

    /// Lays out the fields that are in no oneof.
    fn fields(&mut self, message: &messi_schema::Message, oneofs: &[Oneof]) -> Vec<Field> {
        let what = |oneof: &Oneof| format!("the oneof `{}`", oneof.name);
        let taken = oneofs.iter().map(|it| (it.rust_name.clone(), what(it)));
        let mut names: HashMap<String, String> = taken.collect();
        let mut accessors = HashMap::new();
        let mut fields = Vec::new();
        for field in message.fields.iter().filter(|field| field.oneof.is_none()) {
            let rust_name = names::value_name(self.renames.name(&field.full_name, &field.name));
            let what = format!("the field `{}`", field.name);
            let claimed = claim(&mut names, &rust_name, &what);
            let mut is_free = self.is_free(field.position, &rust_name, &what, claimed);
            let Some(kind) = self.field_kind(message, field) else {
                continue;
            };
            let position = field.position;
            let field = Field {
                name: field.name.clone(),
                rust_name,
                number: field.number,
                docs: field.comments.lines(),
                deprecated: field.options.is_deprecated(),
                kind,
            };
            // Accessors may have the name of a field, but not that of another accessor.
            for Accessor { name, .. } in field.accessors() {
                let what = format!("an accessor of {what}");
                let claimed = claim(&mut accessors, &name, &what);
                is_free &= self.is_free(position, &name, &what, claimed);
            }
            fields.extend(is_free.then_some(field));
        }
        fields
    }

    fn field_kind(
        &mut self,
        message: &messi_schema::Message,
        field: &messi_schema::Field,
    ) -> Option<FieldKind> {
        let holder = message.full_name.as_str();
        Some(match &field.kind {
            messi_schema::FieldKind::Singular(ty) => {
                FieldKind::Singular(self.ty(ty, Some(holder), field))
            }
            // A message always has presence.
            messi_schema::FieldKind::Optional(ty) if ty.is_message() => {
                FieldKind::Singular(self.ty(ty, Some(holder), field))
            }
            messi_schema::FieldKind::Optional(ty) => {
                FieldKind::Optional(self.ty(ty, Some(holder), field))
            }
            messi_schema::FieldKind::Repeated { ty, is_packed } => FieldKind::Repeated {
                ty: self.ty(ty, None, field),
                packed: *is_packed,
            },
            messi_schema::FieldKind::Map { key, value } => FieldKind::Map {
                key: *key,
                value: self.ty(value, None, field),
            },
            // The enum may grow in the crate messi-schema alone, together with this one.
            _ => return None,
        })
    }

    fn oneofs(&mut self, message: &messi_schema::Message, inside: &mut Namespace) -> Vec<Oneof> {
        let nested = self.nested_names(message);
        let mut oneofs = Vec::new();
        let mut names = HashMap::new();
        for oneof in &message.oneofs {
            // One without a member has been reported.
            if message.members(oneof.index).next().is_none() {
                continue;
            }
            let name = self.renames.name(&oneof.full_name, &oneof.name);
            let mut enum_name = names::type_name(name);
            if nested.contains(&enum_name) {
                // As in prost.
                enum_name.push_str("OneOf");
            }
            let rust_name = names::value_name(name);
            let what = format!("the oneof `{}`", oneof.name);
            let claimed = inside.claim_type(&enum_name, &what);
            let mut is_free = self.is_free(oneof.position, &enum_name, &what, claimed);
            let claimed = claim(&mut names, &rust_name, &what);
            is_free &= self.is_free(oneof.position, &rust_name, &what, claimed);
            let oneof = Oneof {
                name: oneof.name.clone(),
                rust_name,
                enum_name,
                docs: oneof.comments.lines(),
                members: self.members(message, oneof),
            };
            // One with labels alone has no member in Rust.
            let is_free = is_free && !oneof.members.is_empty();
            oneofs.extend(is_free.then_some(oneof));
        }
        oneofs
    }

    /// Returns the names in Rust of the types directly inside a message.
    fn nested_names(&self, message: &messi_schema::Message) -> HashSet<String> {
        let messages = message.messages.iter().map(|it| (&it.full_name, &it.name));
        let enums = message.enums.iter().map(|it| (&it.full_name, &it.name));
        let nested = messages.chain(enums);
        let names = nested.map(|(full_name, name)| self.renames.name(full_name, name));
        names.map(names::type_name).collect()
    }

    fn members(
        &mut self,
        message: &messi_schema::Message,
        oneof: &messi_schema::Oneof,
    ) -> Vec<Member> {
        let mut names = HashMap::new();
        let mut members = Vec::new();
        for field in message.members(oneof.index) {
            let name = self.renames.name(&field.full_name, &field.name);
            let variant = names::type_name(name);
            let what = format!("the member `{}`", field.name);
            let claim = claim(&mut names, &variant, &what);
            let is_free = self.is_free(field.position, &variant, &what, claim);
            let messi_schema::FieldKind::Singular(ty) = &field.kind else {
                // A label has been reported.
                continue;
            };
            let member = Member {
                name: field.name.clone(),
                method: name.into(),
                variant,
                number: field.number,
                docs: field.comments.lines(),
                deprecated: field.options.is_deprecated(),
                ty: self.ty(ty, Some(&message.full_name), field),
            };
            members.extend(is_free.then_some(member));
        }
        members
    }

    /// Returns the type of a field in Rust, or reports that it has no type.
    fn ty(
        &mut self,
        ty: &messi_schema::Type,
        holder: Option<&str>,
        field: &messi_schema::Field,
    ) -> Type {
        match self.types.rust_type(ty, holder) {
            Ok(ty) => ty,
            Err(name) => {
                let message =
                    format!("found the type `{name}`, which has no Rust type in prost_types");
                self.report(field.position, message);
                Type::Undeclared
            }
        }
    }
}
