//! The handler traits, and their calls by the runtime.

use proc_macro2::{Ident, Literal, TokenStream};
use quote::quote;

use super::docs::deprecated;
use super::scope::Scope;
use super::types::{boxed, unboxed, value_type};
use super::value_docs::value_docs;
use super::view;
use crate::config::Handlers;
use crate::model::{Direction, DirectionMember, Member, Protocol, Request};
use crate::names::{DirectionNames, ItemNames, ident};

/// Expands the trait of client handlers and its implementation for the runtime.
pub(super) fn client(protocol: &Protocol, scope: &Scope) -> TokenStream {
    let names = ItemNames::of(protocol);
    let received = Received {
        direction: &protocol.server_to_client,
        requests: &protocol.server_requests,
        names: DirectionNames::server_to_client(),
        responses: DirectionNames::client_to_server(),
        client: &names.client,
    };
    let handler_trait = client_trait(&names, &protocol.name, &received.methods(scope), scope);
    let implementation = client_implementation(&names, scope);
    quote!( #handler_trait #implementation )
}

/// Expands the trait of server handlers and its implementation for the runtime.
pub(super) fn server(protocol: &Protocol, scope: &Scope) -> TokenStream {
    let names = ItemNames::of(protocol);
    let received = Received {
        direction: &protocol.client_to_server,
        requests: &protocol.client_requests,
        names: DirectionNames::client_to_server(),
        responses: DirectionNames::server_to_client(),
        client: &names.server_client,
    };
    let handler_trait = server_trait(&names, &protocol.name, &received.methods(scope), scope);
    let implementation = server_implementation(&names, scope);
    quote!( #handler_trait #implementation )
}

/// Returns the sentence about the methods of messages in the documentation of a handler trait.
fn methods_docs(handlers: Handlers) -> &'static str {
    match handlers {
        Handlers::Optional => {
            "Every method has a default that does nothing. Implement the ones you need as `async fn`."
        }
        Handlers::Required => {
            "Implement the methods of all messages as `async fn`. The others have a default that does nothing."
        }
    }
}

/// Expands the trait of client handlers, with these methods for messages.
fn client_trait(
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
        " The callbacks of a client of the protocol `{name}`. {}",
        methods_docs(scope.handlers)
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

            /// Called when the connection is lost and the session waits for another one. Messages to the server are kept
            /// meanwhile.
            fn on_interrupted(
                &mut self,
                client: &#client,
                reason: #krate::DisconnectReason,
            ) -> impl ::core::future::Future<Output = ()> + ::core::marker::Send {
                ::core::future::ready(())
            }

            /// Called when the session goes on, after being `away` for this time: after all messages from before the
            /// interruption, and before all others.
            fn on_resumed(
                &mut self,
                client: &#client,
                away: ::core::time::Duration,
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
fn server_trait(
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
        " The callbacks for one client of a server of the protocol `{name}`. {}",
        methods_docs(scope.handlers)
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

            /// Called when the connection of the client is lost and its session waits for another one. Messages to it are
            /// kept meanwhile.
            fn on_client_interrupted(
                &mut self,
                client: &#server_client,
                reason: #krate::DisconnectReason,
            ) -> impl ::core::future::Future<Output = ()> + ::core::marker::Send {
                ::core::future::ready(())
            }

            /// Called when the session goes on, after being `away` for this time: after all messages from before the
            /// interruption, and before all others.
            fn on_client_resumed(
                &mut self,
                client: &#server_client,
                away: ::core::time::Duration,
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

/// The messages that one side receives.
struct Received<'a> {
    direction: &'a Direction,
    /// Those that are requests.
    requests: &'a [Request],
    names: DirectionNames,
    /// The direction of the responses.
    responses: DirectionNames,
    /// The handle that the methods get.
    client: &'a Ident,
}

impl Received<'_> {
    /// Expands the methods for messages, and `on_message`, which leads to them.
    fn methods(&self, scope: &Scope) -> TokenStream {
        let methods = self.direction.members.iter();
        let methods: TokenStream = methods.map(|member| self.method(member, scope)).collect();
        let body = self.dispatch(scope);
        let message = view::received(&self.names, &quote!('_), scope);
        let hook = hook(self.client, &message, &body, scope);
        quote!( #hook #methods )
    }

    /// Expands the method for a member.
    fn method(
        &self,
        DirectionMember {
            member, handler, ..
        }: &DirectionMember,
        scope: &Scope,
    ) -> TokenStream {
        let krate = &scope.krate;
        let method = ident(handler);
        let name = &member.name;
        let otherwise = format!("Called when a `{name}` message is received.");
        let docs = value_docs(&member.docs, &otherwise, &member.ty, scope);
        let deprecated = deprecated(member.deprecated);
        let ty = view::received_member(&self.names, &member.ty, scope);
        let client = self.client;
        let reply = self.request(member).map(|request| {
            let response = value_type(&request.response.ty, scope);
            quote!( reply: #krate::Reply<#response>, )
        });
        let body = match scope.handlers {
            Handlers::Required => quote!(;),
            Handlers::Optional => quote!( { #krate::__private::unhandled(client, #name) } ),
        };
        quote! {
            #docs
            #deprecated
            fn #method(
                &mut self,
                client: &#client,
                message: #ty,
                #reply
            ) -> impl ::core::future::Future<Output = ()> + ::core::marker::Send
            #body
        }
    }

    /// Expands the call of the method for the member that a message holds.
    fn dispatch(&self, scope: &Scope) -> TokenStream {
        let krate = &scope.krate;
        let arms = self.direction.members.iter();
        let arms = arms.map(|member| self.arm(member, scope));
        quote! {
            match received.__message.messages {
                None => #krate::__private::ignore(client),
                #(#arms)*
            }
        }
    }

    fn arm(
        &self,
        DirectionMember {
            member, handler, ..
        }: &DirectionMember,
        scope: &Scope,
    ) -> TokenStream {
        let messages = view::received_messages(&self.names, scope);
        let variant = ident(&member.variant);
        let method = ident(handler);
        let message = unboxed(&ident("message"), &member.ty);
        let reply = self.request(member).map(|it| self.reply(it, scope));
        let reply = reply.map(|reply| quote!(, #reply));
        quote! {
            Some(#messages::#variant(message)) => {
                self.#method(client, #message #reply).await;
            }
        }
    }

    /// Expands the reply to a request, with the member that it sends.
    fn reply(&self, Request { response, .. }: &Request, scope: &Scope) -> TokenStream {
        let krate = &scope.krate;
        let DirectionNames { message, module } = &self.responses;
        let name = &response.name;
        let number = Literal::u32_unsuffixed(response.number);
        let variant = ident(&response.variant);
        let value = boxed(&ident("response"), &response.ty, scope);
        quote! {
            received.__request.reply(&#krate::__private::ResponseMember {
                name: #name,
                number: #number,
                wrap: |response| #message::from(#module::Messages::#variant(#value)),
            })
        }
    }

    fn request(&self, member: &Member) -> Option<&Request> {
        let mut requests = self.requests.iter();
        requests.find(|it| it.request.name == member.name)
    }
}

/// Expands the hook that gets each message, and the dispatch that it leads to, with this body.
fn hook(client: &Ident, message: &TokenStream, body: &TokenStream, scope: &Scope) -> TokenStream {
    let krate = &scope.krate;
    quote! {
        /// Called for each received message. The default passes it on to its method, by [`dispatch`](Self::dispatch).
        fn on_message(
            &mut self,
            client: &#client,
            message: #krate::Received<#message>,
        ) -> impl ::core::future::Future<Output = ()> + ::core::marker::Send {
            self.dispatch(client, message)
        }

        /// Calls the method for the member that a message holds. It is called by `on_message`, and not to be implemented.
        fn dispatch(
            &mut self,
            client: &#client,
            received: #krate::Received<#message>,
        ) -> impl ::core::future::Future<Output = ()> + ::core::marker::Send {
            async move { #body }
        }
    }
}

/// Expands the implementation by which the runtime drives clients with a handler.
fn client_implementation(names: &ItemNames, scope: &Scope) -> TokenStream {
    let krate = &scope.krate;
    let ItemNames {
        marker,
        client,
        client_handler,
        ..
    } = names;
    let message = view::received(&DirectionNames::server_to_client(), &quote!('a), scope);
    let allow = scope.allow_deprecated();
    quote! {
        #allow
        #[doc(hidden)]
        impl<H: #client_handler> #krate::__private::ConnectWith<H> for #marker {
            async fn on_connected(handler: &mut H, client: &#client) {
                handler.on_connected(client).await;
            }

            async fn on_interrupted(
                handler: &mut H,
                client: &#client,
                reason: #krate::DisconnectReason,
            ) {
                handler.on_interrupted(client, reason).await;
            }

            async fn on_resumed(
                handler: &mut H,
                client: &#client,
                away: ::core::time::Duration,
            ) {
                handler.on_resumed(client, away).await;
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

            fn on_message<'a>(
                handler: &'a mut H,
                client: &'a #client,
                message: #krate::Received<#message>,
            ) -> impl ::core::future::Future<Output = ()> + ::core::marker::Send {
                handler.on_message(client, message)
            }
        }
    }
}

/// Expands the implementation by which the runtime drives servers with a handler.
fn server_implementation(names: &ItemNames, scope: &Scope) -> TokenStream {
    let krate = &scope.krate;
    let ItemNames {
        marker,
        server_client,
        server_handler,
        ..
    } = names;
    let message = view::received(&DirectionNames::client_to_server(), &quote!('a), scope);
    let allow = scope.allow_deprecated();
    quote! {
        #allow
        #[doc(hidden)]
        impl<H: #server_handler> #krate::__private::ServeWith<H> for #marker {
            async fn on_client_connected(handler: &mut H, client: &#server_client) {
                handler.on_client_connected(client).await;
            }

            async fn on_client_interrupted(
                handler: &mut H,
                client: &#server_client,
                reason: #krate::DisconnectReason,
            ) {
                handler.on_client_interrupted(client, reason).await;
            }

            async fn on_client_resumed(
                handler: &mut H,
                client: &#server_client,
                away: ::core::time::Duration,
            ) {
                handler.on_client_resumed(client, away).await;
            }

            async fn on_client_disconnected(
                handler: &mut H,
                client: &#server_client,
                reason: #krate::DisconnectReason,
            ) {
                handler.on_client_disconnected(client, reason).await;
            }

            fn on_message<'a>(
                handler: &'a mut H,
                client: &'a #server_client,
                message: #krate::Received<#message>,
            ) -> impl ::core::future::Future<Output = ()> + ::core::marker::Send {
                handler.on_message(client, message)
            }
        }
    }
}
