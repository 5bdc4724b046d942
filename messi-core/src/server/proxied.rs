//! Connections that a proxy, such as a load balancer, has made for its clients.
//!
//! A proxy sends a header of the PROXY protocol before all else, TLS included. Its connection goes through these steps:
//!
//! 1. A peer that is not in the trusted networks is refused: it could choose its address, or get around the proxy.
//! 2. The header is read in a task of its own, within a time limit. Until then the connection has no place among the
//!    clients, since the limits for one address are for that of the client. Instead, the [`Acceptor`](super::accept)
//!    waits while many headers are read.
//! 3. The connection goes on as if the client had connected itself, with the address of the header.

use std::io;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

use event_listener::Event;
use futures::FutureExt;
use futures::io::AsyncReadExt;
use messi_wire::proxy_header::{HeaderReader, ProxyHeader, ProxyHeaderError};
use thiserror::Error;

use super::accept::Incoming;
use super::networks::Networks;
use super::starter::ClientStarter;
use crate::tasks::{Running, notify_all, unless, until};
use crate::time::{TimeSource, timeout};
use crate::transport::BoxSocket;
use crate::{Address, ListenError};

/// Time limit of a header without a handshake after it. The specification asks for at least 3 s, in which a lost segment is
/// sent again.
const HEADER_TIMEOUT: Duration = Duration::from_secs(5);

/// Headers that are read at a time. A proxy sends its header as soon as it is connected: of those that do, few are read at a
/// time.
const MAX_HEADERS: usize = 1_024;

/// The proxies that a server trusts, and the headers that are read.
#[derive(Debug)]
pub(super) struct Proxies {
    networks: Networks,
    headers: AtomicUsize,
    /// Notified when fewer headers are read.
    fewer: Event,
}

/// A header that is being read, until it is dropped.
struct ReadingHeader(Arc<Proxies>);

/// The reason why a connection of a proxy is refused.
#[derive(Debug, Error)]
enum ProxiedError {
    #[error("it is not in the networks of proxy_protocol")]
    Untrusted,
    #[error(transparent)]
    Header(#[from] ProxyHeaderError),
    #[error("no header of the PROXY protocol within {} s", .0.as_secs_f64())]
    Timeout(Duration),
    #[error("the connection has ended before its header of the PROXY protocol was complete")]
    Ended,
    #[error("can't read the header of the PROXY protocol")]
    Io(#[from] io::Error),
}

impl Proxies {
    /// Parses the networks of proxies for a server that listens on an address.
    pub(super) fn new(networks: &[String], local_addr: &Address) -> Result<Self, ListenError> {
        let networks = match local_addr {
            Address::Tcp(_) => Networks::parse(networks),
            // A path has no networks: it would trust every program that may open it.
            Address::Unix(_) => Err("a Unix socket has no networks".into()),
        };
        Ok(Self {
            networks: networks.map_err(|problem| ListenError::ProxyProtocol { problem })?,
            headers: AtomicUsize::new(0),
            fewer: Event::new(),
        })
    }

    /// Waits while [`MAX_HEADERS`] are read.
    pub(super) async fn uncongested(&self) {
        // Only the task that waits here begins to read more.
        let is_uncongested = || self.headers.load(Ordering::Acquire) < MAX_HEADERS;
        until(&self.fewer, || is_uncongested().then_some(())).await;
    }

    fn trusts(&self, address: &Address) -> bool {
        address.ip().is_some_and(|it| self.networks.contains(it))
    }
}

impl ReadingHeader {
    fn new(proxies: &Arc<Proxies>) -> Self {
        proxies.headers.fetch_add(1, Ordering::AcqRel);
        Self(proxies.clone())
    }
}

impl Drop for ReadingHeader {
    fn drop(&mut self) {
        self.0.headers.fetch_sub(1, Ordering::AcqRel);
        notify_all(&self.0.fewer);
    }
}

impl ClientStarter {
    /// Accepts the client of a proxy, once the header of the proxy is read by a task of its own.
    pub(super) fn accept_from_proxy(self: &Arc<Self>, proxies: &Arc<Proxies>, incoming: Incoming) {
        if !proxies.trusts(&incoming.address) {
            return self.fail(&incoming.address, &ProxiedError::Untrusted);
        }
        let shared = &self.shared;
        let reading = ReadingHeader::new(proxies);
        let task = self.clone();
        let task = task.accept_after_header(incoming, reading, shared.tasks.begin());
        shared.runtime.spawn(task.boxed());
    }

    async fn accept_after_header(
        self: Arc<Self>,
        incoming: Incoming,
        reading: ReadingHeader,
        running: Running,
    ) {
        if let Some(incoming) = self.identify(incoming, reading).await {
            self.accept(incoming);
        }
        // The closure that makes handlers must be dropped before the server counts as stopped.
        drop(self);
        drop(running);
    }

    /// Reads the header, and returns the connection with the address of the client. Returns `None` if the proxy is refused,
    /// or the server stops.
    async fn identify(&self, mut incoming: Incoming, reading: ReadingHeader) -> Option<Incoming> {
        let shared = &self.shared;
        let limit = self.handshake.as_ref();
        let limit = limit.map_or(HEADER_TIMEOUT, |it| it.time_limit());
        let header = read_header_within(limit, &*shared.runtime, &mut incoming.socket);
        let header = unless(shared.closed(), header).await?;
        drop(reading);
        match header {
            Ok(header) => {
                if let Some(client) = header.client {
                    incoming.address = client.into();
                }
                Some(incoming)
            }
            Err(error) => {
                self.fail(&incoming.address, &error);
                None
            }
        }
    }
}

async fn read_header_within(
    limit: Duration,
    time: &dyn TimeSource,
    socket: &mut BoxSocket,
) -> Result<ProxyHeader, ProxiedError> {
    let header = timeout(time, limit, read_header(socket).boxed()).await;
    header.unwrap_or(Err(ProxiedError::Timeout(limit)))
}

/// Reads a header, and no byte after it.
async fn read_header(socket: &mut BoxSocket) -> Result<ProxyHeader, ProxiedError> {
    let mut reader = HeaderReader::default();
    loop {
        let count = socket.read(reader.missing()).await?;
        if count == 0 {
            return Err(ProxiedError::Ended);
        }
        if let Some(header) = reader.advance(count)? {
            return Ok(header);
        }
    }
}

#[cfg(all(test, feature = "testing"))]
mod tests {
    use futures::future::join;
    use futures::io::AsyncWriteExt;

    use super::*;
    use crate::testing::Simulation;

    /// 192.0.2.7:4660 at 198.51.100.1:443 over TCP, and a field of three bytes without content.
    const HEADER: &[u8] = b"\x0d\x0a\x0d\x0a\x00\x0d\x0a\x51\x55\x49\x54\x0a\x21\x11\x00\x0f\
        \xc0\x00\x02\x07\xc6\x33\x64\x01\x12\x34\x01\xbb\x04\x00\x00";

    /// Connects a proxy to a server in a simulation, and returns both ends, the proxy's first.
    async fn pair(simulation: &Simulation) -> (BoxSocket, BoxSocket) {
        let address = Address::from(([1, 2, 3, 4], 6000));
        let runtime = simulation.runtime();
        let listener = runtime.0.listen(&address).unwrap();
        let (proxy, server) = join(runtime.0.connect(&address), listener.accept()).await;
        (proxy.unwrap(), server.unwrap().0)
    }

    /// Reads a header within a second of pretended time.
    async fn read(
        simulation: &Simulation,
        server: &mut BoxSocket,
    ) -> Result<ProxyHeader, ProxiedError> {
        let limit = Duration::from_secs(1);
        read_header_within(limit, &*simulation.runtime().0, server).await
    }

    #[test]
    fn a_header_that_stops_anywhere_is_given_up_at_the_limit() {
        let simulation = Simulation::new(1);
        simulation.run(async {
            for size in 0..HEADER.len() {
                let (mut proxy, mut server) = pair(&simulation).await;
                proxy.write_all(&HEADER[..size]).await.unwrap();
                let start = simulation.elapsed();
                let error = read(&simulation, &mut server).await.unwrap_err();
                let expected = "no header of the PROXY protocol within 1 s";
                assert_eq!(error.to_string(), expected, "{size} bytes");
                assert_eq!(simulation.elapsed() - start, Duration::from_secs(1));
            }
        });
    }

    #[test]
    fn a_header_that_is_sent_slowly_is_given_up_at_the_limit() {
        let simulation = Simulation::new(1);
        simulation.run(async {
            let (mut proxy, mut server) = pair(&simulation).await;
            let trickle = async {
                for &byte in HEADER {
                    simulation.sleep(Duration::from_millis(100)).await;
                    proxy.write_all(&[byte]).await.unwrap();
                }
            };
            let (result, ()) = join(read(&simulation, &mut server), trickle).await;
            assert!(matches!(result, Err(ProxiedError::Timeout(_))));
        });
    }

    #[test]
    fn a_header_that_ends_anywhere_is_an_error_at_once() {
        let simulation = Simulation::new(1);
        simulation.run(async {
            for size in 0..HEADER.len() {
                let (mut proxy, mut server) = pair(&simulation).await;
                proxy.write_all(&HEADER[..size]).await.unwrap();
                proxy.close().await.unwrap();
                let result = read(&simulation, &mut server).await;
                assert!(matches!(result, Err(ProxiedError::Ended)), "{size} bytes");
            }
            assert_eq!(simulation.elapsed(), Duration::ZERO);
        });
    }

    #[test]
    fn no_byte_after_the_header_is_read() {
        let simulation = Simulation::new(1);
        simulation.run(async {
            let (mut proxy, mut server) = pair(&simulation).await;
            let stream = [HEADER, HEADER, b"next"].concat();
            proxy.write_all(&stream).await.unwrap();
            for _ in 0..2 {
                let header = read(&simulation, &mut server).await.unwrap();
                assert_eq!(header.client, Some("192.0.2.7:4660".parse().unwrap()));
            }
            let mut rest = [0; 4];
            server.read_exact(&mut rest).await.unwrap();
            assert_eq!(&rest, b"next");
        });
    }
}
