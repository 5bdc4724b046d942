//! Lowers the declarations of a file. The syntax tree has them in one list, the model inside each
//! other.

use std::collections::HashMap;

use super::options;
use crate::ast::{Declaration, DeclarationKind, File, ReservedBlock, join};
use crate::custom_options::{Interpreter, OptionPlace};
use crate::google::GoogleType;
use crate::json_name::json_name;
use crate::lexer::{unescape, value};
use crate::model::{
    Enum, Extension, Field, FieldKind, Message, Method, Oneof, Options, Reserved, Service, Type,
    Value,
};
use crate::numbers::{ranges, reserved_of};
use crate::options::OptionOwner;
use crate::position::Spanned;
use crate::resolve::{Meaning, Symbols};
use crate::scalar::Scalar;

/// The declarations of a file, by their scope.
pub(super) struct Lowering<'a> {
    file: &'a File,
    symbols: &'a Symbols<'a>,
    interpreter: &'a Interpreter<'a>,
    inside: HashMap<&'a str, Vec<&'a Declaration>>,
}

impl<'a> Lowering<'a> {
    pub(super) fn new(
        file: &'a File,
        symbols: &'a Symbols<'a>,
        interpreter: &'a Interpreter<'a>,
    ) -> Self {
        let mut inside: HashMap<&str, Vec<&Declaration>> = HashMap::new();
        for declaration in &file.declarations {
            let scope = inside.entry(declaration.scope.as_str()).or_default();
            scope.push(declaration);
        }
        Self {
            file,
            symbols,
            interpreter,
            inside,
        }
    }

    pub(super) fn messages(&self, scope: &str) -> Vec<Message> {
        let messages = self.inside(scope, DeclarationKind::Message);
        messages.map(|it| self.message(it)).collect()
    }

    pub(super) fn enums(&self, scope: &str) -> Vec<Enum> {
        let enums = self.inside(scope, DeclarationKind::Enum);
        enums.map(|it| self.enumeration(it)).collect()
    }

    pub(super) fn services(&self, scope: &str) -> Vec<Service> {
        let services = self.inside(scope, DeclarationKind::Service);
        services.map(|it| self.service(it)).collect()
    }

    pub(super) fn extensions(&self, scope: &str) -> Vec<Extension> {
        let extensions = self.inside(scope, DeclarationKind::Extension);
        extensions.filter_map(|it| self.extension(it)).collect()
    }

    /// Lowers the options of the file.
    pub(super) fn file_options(&self) -> Options {
        let place = OptionPlace {
            file: self.file,
            scope: self.file.package(),
            owner: OptionOwner::File,
        };
        options::lower(self.interpreter, place, &self.file.settings, false)
    }

    /// Returns the declarations of a kind directly inside a scope.
    fn inside(&self, scope: &str, kind: DeclarationKind) -> impl Iterator<Item = &'a Declaration> {
        let declarations = self.inside.get(scope).into_iter().flatten().copied();
        declarations.filter(move |declaration| declaration.kind == kind)
    }

    fn message(&self, message: &Declaration) -> Message {
        let full_name = message.full_name.as_str();
        let oneofs: Vec<&Declaration> = self.inside(full_name, DeclarationKind::Oneof).collect();
        let fields = self.inside(full_name, DeclarationKind::Field);
        Message {
            name: message.name.value.clone(),
            full_name: full_name.into(),
            position: message.name.position,
            comments: message.comments.clone(),
            options: self.options_of(message),
            fields: fields.map(|field| self.field(field, &oneofs)).collect(),
            oneofs: oneofs.iter().enumerate().map(|it| self.oneof(it)).collect(),
            messages: self.messages(full_name),
            enums: self.enums(full_name),
            extensions: self.extensions(full_name),
            reserved: self.reserved(full_name),
        }
    }

    fn field(&self, field: &Declaration, oneofs: &[&Declaration]) -> Field {
        let is_around = |oneof: &&Declaration| field.oneof.as_ref() == Some(&oneof.full_name);
        Field {
            name: field.name.value.clone(),
            full_name: field.full_name.clone(),
            json_name: json_name(field),
            number: number(&field.number),
            position: field.name.position,
            comments: field.comments.clone(),
            options: self.options_of(field),
            kind: self.field_kind(field),
            oneof: oneofs.iter().position(is_around),
        }
    }

    fn field_kind(&self, field: &Declaration) -> FieldKind {
        let ty = |index: usize| self.ty(&field.scope, field.types.get(index));
        if field.is_map() {
            let key = Scalar::from_name(&field.types[0].value);
            // A key of another type has been reported.
            let key = key.filter(|it| it.is_map_key()).unwrap_or(Scalar::String);
            return FieldKind::Map { key, value: ty(1) };
        }
        let ty = ty(0);
        if field.is_repeated() {
            let is_packed = ty.is_packable() && field.may_be_packed();
            FieldKind::Repeated { ty, is_packed }
        } else if field.is_optional() {
            FieldKind::Optional(ty)
        } else {
            FieldKind::Singular(ty)
        }
    }

    fn ty(&self, scope: &str, name: Option<&Spanned<String>>) -> Type {
        let name = name.map_or("", |name| &name.value);
        if let Some(scalar) = Scalar::from_name(name) {
            return Type::Scalar(scalar);
        }
        let Meaning::Declared(kind, full_name) = self.symbols.resolve(self.file, scope, name)
        else {
            return self.unknown(name);
        };
        if let Some(google) = GoogleType::find(&full_name) {
            return Type::Google(google);
        }
        match kind {
            DeclarationKind::Message => Type::Message(full_name),
            DeclarationKind::Enum => Type::Enum(full_name),
            _ => self.unknown(name),
        }
    }

    /// Returns a type that is not declared. A name without dots is one of the package.
    fn unknown(&self, name: &str) -> Type {
        let name = name.trim_start_matches('.');
        Type::Unknown(match name.contains('.') {
            true => name.into(),
            false => join(self.file.package(), name),
        })
    }

    fn extension(&self, extension: &Declaration) -> Option<Extension> {
        let extended = self.file.extended.get(extension.extends?)?;
        match self.ty(&extended.scope, Some(&extended.name)) {
            Type::Google(extendee) => Some(Extension {
                extendee,
                field: self.field(extension, &[]),
            }),
            _ => None,
        }
    }

    fn enumeration(&self, enumeration: &Declaration) -> Enum {
        let full_name = enumeration.full_name.as_str();
        let values = self.inside(full_name, DeclarationKind::Value);
        Enum {
            name: enumeration.name.value.clone(),
            full_name: full_name.into(),
            position: enumeration.name.position,
            comments: enumeration.comments.clone(),
            options: self.options_of(enumeration),
            values: values.map(|it| self.enum_value(it)).collect(),
            reserved: self.reserved(full_name),
        }
    }

    fn reserved(&self, owner: &str) -> Reserved {
        reserved(reserved_of(self.file, owner))
    }

    fn service(&self, service: &Declaration) -> Service {
        let methods = self.inside(&service.full_name, DeclarationKind::Method);
        Service {
            name: service.name.value.clone(),
            full_name: service.full_name.clone(),
            position: service.name.position,
            comments: service.comments.clone(),
            options: self.options_of(service),
            methods: methods.map(|it| self.method(it)).collect(),
        }
    }

    fn method(&self, method: &Declaration) -> Method {
        let ty = |index: usize| self.ty(&method.full_name, method.types.get(index));
        let [is_client_streaming, is_server_streaming] = method.streams;
        Method {
            name: method.name.value.clone(),
            position: method.name.position,
            comments: method.comments.clone(),
            options: self.options_of(method),
            request: ty(0),
            is_client_streaming,
            response: ty(1),
            is_server_streaming,
        }
    }

    fn oneof(&self, (index, oneof): (usize, &&Declaration)) -> Oneof {
        Oneof {
            name: oneof.name.value.clone(),
            full_name: oneof.full_name.clone(),
            index,
            position: oneof.name.position,
            comments: oneof.comments.clone(),
            options: self.options_of(oneof),
        }
    }

    fn enum_value(&self, declaration: &Declaration) -> Value {
        Value {
            name: declaration.name.value.clone(),
            number: number(&declaration.number),
            position: declaration.name.position,
            comments: declaration.comments.clone(),
            options: self.options_of(declaration),
        }
    }

    fn options_of(&self, declaration: &Declaration) -> Options {
        let place = OptionPlace {
            file: self.file,
            scope: &declaration.full_name,
            owner: OptionOwner::of(declaration.kind),
        };
        let Declaration {
            settings,
            has_block,
            ..
        } = declaration;
        options::lower(self.interpreter, place, settings, *has_block)
    }
}

fn reserved(block: Option<&ReservedBlock>) -> Reserved {
    let narrow = |number: i64| i32::try_from(number).unwrap_or_default();
    let names = block.into_iter().flat_map(|block| &block.names);
    let names = names.map(|name| unescape(&name.value));
    Reserved {
        ranges: block
            .into_iter()
            .flat_map(ranges)
            .map(|range| (narrow(*range.start()), narrow(*range.end())))
            .collect(),
        names: names
            .map(|name| String::from_utf8_lossy(&name).into_owned())
            .collect(),
    }
}

/// Returns a number, or 0 where it is out of range, which has been reported.
fn number<T: TryFrom<i64> + Default>(written: &Spanned<String>) -> T {
    let number = value(&written.value).and_then(|number| T::try_from(number).ok());
    number.unwrap_or_default()
}
