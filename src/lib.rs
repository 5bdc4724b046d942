//! Typed, ordered messages in both directions over one connection, generated from a proto3 file.
//!
//! [`protocol!`] reads a schema at compile time. It generates the message types, a handler trait for each
//! side, a client and a server. Client and server reconnect, detect dead peers, bound their memory and stop
//! cleanly. They speak the wire protocol of the original Messi, which generates C and Python.
//!
//! # Examples
//!
//! A server that sends each message on to all clients, and a client:
//!
//! ```
//! use futures::StreamExt;
//! use futures::channel::mpsc::{UnboundedSender, unbounded};
//!
//! mod chat {
//!     messi::protocol!("examples/chat/chat.proto");
//! }
//!
//! use chat::*;
//!
//! /// The server's handler: one value per connection.
//! struct Session;
//!
//! impl ChatServerHandler for Session {
//!     async fn on_message_ind(&mut self, client: &ChatServerClient, message: MessageInd) {
//!         client.server().broadcast(message);
//!     }
//! }
//!
//! /// The client's handler: one value for the client's whole life.
//! struct Ui {
//!     received: UnboundedSender<MessageInd>,
//! }
//!
//! impl ChatClientHandler for Ui {
//!     async fn on_connected(&mut self, client: &ChatClient) {
//!         client.send(MessageInd { user: "Kalle".into(), text: "Hello!".into() });
//!     }
//!
//!     async fn on_message_ind(&mut self, _: &ChatClient, message: MessageInd) {
//!         let _ = self.received.unbounded_send(message);
//!     }
//! }
//!
//! fn main() -> Result<(), messi::Error> {
//!     async_std::task::block_on(run())
//! }
//!
//! async fn run() -> Result<(), messi::Error> {
//!     let server = ChatServer::builder("tcp://127.0.0.1:0").start(|_client| Session).await?;
//!
//!     let (received, mut messages) = unbounded();
//!     let client = ChatClient::builder(server.uri()).start(Ui { received })?;
//!
//!     assert_eq!(messages.next().await.unwrap().text, "Hello!");
//!     client.stop().await;
//!     server.stop().await;
//!     Ok(())
//! }
//! ```
//!
//! # Where to start
//!
//! - The [tutorial](guide::tutorial) builds a chat room step by step, and the [`guide`] has a page for each
//!   further topic.
//! - [`protocol!`] describes the schema, the generated items and the options.
//! - [`ClientBuilder`] and [`ServerBuilder`] have the settings, each with its default.
//! - [`Client`], [`Server`] and [`ServerClient`] are the handles that send messages.
//! - [`DisconnectReason`] lists the reasons for which a connection ends.
//!
//! # Features
//!
//! - `async-std` (default), `smol`, `tokio`: the async runtimes that a [`Runtime`] can be of. They can be combined.
//! - `metrics`: statistics for the recorder of the crate `metrics`, once a second: see [Metrics](guide::metrics).
//! - `tls`: `tls://` URIs, and the module [`tls`].
//! - `testing`: the module [`testing`], with a network in memory and a simulated clock.
//! - `tracing`: a span of the crate `tracing` for each connection, in which its handler runs: see
//!   [Spans](guide::metrics#spans).

#![cfg_attr(docsrs, feature(doc_cfg))]

pub mod guide;

pub use messi_core::cluster;
pub use messi_core::{
    Address, BoundListener, Bye, ByeReason, Client, ClientBuilder, ClientId, ClientState, Clock,
    ConnectError, DisconnectReason, Dropped, Error, FlushError, IntoHandler, JoinError, JoinHandle,
    ListenError, Lost, Member, NoRuntime, NotConnected, OpenMetrics, Overflow, Protocol, Received,
    Refusal, Reply, Report, RequestError, RequestStats, ResponseFuture, Retry, Runtime, SendError,
    Server, ServerBuilder, ServerClient, ServerStats, Session, SessionLost, Sessions, SharedError,
    StartError, Stats, StopSummary, Topic, TrySendError, Uri, UriError, User, WithHandlerError,
};

#[cfg(feature = "testing")]
#[cfg_attr(docsrs, doc(cfg(feature = "testing")))]
pub use messi_core::testing;

#[cfg(feature = "tls")]
#[cfg_attr(docsrs, doc(cfg(feature = "tls")))]
pub use messi_core::tls;

/// Generates a typed client and server from a proto3 schema.
///
/// ```
/// # mod example {
/// mod chat {
///     messi::protocol!("examples/chat/chat.proto");
/// }
/// use chat::*;
/// use messi::{DisconnectReason, Reply};
///
/// /// The server's state of one client.
/// struct Session {
///     user: Option<String>,
/// }
///
/// impl ChatServerHandler for Session {
///     async fn on_connect_req(
///         &mut self,
///         _: &ChatServerClient,
///         request: ConnectReq,
///         reply: Reply<ConnectRsp>,
///     ) {
///         self.user = Some(request.user);
///         reply.send(ConnectRsp {});
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
/// A schema is a proto3 file with two messages of fixed names: clients send `ClientToServer`, and servers
/// send `ServerToClient`. Each has one oneof, `messages`, and its members are the messages of that direction.
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
/// The rest of proto3 is supported: scalars, enums, maps, `optional`, nested and recursive messages,
/// further oneofs, imports of other files and packages, and the types of `google.protobuf`. A
/// member need not be a message: `string text = 3;` is a valid member. `ClientToServer` and
/// `ServerToClient` may not have nested messages.
///
/// # Generated items
///
/// The names begin with the name of the protocol: the last part of the package, or the stem of the file
/// if it has no package. `package my.chat_room;` becomes `ChatRoom`, and so does `package my.chat_room.v1;`: a
/// version is no name. `package chat;` generates:
///
/// | items | description |
/// | --- | --- |
/// | `ChatClient`, `ChatServer` | the two sides: a [`Client`] and a [`Server`] of the protocol |
/// | `ChatServerClient` | the server's handle of a connected client: a [`ServerClient`] |
/// | `ChatClientHandler` | the callbacks of a client: `on_connected`, `on_disconnected`, `on_connect_failure`, and `on_<member>` for each member of `ServerToClient` |
/// | `ChatServerHandler` | the callbacks of a server, for one client: `on_client_connected`, `on_client_disconnected`, and `on_<member>` for each member of `ClientToServer` |
/// | `ChatClientRequests`, `ChatServerClientRequests` | a method for each request of a client to the server, and of the server to a client |
/// | `Chat` | the protocol, a type parameter of the types above; its page shows which side sends which message. If the schema has a type `Chat`, it is `ChatProtocol` |
/// | `ConnectReq`, … | a struct or an enum for each type of the schema |
///
/// Write the methods of handlers as `async fn`. Each has a default that does nothing. The method of a request
/// gets a [`Reply`], which sends the response. `on_message` gets each message first, as a [`Received`], and
/// passes it on to its method; there, fields beside the oneof can be read too. (Therefore the method of a member
/// `message` is `on_message_`.)
///
/// Types have the shape that [`prost`] gives them, and implement [`prost::Message`]. A type
/// nested in `Outer` is in the module `outer`. A oneof `kind` of `Outer` is an
/// `Option<outer::Kind>`. An enum field is an `i32` with a getter and a setter of the enum's
/// type. Types of another package are in modules named after the package, inside of the module `packages`: those of
/// `acme.types` are in `packages::acme::types`; those of `google.protobuf`
/// are in [`prost_types`].
///
/// A client can send each value that converts into `ClientToServer`: the message type of a member, if
/// no other member has the same type, and `client_to_server::Messages` for all members. The same
/// holds for a server and `ServerToClient`.
///
/// ```
/// # mod chat { messi::protocol!("examples/chat/chat.proto"); }
/// use chat::{ClientToServer, MessageInd, client_to_server::Messages};
///
/// let message = MessageInd { user: "Erik".into(), text: "Hi!".into() };
/// let member = Messages::MessageInd(message.clone());
/// assert_eq!(ClientToServer::from(message), ClientToServer::from(member));
/// ```
///
/// A member `foo_req` in one direction and a member `foo_rsp` in the other are a request and its
/// response. The trait `ChatClientRequests`, or `ChatServerClientRequests`, has a method `foo_req`, which
/// sends the request and returns a future of the response: an [`ResponseFuture`].
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
/// Comments of the schema become documentation, and `deprecated = true` becomes `#[deprecated]`.
///
/// Call the macro in its own module, so that the generated names do not clash with yours or with those
/// of another protocol. The module may not import other items under the names `Some`, `None`, `Ok` and
/// `Err`. It needs no prelude.
///
/// # The path
///
/// The path is resolved relative to the invoking source file (like [`include_str!`]), then to the
/// directory of `Cargo.toml`. In a `macro_rules!`, the source file is the one with the path's literal. Some
/// editors do not pass this file to the macro: [Editors](guide::editors) describes where they search.
///
/// Imports are resolved relative to the directory of the schema, then to that of `Cargo.toml`. The files
/// of `google/protobuf/` are built in. [`include`](#include) adds further directories. A change of
/// any of these files rebuilds the crate.
///
/// # Options
///
/// Options follow the path, in any order, each at most once.
///
/// | option | meaning | default |
/// | --- | --- | --- |
/// | [`side`](#side) | the side to generate, client or server | both |
/// | [`derive`](#derive) | further traits to derive | no further traits |
/// | [`attributes`](#attributes) | further attributes of types, fields and variants | no further attributes |
/// | [`bytes`](#bytes) | the Rust type of `bytes` fields | `Vec<u8>` |
/// | [`include`](#include) | directories of schemas and imports | no directories |
/// | [`extern`](#extern) | the module with the types of an imported package | types are generated, or those of [`prost_types`] |
/// | [`requests`](#requests) | the members that are requests | all `foo_req` with a `foo_rsp` |
/// | [`handlers`](#handlers) | whether a handler must have a method for each message | it need not |
/// | [`crate`](#crate) | the path of this crate | `::messi` |
///
/// ## side
///
/// `side = client` omits the items that only a server needs, such as its handler trait, and
/// `side = server` those that only a client needs. The types of the schema are always generated.
/// `side = both` is the default.
///
/// ```
/// # mod chat {
/// messi::protocol!("examples/chat/chat.proto", side = client);
/// # }
/// ```
///
/// ## derive
///
/// Messages and oneofs implement `Clone`, `Debug` and `PartialEq`, and messages also `Default`. Enums
/// implement all traits of the standard library that can be derived. `derive` adds others, for all types
/// or for named ones.
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
/// - Types have their Rust names: `outer::Inner`, `packages::acme::types::Shape`. The name of a message
///   includes its oneofs, but not its nested messages.
/// - `Copy`, `Eq`, `Hash`, `Ord` and `PartialOrd` for all types are derived for each type that supports
///   them. A message with a `double` does not support `Eq`, nor does one that contains such a message; a
///   message with a map does not support `Hash`. For a named type that does not support the trait, the
///   macro reports an error that names the field. `Ord` must be listed with `Eq` and `PartialOrd`. The
///   macro assumes that the types of an [`extern`](#extern) package support them.
/// - Any other trait needs its full path, `::serde::Serialize` or `crate::Traced`. It is derived for all
///   or the named types, including enums. If a type does not support it, its derive reports the error.
///
/// ## attributes
///
/// `attributes` adds attributes to types, fields and variants, such as those by which serde's derives are
/// controlled.
///
/// ```
/// # mod chat {
/// messi::protocol!(
///     "examples/chat/chat.proto",
///     derive(::serde::Serialize, ::serde::Deserialize),
///     attributes(
///         messages: #[serde(default)],
///         MessageInd: #[serde(rename_all = "UPPERCASE")],
///         ConnectReq.user: #[serde(rename = "name")],
///         client_to_server::Messages.ConnectReq: #[serde(rename = "connect")],
///     )
/// );
/// # }
/// let request = chat::ConnectReq { user: "Ann".into() };
/// assert_eq!(serde_json::to_string(&request).unwrap(), r#"{"name":"Ann"}"#);
/// ```
///
/// - `messages`, `oneofs` and `enums` are all types of this kind. One type has the name that it has for
///   [`derive`](#derive); here, the name of a message does not include its oneofs.
/// - `ConnectReq.user` is a field of a message, and `Color.Red` a variant of an enum or a oneof, by their names in Rust.
///   A oneof is a field of its message, `Order.kind`, and a type, `order::Kind`.
/// - A place can have several attributes, and occur several times. Its attributes are in the order of the option, after
///   all derives.
/// - Types are in modules, so that the path of an attribute macro must begin with `::` or `crate::`. Views and the
///   types of [`extern`](#extern) packages have no further attributes. `prost` is refused: messi generates it.
///
/// ## bytes
///
/// With `bytes = Bytes`, `bytes` fields have the type [`Bytes`](prost::bytes::Bytes), with clones that share memory. It
/// applies to the whole schema, except for the values of maps: there, prost supports `Vec<u8>` only. `bytes = Vec` is
/// the default.
///
/// The fields of a received message of 16 KiB or more share the memory that the message was received in, so that
/// its data is not copied. A small field that is kept then keeps all of that memory: copy it, if it is kept for
/// long.
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
/// `include = ["../protos"]` adds directories to search for the schema and its imports, in this order and
/// after all other places. Their paths are resolved like the path of the schema. A directory that does not
/// exist is an error.
///
/// ```
/// # mod imports {
/// messi::protocol!("imports.proto", include = ["tests/proto"]);
/// # }
/// ```
///
/// ## extern
///
/// If two protocols of one crate import the same package, its types are generated twice, as different
/// types. With `extern`, one of them uses the types of the other: the types of the package are not
/// generated, and are expected in the named module. The path begins with `::` or `crate::`. A package
/// inside the package needs its own entry.
///
/// ```
/// mod gallery {
///     messi::protocol!("tests/proto/imports.proto");
/// }
/// mod shop {
///     messi::protocol!(
///         "tests/proto/imports.proto",
///         extern = {
///             "acme.shapes" => crate::gallery::packages::acme::shapes,
///             "acme.shapes.colors" => crate::gallery::packages::acme::shapes::colors,
///         }
///     );
/// }
/// # fn main() {
/// let shape = gallery::packages::acme::shapes::Shape::default();
/// let message = shop::ClientToServer::from(shape);
/// # }
/// ```
///
/// The types of `google.protobuf` are those of [`prost_types`] by default, which do not implement the traits of serde,
/// for example. `extern = { "google.protobuf" => ::pbjson_types }` uses those of another crate or module, which must have
/// all that the schema uses, with the same names, and implement `prost::Message`. `Empty` and the wrappers, such as
/// `StringValue`, stay plain types of Rust: `()` and an `Option<String>`.
///
/// ```
/// /// The types of `google.protobuf` that the schema uses.
/// mod google {
///     use serde::Serialize;
///
///     #[derive(Clone, PartialEq, messi::prost::Message, Serialize)]
///     #[prost(prost_path = "::messi::prost")]
///     pub struct Timestamp {
///         #[prost(int64, tag = "1")]
///         pub seconds: i64,
///         #[prost(int32, tag = "2")]
///         pub nanos: i32,
///     }
/// #   #[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, messi::prost::Enumeration)]
/// #   #[prost(prost_path = "::messi::prost")]
/// #   #[repr(i32)]
/// #   pub enum NullValue { NullValue = 0 }
/// }
/// mod journal {
///     messi::protocol!(
///         "tests/proto/journal.proto",
///         derive(::serde::Serialize),
///         extern = { "google.protobuf" => crate::google }
///     );
/// }
/// # fn main() {
/// let at = google::Timestamp { seconds: 1, nanos: 0 };
/// let entry = journal::Entry { at: Some(at), ..Default::default() };
/// assert!(serde_json::to_string(&entry).unwrap().contains(r#""at":{"seconds":1,"nanos":0}"#));
/// # }
/// ```
///
/// ## rename
///
/// Names that differ in protobuf can be the same in Rust: those of the messages `foo_bar` and `FooBar`, or of the
/// message `ChatClient` and the client of the package `chat`. `rename` chooses other names for Rust, as if the
/// schema had them. It takes the full names of messages, enums, fields, oneofs and values, and methods for a
/// renamed member are named after its new name. On the wire, there are no names.
///
/// ```
/// # mod chat {
/// messi::protocol!(
///     "examples/chat/chat.proto",
///     rename = {
///         "chat.ConnectReq" => Login,
///         "chat.ConnectReq.user" => user_name,
///     }
/// );
/// # }
/// let login = chat::Login { user_name: "Ann".into(), ..Default::default() };
/// ```
///
/// ## requests
///
/// `requests = none` makes all members messages, for protocols in which `foo_req` and `foo_rsp` are no pairs: handlers
/// get no [`Reply`], and no requests are counted. `requests = except [foo_req]` leaves out some members.
///
/// ```
/// # mod chat {
/// messi::protocol!("examples/chat/chat.proto", requests = except [connect_req]);
/// # }
/// ```
///
/// ## handlers
///
/// With `handlers = required`, each handler must have a method for each message: a member that is added to
/// the schema is then a compile error until it is handled. With `handlers = optional`, the default, a message
/// without a method is counted in [`Stats::unhandled_messages`], and the first of each member is logged at
/// debug level.
///
/// ```
/// # mod chat {
/// messi::protocol!("examples/chat/chat.proto", handlers = required);
/// # }
/// ```
///
/// ## views
///
/// With `views = [MessageInd]`, the method for a received `MessageInd` gets a `MessageIndView<'_>`. Its strings and
/// bytes are a `&str` and `&[u8]` of the received bytes. The view is valid until the method returns, also while the
/// method waits. The rest stays the same: messages are sent in their owned form, and so is the response that a request
/// returns.
///
/// ```
/// # mod chat {
/// messi::protocol!("examples/chat/chat.proto", views = [MessageInd]);
/// # }
/// # use chat::*;
/// use messi::Received;
///
/// #[derive(Default)]
/// struct Session {
///     longest: MessageInd,
/// }
///
/// impl ChatServerHandler for Session {
///     async fn on_message_ind(&mut self, client: &ChatServerClient, message: MessageIndView<'_>) {
///         if message.text.len() > self.longest.text.len() {
///             // The owned form, to keep it.
///             self.longest = message.to_message();
///         }
///         client.server().broadcast(message);
///     }
///
///     // The view of the whole message, with owned members beside those that are views.
///     async fn on_message(&mut self, client: &ChatServerClient, message: Received<ClientToServerView<'_>>) {
///         if let Some(client_to_server::MessagesView::MessageInd(message)) = &message.messages {
///             println!("{}: {}", message.user, message.text);
///         }
///         self.dispatch(client, message).await;
///     }
/// }
/// ```
///
/// - A view has the fields of the message, with the same names and the same accessors, except those that change it.
///   Lists are a `Vec`, maps a `HashMap` and oneofs an enum `KindView`, all of values that borrow. The messages that it
///   holds have views too, if they have a `string` or `bytes` somewhere.
/// - The types of `google.protobuf` and of [`extern`](#extern) packages stay owned.
/// - `to_message` returns the owned form, and `From` converts into it, and into the message of a direction: a view can be
///   sent.
/// - Messages are named as in [`derive`](#derive). A message must have a `string` or `bytes`, and be the type of a
///   member that a generated side receives. If the message of a direction itself is one, all its members are views.
/// - A view is refused for the same bytes as the owned message, with the same error.
///
/// It pays where small messages are received at a high rate and their handler only looks at them: each string then
/// costs no allocation and no copy of its own. A message that is kept, sent on or moved into a task needs the owned
/// form anyway: leave it owned. A payload of up to 16 KiB is copied once, as a whole, into memory that all connections of a
/// thread share. A larger one mostly stays where it was received, as with [`bytes`](#bytes).
///
/// ## crate
///
/// `crate = path` sets the path of this crate if it is not `::messi`: in a crate that depends on it
/// under another name, or through a third crate. The path begins with `::` or `crate::`.
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
/// A build script can write the same code to a file, so that people, debuggers and editors can read it like
/// any other code. Add `messi-codegen`, in the same version as messi, to the build dependencies:
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
/// The methods of `Config` are the options of the macro. The included code is part of your crate, so the
/// crate's lints apply to it.
///
/// # Errors
///
/// Every mistake in a schema is a compile error with its place in the schema. The valid part of the schema is expanded
/// all the same, so that the uses of the protocol in your program are no errors too.
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

// Compiles and runs the programs in the README.
#[cfg(doctest)]
#[doc = include_str!("../README.md")]
struct Readme;

/// The items that expansions of [`protocol!`] name. Not part of the public API.
#[doc(hidden)]
pub mod __private {
    pub use std::collections::HashMap;

    pub use messi_core::{
        BorrowedForm, ConnectWith, HasView, OwnedForm, Request, RequestClient, RequestKind,
        RequestServer, ResponseMember, ServeWith, SharingForm, ignore, unhandled, view,
    };

    /// Imports traits without a name, since a type of the schema may have the same name.
    pub mod prelude {
        pub use std::default::Default as _;
        pub use std::iter::Iterator as _;
        pub use std::option::Option::{None, Some};
        pub use std::result::Result::{Err, Ok};
    }
}
