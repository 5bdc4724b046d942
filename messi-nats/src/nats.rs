//! The engine.

use std::fmt::{self, Debug, Formatter};
#[cfg(feature = "tls")]
use std::sync::Arc;

use messi_core::cluster::{Engine, EngineError, EngineFuture, Link};
#[cfg(feature = "tls")]
use messi_core::tls::rustls::ClientConfig;

use crate::link::establish;
use crate::target::Target;
#[cfg(feature = "tls")]
use crate::tls::Tls;

/// A server of NATS that carries messages between servers by publish/subscribe.
///
/// Each server of messi has one connection to it, with a thread of its own, which ends with the connection. Order and
/// delivery are those of NATS: messages of one sender keep their order, and those that are published while a connection
/// is lost are lost. JetStream is not needed. The engine does not connect again by itself: that is for the server of
/// messi.
///
/// The name of a channel becomes one part of a subject after `messi.`, in which special characters are escaped. The user
/// needs the permission to publish and subscribe to `messi.>`.
///
/// # Limits
///
/// - The setting `max_payload` of the server, which is 1 MiB by default, must be at least the largest message of the
///   servers of messi and 64 KiB. Larger messages are an error that names both sizes, and the server of messi connects
///   again: it does not send them once more.
/// - Up to 64 MiB of received messages may wait for the server of messi. If more do, the connection is closed with an
///   error. NATS itself closes a connection that is not read for long: see its settings `max_pending` and
///   `write_deadline`.
/// - Each subscription, which is one for each topic and user that a server of messi has clients of, takes about 5 KiB of
///   its memory.
///
/// # Errors
///
/// An invalid URL is an error of each attempt to connect. Neither errors nor `Debug` show the password. The crate
/// async-nats shows it at the level `TRACE` of the crate `tracing`.
///
/// # Examples
///
/// ```no_run
/// use messi_nats::Nats;
///
/// let engine = Nats::connect("nats://user:password@nats.example.com:4222");
/// ```
#[derive(Clone)]
pub struct Nats {
    settings: Result<Settings, EngineError>,
}

/// All that a connection is made with.
#[derive(Clone)]
pub(crate) struct Settings {
    pub(crate) target: Target,
    #[cfg(feature = "tls")]
    pub(crate) tls: Tls,
}

impl Nats {
    /// Creates the engine for the server of a URL. Does not connect yet.
    ///
    /// | URL | connection |
    /// | --- | --- |
    /// | `nats://user:password@host:port` | TCP; the port is 4222 by default |
    /// | `nats://token@host:port` | the same, with a token |
    /// | `tls://user:password@host:port` | TLS 1.3, with the feature `tls` |
    ///
    /// User and password are optional; special characters in them are written as `%23`. A connection of `nats` to a
    /// server that requires TLS is an error.
    ///
    /// # Examples
    ///
    /// ```no_run
    /// use messi_nats::Nats;
    ///
    /// let local = Nats::connect("nats://localhost");
    /// let with_password = Nats::connect("nats://user:p%23ssword@10.0.0.5");
    /// ```
    pub fn connect(url: impl AsRef<str>) -> Self {
        let target = Target::parse(url.as_ref()).map_err(EngineError::from);
        let settings = target.map(|target| Settings {
            target,
            #[cfg(feature = "tls")]
            tls: Tls::Platform,
        });
        Self { settings }
    }

    /// Logs in with the text of a file of credentials, instead of the user of the URL.
    ///
    /// A text without credentials is an error of each attempt to connect.
    ///
    /// # Examples
    ///
    /// ```no_run
    /// # fn example() -> std::io::Result<()> {
    /// use messi_nats::Nats;
    ///
    /// let credentials = std::fs::read_to_string("messi.creds")?;
    /// let engine = Nats::connect("nats://nats.example.com").credentials(credentials);
    /// # Ok(())
    /// # }
    /// ```
    #[cfg(feature = "credentials")]
    #[cfg_attr(docsrs, doc(cfg(feature = "credentials")))]
    pub fn credentials(self, text: impl Into<String>) -> Self {
        self.with(|settings| {
            settings.target.login = crate::login::Login::Credentials(text.into());
        })
    }

    /// Trusts the authorities in a text of PEM, instead of those of the operating system. For URLs with `tls`.
    ///
    /// A text without a valid certificate is an error of each attempt to connect.
    ///
    /// # Examples
    ///
    /// ```no_run
    /// # fn example() -> std::io::Result<()> {
    /// use messi_nats::Nats;
    ///
    /// let authority = std::fs::read("authority.pem")?;
    /// let engine = Nats::connect("tls://nats.example.com").tls_authorities(authority);
    /// # Ok(())
    /// # }
    /// ```
    #[cfg(feature = "tls")]
    #[cfg_attr(docsrs, doc(cfg(feature = "tls")))]
    pub fn tls_authorities(self, certificates: impl AsRef<[u8]>) -> Self {
        self.with(|settings| settings.tls = Tls::of_pem(certificates.as_ref()))
    }

    /// Sets the configuration of [`rustls`](crate::rustls), for all else: certificates of clients, revocation lists.
    /// For URLs with `tls`.
    ///
    /// # Examples
    ///
    /// ```no_run
    /// # fn example(config: messi_nats::rustls::ClientConfig) {
    /// use std::sync::Arc;
    ///
    /// use messi_nats::Nats;
    ///
    /// let engine = Nats::connect("tls://nats.example.com").tls_config(Arc::new(config));
    /// # }
    /// ```
    #[cfg(feature = "tls")]
    #[cfg_attr(docsrs, doc(cfg(feature = "tls")))]
    pub fn tls_config(self, config: Arc<ClientConfig>) -> Self {
        self.with(|settings| settings.tls = Tls::Given(Ok(config)))
    }

    #[cfg(any(feature = "credentials", feature = "tls"))]
    fn with(mut self, change: impl FnOnce(&mut Settings)) -> Self {
        if let Ok(settings) = &mut self.settings {
            change(settings);
        }
        self
    }
}

impl Engine for Nats {
    fn connect(&self) -> EngineFuture<'_, Link> {
        Box::pin(async { establish(self.settings.clone()?).await })
    }
}

impl Debug for Nats {
    fn fmt(&self, formatter: &mut Formatter<'_>) -> fmt::Result {
        let mut debug = formatter.debug_struct("Nats");
        match &self.settings {
            Ok(Settings { target, .. }) => debug
                .field("address", &target.address)
                .field("is_tls", &target.is_tls),
            Err(error) => debug.field("error", error),
        };
        debug.finish_non_exhaustive()
    }
}
