//! The default runtime, async-std. Sockets are those of its reactor, async-io, which async-std wraps
//! in such a way that a read is always tried before it is waited for.

mod stream;
mod ticks;
#[cfg(unix)]
mod unix;

use std::io;
use std::net::{SocketAddr, TcpListener, TcpStream};
use std::num::NonZero;
use std::thread;
use std::time::{Duration, Instant};

use async_io::Async;
use async_std::net::ToSocketAddrs;
use async_std::task;
use futures::future::{BoxFuture, FutureExt};
use socket2::{Domain, Protocol, SockAddr, Type};

use self::stream::Stream;
use super::{BoxListener, BoxSocket, Listener, Runtime};
use crate::Address;

/// Connections that may wait to be accepted. With the usual 128, each overflow costs a client
/// about a second when a fleet comes back.
const BACKLOG: i32 = 4096;

#[derive(Debug)]
pub(super) struct AsyncStd;

impl Runtime for AsyncStd {
    fn now(&self) -> Instant {
        Instant::now()
    }

    fn sleep(&self, duration: Duration) -> BoxFuture<'static, ()> {
        task::sleep(duration).boxed()
    }

    fn sleep_about(&self, duration: Duration) -> BoxFuture<'static, ()> {
        if duration < ticks::MIN_SLEEP {
            return self.sleep(duration);
        }
        ticks::Sleep::new(duration).boxed()
    }

    fn random(&self) -> f64 {
        fastrand::f64()
    }

    fn parallelism(&self) -> usize {
        thread::available_parallelism().map_or(1, NonZero::get)
    }

    fn spawn(&self, task: BoxFuture<'static, ()>) {
        // Who spawns a task learns of its end from the task itself.
        drop(task::spawn(task));
    }

    fn resolve(&self, host: String, port: u16) -> BoxFuture<'static, io::Result<Vec<SocketAddr>>> {
        async move { Ok((host.as_str(), port).to_socket_addrs().await?.collect()) }.boxed()
    }

    fn connect(&self, address: &Address) -> BoxFuture<'static, io::Result<BoxSocket>> {
        match address {
            &Address::Tcp(address) => {
                async move { boxed(Async::<TcpStream>::connect(address).await?) }.boxed()
            }
            #[cfg(unix)]
            Address::Unix(path) => unix::connect(path.clone()).boxed(),
            #[cfg(not(unix))]
            Address::Unix(_) => async { Err(no_unix_sockets()) }.boxed(),
        }
    }

    fn listen(&self, address: &Address) -> io::Result<BoxListener> {
        match address {
            Address::Tcp(address) => {
                let domain = Domain::for_address(*address);
                let socket = listen(domain, &(*address).into(), Some(Protocol::TCP))?;
                let listener = Async::<TcpListener>::new_nonblocking(socket.into())?;
                Ok(Box::new(listener))
            }
            #[cfg(unix)]
            Address::Unix(path) => unix::listen(path),
            #[cfg(not(unix))]
            Address::Unix(_) => Err(no_unix_sockets()),
        }
    }
}

#[cfg(not(unix))]
fn no_unix_sockets() -> io::Error {
    io::Error::new(
        io::ErrorKind::Unsupported,
        "there are no Unix sockets on this system",
    )
}

fn listen(
    domain: Domain,
    address: &SockAddr,
    protocol: Option<Protocol>,
) -> io::Result<socket2::Socket> {
    let socket = socket2::Socket::new(domain, Type::STREAM, protocol)?;
    // A restarted server must get its port back at once. Windows does so without being asked,
    // and would let two servers share the port.
    #[cfg(not(windows))]
    socket.set_reuse_address(true)?;
    socket.set_nonblocking(true)?;
    socket.bind(address)?;
    socket.listen(BACKLOG)?;
    Ok(socket)
}

impl Listener for Async<TcpListener> {
    fn local_addr(&self) -> io::Result<Address> {
        self.get_ref().local_addr().map(Address::Tcp)
    }

    fn accept(&self) -> BoxFuture<'_, io::Result<(BoxSocket, Address)>> {
        async {
            let (stream, address) = self.accept().await?;
            Ok((boxed(stream)?, Address::Tcp(address)))
        }
        .boxed()
    }
}

/// Messages are small and leave in batches already: waiting for more only delays them.
fn boxed(stream: Async<TcpStream>) -> io::Result<BoxSocket> {
    stream.get_ref().set_nodelay(true)?;
    Ok(Box::new(Stream::new(stream)))
}
