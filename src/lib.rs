#![doc = include_str!("../README.md")]
#![cfg_attr(docsrs, feature(doc_cfg))]

pub use messi_core::{
    Address, Answer, Client, ClientBuilder, ClientId, ClientState, ConnectError, DisconnectReason,
    Dropped, Error, ListenError, Overflow, RequestError, Retry, Runtime, SendError, Server,
    ServerBuilder, ServerClient, ServerStats, Stats, Uri, UriError,
};

#[cfg(feature = "testing")]
#[cfg_attr(docsrs, doc(cfg(feature = "testing")))]
pub use messi_core::testing;

#[cfg(feature = "tls")]
#[cfg_attr(docsrs, doc(cfg(feature = "tls")))]
pub use messi_core::tls;

/// Makes a typed client and server of a proto3 schema.
///
/// ```
/// # mod example {
/// mod chat {
///     messi::protocol!("examples/chat/chat.proto");
/// }
/// use chat::*;
/// use messi::DisconnectReason;
///
/// /// What a server knows of one of its clients.
/// struct Session {
///     user: Option<String>,
/// }
///
/// impl ChatServerHandler for Session {
///     async fn on_connect_req(&mut self, client: &ChatServerClient, request: ConnectReq) {
///         self.user = Some(request.user);
///         client.send(ConnectRsp {});
///     }
///
///     async fn on_client_disconnected(&mut self, _: &ChatServerClient, reason: DisconnectReason) {
///         println!("{:?} is gone: {reason}", self.user);
///     }
/// }
///
/// struct Reader;
///
/// impl ChatClientHandler for Reader {
///     async fn on_connected(&mut self, client: &ChatClient) {
///         client.send(ConnectReq { user: "Erik".into() });
///     }
///
///     async fn on_message_ind(&mut self, _: &ChatClient, message: MessageInd) {
///         println!("{} {}", message.user, message.text);
///     }
/// }
/// # }
/// ```
///
/// # The schema
///
/// A schema is a proto3 file with two messages of fixed names, and in each a oneof `messages`: of
/// what clients send, and of what servers send.
///
/// ```proto
/// syntax = "proto3";
///
/// package chat;
///
/// message ClientToServer {
///     oneof messages {
///         ConnectReq connect_req = 1;
///         MessageInd message_ind = 2;
///     }
/// }
///
/// message ServerToClient {
///     oneof messages {
///         ConnectRsp connect_rsp = 1;
///         MessageInd message_ind = 2;
///     }
/// }
///
/// message ConnectReq { string user = 1; }
/// message ConnectRsp { }
/// message MessageInd { string user = 1; string text = 2; }
/// ```
///
/// All else is as proto3 has it: scalars, enums, maps, `optional`, nested and recursive messages,
/// further oneofs, imports of other files and packages, and the types of `google.protobuf`. A
/// choice need not be a message: `string text = 3;` is one too. Neither direction may declare
/// messages inside it.
///
/// # What is generated
///
/// Names begin with that of the protocol: the last part of the package, or the stem of the file
/// where there is none. `package my.chat_room;` makes a `ChatRoom`. For `package chat;` there are
///
/// | | |
/// | --- | --- |
/// | `ChatClient`, `ChatServer` | the two ends: a [`Client`] and a [`Server`] of the protocol |
/// | `ChatServerClient` | a client as its server sees it: a [`ServerClient`] |
/// | `ChatClientHandler` | what happens to a client: `on_connected`, `on_disconnected`, `on_connect_failure`, and `on_<choice>` for each choice of `ServerToClient` |
/// | `ChatServerHandler` | what happens to a client of a server: `on_client_connected`, `on_client_disconnected`, and `on_<choice>` for each choice of `ClientToServer` |
/// | `ChatClientRequests`, `ChatServerClientRequests` | what a client can ask the server, and a server a client: for each request that has an answer |
/// | `Chat` | the protocol itself, which the types above are given; its page shows which side sends what |
/// | `ConnectReq`, … | a struct or an enum for each type of the schema |
///
/// Methods of handlers are written as `async fn`. Each has a default that does nothing.
///
/// Types have the shape that [`prost`] gives them, and implement [`prost::Message`]: what is
/// nested in `Outer` is in the module `outer`, a oneof `kind` of `Outer` is an
/// `Option<outer::Kind>`, a field of an enum is an `i32` with a getter and a setter of the enum's
/// type. Types of another package are in modules named after it, those of `google.protobuf` are
/// in [`prost_types`].
///
/// Whatever converts into `ClientToServer` can be sent by a client, and likewise for a server:
/// the message of a choice, if no other choice has the same, and `client_to_server::Messages`
/// for all of them.
///
/// ```
/// # mod chat { messi::protocol!("examples/chat/chat.proto"); }
/// use chat::{ClientToServer, MessageInd, client_to_server::Messages};
///
/// let message = MessageInd { user: "Erik".into(), text: "Hi!".into() };
/// let choice = Messages::MessageInd(message.clone());
/// assert_eq!(ClientToServer::from(message), ClientToServer::from(choice));
/// ```
///
/// Where a choice `foo_req` of one direction has a choice `foo_rsp` in the other, it is a request: the
/// trait `ChatClientRequests`, or `ChatServerClientRequests`, has a method of its name, which sends it
/// and is a future of its [`Answer`].
///
/// ```no_run
/// # mod chat { messi::protocol!("examples/chat/chat.proto"); }
/// use chat::{ChatClient, ChatClientRequests, ConnectReq, ConnectRsp};
///
/// # async fn example(client: ChatClient) -> Result<(), messi::Error> {
/// let ConnectRsp {} = client.connect_req(ConnectReq { user: "Erik".into() }).await?;
/// # Ok(())
/// # }
/// ```
///
/// Comments of the schema become documentation, `deprecated = true` becomes `#[deprecated]`.
///
/// The items are put where the macro is called. Give it a module of its own: that keeps its names
/// apart from yours, and those of two protocols from each other. The module may import nothing
/// else under the names `Some`, `None`, `Ok` and `Err`; it needs no prelude.
///
/// # The path
///
/// The path is relative to the Rust file that calls the macro, as that of [`include_str!`] is, or
/// else to the directory of the crate's `Cargo.toml`. In a `macro_rules!` the file is the one that
/// the path is written in. Some editors do not tell the macro which file that is: they know only the
/// crate's directory.
///
/// Imports are relative to the directory of the schema, or else to that of `Cargo.toml`; those of
/// `google/protobuf/` come with messi. Further directories can be [included](#include). An edit of
/// any of these files rebuilds the crate.
///
/// # Options
///
/// Options follow the path, in any order, each at most once.
///
/// | option | meaning | without it |
/// | --- | --- | --- |
/// | [`side`](#side) | generates what a client or a server needs | both |
/// | [`derive`](#derive) | derives further traits | none |
/// | [`bytes`](#bytes) | the Rust type of `bytes` fields | `Vec<u8>` |
/// | [`include`](#include) | directories of schemas and imports | none |
/// | [`extern`](#extern) | where the types of an imported package are | generated |
/// | [`crate`](#crate) | where this crate is | `::messi` |
///
/// ## side
///
/// `side = client` leaves out what only a server needs, its handler among it, and `side = server`
/// what only a client needs. The types of the schema are generated whichever it is. `side = both`
/// is the default.
///
/// ```
/// # mod chat {
/// messi::protocol!("examples/chat/chat.proto", side = client);
/// # }
/// ```
///
/// ## derive
///
/// Messages and oneofs have `Clone`, `Debug` and `PartialEq`, messages `Default` as well; enums have
/// all traits of the standard library that can be derived. `derive` adds others: for all types, or
/// for those that it names.
///
/// ```
/// # mod chat {
/// messi::protocol!(
///     "examples/chat/chat.proto",
///     derive(Eq, Hash, ConnectReq: PartialOrd + Ord, MessageInd: ::serde::Serialize)
/// );
/// # }
/// ```
///
/// - Types are named as they are in Rust: `outer::Inner`, `acme::types::Shape`. The name of a message
///   means its oneofs as well, but not the messages inside it.
/// - `Copy`, `Eq`, `Hash`, `Ord` and `PartialOrd` are given to all types that can have them, if they
///   are asked for all: a message with a `double` is not `Eq`, nor is one that holds such a message;
///   one with a map is not `Hash`. To a type that is named they are given, or it is an error that
///   tells which field is in the way. `Ord` is asked for with `Eq` and `PartialOrd`. The types of an
///   [`extern`](#extern) package are taken to have them.
/// - Any other trait is named by its whole path, `::serde::Serialize` or `crate::Traced`, and is given
///   to every type that it is asked for, enums included. Whether that can be is for its derive to say.
///
/// ## bytes
///
/// `bytes = Bytes` makes `bytes` fields a [`Bytes`](prost::bytes::Bytes), of which a clone shares what
/// the first one holds. It is for all of a schema, but for the values of maps, which prost knows as
/// `Vec<u8>` only. `bytes = Vec` is the default.
///
/// ```
/// # mod kitchen_sink {
/// messi::protocol!("tests/proto/kitchen_sink.proto", bytes = Bytes);
/// # }
/// use messi::prost::bytes::Bytes;
///
/// let message = kitchen_sink::Scalars { bytes: Bytes::from_static(b"abc"), ..Default::default() };
/// ```
///
/// ## include
///
/// `include = ["../protos"]` names directories in which the schema and imports are looked for as well,
/// in this order and after all other places. Their paths lead from where that of the schema does. A
/// directory that is not there is an error.
///
/// ```
/// # mod imports {
/// messi::protocol!("imports.proto", include = ["tests/proto"]);
/// # }
/// ```
///
/// ## extern
///
/// Two protocols of one crate that import the same package have types of their own for it, unless one
/// of them uses those of the other. The types of the package are then not generated, and expected in
/// the module that is named. Its path begins with `::` or `crate::`. Packages inside the package are
/// packages of their own.
///
/// ```
/// mod gallery {
///     messi::protocol!("tests/proto/imports.proto");
/// }
/// mod shop {
///     messi::protocol!(
///         "tests/proto/imports.proto",
///         extern = {
///             "acme.shapes" => crate::gallery::acme::shapes,
///             "acme.shapes.colors" => crate::gallery::acme::shapes::colors,
///         }
///     );
/// }
/// # fn main() {
/// let shape = gallery::acme::shapes::Shape::default();
/// let message = shop::ClientToServer::from(shape);
/// # }
/// ```
///
/// ## crate
///
/// `crate = path` is the path of this crate, where it is not `::messi`: in a crate that depends
/// on it under another name, or knows it by way of a third. It begins with `::` or `crate::`.
///
/// ```
/// # extern crate messi as renamed;
/// # mod chat {
/// renamed::protocol!("examples/chat/chat.proto", crate = ::renamed);
/// # }
/// ```
///
/// # Build scripts
///
/// A build script can write the same code to a file, where it can be read and where a debugger and an
/// editor see it as any other. `messi-codegen`, of the same version as messi, is then a build
/// dependency:
///
/// ```no_run
/// // build.rs
/// use messi_codegen::{CompileError, Config};
///
/// fn main() -> Result<(), CompileError> {
///     Config::new().derive("Eq, Hash").compile("chat.proto")
/// }
/// ```
///
/// ```ignore
/// mod chat {
///     include!(concat!(env!("OUT_DIR"), "/chat.rs"));
/// }
/// ```
///
/// The methods of `Config` are the options of the macro. What is included is code of the crate, and
/// the crate's lints apply to it.
///
/// # Errors
///
/// Everything that is wrong with a schema is an error of the compiler, each with its place in the
/// schema:
///
/// ```text
/// error: found the unknown type `ConectReq`
///         --> chat.proto:7:9
///         help: there is a type of a similar name, `ConnectReq`
///  --> src/main.rs:2:22
///   |
/// 2 |     messi::protocol!("chat.proto");
///   |                      ^^^^^^^^^^^^
/// ```
pub use messi_macros::protocol;
pub use prost;
pub use prost_types;

#[cfg(doctest)]
#[doc = include_str!("../docs/tutorial.md")]
struct Tutorial;

#[cfg(doctest)]
#[doc = include_str!("../docs/lifecycle.md")]
struct Lifecycle;

#[cfg(doctest)]
#[doc = include_str!("../docs/evolving.md")]
struct Evolving;

/// What expansions of [`protocol!`] name. Not part of the public interface.
#[doc(hidden)]
pub mod __private {
    pub use std::collections::HashMap;

    pub use messi_core::{
        ConnectWith, Dispatch, Protocol, RequestClient, RequestKind, RequestServer, ServeWith,
    };

    /// Traits have no name here: a type of the schema may have it.
    pub mod prelude {
        pub use std::default::Default as _;
        pub use std::iter::Iterator as _;
        pub use std::option::Option::{None, Some};
        pub use std::result::Result::{Err, Ok};
    }
}
