//! Stream sockets.

use std::io::{self, IoSlice};
use std::pin::Pin;
use std::task::{Context, Poll, ready};

use futures::io::{AsyncRead, AsyncWrite};
use socket2::SockRef;
use tokio::io::ReadBuf;
use tokio::net::TcpStream;
#[cfg(unix)]
use tokio::net::UnixStream;

use super::registered;
use crate::transport::os::OsStream;
use crate::transport::std_socket::StdStream;
use crate::transport::tls_alert::TlsAlertGuard;
#[cfg(unix)]
use crate::transport::unix;
use crate::transport::{BoxSocket, Socket, tcp};

/// Waits until a stream is connected, and wraps it.
pub(super) async fn connected(stream: OsStream) -> io::Result<BoxSocket> {
    match stream {
        OsStream::Tcp(stream) => {
            let stream = registered(|| TcpStream::from_std(stream))?;
            stream.writable().await?;
            stream.check_connected()?;
            Ok(TokioStream::boxed(stream))
        }
        #[cfg(unix)]
        OsStream::Unix(stream) => {
            let stream = registered(|| UnixStream::from_std(stream))?;
            stream.writable().await?;
            stream.check_connected()?;
            Ok(TokioStream::boxed(stream))
        }
    }
}

impl StdStream for TcpStream {
    fn socket(&self) -> SockRef<'_> {
        self.into()
    }

    fn check_connected(&self) -> io::Result<()> {
        tcp::check_connected(&self.socket())
    }

    fn limit_unsent(&self, bytes: u32) {
        tcp::limit_unsent(&self.socket(), bytes);
    }
}

#[cfg(unix)]
impl StdStream for UnixStream {
    fn socket(&self) -> SockRef<'_> {
        self.into()
    }

    fn check_connected(&self) -> io::Result<()> {
        unix::check_connected(&self.socket())
    }
}

/// A stream of tokio that ends the direction that it writes when it is closed.
///
/// tokio remembers whether there may be something to read: after a read that did not fill its buffer, it waits for its
/// reactor before it tries again.
#[derive(Debug)]
pub(super) struct TokioStream<T> {
    stream: T,
    tls_alert: TlsAlertGuard,
}

impl<T> TokioStream<T>
where
    T: tokio::io::AsyncRead + tokio::io::AsyncWrite + StdStream + Send + Unpin + 'static,
{
    /// Wraps a stream that is connected.
    pub(super) fn boxed(stream: T) -> BoxSocket {
        Box::new(Self {
            stream,
            tls_alert: TlsAlertGuard::default(),
        })
    }
}

impl<T> Socket for TokioStream<T>
where
    T: tokio::io::AsyncRead + tokio::io::AsyncWrite + StdStream + Send + Unpin,
{
    fn read_now(&mut self, buffer: &mut [u8]) -> Option<io::Result<usize>> {
        // Of the operating system, as tokio asks its reactor only now and then while tasks are ready.
        let read = self.stream.read(buffer);
        Some(read.and_then(|count| self.tls_alert.check(&buffer[..count]).map(|()| count)))
    }

    fn limit_unsent(&self, bytes: u32) {
        self.stream.limit_unsent(bytes);
    }

    fn refuse_tls(&mut self) {
        self.tls_alert.arm();
    }
}

impl<T: tokio::io::AsyncRead + Unpin> AsyncRead for TokioStream<T> {
    fn poll_read(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        buffer: &mut [u8],
    ) -> Poll<io::Result<usize>> {
        let mut buffer = ReadBuf::new(buffer);
        ready!(Pin::new(&mut self.stream).poll_read(cx, &mut buffer))?;
        self.tls_alert.check(buffer.filled())?;
        Poll::Ready(Ok(buffer.filled().len()))
    }
}

impl<T: tokio::io::AsyncWrite + StdStream + Unpin> AsyncWrite for TokioStream<T> {
    fn poll_write(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        buffer: &[u8],
    ) -> Poll<io::Result<usize>> {
        Pin::new(&mut self.stream).poll_write(cx, buffer)
    }

    fn poll_write_vectored(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        buffers: &[IoSlice<'_>],
    ) -> Poll<io::Result<usize>> {
        Pin::new(&mut self.stream).poll_write_vectored(cx, buffers)
    }

    fn poll_flush(self: Pin<&mut Self>, _cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        // The operating system has all written bytes.
        Poll::Ready(Ok(()))
    }

    fn poll_close(self: Pin<&mut Self>, _cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        Poll::Ready(self.stream.end())
    }
}
