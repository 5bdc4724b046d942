//! The runtime of messi. Use the crate `messi`, which has the macro too.
//!
//! From the inside out: `frame` is the wire format; `input`, `output`, `keep_alive` and `timer` are the parts
//! of `state`, one connection without I/O and without a clock; `outbox` is where senders meet the task of a
//! connection, `connection` that task; `client` and `server` are the handles of users. `transport` leads from
//! a URI to a socket, with TLS if it is configured. `runtime` is the interface of an async runtime and its
//! implementations, and `testing` another one, in memory.

#![cfg_attr(docsrs, feature(doc_cfg))]

mod answer;
mod backoff;
mod builder;
mod client;
mod codec;
mod connection;
#[cfg_attr(
    not(feature = "tls"),
    expect(
        dead_code,
        unused_imports,
        reason = "the steps of handshakes are limited only where there are any"
    )
)]
mod cpu_limit;
mod error;
mod frame;
#[cfg(feature = "testing")]
#[doc(hidden)]
pub mod fuzzing;
mod input;
mod keep_alive;
mod outbox;
mod output;
mod protocol;
mod runtime;
mod server;
mod settings;
mod state;
mod stats;
mod tasks;
#[cfg(feature = "testing")]
#[cfg_attr(docsrs, doc(cfg(feature = "testing")))]
pub mod testing;
mod time;
mod timer;
mod transport;

pub use answer::Answer;
pub use client::{Client, ClientBuilder, ClientState};
pub use error::{
    ConnectError, DisconnectReason, Error, ListenError, RequestError, Retry, SendError,
};
pub use protocol::{
    ConnectWith, Dispatch, Protocol, RequestClient, RequestKind, RequestServer, ServeWith,
};
pub use runtime::Runtime;
pub use server::{ClientId, Server, ServerBuilder, ServerClient};
pub use settings::Overflow;
pub use stats::{Dropped, ServerStats, Stats};
#[cfg(feature = "tls")]
#[cfg_attr(docsrs, doc(cfg(feature = "tls")))]
pub use transport::tls;
pub use transport::{Address, Uri, UriError};

/// What every line of the log is from, whichever module writes it. None holds a message.
const LOG_TARGET: &str = "messi";
