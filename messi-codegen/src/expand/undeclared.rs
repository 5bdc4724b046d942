//! Types that a schema does not declare.
//!
//! They are the type of an expression with a compile error. The compiler accepts such a type wherever any
//! type would do, and reports nothing about its uses: one mistake in a schema is one error.

use proc_macro2::TokenStream;
use quote::quote;

use super::scope::Scope;
use crate::model::TypePath;
use crate::names::ident;

/// The name of the type.
const TYPE: &str = "__Undeclared";

/// Expands the type of all that is not declared, from the compile error that says why.
pub(crate) fn definition(error: &TokenStream) -> TokenStream {
    let name = ident(TYPE);
    // An alias of the error itself would be the unit type. The trait is one of the expansion, as the compiler
    // would expect implementations of another one.
    quote! {
        #[doc(hidden)]
        pub trait __WithError {
            type Type;
        }
        #[doc(hidden)]
        pub type #name = <[(); #error] as __WithError>::Type;
    }
}

/// Expands an undeclared type of a module.
pub(super) fn alias(rust_name: &str, scope: &Scope) -> TokenStream {
    let name = ident(rust_name);
    let ty = ty(scope);
    quote! {
        #[doc(hidden)]
        pub type #name = #ty;
    }
}

/// Returns the path of the type of all that is not declared.
pub(super) fn ty(scope: &Scope) -> TokenStream {
    scope.path(&TypePath {
        modules: Vec::new(),
        name: TYPE.into(),
    })
}
