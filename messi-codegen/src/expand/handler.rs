//! The handler traits, and their calls by the runtime.

use proc_macro2::{Ident, TokenStream};
use quote::quote;

use super::docs::{deprecated, docs};
use super::scope::Scope;
use super::types::{unboxed, value_type};
use crate::model::{Direction, DirectionMember, Protocol};
use crate::names::{DirectionNames, ItemNames, ident};

/// Expands the trait of client handlers and its implementation for the runtime.
pub(super) fn client(protocol: &Protocol, scope: &Scope) -> TokenStream {
    let names = ItemNames::new(&protocol.rust_name);
    let methods = methods(&protocol.server_to_client, &names.client, scope);
    let handler_trait = client_trait(&names, &protocol.name, &methods, scope);
    let received = DirectionNames::server_to_client();
    let dispatch = dispatch(&protocol.server_to_client, received, scope);
    let implementation = client_implementation(&names, &dispatch, scope);
    quote!( #handler_trait #implementation )
}

/// Expands the trait of server handlers and its implementation for the runtime.
pub(super) fn server(protocol: &Protocol, scope: &Scope) -> TokenStream {
    let names = ItemNames::new(&protocol.rust_name);
    let methods = methods(&protocol.client_to_server, &names.server_client, scope);
    let handler_trait = server_trait(&names, &protocol.name, &methods, scope);
    let received = DirectionNames::client_to_server();
    let dispatch = dispatch(&protocol.client_to_server, received, scope);
    let implementation = server_implementation(&names, &dispatch, scope);
    quote!( #handler_trait #implementation )
}

/// Expands the trait of client handlers, with these methods for messages.
pub(super) fn client_trait(
    names: &ItemNames,
    name: &str,
    methods: &TokenStream,
    scope: &Scope,
) -> TokenStream {
    let krate = &scope.krate;
    let ItemNames {
        client,
        client_handler,
        ..
    } = names;
    let trait_docs = format!(
        " The callbacks of a client of the protocol `{name}`. Every method has a default that does nothing. Implement the ones you need as `async fn`."
    );
    let allow = scope.allow_deprecated();
    quote! {
        #[doc = #trait_docs]
        #[allow(unused_variables)] // Defaults do nothing, but name their parameters.
        #allow
        pub trait #client_handler: ::core::marker::Send + 'static {
            /// Called when the client has connected. Messages sent here precede all others.
            fn on_connected(
                &mut self,
                client: &#client,
            ) -> impl ::core::future::Future<Output = ()> + ::core::marker::Send {
                ::core::future::ready(())
            }

            /// Called when the connection is lost, once for each `on_connected`. The client reconnects, unless it is stopped.
            fn on_disconnected(
                &mut self,
                client: &#client,
                reason: #krate::DisconnectReason,
            ) -> impl ::core::future::Future<Output = ()> + ::core::marker::Send {
                ::core::future::ready(())
            }

            /// Called when an attempt to connect has failed. Returns when to try again.
            fn on_connect_failure(
                &mut self,
                client: &#client,
                error: &#krate::ConnectError,
            ) -> impl ::core::future::Future<Output = #krate::Retry> + ::core::marker::Send {
                ::core::future::ready(#krate::Retry::Backoff)
            }

            #methods
        }
    }
}

/// Expands the trait of server handlers, with these methods for messages.
pub(super) fn server_trait(
    names: &ItemNames,
    name: &str,
    methods: &TokenStream,
    scope: &Scope,
) -> TokenStream {
    let krate = &scope.krate;
    let ItemNames {
        server_client,
        server_handler,
        ..
    } = names;
    let trait_docs = format!(
        " The callbacks for one client of a server of the protocol `{name}`. Every method has a default that does nothing. Implement the ones you need as `async fn`."
    );
    let allow = scope.allow_deprecated();
    quote! {
        #[doc = #trait_docs]
        #[allow(unused_variables)] // Defaults do nothing, but name their parameters.
        #allow
        pub trait #server_handler: ::core::marker::Send + 'static {
            /// Called when the client has connected. Messages sent to it here precede all others.
            fn on_client_connected(
                &mut self,
                client: &#server_client,
            ) -> impl ::core::future::Future<Output = ()> + ::core::marker::Send {
                ::core::future::ready(())
            }

            /// Called when the client is disconnected, once for each `on_client_connected`.
            fn on_client_disconnected(
                &mut self,
                client: &#server_client,
                reason: #krate::DisconnectReason,
            ) -> impl ::core::future::Future<Output = ()> + ::core::marker::Send {
                ::core::future::ready(())
            }

            #methods
        }
    }
}

/// Expands a method for each member of a direction.
fn methods(direction: &Direction, client: &Ident, scope: &Scope) -> TokenStream {
    let methods = direction.members.iter().map(|member| {
        let method = ident(&member.handler);
        let docs = docs(
            &member.member.docs,
            &format!(
                "Called when a `{}` message is received.",
                member.member.name
            ),
        );
        let deprecated = deprecated(member.member.deprecated);
        let ty = value_type(&member.member.ty, scope);
        quote! {
            #docs
            #deprecated
            fn #method(
                &mut self,
                client: &#client,
                message: #ty,
            ) -> impl ::core::future::Future<Output = ()> + ::core::marker::Send {
                ::core::future::ready(())
            }
        }
    });
    methods.collect()
}

/// Expands a match arm that calls the handler for each member of a direction.
fn dispatch(direction: &Direction, names: DirectionNames, scope: &Scope) -> Dispatch {
    let DirectionNames { message, module } = names;
    let arms = direction.members.iter().map(|member| arm(member, &module));
    let krate = &scope.krate;
    let body = quote! {
        match message.messages {
            None => return #krate::__private::Dispatch::UnknownMember,
            #(#arms)*
        }
        #krate::__private::Dispatch::Delivered
    };
    Dispatch { message, body }
}

/// The type of the message that `on_message` gets, and its body.
pub(super) struct Dispatch {
    pub(super) message: Ident,
    pub(super) body: TokenStream,
}

fn arm(member: &DirectionMember, module: &Ident) -> TokenStream {
    let variant = ident(&member.member.variant);
    let method = ident(&member.handler);
    let message = unboxed(&ident("message"), &member.member.ty);
    quote! {
        Some(#module::Messages::#variant(message)) => {
            handler.#method(client, #message).await;
        }
    }
}

/// Expands the implementation by which the runtime drives clients with a handler.
pub(super) fn client_implementation(
    names: &ItemNames,
    dispatch: &Dispatch,
    scope: &Scope,
) -> TokenStream {
    let krate = &scope.krate;
    let ItemNames {
        marker,
        client,
        client_handler,
        ..
    } = names;
    let Dispatch { message, body } = dispatch;
    let allow = scope.allow_deprecated();
    quote! {
        #allow
        impl<H: #client_handler> #krate::__private::ConnectWith<H> for #marker {
            async fn on_connected(handler: &mut H, client: &#client) {
                handler.on_connected(client).await;
            }

            async fn on_disconnected(
                handler: &mut H,
                client: &#client,
                reason: #krate::DisconnectReason,
            ) {
                handler.on_disconnected(client, reason).await;
            }

            async fn on_connect_failure(
                handler: &mut H,
                client: &#client,
                error: &#krate::ConnectError,
            ) -> #krate::Retry {
                handler.on_connect_failure(client, error).await
            }

            async fn on_message(
                handler: &mut H,
                client: &#client,
                message: #message,
            ) -> #krate::__private::Dispatch {
                #body
            }
        }
    }
}

/// Expands the implementation by which the runtime drives servers with a handler.
pub(super) fn server_implementation(
    names: &ItemNames,
    dispatch: &Dispatch,
    scope: &Scope,
) -> TokenStream {
    let krate = &scope.krate;
    let ItemNames {
        marker,
        server_client,
        server_handler,
        ..
    } = names;
    let Dispatch { message, body } = dispatch;
    let allow = scope.allow_deprecated();
    quote! {
        #allow
        impl<H: #server_handler> #krate::__private::ServeWith<H> for #marker {
            async fn on_client_connected(handler: &mut H, client: &#server_client) {
                handler.on_client_connected(client).await;
            }

            async fn on_client_disconnected(
                handler: &mut H,
                client: &#server_client,
                reason: #krate::DisconnectReason,
            ) {
                handler.on_client_disconnected(client, reason).await;
            }

            async fn on_message(
                handler: &mut H,
                client: &#server_client,
                message: #message,
            ) -> #krate::__private::Dispatch {
                #body
            }
        }
    }
}
