//! Lays out the messages of a file.

use std::collections::HashMap;

use messi_schema::{Comments, Enum, Field, FieldKind, Message, Part, ProtoFile, Scalar, Type};

use super::scalar;
use super::{EncodedMax, EnumKind, EnumValue, File, Function, FunctionKind, Member, Oneof};
use crate::c::names;

/// What a message needs to know of types that are declared elsewhere.
#[derive(Debug, Default)]
pub(crate) struct Types {
    /// Whether an enum has negative values, by its full name.
    is_signed: HashMap<String, bool>,
    /// The greatest encoded sizes, by the full name of the message.
    encoded_max: HashMap<String, u32>,
}

impl Types {
    /// Collects the types of files.
    pub(crate) fn new(files: &[&ProtoFile], encoded_max: HashMap<String, u32>) -> Self {
        let mut types = Self {
            encoded_max,
            ..Self::default()
        };
        for file in files {
            types.add_enums(&file.enums);
            types.add_messages(&file.messages);
        }
        types
    }

    fn add_messages(&mut self, messages: &[Message]) {
        for message in messages {
            self.add_enums(&message.enums);
            self.add_messages(&message.messages);
        }
    }

    fn add_enums(&mut self, enums: &[Enum]) {
        for it in enums {
            let is_signed = it.values.iter().any(|value| value.number < 0);
            self.is_signed.insert(it.full_name.clone(), is_signed);
        }
    }
}

/// Lays out a file.
pub(crate) fn file(file: &ProtoFile, types: &Types) -> File {
    let stem = names::stem(&file.name);
    let imports = file.imports.iter().map(|import| import.name.as_str());
    // It only declares options.
    let imports = imports.filter(|name| *name != "google/protobuf/descriptor.proto");
    let mut builder = Builder {
        types,
        enums: Vec::new(),
        messages: Vec::new(),
    };
    builder.add_enums(&file.enums);
    builder.add_messages(&file.messages);
    File {
        name: file.name.clone(),
        header: format!("{stem}.h"),
        source: format!("{stem}.c"),
        guard: format!("{}_H", stem.to_ascii_uppercase()),
        includes: imports
            .map(|name| format!("{}.h", names::stem(name)))
            .collect(),
        enums: builder.enums,
        messages: builder.messages,
    }
}

struct Builder<'a> {
    types: &'a Types,
    enums: Vec<super::Enum>,
    messages: Vec<super::Message>,
}

impl Builder<'_> {
    fn add_enums(&mut self, enums: &[Enum]) {
        self.enums.extend(enums.iter().map(enumeration));
    }

    fn add_messages(&mut self, messages: &[Message]) {
        for message in messages {
            self.add_enums(&message.enums);
            self.add_messages(&message.messages);
            for field in &message.fields {
                if let FieldKind::Map { key, value } = &field.kind {
                    let entry = self.map_entry(message, field, *key, value);
                    self.messages.push(entry);
                }
            }
            let laid_out = self.message(message);
            self.messages.push(laid_out);
        }
    }

    fn message(&self, message: &Message) -> super::Message {
        let mut parts = MessageParts::new(self.types, message.full_name.clone());
        // Oneofs are behind the fields, as in structs of pbtools.
        for part in message.parts() {
            if let Part::Field(field) = part {
                parts.add_field(field);
            }
        }
        for oneof in &message.oneofs {
            parts.add_oneof(oneof, message.members(oneof.index));
        }
        let size = self.types.encoded_max.get(&message.full_name);
        let encoded_max = size.map(|size| EncodedMax {
            name: format!("{}_ENCODED_MAX", parts.base.to_ascii_uppercase()),
            size: *size,
        });
        super::Message {
            comments: comments(&message.comments),
            encoded_max,
            ..parts.into_message(message.position)
        }
    }

    /// Lays out the message of a map's entries.
    fn map_entry(
        &self,
        message: &Message,
        field: &Field,
        key: Scalar,
        value: &Type,
    ) -> super::Message {
        let full_name = names::map_entry(&message.full_name, &field.name);
        let mut parts = MessageParts::new(self.types, full_name);
        let named = |name, number| Named {
            name,
            number,
            ..Named::of(field)
        };
        parts.add_singular(&named("key", 1), &Type::Scalar(key));
        parts.add_singular(&named("value", 2), value);
        super::Message {
            is_map_entry: true,
            ..parts.into_message(field.position)
        }
    }
}

fn enumeration(it: &Enum) -> super::Enum {
    let base = names::snake(&it.full_name);
    let values = it.values.iter().map(|value| EnumValue {
        name: format!("{base}_{}_e", names::snake(&value.name)),
        // C has no negative constants: 2147483648 is no int.
        number: match value.number {
            i32::MIN => format!("({} - 1)", i32::MIN + 1),
            number => number.to_string(),
        },
        comments: comments(&value.comments),
        position: value.position,
    });
    super::Enum {
        full_name: it.full_name.clone(),
        tag: format!("{base}_e"),
        comments: comments(&it.comments),
        values: values.collect(),
        position: it.position,
    }
}

/// Returns comments as lines that can be in a comment of C.
fn comments(comments: &Comments) -> Vec<String> {
    let lines = comments.lines().into_iter();
    let lines = lines.map(|line| line.replace("*/", "* /").replace("/*", "/ *"));
    lines.map(|line| line.trim_end().to_owned()).collect()
}

/// The name and number of a field, or of a part of a map's entry.
struct Named<'a> {
    name: &'a str,
    number: u32,
    comments: Vec<String>,
    position: messi_schema::Position,
}

impl<'a> Named<'a> {
    fn of(field: &'a Field) -> Self {
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

/// The type of one value in C.
struct Value {
    ty: String,
    star: &'static str,
    kind: &'static str,
    enumeration: Option<EnumKind>,
    message: Option<String>,
}

impl Value {
    /// Returns the name of a member of this type.
    fn member_name(&self, field: &str) -> String {
        let name = names::snake(field);
        match self.star {
            "" => names::member(name),
            _ => format!("{name}_p"),
        }
    }

    /// Returns a row of the table. Its label is for one value without presence.
    fn row(self, number: u32, member: String) -> super::Field {
        super::Field {
            number,
            kind: self.kind,
            enumeration: self.enumeration,
            message: self.message,
            label: "singular",
            oneof: None,
            member,
            presence: None,
            choice: None,
        }
    }
}

/// A message that is being laid out.
struct MessageParts<'a> {
    types: &'a Types,
    full_name: String,
    base: String,
    oneofs: Vec<Oneof>,
    members: Vec<Member>,
    fields: Vec<super::Field>,
    /// The functions, each with the number of its field.
    functions: Vec<(u32, Function)>,
}

impl<'a> MessageParts<'a> {
    fn new(types: &'a Types, full_name: String) -> Self {
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

    fn into_message(mut self, position: messi_schema::Position) -> super::Message {
        self.fields.sort_by_key(|field| field.number);
        let index = |number| self.fields.partition_point(|it| it.number < number);
        let functions = self.functions.into_iter().map(|(number, function)| Function {
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

    fn add_field(&mut self, field: &Field) {
        let named = Named::of(field);
        match &field.kind {
            FieldKind::Optional(ty) if !ty.is_message() => self.add_optional(&named, ty),
            FieldKind::Singular(ty) | FieldKind::Optional(ty) => self.add_singular(&named, ty),
            FieldKind::Repeated { ty, is_packed } => self.add_repeated(&named, ty, *is_packed),
            _ => self.add_map(&named),
        }
    }

    fn add_singular(&mut self, named: &Named<'_>, ty: &Type) {
        let value = self.value(ty);
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
        let value = self.value(ty);
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
        let value = self.value(ty);
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
        self.add_array(named, array, value, if is_packed { "packed" } else { "repeated" });
    }

    fn add_map(&mut self, named: &Named<'_>) {
        let entry = names::snake(&names::map_entry(&self.full_name, named.name));
        let value = message_value(entry.clone());
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

    fn add_oneof<'f>(
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
        let value = self.value(ty);
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

    fn value(&self, ty: &Type) -> Value {
        if let Type::Scalar(scalar) = ty {
            let c = scalar::of(*scalar);
            return Value {
                ty: c.ty.into(),
                star: if *scalar == Scalar::String { "*" } else { "" },
                kind: c.kind,
                enumeration: None,
                message: None,
            };
        }
        let full_name = ty.full_name().unwrap_or_default();
        let base = names::snake(&full_name);
        if ty.is_message() {
            return message_value(base);
        }
        let tag = format!("{base}_e");
        let is_signed = self.types.is_signed.get(&full_name);
        Value {
            ty: format!("enum {tag}"),
            star: "",
            kind: "int32",
            enumeration: Some(EnumKind {
                tag,
                is_signed: is_signed.copied().unwrap_or_default(),
            }),
            message: None,
        }
    }
}

fn message_value(base: String) -> Value {
    Value {
        ty: format!("struct {base}_t"),
        star: "*",
        kind: "message",
        enumeration: None,
        message: Some(base),
    }
}

/// Returns the name of a member of a message's struct, which has a member `base` of its own.
fn own_member(name: String) -> String {
    match name.as_str() {
        "base" => "base_".into(),
        _ => name,
    }
}
