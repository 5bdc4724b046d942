//! Expansions compile whatever surrounds them: other meanings of common names, and the strictest
//! lints.
//!
//! A crate of its own, since some lints look at what a crate exports.

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
// No type is `Eq`: a message that is given a `float` must not lose what its users rely on.
#![allow(clippy::derive_partial_eq_without_eq)]

extern crate messi as renamed;

use messi::prost::Message;

/// Every kind of declaration.
pub mod kitchen_sink {
    ::messi::protocol!("proto/kitchen_sink.proto");
}

/// Types of the schema with the names of what the expansion needs.
pub mod names {
    ::messi::protocol!("proto/names.proto");
}

/// The same, where the language means nothing by these names, and with traits of theirs.
#[no_implicit_prelude]
pub mod names_without_a_prelude {
    ::messi::protocol!("proto/names.proto", derive(Copy, Eq, Hash, PartialOrd, Ord));
}

/// Common names mean something else where the macro is called.
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

/// Without the prelude that every module has.
#[no_implicit_prelude]
pub mod without_a_prelude {
    ::messi::protocol!("proto/kitchen_sink.proto");
}

/// Without it, what is deprecated included.
#[no_implicit_prelude]
pub mod deprecated_without_a_prelude {
    ::messi::protocol!("proto/deprecated.proto");
}

/// Two protocols, of which each has a `ClientToServer`.
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

/// By another name of the crate.
pub mod under_another_name {
    ::renamed::protocol!("proto/kitchen_sink.proto", crate = ::renamed);
}

/// By a path of the user's own.
pub mod by_a_path {
    /// A crate that has messi among its dependencies.
    pub mod exports {
        pub use messi;
    }
    crate::by_a_path::exports::messi::protocol!(
        "../examples/my_protocol.proto",
        crate = crate::by_a_path::exports::messi,
    );
}

/// With all that options add to an expansion.
#[no_implicit_prelude]
pub mod with_options {
    ::messi::protocol!(
        "proto/kitchen_sink.proto",
        derive(Copy, Eq, Hash, PartialOrd, Ord, Keywords: ::serde::Serialize),
        bytes = Bytes,
    );
}

/// What is deprecated warns where it is used, not where it is declared.
pub mod deprecated {
    messi::protocol!("proto/deprecated.proto");
}

/// The schema's path may come by way of a macro.
pub mod by_way_of_a_macro {
    macro_rules! protocol {
        ($path:literal) => {
            ::messi::protocol!($path);
        };
    }
    protocol!("proto/imports.proto");
}

/// A handler of all that is left, with names of its own.
pub mod handler {
    use super::two::chat::{
        ChatClient, ChatClientHandler, ChatServerClient, ChatServerHandler, ConnectReq, ConnectRsp,
        MessageInd,
    };

    /// Handles both ends.
    #[derive(Debug)]
    pub struct Handler(pub String);

    impl ChatClientHandler for Handler {
        async fn on_connect_rsp(&mut self, client: &ChatClient, _: ConnectRsp) {
            client.send(MessageInd::default());
        }
    }

    impl ChatServerHandler for Handler {
        async fn on_connect_req(&mut self, client: &ChatServerClient, request: ConnectReq) {
            self.0 = request.user;
            client.send(ConnectRsp {});
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
fn expansions_under_other_names_are_the_same() {
    let one = kitchen_sink::ClientToServer::from(kitchen_sink::Scalars::default());
    let other = under_another_name::ClientToServer::from(under_another_name::Scalars::default());
    assert_eq!(one.encode_to_vec(), other.encode_to_vec());
}
