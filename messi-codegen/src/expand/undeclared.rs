//! Types that a schema does not declare.
//!
//! They are the type of an expression with a compile error. The compiler accepts such a type wherever any
//! type would do, and reports no errors about its uses: one mistake in a schema is one error.

use proc_macro2::TokenStream;
use quote::quote;

use super::scope::Scope;
use crate::model::{Field, Message, TypePath};
use crate::names::{self, ident};

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

/// Expands the methods that fields of a message would have if their undeclared types were enums.
pub(super) fn accessors(message: &Message, scope: &Scope) -> TokenStream {
    let ty = ty(scope);
    let name = ident(&message.rust_name);
    let fields = message.fields.iter().filter(|field| field.is_undeclared());
    let methods = fields.flat_map(Field::accessors).map(|accessor| {
        // The name of a keyword is raw.
        let name = ident(&names::value_name(&accessor.name));
        let parameters = accessor.parameters.iter().map(|it| ident(it));
        quote! {
            #[doc(hidden)]
            pub fn #name(&self, #(#parameters: #ty),*) -> #ty {
                loop {}
            }
        }
    });
    let methods: Vec<TokenStream> = methods.collect();
    if methods.is_empty() {
        return TokenStream::new();
    }
    quote! {
        #[allow(unused_variables)]
        impl #name {
            #(#methods)*
        }
    }
}

/// Returns the path of the type of all that is not declared.
pub(super) fn ty(scope: &Scope) -> TokenStream {
    scope.path(&TypePath {
        modules: Vec::new(),
        name: TYPE.into(),
    })
}
