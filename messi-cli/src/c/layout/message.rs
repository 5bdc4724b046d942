//! Lays out a message.

use messi_schema::{Field, FieldKind, Position, Scalar, Type};

use super::types::{Types, Value};
use super::{Function, FunctionKind, Member, Oneof, comments, scalar};
use crate::c::names;

/// The name and number of a field, or of a part of a map's entry.
pub(super) struct Named<'a> {
    pub(super) name: &'a str,
    pub(super) number: u32,
    pub(super) comments: Vec<String>,
    pub(super) position: Position,
}

impl<'a> Named<'a> {
    pub(super) fn of(field: &'a Field) -> Self {
        Self {
            name: &field.name,
            number: field.number,
            comments: comments(&field.comments),
            position: field.position,
        }
    }

    fn member(&self, ty: String, star: &'static str, name: String) -> Member {
        Member {
            ty,
            star,
            name,
            optional_value: None,
            choice: None,
            function: String::new(),
            comments: self.comments.clone(),
            field: self.name.into(),
            position: self.position,
        }
    }
}

/// A message that is being laid out.
pub(super) struct MessageParts<'a> {
    types: &'a Types,
    full_name: String,
    pub(super) base: String,
    oneofs: Vec<Oneof>,
    members: Vec<Member>,
    fields: Vec<super::Field>,
    /// The functions, each with the number of its field.
    functions: Vec<(u32, Function)>,
}

impl<'a> MessageParts<'a> {
    pub(super) fn new(types: &'a Types, full_name: String) -> Self {
        Self {
            types,
            base: names::snake(&full_name),
            full_name,
            oneofs: Vec::new(),
            members: Vec::new(),
            fields: Vec::new(),
            functions: Vec::new(),
        }
    }

    pub(super) fn into_message(mut self, position: Position) -> super::Message {
        self.fields.sort_by_key(|field| field.number);
        let index = |number| self.fields.partition_point(|it| it.number < number);
        let functions = self
            .functions
            .into_iter()
            .map(|(number, function)| Function {
                index: index(number),
                ..function
            });
        super::Message {
            functions: functions.collect(),
            has_repeated: self
                .fields
                .iter()
                .any(|field| matches!(field.label, "repeated" | "packed")),
            full_name: self.full_name,
            base: self.base,
            comments: Vec::new(),
            is_map_entry: false,
            encoded_max: None,
            oneofs: self.oneofs,
            members: self.members,
            fields: self.fields,
            position,
        }
    }

    pub(super) fn add_field(&mut self, field: &Field) {
        let named = Named::of(field);
        match &field.kind {
            FieldKind::Optional(ty) if !ty.is_message() => self.add_optional(&named, ty),
            FieldKind::Singular(ty) | FieldKind::Optional(ty) => self.add_singular(&named, ty),
            FieldKind::Repeated { ty, is_packed } => self.add_repeated(&named, ty, *is_packed),
            _ => self.add_map(&named),
        }
    }

    pub(super) fn add_singular(&mut self, named: &Named<'_>, ty: &Type) {
        let value = self.types.value(ty);
        let name = own_member(value.member_name(named.name));
        if value.message.is_some() {
            let function = format!("{}_{}_alloc", self.base, names::snake(named.name));
            self.add_function(named, function, FunctionKind::Message);
        }
        self.members
            .push(named.member(value.ty.clone(), value.star, name.clone()));
        self.fields.push(value.row(named.number, name));
    }

    fn add_optional(&mut self, named: &Named<'_>, ty: &Type) {
        let value = self.types.value(ty);
        let name = own_member(names::member(names::snake(named.name)));
        let value_name = match value.star {
            "" => "value",
            _ => "value_p",
        };
        self.members.push(Member {
            optional_value: Some(value_name),
            ..named.member(value.ty.clone(), value.star, name.clone())
        });
        self.fields.push(super::Field {
            label: "optional",
            presence: Some(format!("{name}.is_present")),
            ..value.row(named.number, format!("{name}.{value_name}"))
        });
    }

    fn add_repeated(&mut self, named: &Named<'_>, ty: &Type, is_packed: bool) {
        let value = self.types.value(ty);
        // Items that are enums are of a type that does not depend on the compiler.
        let array = match ty {
            Type::Scalar(scalar) => scalar::of(*scalar).array.to_owned(),
            _ => match &value.message {
                Some(message) => format!("{message}_repeated_t"),
                None => scalar::of(Scalar::Int32).array.to_owned(),
            },
        };
        let value = Value {
            enumeration: None,
            ..value
        };
        self.add_array(
            named,
            array,
            value,
            if is_packed { "packed" } else { "repeated" },
        );
    }

    fn add_map(&mut self, named: &Named<'_>) {
        let entry = names::snake(&names::map_entry(&self.full_name, named.name));
        let value = Value::message(entry.clone());
        self.add_array(named, format!("{entry}_repeated_t"), value, "repeated");
    }

    fn add_array(&mut self, named: &Named<'_>, array: String, value: Value, label: &'static str) {
        let name = own_member(names::member(names::snake(named.name)));
        let function = format!("{}_{}_alloc", self.base, names::snake(named.name));
        self.add_function(named, function, FunctionKind::Items);
        self.members
            .push(named.member(format!("struct {array}"), "", name.clone()));
        self.fields.push(super::Field {
            label,
            ..value.row(named.number, name)
        });
    }

    pub(super) fn add_oneof<'f>(
        &mut self,
        oneof: &messi_schema::Oneof,
        fields: impl Iterator<Item = &'f Field>,
    ) {
        let snake = names::snake(&oneof.name);
        let base = format!("{}_{snake}", self.base);
        let name = own_member(names::member(snake));
        let mut members = Vec::new();
        for field in fields {
            if let FieldKind::Singular(ty) = &field.kind {
                members.push(self.oneof_member(field, ty, &base, &name));
            }
        }
        self.members.push(Member {
            ty: format!("struct {base}_oneof_t"),
            star: "",
            name: name.clone(),
            optional_value: None,
            choice: None,
            function: String::new(),
            comments: Vec::new(),
            field: oneof.name.clone(),
            position: oneof.position,
        });
        self.oneofs.push(Oneof {
            full_name: oneof.full_name.clone(),
            base,
            member: name,
            comments: comments(&oneof.comments),
            members,
            position: oneof.position,
        });
    }

    /// Lays out a member of a oneof. `base` and `member` are names of the oneof.
    fn oneof_member(&mut self, field: &Field, ty: &Type, base: &str, member: &str) -> Member {
        let named = Named::of(field);
        let value = self.types.value(ty);
        let snake = names::snake(&field.name);
        let name = value.member_name(&field.name);
        // The constant for no member is called `none`.
        let constant = if snake == "none" { "none_" } else { &snake };
        let choice = format!("{base}_choice_{constant}_e");
        let (function, kind) = match &value.message {
            Some(_) => (format!("{base}_{snake}_alloc"), FunctionKind::Message),
            None => (format!("{base}_{snake}_init"), FunctionKind::Member),
        };
        self.add_function(&named, function.clone(), kind);
        let laid_out = Member {
            choice: Some(choice.clone()),
            function,
            ..named.member(value.ty.clone(), value.star, name.clone())
        };
        self.fields.push(super::Field {
            oneof: Some(base.into()),
            presence: Some(format!("{member}.choice")),
            choice: Some(choice),
            ..value.row(field.number, format!("{member}.value.{name}"))
        });
        laid_out
    }

    fn add_function(&mut self, named: &Named<'_>, name: String, kind: FunctionKind) {
        let function = Function {
            name,
            kind,
            field: named.name.into(),
            index: 0,
            position: named.position,
        };
        self.functions.push((named.number, function));
    }
}

/// Returns the name of a member of a message's struct, which has a member `base` of its own.
fn own_member(name: String) -> String {
    match name.as_str() {
        "base" => "base_".into(),
        _ => name,
    }
}
