//! Types as annotations.

use std::collections::BTreeSet;

use messi_schema::{FieldKind, ProtoFile, Scalar, Type};

use super::modules::{Module, Modules, Place};
use super::names::is_keyword;

/// Types that a field may hide in a stub, if it has the same name.
const BUILTINS: [&str; 5] = ["bool", "bytes", "float", "int", "str"];

/// Writes types as annotations of one generated file, and collects the modules that it has to import.
#[derive(Debug)]
pub(crate) struct Annotations<'a> {
    modules: &'a Modules<'a>,
    /// The file with the types that need no module.
    home: Option<&'a str>,
    /// The prefix of the names of imports: in a stub, others could be names of the schema.
    prefix: &'static str,
    /// The prefix of the names of builtins.
    pub(crate) builtins: &'static str,
    used: BTreeSet<Module<'a>>,
}

impl<'a> Annotations<'a> {
    /// Creates annotations of a program.
    pub(crate) fn of_program(modules: &'a Modules<'a>) -> Self {
        Self {
            modules,
            home: None,
            prefix: "",
            builtins: "",
            used: BTreeSet::new(),
        }
    }

    /// Creates annotations of the stub of a file.
    pub(crate) fn of_stub(modules: &'a Modules<'a>, file: &'a ProtoFile) -> Self {
        let hides_builtins = has_field(&file.messages, &BUILTINS);
        Self {
            modules,
            home: Some(&file.name),
            prefix: "_",
            builtins: if hides_builtins { "_builtins." } else { "" },
            used: BTreeSet::new(),
        }
    }

    /// Returns the statements that import the modules that were used.
    pub(crate) fn imports(&self) -> Vec<String> {
        let statements = self.used.iter().map(|module| {
            let alias = format!("{}{}", self.prefix, module.alias());
            module.import(self.modules.package, &alias)
        });
        statements.collect()
    }

    /// Returns the type of a value: `int` or `chat_pb2.MessageInd`.
    pub(crate) fn value(&mut self, ty: &'a Type) -> String {
        match ty {
            Type::Scalar(scalar) => self.scalar(*scalar),
            _ => match self.modules.place(ty) {
                Some(place) => self.type_at(&place),
                None => self.any(),
            },
        }
    }

    /// Returns the expression of a class, which is called to create a message.
    pub(crate) fn class(&mut self, ty: &'a Type) -> String {
        match self.modules.place(ty) {
            Some(place) => self.expression(&place),
            None => self.any(),
        }
    }

    /// Returns the type of a message of the schema.
    pub(crate) fn message(&mut self, full_name: &str) -> String {
        match self.modules.place_of(full_name) {
            Some(place) => self.type_at(&place),
            None => self.any(),
        }
    }

    /// Returns the type of the argument for a value: an enum by the name of its value, and a message by
    /// its fields.
    pub(crate) fn argument(&mut self, ty: &'a Type) -> String {
        let value = self.value(ty);
        let prefix = self.prefix;
        match ty {
            Type::Scalar(_) => value,
            _ if ty.is_message() => {
                let builtins = self.builtins;
                format!("{value} | {prefix}Mapping[{builtins}str, {prefix}Any]")
            }
            _ => format!("{value} | {}str", self.builtins),
        }
    }

    /// Returns the type of a field.
    pub(crate) fn field(&mut self, kind: &'a FieldKind) -> String {
        let containers = format!("{}containers", self.prefix);
        match kind {
            FieldKind::Repeated { ty, .. } => {
                let values = if ty.is_message() {
                    "Composite"
                } else {
                    "Scalar"
                };
                let value = self.value(ty);
                format!("{containers}.Repeated{values}FieldContainer[{value}]")
            }
            FieldKind::Map { key, value } => {
                let values = if value.is_message() {
                    "Message"
                } else {
                    "Scalar"
                };
                let (key, value) = (self.scalar(*key), self.value(value));
                format!("{containers}.{values}Map[{key}, {value}]")
            }
            FieldKind::Singular(ty) | FieldKind::Optional(ty) => self.value(ty),
            _ => self.any(),
        }
    }

    /// Returns the type of the argument for a field.
    pub(crate) fn field_argument(&mut self, kind: &'a FieldKind) -> String {
        let prefix = self.prefix;
        match kind {
            FieldKind::Repeated { ty, .. } => format!("{prefix}Iterable[{}]", self.argument(ty)),
            FieldKind::Map { key, value } => {
                let (key, value) = (self.scalar(*key), self.value(value));
                format!("{prefix}Mapping[{key}, {value}]")
            }
            FieldKind::Singular(ty) | FieldKind::Optional(ty) => self.argument(ty),
            _ => self.any(),
        }
    }

    fn any(&self) -> String {
        format!("{}Any", self.prefix)
    }

    fn scalar(&self, scalar: Scalar) -> String {
        let name = match scalar {
            Scalar::Double | Scalar::Float => "float",
            Scalar::Bool => "bool",
            Scalar::String => "str",
            Scalar::Bytes => "bytes",
            _ => "int",
        };
        format!("{}{name}", self.builtins)
    }

    /// Returns the type at a place, or `Any` for one with the name of a keyword.
    fn type_at(&mut self, place: &Place<'a>) -> String {
        match place.path.split('.').any(is_keyword) {
            true => self.any(),
            false => self.expression(place),
        }
    }

    fn expression(&mut self, place: &Place<'a>) -> String {
        let is_home = self
            .home
            .is_some_and(|home| place.module == Module::Own(home));
        if is_home {
            return place.path.into();
        }
        self.used.insert(place.module);
        let module = format!("{}{}", self.prefix, place.module.alias());
        place
            .path
            .split('.')
            .fold(module, |scope, name| match is_keyword(name) {
                true => format!("getattr({scope}, '{name}')"),
                false => format!("{scope}.{name}"),
            })
    }
}

/// Returns whether a message has a field of one of these names.
fn has_field(messages: &[messi_schema::Message], names: &[&str]) -> bool {
    messages.iter().any(|message| {
        let mut fields = message.fields.iter();
        fields.any(|field| names.contains(&field.name.as_str()))
            || has_field(&message.messages, names)
    })
}
