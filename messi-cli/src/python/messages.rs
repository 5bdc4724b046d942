//! The values of the templates for messages: the module `_pb2.py`, and its stub.

use messi_schema::{Enum, Field, FieldKind, ImportKind, Message, Oneof, ProtoFile};
use serde::Serialize;

use super::annotations::Annotations;
use super::literal;
use super::modules::{Module, Modules, path};
use super::names::is_keyword;
use super::package::Package;

/// The module of a file.
#[derive(Debug, Serialize)]
pub(crate) struct Code {
    source: String,
    imports: Vec<String>,
    /// The descriptor of the file as literals.
    descriptor: Vec<String>,
}

/// Returns the values of a module.
pub(crate) fn code(file: &ProtoFile, package: &Package) -> Code {
    let imports = file.imports.iter().flat_map(|import| {
        let module = Module::of_import(&import.name);
        let import_all = match (import.kind, module) {
            (ImportKind::Public, Module::Own(_)) => Some(package.import_all(&module.alias())),
            _ => None,
        };
        let import = module.import(package, &format!("_{}", module.alias()));
        [Some(import), import_all].into_iter().flatten()
    });
    Code {
        source: literal::plain(&file.name),
        imports: imports.collect(),
        descriptor: literal::bytes(&file.descriptor),
    }
}

/// The stub of a file.
#[derive(Debug, Serialize)]
pub(crate) struct Stub {
    source: String,
    /// The prefix of the names of builtins.
    builtins: &'static str,
    imports: Vec<String>,
    /// The statements that import all names of a module.
    public_imports: Vec<String>,
    messages: Vec<MessageStub>,
    enums: Vec<EnumStub>,
}

/// A message. Those of the entries of maps are left out: programs use the map.
#[derive(Debug, Serialize)]
struct MessageStub {
    name: String,
    messages: Vec<Self>,
    enums: Vec<EnumStub>,
    /// The fields with their number as a constant, in upper case.
    constants: Vec<String>,
    fields: Vec<FieldStub>,
    /// Whether there are fields that have the name of a keyword.
    has_keywords: bool,
    /// The names for `HasField`.
    with_presence: Vec<String>,
    /// The names for `ClearField`.
    clearable: Vec<String>,
    oneofs: Vec<OneofStub>,
}

/// A field that is no keyword.
#[derive(Debug, Serialize)]
struct FieldStub {
    name: String,
    #[serde(rename = "type")]
    ty: String,
    /// The type of the parameter of the constructor.
    argument: String,
}

#[derive(Debug, Serialize)]
struct OneofStub {
    name: String,
    members: Vec<String>,
}

#[derive(Debug, Serialize)]
struct EnumStub {
    name: String,
    path: String,
    constants: Vec<String>,
}

/// Returns the values of a stub. Items with the names of keywords are left out: they can't be written.
pub(crate) fn stub<'a>(file: &'a ProtoFile, modules: &'a Modules<'a>) -> Stub {
    let mut annotations = Annotations::of_stub(modules, file);
    let messages = messages(file, &file.messages, &mut annotations);
    let public = file.imports.iter().filter_map(|import| match import.kind {
        ImportKind::Public => Some(
            modules
                .package
                .import_all(&Module::of_import(&import.name).alias()),
        ),
        _ => None,
    });
    Stub {
        source: literal::plain(&file.name),
        builtins: annotations.builtins,
        imports: annotations.imports(),
        public_imports: public.collect(),
        messages,
        enums: enums(file, &file.enums),
    }
}

fn messages<'a>(
    file: &ProtoFile,
    messages: &'a [Message],
    annotations: &mut Annotations<'a>,
) -> Vec<MessageStub> {
    let messages = messages.iter().filter(|message| !is_keyword(&message.name));
    messages.map(|it| message(file, it, annotations)).collect()
}

fn message<'a>(
    file: &ProtoFile,
    message: &'a Message,
    annotations: &mut Annotations<'a>,
) -> MessageStub {
    let names = message.fields.iter().map(|field| field.name.clone());
    let oneofs = message.oneofs.iter().map(|it| it.name.clone());
    let with_presence = message.fields.iter().filter(|field| has_presence(field));
    let with_presence = with_presence.map(|field| field.name.clone());
    let fields = message
        .fields
        .iter()
        .filter(|field| !is_keyword(&field.name));
    let fields = fields.map(|field| FieldStub {
        name: field.name.clone(),
        ty: annotations.field(&field.kind),
        argument: annotations.field_argument(&field.kind),
    });
    let fields = fields.collect();
    MessageStub {
        name: message.name.clone(),
        messages: messages(file, &message.messages, annotations),
        enums: enums(file, &message.enums),
        constants: names
            .clone()
            .map(|name| name.to_ascii_uppercase())
            .collect(),
        fields,
        has_keywords: names.clone().any(|name| is_keyword(&name)),
        with_presence: with_presence.chain(oneofs.clone()).collect(),
        clearable: names.chain(oneofs).collect(),
        oneofs: message.oneofs.iter().map(|it| oneof(message, it)).collect(),
    }
}

fn has_presence(field: &Field) -> bool {
    match &field.kind {
        FieldKind::Singular(ty) => ty.is_message() || field.oneof.is_some(),
        FieldKind::Optional(_) => true,
        _ => false,
    }
}

fn oneof(message: &Message, oneof: &Oneof) -> OneofStub {
    let members = message.members(oneof.index);
    OneofStub {
        name: oneof.name.clone(),
        members: members.map(|field| field.name.clone()).collect(),
    }
}

fn enums(file: &ProtoFile, enums: &[Enum]) -> Vec<EnumStub> {
    let enums = enums.iter().map(|it| (it, path(file, &it.full_name)));
    let enums = enums.filter(|(_, path)| !path.split('.').any(is_keyword));
    let enums = enums.map(|(it, path)| EnumStub {
        name: it.name.clone(),
        path: path.into(),
        constants: {
            let names = it.values.iter().map(|value| value.name.clone());
            names.filter(|name| !is_keyword(name)).collect()
        },
    });
    enums.collect()
}
