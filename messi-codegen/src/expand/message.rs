//! Message types and their oneofs.

use proc_macro2::TokenStream;
use quote::quote;

use super::docs::{deprecated, docs};
use super::scope::Scope;
use super::types::{boxed_type, field_attribute, field_type, member_attribute};
use super::value_docs::value_docs;
use crate::model::{Field, Member, Message, Oneof};
use crate::names::ident;

/// Expands the struct of a message.
pub(super) fn definition(message: &Message, scope: &Scope) -> TokenStream {
    let krate = &scope.krate;
    let name = ident(&message.rust_name);
    let docs = docs(&message.docs, &format!("The message `{}`.", message.name));
    let deprecated = deprecated(message.deprecated);
    let derives = scope.derives(&message.rust_name);
    let attributes = scope.attributes(&message.rust_name);
    let prost_path = scope.prost_path();
    let fields = message
        .fields
        .iter()
        .map(|field| expand_field(field, message, scope));
    let oneofs = message
        .oneofs
        .iter()
        .map(|oneof| oneof_field(oneof, message, scope));
    let allow = scope.allow_deprecated();
    quote! {
        #docs
        #deprecated
        #allow
        #[derive(::core::clone::Clone, ::core::cmp::PartialEq, #krate::prost::Message)]
        #derives
        #attributes
        #prost_path
        pub struct #name {
            #(#fields)*
            #(#oneofs)*
        }
    }
}

fn expand_field(field: &Field, message: &Message, scope: &Scope) -> TokenStream {
    let name = ident(&field.rust_name);
    let otherwise = format!("The field `{}`.", field.name);
    let docs = value_docs(&field.docs, &otherwise, field.kind.value(), scope);
    let deprecated = deprecated(field.deprecated);
    let attribute = field_attribute(&field.kind, scope);
    let attributes = scope.part_attributes(&message.rust_name, &field.rust_name);
    let number = field.number.to_string();
    let ty = field_type(&field.kind, scope);
    quote! {
        #docs
        #deprecated
        #[prost(#attribute, tag = #number)]
        #attributes
        pub #name: #ty,
    }
}

fn oneof_field(oneof: &Oneof, message: &Message, scope: &Scope) -> TokenStream {
    let name = ident(&oneof.rust_name);
    let (module, enum_name) = (ident(&message.module_name), ident(&oneof.enum_name));
    let docs = docs(&oneof.docs, &format!("The oneof `{}`.", oneof.name));
    let path = format!("{}::{}", message.module_name, oneof.enum_name);
    let numbers: Vec<String> = oneof
        .members
        .iter()
        .map(|member| member.number.to_string())
        .collect();
    let numbers = numbers.join(", ");
    let attributes = scope.part_attributes(&message.rust_name, &oneof.rust_name);
    quote! {
        #docs
        #[prost(oneof = #path, tags = #numbers)]
        #attributes
        pub #name: ::core::option::Option<#module::#enum_name>,
    }
}

/// Expands the enum of a oneof.
pub(super) fn oneof(oneof: &Oneof, message: &Message, scope: &Scope) -> TokenStream {
    let krate = &scope.krate;
    let name = ident(&oneof.enum_name);
    let docs = docs(
        &oneof.docs,
        &format!(
            "The members of `{}` in the message `{}`.",
            oneof.name, message.name
        ),
    );
    let derives = scope.derives(&oneof.enum_name);
    let attributes = scope.attributes(&oneof.enum_name);
    let prost_path = scope.prost_path();
    let variants = oneof.members.iter();
    let variants = variants.map(|member| variant(member, oneof, scope));
    quote! {
        #docs
        #[derive(::core::clone::Clone, ::core::cmp::PartialEq, #krate::prost::Oneof)]
        #derives
        #attributes
        #prost_path
        pub enum #name {
            #(#variants)*
        }
    }
}

fn variant(member: &Member, oneof: &Oneof, scope: &Scope) -> TokenStream {
    let name = ident(&member.variant);
    let otherwise = format!("The member `{}`.", member.name);
    let docs = value_docs(&member.docs, &otherwise, &member.ty, scope);
    let deprecated = deprecated(member.deprecated);
    let attribute = member_attribute(&member.ty, scope);
    let attributes = scope.part_attributes(&oneof.enum_name, &member.variant);
    let number = member.number.to_string();
    let ty = boxed_type(&member.ty, scope);
    quote! {
        #docs
        #deprecated
        #[prost(#attribute, tag = #number)]
        #attributes
        #name(#ty),
    }
}
