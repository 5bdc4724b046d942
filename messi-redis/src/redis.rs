//! The engine.

use std::fmt::{self, Debug, Formatter};
#[cfg(feature = "tls")]
use std::io;
use std::sync::Arc;

use messi_core::cluster::{Engine, EngineError, EngineFuture, Link};
#[cfg(feature = "tls")]
use messi_core::tls::Roots;
#[cfg(feature = "tls")]
use messi_core::tls::rustls::ClientConfig;

use crate::connection::Connection;
use crate::error::Failure;
use crate::pubsub;
use crate::runtime::Runtime;
use crate::socket::Stream;
use crate::streams::StreamsNode;
use crate::target::Target;

/// The least entries of a stream.
const MIN_LEN: u32 = 1_000;

/// A server of Redis 6 or later, or of Valkey, that carries messages between servers.
///
/// # Modes
///
/// All servers of a cluster must have the same mode.
///
/// | | publish/subscribe, the default | [`streams`](Self::streams) |
/// | --- | --- | --- |
/// | messages that are published while a connection is lost | are lost | are received later |
/// | a server of messi receives | the messages of its subscriptions | all messages, and takes those of its subscriptions |
/// | connections of a server of messi | one | two |
/// | keys | no keys: the database of the URL does not matter | `messi:stream`, and `messi:stream:…` for each server |
/// | permissions of the user | `+publish +subscribe +unsubscribe &messi:*` | `+eval +get +set +xadd +xread +xrevrange ~messi:*` |
/// | a server of messi that receives slowly | loses its connection with 64 MiB waiting | receives later |
///
/// In both, messages of one sender keep their order. With publish/subscribe, Redis itself closes a connection that is not
/// read for long: see its setting `client-output-buffer-limit`.
///
/// # Errors
///
/// An invalid URL is an error of each attempt to connect. Neither errors nor `Debug` show the password.
///
/// # Examples
///
/// ```no_run
/// use messi_redis::Redis;
///
/// let engine = Redis::connect("redis://user:password@redis.example.com:6379");
/// ```
#[derive(Clone)]
pub struct Redis {
    /// Or the error in the URL.
    target: Result<Target, EngineError>,
    /// Or the error in the authorities. By default, those of the operating system are trusted.
    #[cfg(feature = "tls")]
    tls: Option<Result<Arc<ClientConfig>, EngineError>>,
    /// The entries that the stream keeps, if there is one.
    max_len: Option<u32>,
}

impl Redis {
    /// Creates the engine for the server of a URL. Does not connect yet.
    ///
    /// | URL | connection |
    /// | --- | --- |
    /// | `redis://user:password@host:port` | TCP; the port is 6379 by default |
    /// | `rediss://user:password@host:port` | TLS 1.3, with the feature `tls` |
    /// | `redis+unix:///path?user=user&pass=password` | a Unix socket |
    ///
    /// User and password are optional; special characters in them are written as `%23`. `valkey` and `valkeys` are the
    /// same as `redis` and `rediss`.
    ///
    /// # Examples
    ///
    /// ```no_run
    /// use messi_redis::Redis;
    ///
    /// let local = Redis::connect("redis://localhost");
    /// let with_password = Redis::connect("redis://:p%23ssword@10.0.0.5");
    /// ```
    pub fn connect(url: impl Into<String>) -> Self {
        Self {
            target: Target::parse(&url.into()).map_err(EngineError::from),
            #[cfg(feature = "tls")]
            tls: None,
            max_len: None,
        }
    }

    /// Makes the server of Redis keep the messages in a stream, so that no message is lost between servers of messi when
    /// a connection fails.
    ///
    /// The stream has at least the last `max_len` entries, and some more. An entry holds the messages that a server of messi
    /// publishes at once: up to 256 in 16 KiB, or a single larger one. So the server of Redis needs up to `max_len` × 16 KiB of
    /// memory, and more if messages are larger. The minimum is 1,000 entries.
    ///
    /// # Guarantees
    ///
    /// - A server of messi that has lost its connection continues where it has stopped: it receives each message once, and
    ///   in order. If the stream does not have some of them any more, that is a gap: see `Cluster::on_gap`.
    /// - Messages that were on their way when the connection was lost are sent again. No message is added twice.
    /// - Messages that are published without a connection wait, for 5 s and up to `Cluster::max_queued_bytes`. Messages
    ///   that are dropped then are counted, and are a gap for the others. So no message is lost if the server of Redis is
    ///   away for up to 4 s.
    /// - A server of Redis that has lost its data is used again. Messages that it had lost are a gap, and messages that it
    ///   had delivered may be delivered twice if it has lost only the last part.
    ///
    /// # Settings of the server of Redis
    ///
    /// - `appendonly yes` lets it keep the stream when it is restarted.
    /// - A `maxmemory-policy` that begins with `allkeys` could remove the stream. Without memory, the server refuses all
    ///   messages, and the nodes have no link.
    /// - It must not be a part of a Redis Cluster, which spreads the keys over servers.
    ///
    /// # Examples
    ///
    /// ```no_run
    /// use messi_redis::Redis;
    ///
    /// let engine = Redis::connect("redis://10.0.0.5").streams(10_000);
    /// ```
    pub fn streams(mut self, max_len: u32) -> Self {
        self.max_len = Some(max_len.max(MIN_LEN));
        self
    }

    /// Trusts the authorities in a text of PEM, instead of those of the operating system. For URLs with `rediss`.
    ///
    /// A text without a valid certificate is an error of each attempt to connect.
    ///
    /// # Examples
    ///
    /// ```no_run
    /// # fn example() -> std::io::Result<()> {
    /// use messi_redis::Redis;
    ///
    /// let authority = std::fs::read("authority.pem")?;
    /// let engine = Redis::connect("rediss://redis.example.com").tls_authorities(authority);
    /// # Ok(())
    /// # }
    /// ```
    #[cfg(feature = "tls")]
    #[cfg_attr(docsrs, doc(cfg(feature = "tls")))]
    pub fn tls_authorities(mut self, certificates: impl AsRef<[u8]>) -> Self {
        let authorities = Roots::from_pem(certificates);
        let config = authorities.map(|it| it.client_config());
        self.tls = Some(config.map_err(EngineError::new));
        self
    }

    /// Sets the configuration of [`rustls`](crate::rustls), for all else: certificates of clients, revocation lists.
    /// For URLs with `rediss`.
    ///
    /// # Examples
    ///
    /// ```no_run
    /// # fn example(config: messi_redis::rustls::ClientConfig) {
    /// use std::sync::Arc;
    ///
    /// use messi_redis::Redis;
    ///
    /// let engine = Redis::connect("rediss://redis.example.com").tls_config(Arc::new(config));
    /// # }
    /// ```
    #[cfg(feature = "tls")]
    #[cfg_attr(docsrs, doc(cfg(feature = "tls")))]
    pub fn tls_config(mut self, config: Arc<ClientConfig>) -> Self {
        self.tls = Some(Ok(config));
        self
    }

    /// Returns a new node in the mode with a stream.
    fn node(&self) -> Option<StreamsNode> {
        let max_len = self.max_len?;
        Some(StreamsNode::new(self.clone(), max_len))
    }

    /// Opens a connection.
    pub(crate) async fn open(&self) -> Result<Connection, EngineError> {
        let target = self.target.as_ref().map_err(Clone::clone)?;
        let runtime = Runtime::current()?;
        let address = || target.address.to_string();
        let opened = runtime.open(&target.address).await;
        let stream = opened.map_err(|source| Failure::Connect {
            address: address(),
            source,
        })?;
        let stream = self.encrypted(target, stream).await?;
        let established = Connection::establish(runtime, stream, &target.login).await;
        Ok(established.map_err(|source| Failure::Login {
            address: address(),
            source,
        })?)
    }

    #[cfg(feature = "tls")]
    async fn encrypted(
        &self,
        target: &Target,
        stream: Box<dyn Stream>,
    ) -> Result<Box<dyn Stream>, EngineError> {
        use crate::target::Address;

        let Address::Tcp(host, _) = &target.address else {
            return Ok(stream);
        };
        if !target.is_tls {
            return Ok(stream);
        }
        let failed = |source: io::Error| Failure::Tls {
            address: target.address.to_string(),
            source,
        };
        let config = match &self.tls {
            Some(config) => config.clone()?,
            None => {
                let authorities = Roots::platform().map_err(io::Error::from);
                authorities.map_err(failed)?.client_config()
            }
        };
        let encrypted = crate::tls::handshake(config, host, stream).await;
        Ok(encrypted.map_err(failed)?)
    }

    #[cfg(not(feature = "tls"))]
    async fn encrypted(
        &self,
        _: &Target,
        stream: Box<dyn Stream>,
    ) -> Result<Box<dyn Stream>, EngineError> {
        // `Target::parse` refuses URLs with TLS.
        Ok(stream)
    }
}

impl Engine for Redis {
    fn connect(&self) -> EngineFuture<'_, Link> {
        Box::pin(async {
            match self.node() {
                Some(node) => node.link().await,
                None => Ok(pubsub::link(self.open().await?)),
            }
        })
    }

    fn for_node(&self) -> Option<Arc<dyn Engine>> {
        self.node().map(|node| Arc::new(node) as _)
    }
}

impl Debug for Redis {
    fn fmt(&self, formatter: &mut Formatter<'_>) -> fmt::Result {
        let mut debug = formatter.debug_struct("Redis");
        match &self.target {
            Ok(target) => debug
                .field("address", &target.address)
                .field("is_tls", &target.is_tls)
                .field("max_len", &self.max_len),
            Err(error) => debug.field("error", error),
        };
        debug.finish_non_exhaustive()
    }
}
