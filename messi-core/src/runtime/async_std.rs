//! The default runtime, async-std. Sockets are those of its reactor, async-io, which async-std wraps
//! in such a way that a read is always tried before it is waited for.

mod ticks;

use std::io::{self, Read};
use std::mem;
use std::net::{Shutdown, SocketAddr, TcpListener, TcpStream};
use std::pin::Pin;
use std::task::{Context, Poll, ready};
use std::time::{Duration, Instant};

use async_io::Async;
use async_std::net::ToSocketAddrs;
use async_std::task;
use futures::future::{BoxFuture, FutureExt};
use futures::io::{AsyncRead, AsyncWrite};
use socket2::{Domain, Protocol, Type};

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

    fn sleep_about(&self, duration: Duration) -> BoxFuture<'static, ()> {
        if duration < ticks::MIN_SLEEP {
            return self.sleep(duration);
        }
        ticks::Sleep::new(duration).boxed()
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
        async move { boxed(Async::<TcpStream>::connect(address).await?) }.boxed()
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
        Ok(Box::new(Async::<TcpListener>::new_nonblocking(
            socket.into(),
        )?))
    }
}

impl Listener for Async<TcpListener> {
    fn local_addr(&self) -> io::Result<SocketAddr> {
        self.get_ref().local_addr()
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
fn boxed(stream: Async<TcpStream>) -> io::Result<BoxSocket> {
    stream.get_ref().set_nodelay(true)?;
    Ok(Box::new(Stream {
        stream,
        may_have_more: true,
        is_asked: false,
    }))
}

/// A stream that ends the direction it writes when it is closed.
#[derive(Debug)]
struct Stream {
    stream: Async<TcpStream>,
    /// Whether there may be something to read at once. When the last read got less than there was
    /// room for, to try again would most often be a system call for nothing.
    may_have_more: bool,
    /// Whether something was read that was not answered. A peer often answers an answer while it is
    /// being written.
    is_asked: bool,
}

impl Socket for Stream {
    fn read_now(&mut self, buffer: &mut [u8]) -> Option<io::Result<usize>> {
        Some(self.stream.get_ref().read(buffer))
    }
}

impl AsyncRead for Stream {
    fn poll_read(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        buffer: &mut [u8],
    ) -> Poll<io::Result<usize>> {
        loop {
            if !self.may_have_more {
                ready!(self.stream.poll_readable(cx))?;
            }
            match self.stream.get_ref().read(buffer) {
                Ok(count) => {
                    self.may_have_more = count == buffer.len();
                    self.is_asked = true;
                    return Poll::Ready(Ok(count));
                }
                Err(error) if error.kind() == io::ErrorKind::WouldBlock => {
                    self.may_have_more = false;
                }
                Err(error) => return Poll::Ready(Err(error)),
            }
        }
    }
}

impl AsyncWrite for Stream {
    fn poll_write(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        buffer: &[u8],
    ) -> Poll<io::Result<usize>> {
        self.may_have_more |= mem::take(&mut self.is_asked);
        Pin::new(&mut self.stream).poll_write(cx, buffer)
    }

    fn poll_flush(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.stream).poll_flush(cx)
    }

    fn poll_close(self: Pin<&mut Self>, _cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        Poll::Ready(self.stream.get_ref().shutdown(Shutdown::Write))
    }
}
