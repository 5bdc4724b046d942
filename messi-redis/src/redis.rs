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

/// The least length of a stream.
const MIN_LEN: u64 = 1_000;

/// A server of Redis 6 or later, or of Valkey, that carries messages between servers by publish/subscribe.
///
/// Each server of messi has one connection to it. Order and delivery are those of publish/subscribe: messages of one
/// sender to a channel keep their order, and those that are published while a connection is lost are lost. No key is
/// read or written, so that the database of the URL does not matter.
///
/// The user needs the permissions `+publish +subscribe +unsubscribe` and, for the names of channels, `&messi:*`.
///
/// # Limits
///
/// Up to 64 MiB of received messages may wait for the server of messi. If more do, the connection is closed with an
/// error. Redis itself closes a connection that is not read for long: see its setting `client-output-buffer-limit`.
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
    /// Or what is wrong with the URL.
    target: Result<Target, EngineError>,
    /// Or what is wrong with the authorities. By default, those of the operating system are trusted.
    #[cfg(feature = "tls")]
    tls: Option<Result<Arc<ClientConfig>, EngineError>>,
    /// The length of the stream, if there is one.
    max_len: Option<u64>,
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

    pub fn streams(mut self, max_len: u64) -> Self {
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

    /// Returns the engine of a node with a stream.
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
