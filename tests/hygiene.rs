//! Checks that expansions compile in any surroundings: with other meanings of common names, and with
//! the strictest lints.
//!
//! A crate of its own, since some lints check the exports of a crate.

#![deny(
    warnings,
    missing_docs,
    missing_debug_implementations,
    unreachable_pub,
    unused_qualifications,
    elided_lifetimes_in_paths,
    let_underscore_drop,
    single_use_lifetimes,
    trivial_casts,
    unused_lifetimes,
    unused_results,
    variant_size_differences,
    clippy::all,
    clippy::pedantic,
    clippy::nursery
)]
// No type is `Eq`: otherwise, adding a `float` to a message would break its users.
#![allow(clippy::derive_partial_eq_without_eq)]

extern crate messi as renamed;

use messi::prost::Message;

/// Every kind of declaration.
pub mod kitchen_sink {
    ::messi::protocol!("proto/kitchen_sink.proto");
}

/// Types of the schema with the names of items that the expansion uses.
pub mod names {
    ::messi::protocol!("proto/names.proto");
}

/// The same without the prelude, and with traits of the same names.
#[no_implicit_prelude]
pub mod names_without_a_prelude {
    ::messi::protocol!("proto/names.proto", derive(Copy, Eq, Hash, PartialOrd, Ord));
}

/// Common names have another meaning in the calling module.
pub mod shadowed_names {
    #![allow(dead_code)]

    macro_rules! shadow {
        ($($name:ident)*) => { $( struct $name; )* };
    }

    shadow!(Result Option String Send Sync Future Box Vec HashMap);
    shadow!(Default From Into Clone Copy Debug PartialEq Eq Hash Iterator Drop);

    mod core {}
    mod std {}
    mod alloc {}
    mod prost {}
    mod messi {}

    ::messi::protocol!("proto/kitchen_sink.proto");
}

/// Without the prelude.
#[no_implicit_prelude]
pub mod without_a_prelude {
    ::messi::protocol!("proto/kitchen_sink.proto");
}

/// Without the prelude, and with deprecated declarations.
#[no_implicit_prelude]
pub mod deprecated_without_a_prelude {
    ::messi::protocol!("proto/deprecated.proto");
}

/// Two protocols, each with a `ClientToServer`.
pub mod two {
    /// One.
    pub mod chat {
        messi::protocol!("../examples/chat/chat.proto");
    }
    /// The other.
    pub mod my_protocol {
        messi::protocol!("../examples/my_protocol.proto");
    }
}

/// With messi under another name.
pub mod under_another_name {
    ::renamed::protocol!("proto/kitchen_sink.proto", crate = ::renamed);
}

/// With messi at a path that the user chooses.
pub mod at_a_path {
    /// Re-exports of a crate that depends on messi.
    pub mod exports {
        pub use messi;
    }
    crate::at_a_path::exports::messi::protocol!(
        "../examples/my_protocol.proto",
        crate = crate::at_a_path::exports::messi,
    );
}

/// With all options that add items to an expansion.
#[no_implicit_prelude]
pub mod with_options {
    ::messi::protocol!(
        "proto/kitchen_sink.proto",
        derive(Copy, Eq, Hash, PartialOrd, Ord, Keywords: ::serde::Serialize),
        bytes = Bytes,
    );
}

/// With views of all messages, without the prelude.
#[no_implicit_prelude]
pub mod with_views {
    ::messi::protocol!(
        "proto/kitchen_sink.proto",
        views = [ClientToServer, Maps, Presence, Keywords, Notes]
    );
}

/// With views of some messages, beside owned ones.
pub mod with_some_views {
    ::messi::protocol!(
        "proto/kitchen_sink.proto",
        bytes = Bytes,
        views = [Tree, Lists, Old, Notes]
    );
}

/// With views of types that have the names of items that the expansion uses.
#[no_implicit_prelude]
pub mod views_of_names {
    ::messi::protocol!(
        "proto/names.proto",
        views = [Client, Server, Option, String, Message, Result, Some]
    );
}

/// With views of messages that have deprecated declarations.
pub mod with_deprecated_views {
    ::messi::protocol!("proto/deprecated.proto", views = [Holder, OldHolder]);
}

/// Deprecated declarations warn at their use, not in the expansion.
pub mod deprecated {
    messi::protocol!("proto/deprecated.proto");
}

/// The path of the schema comes from another macro.
pub mod called_by_a_macro {
    macro_rules! protocol {
        ($path:literal) => {
            ::messi::protocol!($path);
        };
    }
    protocol!("proto/imports.proto");
}

/// Handlers in another module than the expansion.
pub mod handler {
    use super::two::chat::{
        ChatClient, ChatClientHandler, ChatServerClient, ChatServerHandler, ConnectReq, ConnectRsp,
        MessageInd,
    };

    /// Handles the messages of both sides.
    #[derive(Debug)]
    pub struct Handler(pub String);

    impl ChatClientHandler for Handler {
        async fn on_connect_rsp(&mut self, client: &ChatClient, _: ConnectRsp) {
            client.send(MessageInd::default());
        }
    }

    impl ChatServerHandler for Handler {
        async fn on_connect_req(
            &mut self,
            _: &ChatServerClient,
            request: ConnectReq,
            reply: messi::Reply<ConnectRsp>,
        ) {
            self.0 = request.user;
            reply.send(ConnectRsp {});
        }
    }
}

#[test]
fn a_protocol_may_be_inside_a_function() {
    mod chat {
        messi::protocol!("proto/imports.proto");
    }
    let exhibit = chat::Exhibit::default();
    assert_eq!(exhibit.encoded_len(), 0);
}

#[test]
fn expansions_under_another_crate_name_encode_the_same_bytes() {
    let one = kitchen_sink::ClientToServer::from(kitchen_sink::Scalars::default());
    let other = under_another_name::ClientToServer::from(under_another_name::Scalars::default());
    assert_eq!(one.encode_to_vec(), other.encode_to_vec());
}
