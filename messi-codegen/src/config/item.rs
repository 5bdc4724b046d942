//! The types that options can select.

use super::ability::Implementors;
use crate::model::{Enum, Message, Module, Oneof, TypePath};

/// A type that options can select.
pub(super) struct Item<'a> {
    pub(super) path: TypePath,
    shape: Shape<'a>,
}

enum Shape<'a> {
    /// With the modules of the types inside it.
    Message(&'a Message, Vec<String>),
    /// With its message.
    Oneof(&'a Oneof, TypePath),
    Enum(&'a Enum),
}

impl<'a> Item<'a> {
    /// Returns every type of a module and of the modules inside it.
    pub(super) fn all(root: &'a Module) -> Vec<Self> {
        let mut items = Vec::new();
        Self::add(root, &[], &mut items);
        items
    }

    fn add(module: &'a Module, modules: &[String], items: &mut Vec<Self>) {
        let path = |modules: &[String], name: &str| TypePath {
            modules: modules.to_vec(),
            name: name.into(),
        };
        for message in &module.messages {
            let owner = path(modules, &message.rust_name);
            let inside = [modules, std::slice::from_ref(&message.module_name)].concat();
            items.push(Self {
                path: owner.clone(),
                shape: Shape::Message(message, inside.clone()),
            });
            items.extend(message.oneofs.iter().map(|oneof| Self {
                path: path(&inside, &oneof.enum_name),
                shape: Shape::Oneof(oneof, owner.clone()),
            }));
            Self::add(&message.nested, &inside, items);
        }
        items.extend(module.enums.iter().map(|it| Self {
            path: path(modules, &it.rust_name),
            shape: Shape::Enum(it),
        }));
        for (name, inner) in &module.modules {
            let inside = [modules, std::slice::from_ref(name)].concat();
            Self::add(inner, &inside, items);
        }
    }

    /// Returns whether a name selects this type: its own, or that of the message of a oneof.
    pub(super) fn is_named(&self, name: &str) -> bool {
        let is_of = |path: &TypePath| path.to_string() == name;
        is_of(&self.path) || matches!(&self.shape, Shape::Oneof(_, owner) if is_of(owner))
    }

    /// Returns the message, if the type is one.
    pub(super) fn message(&self) -> Option<&'a Message> {
        match &self.shape {
            Shape::Message(message, _) => Some(message),
            Shape::Oneof(..) | Shape::Enum(_) => None,
        }
    }

    /// Returns the modules of the types inside of a message.
    pub(super) fn inside(&self) -> &[String] {
        match &self.shape {
            Shape::Message(_, inside) => inside,
            Shape::Oneof(..) | Shape::Enum(_) => &[],
        }
    }

    pub(super) fn is_enum(&self) -> bool {
        matches!(self.shape, Shape::Enum(_))
    }

    pub(super) fn is_oneof(&self) -> bool {
        matches!(self.shape, Shape::Oneof(..))
    }

    /// Returns the names of its fields or variants.
    pub(super) fn parts(&self) -> Vec<&'a str> {
        match &self.shape {
            Shape::Message(message, _) => {
                let fields = message.fields.iter().map(|it| it.rust_name.as_str());
                let oneofs = message.oneofs.iter().map(|it| it.rust_name.as_str());
                fields.chain(oneofs).collect()
            }
            Shape::Oneof(oneof, _) => oneof.members.iter().map(|it| &*it.variant).collect(),
            Shape::Enum(it) => it.variants.iter().map(|it| &*it.rust_name).collect(),
        }
    }

    /// Returns the reason why the type can't implement a trait, in words.
    pub(super) fn obstacle(&self, implementors: &Implementors<'_>) -> Option<String> {
        match &self.shape {
            Shape::Message(message, inside) => {
                let mut fields = message.fields.iter();
                let field = fields.find_map(|field| {
                    let held = implementors.obstacle(&field.kind)?;
                    Some(format!("its field `{}` holds {held}", field.name))
                });
                let mut oneofs = message.oneofs.iter();
                field.or_else(|| {
                    let oneof = oneofs.find(|oneof| {
                        !implementors.have(&TypePath {
                            modules: inside.clone(),
                            name: oneof.enum_name.clone(),
                        })
                    })?;
                    Some(format!("its oneof `{}` does not implement it", oneof.name))
                })
            }
            Shape::Oneof(oneof, _) => oneof.members.iter().find_map(|member| {
                let held = implementors.obstacle_in(&member.ty)?;
                Some(format!("its member `{}` holds {held}", member.name))
            }),
            Shape::Enum(_) => None,
        }
    }
}
