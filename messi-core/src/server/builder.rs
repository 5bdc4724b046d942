//! The settings of a server.

use std::io;
use std::marker::PhantomData;
use std::sync::{Arc, Mutex};
use std::time::Duration;

use futures::FutureExt;
use log::info;
use messi_wire::config::{Overflow, bounded, clamped};
use messi_wire::session::SessionConfig;
use messi_wire::{ConnectionConfig, Role};

use super::accept::{Acceptor, Entrance};
use super::admission::Limits;
use super::registry::Registry;
use super::{Server, ServerClient, Shared, StopOnDrop};
use crate::cpu_limit::CpuLimit;
use crate::driver::ReceiveBudget;
use crate::mailbox::SendBudget;
use crate::protocol::server_kinds;
use crate::runtime::{self, BoxListener, Runtime};
use crate::tasks::Tasks;
use crate::testing::Simulation;
use crate::tls::ServerTls;
use crate::uri::{HostPort, Uri};
use crate::{Address, LOG_TARGET, ListenError, Protocol, ServeWith};

/// Sets up a [`Server`]. Every setting has a default that suits most programs.
///
/// # Examples
///
/// ```no_run
/// # mod chat { messi::protocol!("../examples/chat/chat.proto"); }
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
    uri: String,
    settings: ConnectionConfig,
    /// Goes before the limit of both directions, whichever is set first.
    max_sent_message_size: Option<usize>,
    limits: Limits,
    max_total_queued_bytes: usize,
    max_total_received_bytes: usize,
    tls: Option<ServerTls>,
    runtime: Arc<dyn Runtime>,
    protocol: PhantomData<fn() -> P>,
}

impl<P: Protocol> ServerBuilder<P> {
    pub(super) fn new(uri: String) -> Self {
        Self {
            uri,
            settings: ConnectionConfig::default(),
            max_sent_message_size: None,
            limits: Limits::default(),
            max_total_queued_bytes: 256 * 1024 * 1024,
            max_total_received_bytes: 256 * 1024 * 1024,
            tls: None,
            runtime: runtime::default(),
            protocol: PhantomData,
        }
    }

    /// Most clients at a time. One too many is accepted and closed at once, and never seen by a
    /// handler. A client counts from the moment it is accepted, with TLS before its handshake, until its
    /// last callback has returned. With zero, none comes in. Default: 10,000.
    pub fn max_clients(mut self, clients: usize) -> Self {
        self.limits.clients = clients;
        self
    }

    /// Most clients at a time from one address. One too many is turned away like one above
    /// [`max_clients`](Self::max_clients). Many clients may share an address, behind a router or a
    /// proxy. Those of a Unix socket are not bounded by this. Default: no limit.
    pub fn max_clients_per_address(mut self, clients: usize) -> Self {
        self.limits.clients_per_address = clients;
        self
    }

    /// Most clients that come in within a second, in bursts or evenly. Those above are turned away
    /// like those above [`max_clients`](Self::max_clients); they come back by themselves. Default:
    /// no limit.
    pub fn max_clients_per_second(mut self, clients: u32) -> Self {
        self.limits.clients_per_second = Some(clients);
        self
    }

    /// Time without a sign of life after which a client is given up. Default: 3 s, which suits
    /// clients that ping every 2 s. A time below 10 ms is taken for 10 ms.
    pub fn keep_alive_timeout(mut self, timeout: Duration) -> Self {
        self.settings.keep_alive_timeout = clamped(timeout);
        self
    }

    /// Largest message in bytes, as encoded, in both directions; no more than 2^24 - 1. A larger
    /// one from a client ends its connection before it is read, a larger one to a client is not
    /// sent. Default: 1 MiB.
    pub fn max_message_size(mut self, bytes: usize) -> Self {
        self.settings.set_max_message_size(bytes);
        self
    }

    /// Largest message to a client in bytes, as encoded, where clients can take less than
    /// [`max_message_size`](Self::max_message_size); no more than 2^24 - 1. Default: as
    /// `max_message_size`.
    pub fn max_sent_message_size(mut self, bytes: usize) -> Self {
        self.max_sent_message_size = Some(bytes);
        self
    }

    /// Most bytes that may wait to be written to one client. When half of them do, its messages
    /// are not handled until some are written. A single message may wait whatever the limit is.
    /// Default: 4 MiB.
    pub fn max_queued_bytes(mut self, bytes: usize) -> Self {
        self.settings.max_queued_bytes = bytes;
        self
    }

    /// Memory for what waits to be written to all clients together, in bytes, beyond 4 KiB for each.
    /// The less of it is left, the less may wait for one client: no more than is left for all others.
    /// So clients that read are served when many others do not. Where a connection would end for lack of
    /// it, the slowest ends instead. A third of the memory is for buffers that are empty and will be used
    /// again and for what the allocator can't fill, and a buffer may be by half larger than what waits in
    /// it. Default: 256 MiB.
    pub fn max_total_queued_bytes(mut self, bytes: usize) -> Self {
        self.max_total_queued_bytes = bytes;
        self
    }

    /// Memory for what has been received from all clients together and is not handled yet, in bytes, beyond
    /// 4 KiB for each. The less of it is left, the less may be held of one client: no more than is left
    /// for all others. What is above is not read yet, and TCP holds the client back; a client whose
    /// message can't go on for this ends with
    /// [`MessageTimeout`](crate::DisconnectReason::MessageTimeout), like one that sends too slowly.
    /// Default: 256 MiB.
    pub fn max_total_received_bytes(mut self, bytes: usize) -> Self {
        self.max_total_received_bytes = bytes;
        self
    }

    /// What becomes of a message when as many bytes wait to be written as may. Default:
    /// [`Overflow::Disconnect`].
    pub fn overflow(mut self, overflow: Overflow) -> Self {
        self.settings.overflow = overflow;
        self
    }

    /// Most bytes of received messages of one client that may wait for its handler, before the
    /// client is held back. Zero is taken for 1. Default: 1 MiB.
    pub fn max_unhandled_bytes(mut self, bytes: usize) -> Self {
        self.settings.max_unhandled_bytes = bytes.max(1);
        self
    }

    /// Time that a client may take nothing of what waits to be written, before its connection
    /// ends with [`SlowConsumer`](crate::DisconnectReason::SlowConsumer). Default: 10 s. A time
    /// below 10 ms is taken for 10 ms.
    pub fn write_timeout(mut self, timeout: Duration) -> Self {
        self.settings.write_timeout = clamped(timeout);
        self
    }

    /// Time in which a message that has begun to arrive from a client must be complete, unless it comes at
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

    /// Time that the answer to a request to a client is waited for, unless
    /// [`Answer::timeout`](crate::Answer::timeout) sets another. Default: 10 s. With zero, a
    /// request fails when its answer is first awaited, unless the answer is there by then.
    pub fn request_timeout(mut self, timeout: Duration) -> Self {
        self.settings.request_timeout = bounded(timeout);
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

    /// Sets TLS up. The URI must then be of the form `tls://host:port`, and may not be otherwise.
    #[cfg(feature = "tls")]
    pub fn tls(mut self, tls: ServerTls) -> Self {
        self.tls = Some(tls);
        self
    }

    /// Lets the server run in a simulation, for tests: see [`testing`](crate::testing).
    pub fn simulated(mut self, simulation: &Simulation) -> Self {
        self.runtime = simulation.runtime();
        self
    }

    /// Starts the server. For each client that connects, `make_handler` makes the handler that
    /// gets its messages: what belongs to one connection lives in the handler, what all share in
    /// what the closure captures.
    ///
    /// When this returns, the server listens: clients can connect.
    ///
    /// # Errors
    ///
    /// If the URI is not one, its host has no address, or none of them can be listened on, or the
    /// file of a Unix socket can't be made.
    pub async fn start<H, F>(self, make_handler: F) -> Result<Server<P>, ListenError>
    where
        H: Send + 'static,
        F: FnMut(&ServerClient<P>) -> H + Send + 'static,
        P: ServeWith<H>,
    {
        let runtime = self.runtime;
        let (listener, local_addr) =
            listen(&*runtime, &Uri::parse(&self.uri, self.tls.is_some())?).await?;
        info!(target: LOG_TARGET, "listening on {local_addr}");
        let settings = Arc::new(self.settings.with_max_sent_size(self.max_sent_message_size));
        let session = SessionConfig {
            role: Role::Server,
            kinds: server_kinds::<P>(),
            limits: settings.clone(),
        };
        let registry = Registry::new(
            self.limits,
            SendBudget::new(self.max_total_queued_bytes),
            ReceiveBudget::new(self.max_total_received_bytes),
            session,
            runtime.clone(),
        );
        let guard = Arc::new_cyclic(|guard| {
            StopOnDrop(Arc::new(Shared {
                local_addr,
                registry,
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
        let running = server.shared.tasks.begin();
        let entrance = Arc::new(Entrance {
            server: server.lent(),
            make_handler: Mutex::new(make_handler),
            config: settings,
        });
        let acceptor = Acceptor {
            listener,
            tls: self.tls,
            entrance,
        };
        runtime.spawn(acceptor.run(running).boxed());
        Ok(server)
    }
}

/// Listens where a URI says, and tells the address.
async fn listen(runtime: &dyn Runtime, uri: &Uri) -> Result<(BoxListener, Address), ListenError> {
    match uri {
        Uri::Tcp(host_port) | Uri::Tls(host_port) => listen_on_host(runtime, host_port).await,
        Uri::Unix(path) => listen_on(runtime, Address::Unix(path.clone())),
    }
}

/// Listens on the first address of a host that allows it.
async fn listen_on_host(
    runtime: &dyn Runtime,
    host_port: &HostPort,
) -> Result<(BoxListener, Address), ListenError> {
    let host = host_port.listen_host();
    let failed = |message| ListenError::Resolve {
        host: host.into(),
        message,
    };
    let addresses = runtime.resolve(host.into(), host_port.port).await;
    let addresses = addresses.map_err(|error| failed(error.to_string()))?;
    let mut result = Err(failed("it has no address".into()));
    for address in addresses {
        result = listen_on(runtime, Address::Tcp(address));
        if result.is_ok() {
            break;
        }
    }
    result
}

/// Listens on an address; the one it tells has a port even where none was asked for.
fn listen_on(
    runtime: &dyn Runtime,
    address: Address,
) -> Result<(BoxListener, Address), ListenError> {
    let listen = || -> io::Result<_> {
        let listener = runtime.listen(&address)?;
        let local_addr = listener.local_addr()?;
        Ok((listener, local_addr))
    };
    listen().map_err(|error| ListenError::Bind {
        kind: error.kind(),
        message: error.to_string(),
        address,
    })
}
