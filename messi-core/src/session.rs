//! Settings of sessions that outlive connections.

use std::time::Duration;

use messi_wire::config::{bounded, clamped};

/// Bytes of sent messages that are kept until the peer has acknowledged them.
#[derive(Clone, Copy, Debug)]
struct Window(usize);

impl Window {
    /// With fewer bytes, the peer would have to acknowledge each batch of messages.
    const MIN: usize = 256 * 1024;

    fn new(bytes: usize) -> Self {
        Self(bytes.max(Self::MIN))
    }

    /// Returns the size for messages of up to this size: two of them fit.
    fn for_messages(self, max_size: usize) -> usize {
        self.0.max(max_size.saturating_mul(2))
    }
}

impl Default for Window {
    fn default() -> Self {
        Self(2 * 1024 * 1024)
    }
}

/// How a client keeps its session when a connection is lost.
///
/// A session goes on with the next connection: no message is lost or handled twice, in either direction. The server
/// must have [`sessions`](crate::ServerBuilder::sessions) too; with another one, all is as without a session.
///
/// # Examples
///
/// ```
/// # use chat::*;
/// use messi::Session;
///
/// let builder = ChatClient::builder("tcp://chat.example.com:6000").session(Session::default());
/// ```
#[derive(Clone, Debug)]
pub struct Session {
    window: Window,
    pub(crate) failover_after: Duration,
}

impl Session {
    /// Sets how many bytes of sent messages are kept until the server has acknowledged them.
    ///
    /// While as many are kept, no more is written: the send queue grows, as with a server that reads slowly. Default:
    /// 2 MiB. The minimum is 256 KiB, and twice the largest message.
    ///
    /// # Examples
    ///
    /// ```
    /// let session = messi::Session::default().window(8 << 20);
    /// ```
    pub fn window(mut self, bytes: usize) -> Self {
        self.window = Window::new(bytes);
        self
    }

    /// Sets for how long only the server that has the session is tried, if the client has
    /// [alternative servers](crate::ClientBuilder::alternative_uri).
    ///
    /// Afterwards all of them are tried in turn. With another one, the session is lost, with
    /// [`SessionLost::OtherServer`](crate::SessionLost::OtherServer), and a new one begins there. Default: 5 s.
    ///
    /// # Examples
    ///
    /// ```
    /// use std::time::Duration;
    ///
    /// let session = messi::Session::default().failover_after(Duration::from_secs(30));
    /// ```
    pub fn failover_after(mut self, time: Duration) -> Self {
        self.failover_after = bounded(time);
        self
    }

    pub(crate) fn window_for(&self, max_message_size: usize) -> usize {
        self.window.for_messages(max_message_size)
    }
}

impl Default for Session {
    fn default() -> Self {
        Self {
            window: Window::default(),
            failover_after: Duration::from_secs(5),
        }
    }
}

/// How a server keeps the sessions of its clients when their connections are lost.
///
/// Clients without a [`session`](crate::ClientBuilder::session), such as those of the original, are served as ever.
///
/// # Examples
///
/// ```
/// # use chat::*;
/// use std::time::Duration;
///
/// use messi::Sessions;
///
/// let sessions = Sessions::default().lifetime(Duration::from_secs(300));
/// let builder = ChatServer::builder("tcp://:6000").sessions(sessions);
/// ```
#[derive(Clone, Debug)]
pub struct Sessions {
    pub(crate) lifetime: Duration,
    pub(crate) max_interrupted: usize,
    /// How many ends of sessions are remembered, and for how long.
    pub(crate) remembered: (usize, Duration),
    window: Window,
    pub(crate) silent_client: Duration,
}

impl Sessions {
    /// Sets for how long a session waits for its client, from the moment at which its connection was lost.
    ///
    /// Default: 60 s. The minimum is 10 ms. The client receives it in whole seconds, rounded up.
    pub fn lifetime(mut self, lifetime: Duration) -> Self {
        self.lifetime = clamped(lifetime);
        self
    }

    /// Sets how many sessions may wait for their clients at a time.
    ///
    /// If one more is interrupted, the session that has waited for longest is lost, with
    /// [`SessionLost::Evicted`](crate::SessionLost::Evicted). With zero, no session goes on. A client with an
    /// interrupted session counts for [`max_clients`](crate::ServerBuilder::max_clients) too. Default: no limit.
    ///
    /// # Examples
    ///
    /// ```
    /// let sessions = messi::Sessions::default().max_interrupted(1_000);
    /// ```
    pub fn max_interrupted(mut self, sessions: usize) -> Self {
        self.max_interrupted = sessions;
        self
    }

    /// Sets how many ends of sessions are remembered, and for how long.
    ///
    /// A client that comes back after its session was lost then learns why, and how many of its messages were received:
    /// see [`Lost::handled`](crate::Lost::handled). Each takes some 50 bytes. Default: 100,000, for 600 s.
    ///
    /// # Examples
    ///
    /// ```
    /// use std::time::Duration;
    ///
    /// let sessions = messi::Sessions::default().remembered_ends(1_000, Duration::from_secs(60));
    /// ```
    pub fn remembered_ends(mut self, sessions: usize, time: Duration) -> Self {
        self.remembered = (sessions, bounded(time));
        self
    }

    /// Sets how many bytes of sent messages are kept for each client until it has acknowledged them: see
    /// [`Session::window`]. Default: 2 MiB.
    pub fn window(mut self, bytes: usize) -> Self {
        self.window = Window::new(bytes);
        self
    }

    /// Sets how long the server waits for the first byte of a client, before it counts as one without a session.
    ///
    /// Clients with sessions send it at once. One of the original that waits for a greeting of the server gets it this
    /// much later. With a shorter time, a client may count as silent because a busy proxy holds up its first bytes: it
    /// then has no session. Default: 1 s. The minimum is 10 ms.
    pub fn silent_client(mut self, time: Duration) -> Self {
        self.silent_client = clamped(time);
        self
    }

    pub(crate) fn window_for(&self, max_message_size: usize) -> usize {
        self.window.for_messages(max_message_size)
    }
}

impl Default for Sessions {
    fn default() -> Self {
        Self {
            lifetime: Duration::from_secs(60),
            max_interrupted: usize::MAX,
            remembered: (100_000, Duration::from_secs(600)),
            window: Window::default(),
            silent_client: Duration::from_secs(1),
        }
    }
}
