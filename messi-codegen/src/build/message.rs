//! Messages, their fields and their oneofs.

use std::collections::HashMap;

use protobuf::descriptor::field_descriptor_proto::{Label, Type as ProtoType};
use protobuf::descriptor::{DescriptorProto, FieldDescriptorProto};

use super::Builder;
use super::scope::{self, Scope, claim};
use super::types::scalar;
use crate::check::{File, join, nested_messages};
use crate::model::{Field, FieldKind, Member, Message, Module, Oneof, Scalar, Type};
use crate::names;

impl Builder<'_, '_> {
    /// A message and all that is nested in it.
    pub(super) fn message(
        &mut self,
        file: &File<'_>,
        full_name: &str,
        message: &DescriptorProto,
        modules: &[String],
        scope: &mut Scope,
    ) -> Message {
        let name = message.name();
        let rust_name = names::type_name(name);
        let module_name = names::value_name(name);
        let what = format!("the message `{name}`");
        self.claimed(
            file,
            full_name,
            &rust_name,
            &what,
            scope.claim_type(&rust_name, &what),
        );
        let mut inside = Scope::default();
        let oneofs = self.oneofs(file, full_name, message, &mut inside);
        let inner_modules = [modules, std::slice::from_ref(&module_name)].concat();
        let nested = self.nested(file, full_name, message, &inner_modules, &mut inside);
        if !oneofs.is_empty() || !nested.is_empty() {
            let claim = scope.claim_module(&module_name, &format!("the module of {what}"));
            self.claimed(file, full_name, &module_name, &what, claim);
        }
        Message {
            name: name.into(),
            rust_name,
            docs: file.scan.docs(full_name),
            deprecated: message.options.deprecated(),
            fields: self.fields(file, full_name, message, &oneofs),
            oneofs,
            module_name,
            nested,
        }
    }

    fn nested(
        &mut self,
        file: &File<'_>,
        full_name: &str,
        message: &DescriptorProto,
        modules: &[String],
        scope: &mut Scope,
    ) -> Module {
        let mut module = Module::default();
        for nested in nested_messages(message) {
            let name = join(full_name, nested.name());
            module
                .messages
                .push(self.message(file, &name, nested, modules, scope));
        }
        for enumeration in &message.enum_type {
            let name = join(full_name, enumeration.name());
            module
                .enums
                .push(self.enumeration(file, &name, enumeration, scope));
        }
        module
    }

    /// The fields that are in no oneof.
    fn fields(
        &mut self,
        file: &File<'_>,
        full_name: &str,
        message: &DescriptorProto,
        oneofs: &[Oneof],
    ) -> Vec<Field> {
        let mut names = HashMap::new();
        for oneof in oneofs {
            names.insert(
                oneof.rust_name.clone(),
                format!("the oneof `{}`", oneof.name),
            );
        }
        let mut methods = HashMap::new();
        let mut fields = Vec::new();
        for field in message.field.iter().filter(|field| !is_member(field)) {
            let field_name = join(full_name, field.name());
            let rust_name = names::value_name(field.name());
            let what = format!("the field `{}`", field.name());
            let claim = claim(&mut names, &rust_name, &what);
            self.claimed(file, &field_name, &rust_name, &what, claim);
            if let Some(kind) = self.field_kind(file, full_name, message, field) {
                for method in accessors(&rust_name, &kind) {
                    let what = format!("an accessor of {what}");
                    let claimed = scope::claim(&mut methods, &method, &what);
                    self.claimed(file, &field_name, &method, &what, claimed);
                }
                fields.push(Field {
                    name: field.name().into(),
                    rust_name,
                    number: field.number() as u32,
                    docs: file.scan.docs(&field_name),
                    deprecated: field.options.deprecated(),
                    kind,
                });
            }
        }
        fields
    }

    fn field_kind(
        &mut self,
        file: &File<'_>,
        full_name: &str,
        message: &DescriptorProto,
        field: &FieldDescriptorProto,
    ) -> Option<FieldKind> {
        if let Some(entry) = map_entry(message, field) {
            let (key, value) = (entry.field.first()?, entry.field.get(1)?);
            // A bad key has been reported, and stops before the model is used.
            let key = scalar(key.type_()).unwrap_or(Scalar::String);
            let value = match self.ty(file, full_name, field.name(), value)? {
                // What a map holds needs no box.
                Type::Message { path, .. } => Type::Message { path, boxed: false },
                other => other,
            };
            return Some(FieldKind::Map { key, value });
        }
        let ty = self.ty(file, full_name, field.name(), field)?;
        Some(match field.label() {
            Label::LABEL_REPEATED => {
                let packed = !field.options.has_packed() || field.options.packed();
                FieldKind::Repeated { ty, packed }
            }
            // A message always has presence.
            _ if field.proto3_optional() && field.type_() != ProtoType::TYPE_MESSAGE => {
                FieldKind::Optional(ty)
            }
            _ => FieldKind::Singular(ty),
        })
    }

    fn oneofs(
        &mut self,
        file: &File<'_>,
        full_name: &str,
        message: &DescriptorProto,
        scope: &mut Scope,
    ) -> Vec<Oneof> {
        let mut oneofs = Vec::new();
        let mut names = HashMap::new();
        for (index, oneof) in message.oneof_decl.iter().enumerate() {
            let fields = message
                .field
                .iter()
                .filter(|field| is_member(field) && field.oneof_index() == index as i32);
            let fields: Vec<&FieldDescriptorProto> = fields.collect();
            if fields.is_empty() {
                continue;
            }
            let oneof_name = join(full_name, oneof.name());
            let enum_name = names::type_name(oneof.name());
            let rust_name = names::value_name(oneof.name());
            let what = format!("the oneof `{}`", oneof.name());
            self.claimed(
                file,
                &oneof_name,
                &enum_name,
                &what,
                scope.claim_type(&enum_name, &what),
            );
            let claim = claim(&mut names, &rust_name, &what);
            self.claimed(file, &oneof_name, &rust_name, &what, claim);
            oneofs.push(Oneof {
                name: oneof.name().into(),
                rust_name,
                enum_name,
                docs: file.scan.docs(&oneof_name),
                members: self.members(file, full_name, &fields),
            });
        }
        oneofs
    }

    fn members(
        &mut self,
        file: &File<'_>,
        full_name: &str,
        fields: &[&FieldDescriptorProto],
    ) -> Vec<Member> {
        let mut names = HashMap::new();
        let mut members = Vec::new();
        for field in fields {
            let field_name = join(full_name, field.name());
            let variant = names::type_name(field.name());
            let what = format!("the choice `{}`", field.name());
            let claim = claim(&mut names, &variant, &what);
            self.claimed(file, &field_name, &variant, &what, claim);
            if let Some(ty) = self.ty(file, full_name, field.name(), field) {
                members.push(Member {
                    name: field.name().into(),
                    variant,
                    number: field.number() as u32,
                    docs: file.scan.docs(&field_name),
                    deprecated: field.options.deprecated(),
                    ty,
                });
            }
        }
        members
    }

    /// The type of a field, or nothing where there is none, which is then reported.
    fn ty(
        &mut self,
        file: &File<'_>,
        full_name: &str,
        name: &str,
        field: &FieldDescriptorProto,
    ) -> Option<Type> {
        match self.types.of_field(full_name, field) {
            Ok(ty) => Some(ty),
            Err(ty) => {
                let position = file.scan.position(&join(full_name, name));
                let message =
                    format!("found the type `{ty}`, which has no Rust type in prost_types");
                self.diagnostics.report(&file.scan.file, position, message);
                None
            }
        }
    }

    /// Reports a Rust name that something else has already.
    pub(super) fn claimed(
        &mut self,
        file: &File<'_>,
        full_name: &str,
        rust_name: &str,
        what: &str,
        claim: Result<(), String>,
    ) {
        let Err(other) = claim else { return };
        let position = file.scan.position(full_name);
        // Names that are the same to protobuf as well have been reported.
        if !self.diagnostics.concern_place(&file.scan.file, position) {
            let message = format!("found {what} beside {other}: both become `{rust_name}` in Rust");
            self.diagnostics.report(&file.scan.file, position, message);
        }
    }
}

/// The methods that prost derives for a field of an enum, or a scalar with presence.
fn accessors(rust_name: &str, kind: &FieldKind) -> Vec<String> {
    let is_enum = |ty: &Type| matches!(ty, Type::Enum(_) | Type::WellKnownEnum(_));
    let name = rust_name.trim_start_matches("r#");
    match kind {
        FieldKind::Singular(ty) | FieldKind::Optional(ty) if is_enum(ty) => {
            vec![name.into(), format!("set_{name}")]
        }
        FieldKind::Optional(Type::Scalar(_)) => vec![name.into()],
        FieldKind::Repeated { ty, .. } if is_enum(ty) => {
            vec![name.into(), format!("push_{name}")]
        }
        FieldKind::Map { value, .. } if is_enum(value) => {
            vec![format!("get_{name}"), format!("insert_{name}")]
        }
        _ => Vec::new(),
    }
}

/// Whether a field is in a oneof that the schema declares.
fn is_member(field: &FieldDescriptorProto) -> bool {
    field.has_oneof_index() && !field.proto3_optional()
}

/// The message that stands for the entries of a field that is a map.
fn map_entry<'a>(
    message: &'a DescriptorProto,
    field: &FieldDescriptorProto,
) -> Option<&'a DescriptorProto> {
    let name = field.type_name().rsplit('.').next()?;
    let mut entries = message
        .nested_type
        .iter()
        .filter(|nested| nested.options.map_entry());
    entries.find(|entry| entry.name() == name && field.label() == Label::LABEL_REPEATED)
}
