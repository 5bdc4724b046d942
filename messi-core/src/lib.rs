//! The runtime of messi. Use the crate `messi`, which has the macro too.
//!
//! From the inside out: `mailbox` is where senders and the task of a connection meet, around the session of
//! messi-wire; `driver` is that task, around the connection of messi-wire; `client` and `server` are the
//! handles of users. `transport` leads from a URI to a socket, with TLS if it is configured. `runtime` is
//! the interface of an async runtime and its implementations, and `testing` another one, in memory.

#![cfg_attr(docsrs, feature(doc_cfg))]

mod builder;
mod callback;
mod client;
mod clock;
pub mod cluster;
mod connection_span;
#[cfg_attr(
    not(feature = "tls"),
    expect(
        dead_code,
        unused_imports,
        reason = "the steps of handshakes are limited only where there are any"
    )
)]
mod cpu_limit;
mod driver;
mod error;
#[cfg(test)]
mod fake_socket;
mod form;
mod handle;
mod handover;
mod held_payload;
mod ids;
mod interrupted_sessions;
mod io_error;
mod mailbox;
mod member;
mod metrics;
mod openmetrics;
mod protocol;
mod received;
mod reply;
mod report;
mod response;
mod runtime;
mod scratch;
mod server;
mod session;
mod stats;
mod tasks;
#[cfg(feature = "testing")]
#[cfg_attr(docsrs, doc(cfg(feature = "testing")))]
pub mod testing;
mod thread_scope;
mod time;
#[cfg_attr(
    not(all(any(feature = "async-std", feature = "smol"), feature = "tokio")),
    allow(dead_code, unused_imports, reason = "each runtime uses a part of it")
)]
mod transport;
mod try_send_error;
mod waits;

pub use client::{Client, ClientBuilder, ClientState, ConnectWith, RequestServer};
pub use clock::Clock;
pub use error::{
    ConnectError, Error, FlushError, JoinError, ListenError, NoRuntime, Retry, StartError,
    WithHandlerError,
};
pub use form::{BorrowedForm, Form, HasView, OwnedForm, SharingForm};
pub use handle::{Handle, ignore, unhandled};
pub use held_payload::HeldPayload;
pub use ids::ClientId;
pub use member::Member;
pub use messi_wire::resumption::{Bye, ByeReason, Lost, SessionLost};
pub use messi_wire::session::{Dropped, RequestStats};
pub use messi_wire::view;
pub use messi_wire::{
    DisconnectReason, NotConnected, Overflow, RequestError, SendError, SharedError,
};
pub use openmetrics::OpenMetrics;
pub use protocol::{Protocol, RequestKind};
pub use received::{Received, Request};
pub use reply::{Reply, ResponseMember};
pub use report::Report;
pub use response::ResponseFuture;
pub use runtime::{JoinHandle, Runtime};
pub use server::{
    IntoHandler, Refusal, RequestClient, ServeWith, Server, ServerBuilder, ServerClient, Topic,
    User,
};
pub use session::{Session, Sessions};
pub use stats::{ServerStats, Stats, StopSummary};
#[cfg(feature = "tls")]
#[cfg_attr(docsrs, doc(cfg(feature = "tls")))]
pub use transport::tls;
pub use transport::{Address, BoundListener, Uri, UriError};
pub use try_send_error::TrySendError;

/// Target of all log lines. No line contains a message.
const LOG_TARGET: &str = "messi";
