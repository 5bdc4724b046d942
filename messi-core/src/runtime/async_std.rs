//! The default runtime, async-std.

use std::io::{self, Read};
use std::net::{self, Shutdown, SocketAddr};
use std::pin::Pin;
use std::task::{Context, Poll};
use std::time::{Duration, Instant};

use async_std::net::{TcpListener, TcpStream, ToSocketAddrs};
use async_std::task;
use futures::future::{BoxFuture, FutureExt};
use futures::io::{AsyncRead, AsyncWrite};
use socket2::{Domain, Protocol, SockRef, Type};

use super::{BoxListener, BoxSocket, Listener, Runtime, Socket};

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

    fn random(&self) -> f64 {
        fastrand::f64()
    }

    fn spawn(&self, task: BoxFuture<'static, ()>) {
        // Who spawns a task learns of its end from the task itself.
        drop(task::spawn(task));
    }

    fn resolve(&self, host: String, port: u16) -> BoxFuture<'static, io::Result<Vec<SocketAddr>>> {
        async move { Ok((host.as_str(), port).to_socket_addrs().await?.collect()) }.boxed()
    }

    fn connect(&self, address: SocketAddr) -> BoxFuture<'static, io::Result<BoxSocket>> {
        async move { boxed(TcpStream::connect(address).await?) }.boxed()
    }

    fn listen(&self, address: SocketAddr) -> io::Result<BoxListener> {
        let socket = socket2::Socket::new(
            Domain::for_address(address),
            Type::STREAM,
            Some(Protocol::TCP),
        )?;
        // A restarted server must get its port back at once. Windows does so without being asked,
        // and would let two servers share the port.
        #[cfg(not(windows))]
        socket.set_reuse_address(true)?;
        socket.set_nonblocking(true)?;
        socket.bind(&address.into())?;
        socket.listen(BACKLOG)?;
        Ok(Box::new(TcpListener::from(net::TcpListener::from(socket))))
    }
}

impl Listener for TcpListener {
    fn local_addr(&self) -> io::Result<SocketAddr> {
        self.local_addr()
    }

    fn accept(&self) -> BoxFuture<'_, io::Result<(BoxSocket, SocketAddr)>> {
        async {
            let (stream, address) = self.accept().await?;
            Ok((boxed(stream)?, address))
        }
        .boxed()
    }
}

/// Messages are small and leave in batches already: waiting for more only delays them.
fn boxed(stream: TcpStream) -> io::Result<BoxSocket> {
    stream.set_nodelay(true)?;
    Ok(Box::new(Stream(stream)))
}

/// A stream that ends the direction it writes when it is closed, which async-std's does not.
#[derive(Debug)]
struct Stream(TcpStream);

impl Socket for Stream {
    fn read_now(&mut self, buffer: &mut [u8]) -> Option<io::Result<usize>> {
        let socket = SockRef::from(&self.0);
        Some(Read::read(&mut &*socket, buffer))
    }
}

impl AsyncRead for Stream {
    fn poll_read(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        buffer: &mut [u8],
    ) -> Poll<io::Result<usize>> {
        Pin::new(&mut self.0).poll_read(cx, buffer)
    }
}

impl AsyncWrite for Stream {
    fn poll_write(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        buffer: &[u8],
    ) -> Poll<io::Result<usize>> {
        Pin::new(&mut self.0).poll_write(cx, buffer)
    }

    fn poll_flush(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.0).poll_flush(cx)
    }

    fn poll_close(self: Pin<&mut Self>, _cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        Poll::Ready(self.0.shutdown(Shutdown::Write))
    }
}
