//! The builder of a client.

use std::marker::PhantomData;
use std::sync::atomic::AtomicBool;
use std::sync::{Arc, Mutex};
use std::time::Duration;

use futures::FutureExt;
use messi_wire::config::{bounded, clamped};
use messi_wire::session::SessionConfig;
use messi_wire::{Backoff, ConnectionConfig, Role};

use super::attempts::Attempts;
use super::connect::Connector;
use super::next_attempt::NextAttempt;
use super::task::Task;
use super::{Client, CurrentServer, SharedClient, StopClientOnDrop};
use crate::builder::connection_setters;
use crate::mailbox::Mailbox;
use crate::metrics::Metrics;
use crate::protocol::client_kinds;
use crate::tasks::Tasks;
use crate::transport::handshake::ClientHandshake;
#[cfg(feature = "tls")]
use crate::transport::tls::ClientTls;
use crate::{ConnectWith, Protocol, Runtime, ServerStats, Session, StartError, Uri, UriError};

/// Configures and starts a [`Client`]. Every setting has a default that suits most programs.
///
/// A size, count or time out of range is replaced by the nearest one in range. No time is longer than a hundred
/// years. The order of the setters does not matter, except for that of the servers.
///
/// # Examples
///
/// ```no_run
/// # use chat::*;
/// # struct Ui;
/// # impl ChatClientHandler for Ui {}
/// use std::time::Duration;
///
/// # fn main() -> Result<(), messi::StartError> {
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
    config: ConnectionConfig,
    connect_timeout: Duration,
    backoff: Backoff,
    stable_after: Duration,
    session: Option<Session>,
    handshake: Option<Arc<dyn ClientHandshake>>,
    runtime: Option<Runtime>,
    protocol: PhantomData<fn() -> P>,
}

impl<P: Protocol> ClientBuilder<P> {
    pub(super) fn new(uri: String) -> Self {
        Self {
            uris: vec![uri],
            config: ConnectionConfig::default(),
            connect_timeout: Duration::from_secs(5),
            backoff: Backoff {
                min: Duration::from_secs(1),
                max: Duration::from_secs(30),
            },
            stable_after: Duration::from_secs(10),
            session: None,
            handshake: None,
            runtime: None,
            protocol: PhantomData,
        }
    }

    /// Adds an alternative server. Attempts to connect go to the servers in turn, in the order in which they
    /// were added.
    ///
    /// The delay between attempts grows once all servers have been tried in vain. After a connection that has
    /// lasted for [`stable_after`](Self::stable_after), whichever server it was to, the next attempt goes to
    /// the first server again. A connection to another server goes on when the first one is back;
    /// [`Client::reconnect`] ends it. There is no limit to the number of servers.
    ///
    /// # Examples
    ///
    /// ```
    /// # use chat::*;
    /// let builder = ChatClient::builder("tcp://one.example.com:6000")
    ///     .alternative_uri("tcp://two.example.com:6000");
    /// ```
    pub fn alternative_uri(mut self, uri: impl Into<String>) -> Self {
        self.uris.push(uri.into());
        self
    }

    /// Sets the time between two pings, and until the first one.
    ///
    /// Default: 2 s, as servers expect that give up a client after 3 s without a ping; those of the original
    /// do. The minimum is 10 ms.
    ///
    /// # Examples
    ///
    /// ```
    /// # use chat::*;
    /// use std::time::Duration;
    ///
    /// let builder = ChatClient::builder("tcp://chat.example.com:6000")
    ///     .keep_alive_interval(Duration::from_secs(5));
    /// ```
    pub fn keep_alive_interval(mut self, interval: Duration) -> Self {
        self.config.set_keep_alive_interval(interval);
        self
    }

    /// Sets the time after a ping in which something must arrive from the server. Otherwise the connection
    /// ends with [`KeepAliveTimeout`](crate::DisconnectReason::KeepAliveTimeout).
    ///
    /// It counts from the first ping after the last received byte, and may be longer or shorter than the
    /// interval of the pings, which go on meanwhile. Default: as
    /// [`keep_alive_interval`](Self::keep_alive_interval), so that a server is given up when the next ping is
    /// due. The minimum is 10 ms.
    ///
    /// # Examples
    ///
    /// ```
    /// # use chat::*;
    /// use std::time::Duration;
    ///
    /// let builder = ChatClient::builder("tcp://chat.example.com:6000")
    ///     .keep_alive_timeout(Duration::from_secs(10));
    /// ```
    pub fn keep_alive_timeout(mut self, timeout: Duration) -> Self {
        self.config.set_ping_timeout(timeout);
        self
    }

    /// Sets the time in which the look-up of a host must end and one of its addresses must accept the
    /// connection. A TLS handshake has its own limit, `ClientTls::handshake_timeout`.
    ///
    /// If a host has several addresses, an attempt at the next one begins a quarter of a second after the one
    /// before, or as soon as that has failed, and the first connection is used (RFC 8305, "Happy Eyeballs").
    /// IPv6 and IPv4 alternate.
    ///
    /// Default: 5 s. The minimum is 10 ms.
    ///
    /// # Examples
    ///
    /// ```
    /// # use chat::*;
    /// use std::time::Duration;
    ///
    /// let builder = ChatClient::builder("tcp://chat.example.com:6000")
    ///     .connect_timeout(Duration::from_secs(1));
    /// ```
    pub fn connect_timeout(mut self, timeout: Duration) -> Self {
        self.connect_timeout = clamped(timeout);
        self
    }

    /// Sets the delay before the client connects again, and the maximum to which it grows.
    ///
    /// The delay doubles from attempt to attempt, until a connection has lasted for
    /// [`stable_after`](Self::stable_after). Up to a quarter of it is added at random, so that many clients do
    /// not come back at the same moment. Default: 1 s, up to 30 s. The minimum of `min` is 10 ms, that of
    /// `max` is `min`.
    ///
    /// # Examples
    ///
    /// ```
    /// # use chat::*;
    /// use std::time::Duration;
    ///
    /// let builder = ChatClient::builder("tcp://chat.example.com:6000")
    ///     .reconnect_delay(Duration::from_millis(100), Duration::from_secs(60));
    /// ```
    pub fn reconnect_delay(mut self, min: Duration, max: Duration) -> Self {
        self.backoff = Backoff {
            min: clamped(min),
            max: clamped(max),
        };
        self
    }

    /// Sets the time for which a connection must have lasted before the
    /// [`reconnect_delay`](Self::reconnect_delay) falls back to its minimum.
    ///
    /// So a client that a server accepts and soon disconnects, for example because it may not log in, comes back less
    /// and less often. A connection on which the server has sent no frame, not even a pong, does not count. With zero,
    /// the first sign of life is enough. Default: 10 s.
    ///
    /// # Examples
    ///
    /// ```
    /// # use chat::*;
    /// use std::time::Duration;
    ///
    /// let builder = ChatClient::builder("tcp://chat.example.com:6000")
    ///     .stable_after(Duration::from_secs(60));
    /// ```
    pub fn stable_after(mut self, time: Duration) -> Self {
        self.stable_after = bounded(time);
        self
    }

    /// Keeps messages that are sent while there is no connection, instead of dropping them.
    ///
    /// They use at most `max_bytes` of memory, and wait for at most `max_age`. When the client has connected,
    /// they go out in the order in which they were sent, after the messages that `on_connected` sends and
    /// ahead of later ones. Messages that other tasks send while `on_connected` runs are kept too, if the
    /// connection ends before it returns.
    ///
    /// A message is dropped if there is no room for it, if it is too old once there is a connection, or if
    /// the client stops while it waits. [`Stats::dropped`](crate::Stats::dropped) counts it. A message that
    /// was on its way when a connection ended is lost as ever: it may have arrived, and is not sent twice.
    ///
    /// At most half of [`max_queued_bytes`](Self::max_queued_bytes) is used, so that there is room for the messages of
    /// `on_connected`. With `max_bytes` or `max_age` at zero, no messages are kept. Default: no messages are kept.
    ///
    /// # Examples
    ///
    /// ```
    /// # use chat::*;
    /// use std::time::Duration;
    ///
    /// let builder = ChatClient::builder("tcp://chat.example.com:6000")
    ///     .offline_queue(64 * 1024, Duration::from_secs(60));
    /// ```
    pub fn offline_queue(mut self, max_bytes: usize, max_age: Duration) -> Self {
        self.config.set_offline_queue(max_bytes, max_age);
        self
    }

    /// Keeps the session when a connection is lost: it goes on with the next one, without a lost message.
    ///
    /// The server must have [`sessions`](crate::ServerBuilder::sessions) too; with another one, all is as without a
    /// session. Default: no session.
    ///
    /// # Examples
    ///
    /// ```
    /// # use chat::*;
    /// use messi::Session;
    ///
    /// let builder = ChatClient::builder("tcp://chat.example.com:6000").session(Session::default());
    /// ```
    pub fn session(mut self, session: Session) -> Self {
        self.session = Some(session);
        self
    }

    connection_setters!(example: "ChatClient::builder(\"tcp://chat.example.com:6000\")");

    /// Configures TLS. Every URI must then be of the form `tls://host:port`; without TLS, no URI may be.
    ///
    /// # Examples
    ///
    /// ```no_run
    /// # use chat::*;
    /// use messi::tls::{ClientTls, Roots};
    ///
    /// # fn main() -> Result<(), messi::Error> {
    /// let builder = ChatClient::builder("tls://chat.example.com:6000")
    ///     .tls(ClientTls::new(Roots::platform()?));
    /// # Ok(())
    /// # }
    /// ```
    #[cfg(feature = "tls")]
    #[cfg_attr(docsrs, doc(cfg(feature = "tls")))]
    pub fn tls(mut self, tls: ClientTls) -> Self {
        self.handshake = Some(Arc::new(tls));
        self
    }

    /// Starts the client with one handler for its whole life.
    ///
    /// The client connects in the background. If it can't reach the server, it calls `on_connect_failure` of
    /// the handler.
    ///
    /// # Errors
    ///
    /// [`StartError`] if a URI is not valid, or is `tls://` while TLS is not configured, or the reverse; or if no
    /// runtime is set, and [none is current](Runtime::current).
    ///
    /// See [`ClientBuilder`] for an example.
    pub fn start<H>(self, handler: H) -> Result<Client<P>, StartError>
    where
        H: Send + 'static,
        P: ConnectWith<H>,
    {
        let uris: Vec<Uri> = self
            .uris
            .iter()
            .map(|uri| Uri::parse(uri, self.handshake.is_some()))
            .collect::<Result<_, UriError>>()?;
        let runtime = self.runtime.map_or_else(Runtime::current, Ok)?.0;
        let max_message_size = self.config.max_sent_size;
        let requested = self.session.as_ref();
        let window = requested.map(|it| it.window_for(max_message_size));
        let failover_after = requested.map_or(Duration::ZERO, |it| it.failover_after);
        let session = SessionConfig {
            role: Role::Client,
            kinds: client_kinds::<P>(),
            members: P::CLIENT_MEMBERS,
            limits: Arc::new(self.config),
        };
        let mailbox = Mailbox::new(Arc::new(session), runtime.clone(), None);
        let attempts = Attempts::new(uris.clone(), self.backoff);
        // Registered on the thread of the caller, which may have a recorder of its own.
        let (metrics, reporter) = Metrics::of_client::<P>(attempts.next_server());
        let guard = Arc::new_cyclic(|guard| {
            let guard = guard.clone();
            StopClientOnDrop(Arc::new(SharedClient {
                uris,
                mailbox,
                metrics,
                tasks: Arc::new(Tasks::default()),
                is_connecting: AtomicBool::new(true),
                server: Mutex::new(CurrentServer {
                    uri: attempts.next_server().clone(),
                    address: None,
                }),
                next_attempt: NextAttempt::default(),
                guard,
            }))
        });
        let client = Client {
            shared: guard.0.clone(),
            guard: Some(guard),
            protocol: PhantomData,
        };
        let running = client.shared.tasks.begin();
        let mailbox = client.shared.mailbox.clone();
        reporter.start(runtime.clone(), client.shared.tasks.clone(), move || {
            ServerStats::of_client(mailbox.stats())
        });
        let task = Task {
            client: client.lent(),
            handler,
            connector: Arc::new(Connector::new(
                self.connect_timeout,
                self.handshake,
                runtime.clone(),
            )),
            window,
            failover_after,
            attempts,
            stable_after: self.stable_after,
        };
        runtime.spawn(task.run(running).boxed());
        Ok(client)
    }
}
