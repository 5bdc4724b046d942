//! How views are decoded: a call of the runtime for each field.

use proc_macro2::{Literal, TokenStream};
use quote::quote;

use super::super::types::{is_message, is_packable};
use super::holder::Holder;
use crate::model::{Field, FieldKind, Member, Message, Oneof, Scalar, Type};
use crate::names::ident;

/// Expands the decoding of a message.
pub(super) fn of_message(message: &Message, holder: &Holder) -> TokenStream {
    let krate = &holder.scope().krate;
    let view = holder.view();
    let fields = message.fields.iter().map(|it| field(it, holder));
    let oneofs = message.oneofs.iter().map(|it| oneof_field(it, holder));
    let allow = holder.scope().allow_deprecated();
    quote! {
        #allow
        #[doc(hidden)]
        impl<'a> #krate::__private::view::View<'a> for #view<'a> {
            fn merge_field(
                &mut self,
                field: #krate::__private::view::Field<'_, 'a>,
            ) -> ::core::result::Result<(), #krate::__private::view::Malformed> {
                match field.number() {
                    #(#fields)*
                    #(#oneofs)*
                    _ => field.skip(),
                }
            }
        }
    }
}

fn field(field: &Field, holder: &Holder) -> TokenStream {
    let number = Literal::u32_unsuffixed(field.number);
    let name = ident(&field.rust_name);
    let value = quote!( &mut self.#name );
    let call = match &field.kind {
        FieldKind::Singular(ty) if !is_message(ty) => {
            let decoder = decoder(ty, holder);
            quote!( merge(#value, #decoder) )
        }
        FieldKind::Singular(ty) | FieldKind::Optional(ty) => {
            let decoder = decoder(ty, holder);
            quote!( optional(#value, #decoder) )
        }
        FieldKind::Repeated { ty, .. } if is_packable(ty) => {
            let decoder = of_prost(ty, "merge_repeated", holder);
            quote!( merge(#value, #decoder) )
        }
        FieldKind::Repeated { ty, .. } => {
            let decoder = decoder(ty, holder);
            quote!( repeated(#value, #decoder) )
        }
        FieldKind::Map { key, value: held } => {
            let key = decoder(&Type::Scalar(*key), holder);
            let held = decoder(held, holder);
            quote!( map(#value, #key, #held) )
        }
    };
    quote!( #number => field.#call, )
}

fn oneof_field(oneof: &Oneof, holder: &Holder) -> TokenStream {
    let name = ident(&oneof.rust_name);
    let members = oneof.members.iter();
    let numbers = members.map(|member| Literal::u32_unsuffixed(member.number));
    let call = if holder.has_oneof_view(oneof) {
        let krate = &holder.scope().krate;
        quote!( #krate::__private::view::ViewOneof::merge_member(&mut self.#name, field) )
    } else {
        let owned = holder.oneof_path(oneof);
        quote!( field.owned_oneof(&mut self.#name, #owned::merge) )
    };
    quote!( #(#numbers)|* => #call, )
}

/// Expands the decoding of a oneof.
pub(super) fn of_oneof(oneof: &Oneof, holder: &Holder) -> TokenStream {
    let krate = &holder.scope().krate;
    let view = holder.oneof_view_path(oneof);
    let members = oneof.members.iter().map(|it| member(it, holder));
    let allow = holder.scope().allow_deprecated();
    quote! {
        #allow
        #[doc(hidden)]
        impl<'a> #krate::__private::view::ViewOneof<'a> for #view<'a> {
            fn merge_member(
                oneof: &mut ::core::option::Option<Self>,
                member: #krate::__private::view::Field<'_, 'a>,
            ) -> ::core::result::Result<(), #krate::__private::view::Malformed> {
                match member.number() {
                    #(#members)*
                    _ => member.skip(),
                }
            }
        }
    }
}

fn member(member: &Member, holder: &Holder) -> TokenStream {
    let number = Literal::u32_unsuffixed(member.number);
    let variant = ident(&member.variant);
    let decoder = decoder(&member.ty, holder);
    quote! {
        #number => {
            if !::core::matches!(oneof, Some(Self::#variant(_))) {
                *oneof = Some(Self::#variant(::core::default::Default::default()));
            }
            match oneof {
                Some(Self::#variant(value)) => member.merge(value, #decoder),
                _ => member.skip(),
            }
        }
    }
}

/// Returns the function that decodes a value.
fn decoder(ty: &Type, holder: &Holder) -> TokenStream {
    let krate = &holder.scope().krate;
    match ty {
        ty if !holder.borrows(ty) => of_prost(ty, "merge", holder),
        Type::Scalar(Scalar::String) => quote!( #krate::__private::view::string ),
        Type::Message { .. } => quote!( #krate::__private::view::message ),
        _ => quote!( #krate::__private::view::bytes ),
    }
}

/// Returns a function of prost for values of a type.
fn of_prost(ty: &Type, function: &str, holder: &Holder) -> TokenStream {
    let krate = &holder.scope().krate;
    let module = match ty {
        Type::Scalar(scalar) => ident(scalar.name()),
        Type::Enum(_) | Type::WellKnownEnum(_) => ident("int32"),
        Type::Message { .. }
        | Type::WellKnown(_)
        | Type::Empty
        | Type::Wrapper(_)
        | Type::Undeclared => ident("message"),
    };
    let function = ident(function);
    quote!( #krate::__private::view::owned(#krate::prost::encoding::#module::#function) )
}
