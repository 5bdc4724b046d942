//! The settings of a client.

use std::marker::PhantomData;
use std::sync::Arc;
use std::sync::atomic::AtomicBool;
use std::time::Duration;

use futures::FutureExt;
use messi_wire::config::{OfflineLimits, Overflow, bounded, clamped};
use messi_wire::session::{Sender, SessionConfig};
use messi_wire::{Backoff, ConnectionConfig, Role};

use super::connect::Connector;
use super::task::Task;
use super::{Client, Shared, StopOnDrop};
use crate::mailbox::Mailbox;
use crate::protocol::client_kinds;
use crate::runtime::{self, Runtime};
use crate::tasks::Tasks;
use crate::testing::Simulation;
use crate::tls::ClientTls;
use crate::uri::Uri;
use crate::{ConnectWith, Protocol, UriError};

/// Sets up a [`Client`]. Every setting has a default that suits most programs.
///
/// # Examples
///
/// ```no_run
/// # mod chat { messi::protocol!("../examples/chat/chat.proto"); }
/// # use chat::*;
/// # struct Ui;
/// # impl ChatClientHandler for Ui {}
/// use std::time::Duration;
///
/// # fn main() -> Result<(), messi::UriError> {
/// let client = ChatClient::builder("tcp://chat.example.com:6000")
///     .keep_alive_interval(Duration::from_secs(5))
///     .reconnect_delay(Duration::from_secs(1), Duration::from_secs(60))
///     .start(Ui)?;
/// # Ok(())
/// # }
/// ```
#[derive(Clone, Debug)]
#[must_use = "a client does nothing until it is started"]
pub struct ClientBuilder<P: Protocol> {
    uris: Vec<String>,
    settings: ConnectionConfig,
    /// Goes before the limit of both directions, whichever is set first.
    max_sent_message_size: Option<usize>,
    connect_timeout: Duration,
    backoff: Backoff,
    tls: Option<ClientTls>,
    runtime: Arc<dyn Runtime>,
    protocol: PhantomData<fn() -> P>,
}

impl<P: Protocol> ClientBuilder<P> {
    pub(super) fn new(uri: String) -> Self {
        Self {
            uris: vec![uri],
            settings: ConnectionConfig::default(),
            max_sent_message_size: None,
            connect_timeout: Duration::from_secs(5),
            backoff: Backoff {
                min: Duration::from_secs(1),
                max: Duration::from_secs(30),
            },
            tls: None,
            runtime: runtime::default(),
            protocol: PhantomData,
        }
    }

    /// Adds a server that serves as well: each attempt to connect goes to the next of them, in the
    /// order in which they were given, and after the last one to the first again.
    ///
    /// The delay between attempts grows when all of them have been tried in vain. There may be any
    /// number of them.
    pub fn alternative_uri(mut self, uri: impl Into<String>) -> Self {
        self.uris.push(uri.into());
        self
    }

    /// Time between two pings, and until the first one. A server that gives no sign of life
    /// between two of them is given up. Default: 2 s, which is what servers expect that give up a
    /// client after 3 s without a ping, as those of the original do. A time below 10 ms is taken for
    /// 10 ms.
    pub fn keep_alive_interval(mut self, interval: Duration) -> Self {
        self.settings.keep_alive_interval = clamped(interval);
        self
    }

    /// Time that each address of the server is given to accept the connection, and the look-up of
    /// its name to find them. Default: 5 s. A time below 10 ms is taken for 10 ms.
    pub fn connect_timeout(mut self, timeout: Duration) -> Self {
        self.connect_timeout = clamped(timeout);
        self
    }

    /// Delay before the client connects again, and what it grows to, doubling from attempt to
    /// attempt until the server has given a sign of life. Up to a quarter is added at random, so
    /// that many clients do not come back at the same moment. Default: 1 s, up to 30 s. A time below
    /// 10 ms is taken for 10 ms, and a `max` below `min` for `min`.
    pub fn reconnect_delay(mut self, min: Duration, max: Duration) -> Self {
        self.backoff = Backoff {
            min: clamped(min),
            max: clamped(max),
        };
        self
    }

    /// Largest message in bytes, as encoded, in both directions; no more than 2^24 - 1. A larger
    /// one from the server ends the connection before it is read, a larger one to the server is
    /// not sent. Default: 1 MiB.
    pub fn max_message_size(mut self, bytes: usize) -> Self {
        self.settings.set_max_message_size(bytes);
        self
    }

    /// Largest message to the server in bytes, as encoded, where the server can take less than
    /// [`max_message_size`](Self::max_message_size); no more than 2^24 - 1. Default: as
    /// `max_message_size`.
    pub fn max_sent_message_size(mut self, bytes: usize) -> Self {
        self.max_sent_message_size = Some(bytes);
        self
    }

    /// Most bytes that may wait to be written. A single message may wait whatever the limit is.
    /// Default: 4 MiB.
    pub fn max_queued_bytes(mut self, bytes: usize) -> Self {
        self.settings.max_queued_bytes = bytes;
        self
    }

    /// What becomes of a message when as many bytes wait to be written as may. Default:
    /// [`Overflow::Disconnect`].
    pub fn overflow(mut self, overflow: Overflow) -> Self {
        self.settings.overflow = overflow;
        self
    }

    /// Most bytes of received messages that may wait for the handler, before the server is held
    /// back. Zero is taken for 1. Default: 1 MiB.
    pub fn max_unhandled_bytes(mut self, bytes: usize) -> Self {
        self.settings.max_unhandled_bytes = bytes.max(1);
        self
    }

    /// Time that the server may take nothing of what waits to be written, before the connection
    /// ends with [`SlowConsumer`](crate::DisconnectReason::SlowConsumer). Default: 10 s. A time
    /// below 10 ms is taken for 10 ms.
    pub fn write_timeout(mut self, timeout: Duration) -> Self {
        self.settings.write_timeout = clamped(timeout);
        self
    }

    /// Time in which a message that has begun to arrive from the server must be complete, unless it comes at
    /// [`min_message_rate`](Self::min_message_rate); else the connection ends with
    /// [`MessageTimeout`](crate::DisconnectReason::MessageTimeout). Default: 10 s. A time below
    /// 10 ms is taken for 10 ms.
    pub fn message_timeout(mut self, timeout: Duration) -> Self {
        self.settings.message_timeout = clamped(timeout);
        self
    }

    /// Pace at which a message that takes longer than [`message_timeout`](Self::message_timeout) to arrive
    /// must come, in bytes per second, on average over each such time. With zero, a byte in each is
    /// enough. Default: 512.
    pub fn min_message_rate(mut self, bytes_per_second: usize) -> Self {
        self.settings.min_message_rate = bytes_per_second;
        self
    }

    /// Time that the answer to a request is waited for, unless
    /// [`Answer::timeout`](crate::Answer::timeout) sets another. Default: 10 s. With zero, a
    /// request fails when its answer is first awaited, unless the answer is there by then.
    pub fn request_timeout(mut self, timeout: Duration) -> Self {
        self.settings.request_timeout = bounded(timeout);
        self
    }

    /// Keeps messages that are sent while there is no connection, instead of dropping them: no more
    /// than this memory in bytes, and none for longer than this time.
    ///
    /// When the client has connected, they go out in the order in which they were sent, after what
    /// `on_connected` sends and ahead of what is sent later. What others send while `on_connected`
    /// runs is kept too, if the connection ends before it returns.
    ///
    /// A message for which there is no room is dropped, and so are those that have become too old
    /// when there is a connection at last, and all that wait when the client stops.
    /// [`Stats::dropped`](crate::Stats::dropped) counts them. What was on its way when a connection
    /// ended is lost as ever: it may have arrived, and is not sent twice.
    ///
    /// No more memory is used than half of [`max_queued_bytes`](Self::max_queued_bytes), so that
    /// there is room for what `on_connected` sends. With `max_bytes` or `max_age` at zero,
    /// nothing is kept. Default: nothing is kept.
    pub fn offline_queue(mut self, max_bytes: usize, max_age: Duration) -> Self {
        let max_age = bounded(max_age);
        self.settings.offline = Some(OfflineLimits { max_bytes, max_age });
        self
    }

    /// Time after the last transfer on a connection for which it keeps trying to read, before it
    /// waits to be woken by the operating system. A message that comes within that time meets no
    /// wake-up, which takes most of a short round trip; the price is a core, as long as there is such
    /// a connection. Others are served in between. Default: zero, by which it waits at once.
    pub fn busy_poll(mut self, time: Duration) -> Self {
        self.settings.busy_poll = bounded(time);
        self
    }

    /// Sets TLS up. Every URI must then be of the form `tls://host:port`, and none may be otherwise.
    #[cfg(feature = "tls")]
    pub fn tls(mut self, tls: ClientTls) -> Self {
        self.tls = Some(tls);
        self
    }

    /// Lets the client run in a simulation, for tests: see [`testing`](crate::testing).
    pub fn simulated(mut self, simulation: &Simulation) -> Self {
        self.runtime = simulation.runtime();
        self
    }

    /// Starts the client with one handler for its whole life. It connects in the background: a
    /// server that can't be reached is no error here, but a call of `on_connect_failure`.
    ///
    /// # Errors
    ///
    /// Only if a URI is not one, or is one with TLS where TLS is not set up, or the reverse.
    pub fn start<H>(self, handler: H) -> Result<Client<P>, UriError>
    where
        H: Send + 'static,
        P: ConnectWith<H>,
    {
        let uris: Vec<Uri> = self
            .uris
            .iter()
            .map(|uri| Uri::parse(uri, self.tls.is_some()))
            .collect::<Result<_, _>>()?;
        let settings = Arc::new(self.settings.with_max_sent_size(self.max_sent_message_size));
        let runtime = self.runtime;
        let session = SessionConfig {
            role: Role::Client,
            kinds: client_kinds::<P>(),
            limits: settings.clone(),
        };
        let mailbox = Mailbox::new(Arc::new(session), runtime.clone(), None);
        let guard = Arc::new_cyclic(|guard| {
            let guard = guard.clone();
            StopOnDrop(Arc::new(Shared {
                uris: uris.clone(),
                mailbox,
                tasks: Arc::new(Tasks::default()),
                is_connecting: AtomicBool::new(true),
                guard,
            }))
        });
        let client = Client {
            shared: guard.0.clone(),
            guard: Some(guard),
            sender: Sender::Other,
            protocol: PhantomData,
        };
        let running = client.shared.tasks.begin();
        let task = Task {
            client: client.lent(0),
            handler,
            connector: Connector::new(uris, self.connect_timeout, self.tls, runtime.clone()),
            backoff: self.backoff,
            config: settings,
        };
        runtime.spawn(task.run(running).boxed());
        Ok(client)
    }
}
