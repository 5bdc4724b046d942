//! Packages whose types exist outside of the expansion.

use messi_schema::code_list;
use proc_macro2::{Span, TokenStream};
use syn::parse::{Parse, ParseStream, Parser};
use syn::{Error, LitStr, Result, Token};

use super::path::parse_absolute;
use crate::model::{Module, Package, Protocol, TypePath};

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

/// Returns the errors of the packages.
pub(super) fn check(externs: &[Extern], protocol: &Protocol) -> Vec<Error> {
    let mut mistakes = Vec::new();
    for (index, Extern { package, span, .. }) in externs.iter().enumerate() {
        let is_same = |other: &Extern| other.package == *package;
        if externs[..index].iter().any(is_same) {
            let message = format!("found the package `{package}` twice");
            mistakes.push(Error::new(*span, message));
        }
        if protocol.packages.iter().all(|it| it.name != *package) {
            let message = format!(
                "found the package `{package}`, which the schema does not import: {}",
                imported(&protocol.packages)
            );
            mistakes.push(Error::new(*span, message));
        }
    }
    mistakes
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
pub(crate) struct Externs(Vec<(Package, Option<TokenStream>)>);

impl Externs {
    pub(crate) fn new(externs: &[Extern], protocol: &Protocol) -> Self {
        let packages = protocol.packages.iter().map(|package| {
            let known = externs.iter().find(|it| it.package == package.name);
            (package.clone(), known.map(|it| it.path.clone()))
        });
        Self(packages.collect())
    }

    /// Returns the module of the package of a type and the modules inside, if it is outside of the
    /// expansion.
    pub(crate) fn home<'a>(&self, target: &'a TypePath) -> Option<(&TokenStream, &'a [String])> {
        let around = self.0.iter();
        let around = around.filter(|(package, _)| target.modules.starts_with(&package.modules));
        // A package can be inside another. The innermost one declares the type.
        let (package, path) = around.max_by_key(|(package, _)| package.modules.len())?;
        Some((path.as_ref()?, &target.modules[package.modules.len()..]))
    }

    /// Returns the types that are not outside of the expansion.
    pub(crate) fn without(&self, root: &Module) -> Module {
        let mut root = root.clone();
        let elsewhere = self.0.iter().filter(|(_, path)| path.is_some());
        for (package, _) in elsewhere {
            remove(&mut root, &package.modules);
        }
        root
    }
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
