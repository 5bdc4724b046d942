//! Packages with types that exist outside of the expansion.

use messi_schema::code_list;
use proc_macro2::{Span, TokenStream};
use syn::parse::{Parse, ParseStream, Parser};
use syn::{Error, LitStr, Result, Token};

use super::item::Item;
use super::path::parse_absolute;
use crate::model::{Module, Package, Protocol, Type, TypePath};

/// A package and its module: `"acme.types" => crate::types`.
#[derive(Clone, Debug)]
pub(crate) struct Extern {
    package: String,
    /// The module of its types.
    path: TokenStream,
    /// The place of the name of the package.
    span: Span,
}

impl Extern {
    pub(crate) fn new(package: &str, path: &str) -> Result<Self> {
        Ok(Self {
            package: package.into(),
            path: parse_absolute.parse_str(path)?,
            span: Span::call_site(),
        })
    }
}

impl Parse for Extern {
    fn parse(input: ParseStream<'_>) -> Result<Self> {
        let package: LitStr = input.parse()?;
        input.parse::<Token![=>]>()?;
        Ok(Self {
            package: package.value(),
            path: parse_absolute(input)?,
            span: package.span(),
        })
    }
}

/// The package that has the types of `prost_types` by default.
const GOOGLE: &str = "google.protobuf";

/// Returns the errors of the packages.
pub(super) fn check(externs: &[Extern], protocol: &Protocol) -> Vec<Error> {
    let mut mistakes = Vec::new();
    for (index, Extern { package, span, .. }) in externs.iter().enumerate() {
        let is_same = |other: &Extern| other.package == *package;
        if externs[..index].iter().any(is_same) {
            let message = format!("found the package `{package}` twice");
            mistakes.push(Error::new(*span, message));
        }
        let is_imported = match package.as_str() {
            GOOGLE => has_google(&protocol.root),
            name => protocol.packages.iter().any(|it| it.name == name),
        };
        if !is_imported {
            let message = format!(
                "found the package `{package}`, which the schema does not {}: {}",
                if package == GOOGLE { "use" } else { "import" },
                imported(&protocol.packages)
            );
            mistakes.push(Error::new(*span, message));
        }
    }
    mistakes
}

/// Returns whether a module has a value of a type of `google.protobuf` that has no plain type in Rust.
fn has_google(root: &Module) -> bool {
    let is_google = |ty: &Type| matches!(ty, Type::WellKnown(_) | Type::WellKnownEnum(_));
    let mut messages = Item::all(root).into_iter().filter_map(|it| it.message());
    messages.any(|message| message.types().iter().any(is_google))
}

fn imported(packages: &[Package]) -> String {
    let names: Vec<&str> = packages.iter().map(|it| it.name.as_str()).collect();
    match names.as_slice() {
        [] => "it imports no other package".into(),
        names => format!("it imports {}", code_list(names, "and")),
    }
}

/// The imported packages, with the modules of those outside of the expansion.
#[derive(Clone, Debug, Default)]
pub(crate) struct Externs {
    packages: Vec<(Package, Option<TokenStream>)>,
    google: Option<TokenStream>,
}

impl Externs {
    pub(crate) fn new(externs: &[Extern], protocol: &Protocol) -> Self {
        let packages = protocol
            .packages
            .iter()
            .map(|package| (package.clone(), path(externs, &package.name)));
        Self {
            packages: packages.collect(),
            google: path(externs, GOOGLE),
        }
    }

    /// Returns the module of the types of `google.protobuf`, if they are not those of `prost_types`.
    pub(crate) fn google(&self) -> Option<&TokenStream> {
        self.google.as_ref()
    }

    /// Returns the module of the package of a type and the modules inside, if it is outside of the
    /// expansion.
    pub(crate) fn home<'a>(&self, target: &'a TypePath) -> Option<(&TokenStream, &'a [String])> {
        let around = self.packages.iter();
        let around = around.filter(|(package, _)| target.modules.starts_with(&package.modules));
        // A package can be inside another. The innermost one declares the type.
        let (package, path) = around.max_by_key(|(package, _)| package.modules.len())?;
        Some((path.as_ref()?, &target.modules[package.modules.len()..]))
    }

    /// Returns the types that are not outside of the expansion.
    pub(crate) fn without(&self, root: &Module) -> Module {
        let mut root = root.clone();
        let elsewhere = self.packages.iter().filter(|(_, path)| path.is_some());
        for (package, _) in elsewhere {
            remove(&mut root, &package.modules);
        }
        root
    }
}

/// Returns the module of a package, if the user has named one.
fn path(externs: &[Extern], package: &str) -> Option<TokenStream> {
    let known = externs.iter().find(|it| it.package == package);
    known.map(|it| it.path.clone())
}

/// Removes the types of a package, and the modules that become empty.
fn remove(module: &mut Module, path: &[String]) {
    let Some((first, rest)) = path.split_first() else {
        module.messages.clear();
        module.enums.clear();
        module.undeclared.clear();
        return;
    };
    for (name, inner) in &mut module.modules {
        if name == first {
            remove(inner, rest);
        }
    }
    module.modules.retain(|(_, inner)| !inner.is_empty());
}
