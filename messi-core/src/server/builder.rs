//! The builder of a server.

use std::marker::PhantomData;
use std::sync::Arc;
use std::sync::atomic::AtomicUsize;
use std::time::Duration;

use log::info;
use messi_wire::config::clamped;
use messi_wire::session::SessionConfig;
use messi_wire::{ConnectionConfig, Role};

use super::accept::Acceptor;
use super::admission::Limits;
use super::listen::{Listening, Place};
use super::proxied::Proxies;
use super::registry::Registry;
use super::serve::Service;
use super::sessions::SessionGranter;
use super::starter::ClientStarter;
use super::{Server, ServerClient, SharedServer, StopServerOnDrop, log_name};
use crate::builder::connection_setters;
use crate::cluster::{Cluster, ClusterNode};
use crate::cpu_limit::CpuLimit;
use crate::driver::ReceiveBudget;
use crate::mailbox::SendBudget;
use crate::metrics::Metrics;
use crate::protocol::server_kinds;
use crate::tasks::Tasks;
use crate::transport::handshake::ServerHandshake;
#[cfg(feature = "tls")]
use crate::transport::tls::ServerTls;
use crate::{IntoHandler, LOG_TARGET, ListenError, Protocol, Runtime, ServeWith, Sessions};

/// Configures and starts a [`Server`]. Every setting has a default that suits most programs.
///
/// A size, count or time out of range is replaced by the nearest one in range. No time is longer than a hundred
/// years. The order of the setters does not matter.
///
/// # Examples
///
/// ```no_run
/// # use chat::*;
/// # struct Session;
/// # impl ChatServerHandler for Session {}
/// use std::time::Duration;
///
/// # async fn example() -> Result<(), messi::ListenError> {
/// let server = ChatServer::builder("tcp://:6000")
///     .max_clients(100)
///     .keep_alive_timeout(Duration::from_secs(10))
///     .start(|_client| Session)
///     .await?;
/// # Ok(())
/// # }
/// ```
#[derive(Clone, Debug)]
#[must_use = "a server does nothing until it is started"]
pub struct ServerBuilder<P: Protocol> {
    place: Place,
    config: ConnectionConfig,
    limits: Limits,
    max_total_queued_bytes: usize,
    max_total_received_bytes: usize,
    /// Networks of proxies, as text.
    proxies: Option<Vec<String>>,
    handshake: Option<Arc<dyn ServerHandshake>>,
    sessions: Option<Sessions>,
    cluster: Option<Cluster>,
    runtime: Option<Runtime>,
    protocol: PhantomData<fn() -> P>,
}

impl<P: Protocol> ServerBuilder<P> {
    pub(super) fn new(place: Place) -> Self {
        Self {
            place,
            config: ConnectionConfig::default(),
            limits: Limits::default(),
            max_total_queued_bytes: 256 * 1024 * 1024,
            max_total_received_bytes: 256 * 1024 * 1024,
            proxies: None,
            handshake: None,
            sessions: None,
            cluster: None,
            runtime: None,
            protocol: PhantomData,
        }
    }

    /// Sets the number of clients at a time.
    ///
    /// A client above the limit is accepted and closed at once, and no handler learns of it. A client counts
    /// from the moment it is accepted, with TLS before its handshake, until its last callback has returned. Behind a
    /// [proxy](Self::proxy_protocol), it counts once the header of the proxy is read. With zero, no client is served.
    /// Default: 10,000.
    ///
    /// # Examples
    ///
    /// ```
    /// # use chat::*;
    /// let builder = ChatServer::builder("tcp://:6000").max_clients(100);
    /// ```
    pub fn max_clients(mut self, clients: usize) -> Self {
        self.limits.clients = clients;
        self
    }

    /// Sets the number of clients at a time from one address.
    ///
    /// A client above the limit is refused like one above [`max_clients`](Self::max_clients). Many clients
    /// may share an address, behind a router or a proxy: see [`proxy_protocol`](Self::proxy_protocol). Clients of a Unix
    /// socket have no limit of this kind.
    /// Default: no limit.
    ///
    /// # Examples
    ///
    /// ```
    /// # use chat::*;
    /// let builder = ChatServer::builder("tcp://:6000").max_clients_per_address(10);
    /// ```
    pub fn max_clients_per_address(mut self, clients: usize) -> Self {
        self.limits.clients_per_address = clients;
        self
    }

    /// Sets the number of clients that are accepted within a second, in bursts or evenly.
    ///
    /// A client above the limit is refused like one above [`max_clients`](Self::max_clients), and tries again
    /// by itself. Default: no limit.
    ///
    /// # Examples
    ///
    /// ```
    /// # use chat::*;
    /// let builder = ChatServer::builder("tcp://:6000").max_clients_per_second(50);
    /// ```
    pub fn max_clients_per_second(mut self, clients: u32) -> Self {
        self.limits.clients_per_second = Some(clients);
        self
    }

    /// Sets the number of topics that one client can be a member of.
    ///
    /// [`join`](ServerClient::join) returns [`TooManyTopics`](crate::JoinError::TooManyTopics) above it. Names of topics
    /// often come from clients: the limit bounds the memory of a client that joins many, at about 300 bytes for each
    /// topic with a name of 200 bytes. With zero, no client joins a topic. Default: 1,000.
    ///
    /// # Examples
    ///
    /// ```
    /// # use chat::*;
    /// let builder = ChatServer::builder("tcp://:6000").max_topics_per_client(20);
    /// ```
    pub fn max_topics_per_client(mut self, topics: usize) -> Self {
        self.limits.topics_per_client = topics;
        self
    }

    /// Sets the time in which a client must log in.
    ///
    /// A client that [`log_in`](ServerClient::log_in) has not been called for in time is disconnected with
    /// [`LoginTimeout`](crate::DisconnectReason::LoginTimeout). Until then, its messages reach its handler as
    /// usual, and it receives the messages that are sent to it alone, but no broadcasts.
    ///
    /// The time begins when the client is connected, with TLS after the handshake. Default: no limit, and all
    /// clients receive broadcasts at once. The minimum is 10 ms.
    ///
    /// # Examples
    ///
    /// ```
    /// # use chat::*;
    /// use std::time::Duration;
    ///
    /// let builder = ChatServer::builder("tcp://:6000").login_timeout(Duration::from_secs(10));
    /// ```
    pub fn login_timeout(mut self, timeout: Duration) -> Self {
        self.limits.login_timeout = Some(clamped(timeout));
        self
    }

    /// Sets the time after which the server gives up a client from which no bytes arrive.
    ///
    /// Default: 3 s, which suits clients that ping every 2 s. The minimum is 10 ms.
    ///
    /// # Examples
    ///
    /// ```
    /// # use chat::*;
    /// use std::time::Duration;
    ///
    /// let builder = ChatServer::builder("tcp://:6000").keep_alive_timeout(Duration::from_secs(10));
    /// ```
    pub fn keep_alive_timeout(mut self, timeout: Duration) -> Self {
        self.config.set_keep_alive_timeout(timeout);
        self
    }

    /// Sets the memory for the send queues of all clients together in bytes, beyond 4 KiB for each.
    ///
    /// The less of it is left, the less may be queued for one client: no more than is left for all others. So
    /// clients that read are served even if many others do not. When it is used up, the connection of the
    /// slowest client ends. A third of the memory is for empty buffers that will be used again and for
    /// fragmentation, and a buffer may be half as large again as the bytes that are queued in it. Default:
    /// 256 MiB.
    ///
    /// # Examples
    ///
    /// ```
    /// # use chat::*;
    /// let builder = ChatServer::builder("tcp://:6000").max_total_queued_bytes(64 << 20);
    /// ```
    pub fn max_total_queued_bytes(mut self, bytes: usize) -> Self {
        self.max_total_queued_bytes = bytes;
        self
    }

    /// Sets the memory for received and not yet handled bytes of all clients together, beyond 4 KiB for each.
    ///
    /// The less of it is left, the less may be held of one client: no more than is left for all others.
    /// Further bytes are not read, and TCP holds the client back. If the message of a client can't go on for
    /// this reason, the client ends with [`MessageTimeout`](crate::DisconnectReason::MessageTimeout), like
    /// one that sends too slowly. Default: 256 MiB.
    ///
    /// # Examples
    ///
    /// ```
    /// # use chat::*;
    /// let builder = ChatServer::builder("tcp://:6000").max_total_received_bytes(64 << 20);
    /// ```
    pub fn max_total_received_bytes(mut self, bytes: usize) -> Self {
        self.max_total_received_bytes = bytes;
        self
    }

    /// Lets clients keep their sessions when connections are lost.
    ///
    /// The client must have a [`session`](crate::ClientBuilder::session) too; all others are served as ever. Default: no
    /// sessions.
    ///
    /// # Examples
    ///
    /// ```
    /// # use chat::*;
    /// use messi::Sessions;
    ///
    /// let builder = ChatServer::builder("tcp://:6000").sessions(Sessions::default());
    /// ```
    pub fn sessions(mut self, sessions: Sessions) -> Self {
        self.sessions = Some(sessions);
        self
    }

    /// Takes the addresses of clients from headers of the [PROXY protocol], version 2, which proxies in these networks
    /// must send.
    ///
    /// Behind a load balancer, all clients have its address. With the header before each connection,
    /// [`peer_addr`](ServerClient::peer_addr), [`max_clients_per_address`](Self::max_clients_per_address) and the log
    /// have the address of the client. A connection that the proxy makes for itself, such as a health check, keeps the
    /// address of the proxy.
    ///
    /// A network is an address with a prefix, as in `10.0.0.0/8` and `fd00::/8`, or a single address. Every program in
    /// it can choose the address that it is known by: list the proxies alone. All other peers are refused, with or
    /// without a header.
    ///
    /// A connection is closed if its header is not valid, has more than 4 KiB, or is not complete within 5 s; with TLS,
    /// within the `handshake_timeout` of `ServerTls`. Such connections and refused peers are
    /// counted in [`failed_handshakes`](crate::ServerStats::failed_handshakes).
    ///
    /// [`start`](Self::start) returns an error if there is no network, if the text of one is not valid, or if the server
    /// listens on a Unix socket, which has no networks.
    ///
    /// Default: no proxies. A header is then refused like all bytes that are not a frame.
    ///
    /// # Examples
    ///
    /// ```
    /// # use chat::*;
    /// let builder = ChatServer::builder("tcp://:6000")
    ///     .proxy_protocol(["10.0.1.0/24", "fd00:1::/64"])
    ///     .max_clients_per_address(10);
    /// ```
    ///
    /// [PROXY protocol]: https://www.haproxy.org/download/3.2/doc/proxy-protocol.txt
    pub fn proxy_protocol(mut self, networks: impl IntoIterator<Item: ToString>) -> Self {
        let networks = networks.into_iter();
        self.proxies = Some(networks.map(|network| network.to_string()).collect());
        self
    }

    /// Makes this server a node of a cluster: its messages to all clients, to topics, to users and to clients by their
    /// ids reach those of all nodes. `cluster` is an engine, or one with settings.
    ///
    /// [`start`](Self::start) returns an error if there is no link to the engine within 5 s, unless the cluster is
    /// [optional](Cluster::optional). Later failures of the engine do not touch the clients of this server.
    ///
    /// Without it, the server is alone.
    ///
    /// # Examples
    ///
    /// ```
    /// # use chat::*;
    /// use messi::cluster::Memory;
    ///
    /// let builder = ChatServer::builder("tcp://:6000").cluster(Memory::new());
    /// ```
    pub fn cluster(mut self, cluster: impl Into<Cluster>) -> Self {
        self.cluster = Some(cluster.into());
        self
    }

    connection_setters!(example: "ChatServer::builder(\"tcp://:6000\")");

    /// Configures TLS. The URI must then be of the form `tls://host:port`; without TLS, it may not be.
    ///
    /// # Examples
    ///
    /// ```no_run
    /// # use chat::*;
    /// use messi::tls::{Identity, ServerTls};
    ///
    /// # fn main() -> Result<(), messi::Error> {
    /// let identity = Identity::from_pem_files("server.pem", "server.key")?;
    /// let builder = ChatServer::builder("tls://:6000").tls(ServerTls::new(identity));
    /// # Ok(())
    /// # }
    /// ```
    #[cfg(feature = "tls")]
    #[cfg_attr(docsrs, doc(cfg(feature = "tls")))]
    pub fn tls(mut self, tls: ServerTls) -> Self {
        self.handshake = Some(Arc::new(tls));
        self
    }

    /// Starts the server. When this returns, clients can connect.
    ///
    /// For each client, `make_handler` makes the handler that receives its messages. State of one connection
    /// belongs into the handler, state of all connections is captured by the closure. The closure can refuse
    /// the client if it returns a `Result`: see [`Refusal`](crate::Refusal).
    ///
    /// # Errors
    ///
    /// [`ListenError`] if the URI is not valid, if its host has no address, if no address can be listened on,
    /// if the file of a Unix socket can't be made, if the listener of
    /// [`from_listener`](Server::from_listener) or the networks of [`proxy_protocol`](Self::proxy_protocol)
    /// can't be used, or if no runtime is set, and there is no [current one](Runtime::current).
    ///
    /// See [`ServerBuilder`] for an example.
    pub async fn start<T, R, F>(self, mut make_handler: F) -> Result<Server<P>, ListenError>
    where
        F: FnMut(&ServerClient<P>) -> T + Send + 'static,
        T: IntoHandler<P, R>,
        P: ServeWith<T::Handler>,
    {
        let make_handler = move |client: &ServerClient<P>| make_handler(client).into_handler();
        let runtime = self.runtime.map_or_else(Runtime::current, Ok)?.0;
        let listening = self.place.listen(&*runtime, self.handshake.is_some());
        let Listening {
            listener,
            address: local_addr,
            uri,
        } = listening.await?;
        let proxies = self.proxies.map(|it| Proxies::new(&it, &local_addr));
        let proxies = proxies.transpose()?.map(Arc::new);
        info!(target: LOG_TARGET, "{} server: listening on {local_addr}", P::NAME);
        let max_message_size = self.config.max_sent_size;
        let cluster = self.cluster.map(|settings| {
            Arc::new(ClusterNode::new(
                settings,
                log_name(P::NAME, &uri),
                P::NAME,
                P::SERVER_MEMBERS,
                max_message_size,
                runtime.clone(),
            ))
        });
        let session = SessionConfig {
            role: Role::Server,
            kinds: server_kinds::<P>(),
            members: P::SERVER_MEMBERS,
            limits: Arc::new(self.config),
        };
        let registry = Registry::new(
            self.limits,
            SendBudget::new(self.max_total_queued_bytes),
            ReceiveBudget::new(self.max_total_received_bytes),
            self.sessions.as_ref(),
            cluster.clone(),
            session,
            runtime.clone(),
        );
        let sessions = match self.sessions {
            None => None,
            Some(sessions) => {
                let granter = SessionGranter::new(sessions, max_message_size);
                Some(granter.map_err(|error| ListenError::Random {
                    source: error.into(),
                })?)
            }
        };
        // Registered on the thread of the caller, which may have a recorder of its own.
        let (metrics, reporter) = Metrics::of_server::<P>(&uri);
        let guard = Arc::new_cyclic(|guard| {
            StopServerOnDrop(Arc::new(SharedServer {
                protocol: P::NAME,
                uri,
                local_addr,
                registry,
                metrics,
                sessions,
                tasks: Arc::new(Tasks::default()),
                decoding: CpuLimit::new(runtime.parallelism()),
                runtime: runtime.clone(),
                closed: event_listener::Event::new(),
                guard: guard.clone(),
            }))
        });
        let server = Server {
            shared: guard.0.clone(),
            guard: Some(guard),
            protocol: PhantomData,
        };
        if let Some(cluster) = cluster {
            // If it does not come up, the drop of the server stops its task.
            server.shared.join_cluster(cluster).await?;
        }
        let running = server.shared.tasks.begin();
        let reported = server.shared.clone();
        reporter.start(runtime.clone(), server.shared.tasks.clone(), move || {
            reported.registry.stats()
        });
        let starter = Arc::new(ClientStarter {
            shared: server.shared.clone(),
            waiting_without_place: AtomicUsize::new(0),
            handshake: self.handshake,
            cpu_limit: CpuLimit::new(runtime.parallelism()),
            service: Box::new(Service::new(server.lent(), make_handler)),
        });
        let acceptor = Acceptor {
            listener,
            proxies,
            starter,
        };
        runtime.spawn(acceptor.task(running));
        Ok(server)
    }
}
