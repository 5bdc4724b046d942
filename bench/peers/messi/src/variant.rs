//! The variants of messi. Each is also an entry in the runner's list of peers.

use std::net::SocketAddr;
use std::time::Duration;

use messi::{ClientBuilder, Protocol, Runtime, Server, ServerBuilder, Session, Sessions};
use work::{Workload, fail};

use crate::chat::{Chat, ChatClient};
use crate::tls;

/// The duration of busy polling, longer than any round trip.
const BUSY_POLL: Duration = Duration::from_millis(1);

/// The maximum number of clients, above that of any workload.
const MAX_CLIENTS: usize = 100_000;

/// A configuration of messi.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Variant {
    /// The default runtime, which is messi's own executor.
    Default,
    /// The executor of async-std.
    AsyncStd,
    /// The runtime of the feature `smol`.
    Smol,
    /// A runtime of tokio with several threads.
    Tokio,
    /// The default runtime with `busy_poll`, for processes with a core of their own.
    BusyPoll,
    /// The default runtime, with a server handler that gets views.
    Views,
    /// The default runtime with sessions, which go on with another connection after one is lost.
    Sessions,
    /// The default runtime with TLS and a certificate for this benchmark only.
    Tls,
}

impl Variant {
    /// Returns the variant with a name, where "" is the default.
    pub(crate) fn named(name: &str) -> Option<Self> {
        match name {
            "" => Some(Self::Default),
            "async-std" => Some(Self::AsyncStd),
            "smol" => Some(Self::Smol),
            "tokio" => Some(Self::Tokio),
            "busy-poll" => Some(Self::BusyPoll),
            "views" => Some(Self::Views),
            "sessions" => Some(Self::Sessions),
            "tls" => Some(Self::Tls),
            _ => None,
        }
    }

    /// Starts the runtime.
    pub(crate) fn runtime(self) -> Runtime {
        let runtime = match self {
            Self::AsyncStd => Ok(Runtime::async_std()),
            Self::Smol => Ok(Runtime::smol()),
            Self::Tokio => {
                let tokio = tokio::runtime::Builder::new_multi_thread()
                    .enable_all()
                    .build();
                // It runs until the process ends: dropping it would stop its tasks.
                let tokio = Box::leak(Box::new(tokio.unwrap_or_else(|error| fail(error))));
                let _entered = tokio.enter();
                Runtime::tokio()
            }
            Self::Default | Self::BusyPoll | Self::Views | Self::Sessions | Self::Tls => {
                Runtime::current()
            }
        };
        runtime.unwrap_or_else(|error| fail(error))
    }

    /// Returns a server builder for a workload.
    pub(crate) fn server<P: Protocol>(self, workload: &Workload) -> ServerBuilder<P> {
        let address = workload.listen_address();
        let builder = |scheme| {
            let builder = Server::builder(format!("{scheme}://{address}"));
            builder.max_clients(MAX_CLIENTS)
        };
        match self {
            Self::Default | Self::AsyncStd | Self::Smol | Self::Tokio | Self::Views => {
                builder("tcp")
            }
            Self::BusyPoll => builder("tcp").busy_poll(BUSY_POLL),
            Self::Sessions => builder("tcp").sessions(Sessions::default()),
            Self::Tls => builder("tls").tls(tls::server()),
        }
    }

    /// Returns a client builder.
    pub(crate) fn client(self, server: SocketAddr) -> ClientBuilder<Chat> {
        let builder = |scheme| ChatClient::builder(format!("{scheme}://{server}"));
        match self {
            Self::Default | Self::AsyncStd | Self::Smol | Self::Tokio | Self::Views => {
                builder("tcp")
            }
            Self::BusyPoll => builder("tcp").busy_poll(BUSY_POLL),
            Self::Sessions => builder("tcp").session(Session::default()),
            Self::Tls => builder("tls").tls(tls::client()),
        }
    }
}
