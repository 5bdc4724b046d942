//! Stream sockets.

use std::future::poll_fn;
use std::io::{self, IoSlice, Write};
use std::mem;
use std::pin::Pin;
use std::task::{Context, Poll, ready};

use async_io::{Async, IoSafe};
use futures::io::{AsyncRead, AsyncWrite};

use crate::transport::os::OsStream;
use crate::transport::std_socket::StdStream;
use crate::transport::tls_alert::TlsAlertGuard;
use crate::transport::{BoxSocket, Socket};

/// A stream that the reactor can wait for.
pub(super) trait ReactorStream: StdStream + IoSafe + Write + Send + Sync {}

impl<T: StdStream + IoSafe + Write + Send + Sync> ReactorStream for T {}

/// Waits until a stream is connected, and wraps it.
pub(super) async fn connected(stream: OsStream) -> io::Result<BoxSocket> {
    match stream {
        OsStream::Tcp(stream) => wait_connected(Async::new_nonblocking(stream)?).await,
        #[cfg(unix)]
        OsStream::Unix(stream) => wait_connected(Async::new_nonblocking(stream)?).await,
    }
}

async fn wait_connected(stream: Async<impl ReactorStream + 'static>) -> io::Result<BoxSocket> {
    // The future of `writable` would leave memory for four waiting tasks with the socket.
    poll_fn(|cx| stream.poll_writable(cx)).await?;
    stream.get_ref().check_connected()?;
    Ok(Box::new(AsyncStream::new(stream)))
}

/// Wraps a stream that is connected.
pub(super) fn wrap(stream: OsStream) -> io::Result<BoxSocket> {
    Ok(match stream {
        OsStream::Tcp(stream) => Box::new(AsyncStream::new(Async::new_nonblocking(stream)?)),
        #[cfg(unix)]
        OsStream::Unix(stream) => Box::new(AsyncStream::new(Async::new_nonblocking(stream)?)),
    })
}

/// A stream that waits for the reactor, and ends the direction that it writes when it is closed.
#[derive(Debug)]
pub(super) struct AsyncStream<T> {
    stream: Async<T>,
    /// Whether there may be something to read at once. If the last read did not fill its buffer, another
    /// attempt would most often be a wasted system call.
    may_have_more: bool,
    /// Whether something was read that was not answered. A peer often answers an answer while it is
    /// being written.
    is_asked: bool,
    /// Whether the reactor was asked to wake this task for something to read, and no bytes have been
    /// written since.
    is_waiting: bool,
    /// Whether something was read that the reactor may still report.
    is_ahead: bool,
    tls_alert: TlsAlertGuard,
}

impl<T> AsyncStream<T> {
    /// Creates a stream that is connected.
    pub(super) fn new(stream: Async<T>) -> Self {
        Self {
            stream,
            may_have_more: true,
            is_asked: false,
            is_waiting: false,
            is_ahead: false,
            tls_alert: TlsAlertGuard::default(),
        }
    }

    /// Waits until the reactor reports something to read; twice if the first report may be of bytes that
    /// were read ahead of it.
    fn poll_readable(&mut self, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        let mut polled = self.stream.poll_readable(cx);
        if mem::take(&mut self.is_ahead) && polled.is_ready() {
            polled = self.stream.poll_readable(cx);
        }
        self.is_waiting = polled.is_pending();
        polled
    }

    /// Updates the expectations about reading before a write.
    fn expect_answer(&mut self) {
        self.may_have_more |= mem::take(&mut self.is_asked);
        // Most likely, the task was woken for this write.
        self.is_waiting = false;
    }
}

impl<T: ReactorStream> AsyncStream<T> {
    /// Reads the bytes that have arrived.
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        let count = self.stream.get_ref().read(buffer)?;
        self.tls_alert.check(&buffer[..count])?;
        Ok(count)
    }
}

impl<T: ReactorStream> Socket for AsyncStream<T> {
    fn read_now(&mut self, buffer: &mut [u8]) -> Option<io::Result<usize>> {
        Some(self.read(buffer))
    }

    fn limit_unsent(&self, bytes: u32) {
        self.stream.get_ref().limit_unsent(bytes);
    }

    fn refuse_tls(&mut self) {
        self.tls_alert.arm();
    }
}

impl<T: ReactorStream> AsyncRead for AsyncStream<T> {
    fn poll_read(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        buffer: &mut [u8],
    ) -> Poll<io::Result<usize>> {
        loop {
            // When woken it reads at once: if another thread was waiting for events when the reactor was
            // asked first, the reactor reports something to read only when it is asked a second time.
            let is_woken = mem::take(&mut self.is_waiting);
            if !self.may_have_more && !is_woken {
                ready!(self.poll_readable(cx))?;
            }
            match self.read(buffer) {
                Ok(count) => {
                    self.may_have_more = count == buffer.len();
                    self.is_asked = true;
                    self.is_ahead |= is_woken;
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

impl<T: ReactorStream> AsyncWrite for AsyncStream<T> {
    fn poll_write(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        buffer: &[u8],
    ) -> Poll<io::Result<usize>> {
        self.expect_answer();
        Pin::new(&mut self.stream).poll_write(cx, buffer)
    }

    /// Writes several buffers with one system call. TLS depends on it: after an error it writes all
    /// that is left, the alert last, in a single attempt.
    fn poll_write_vectored(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        buffers: &[IoSlice<'_>],
    ) -> Poll<io::Result<usize>> {
        self.expect_answer();
        Pin::new(&mut self.stream).poll_write_vectored(cx, buffers)
    }

    fn poll_flush(self: Pin<&mut Self>, _cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        // The operating system has all written bytes.
        Poll::Ready(Ok(()))
    }

    fn poll_close(self: Pin<&mut Self>, _cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        Poll::Ready(self.stream.get_ref().end())
    }
}

/// With Unix sockets, because their bytes are there to be read as soon as they are written.
#[cfg(all(test, unix))]
mod tests {
    use std::os::fd::{AsFd, BorrowedFd};
    use std::os::unix::net::UnixStream;
    use std::sync::atomic::{AtomicUsize, Ordering};

    use async_io::block_on;
    use futures::future::poll_fn;
    use futures::task::noop_waker_ref;
    use socket2::SockRef;

    use super::*;
    use crate::DisconnectReason;

    fn pair() -> (AsyncStream<UnixStream>, UnixStream) {
        let (stream, peer) = UnixStream::pair().unwrap();
        (AsyncStream::new(Async::new(stream).unwrap()), peer)
    }

    fn read<T: ReactorStream>(stream: &mut AsyncStream<T>, cx: &mut Context<'_>) -> Poll<usize> {
        Pin::new(stream)
            .poll_read(cx, &mut [0; 16])
            .map(Result::unwrap)
    }

    #[test]
    fn a_stream_that_is_woken_reads_before_the_reactor_tells() {
        let (mut stream, mut peer) = pair();
        let mut cx = Context::from_waker(noop_waker_ref());
        for _ in 0..100 {
            assert!(read(&mut stream, &mut cx).is_pending());
            peer.write_all(b"ping").unwrap();
            assert_eq!(read(&mut stream, &mut cx), Poll::Ready(4));
        }
    }

    #[test]
    fn what_was_read_already_is_not_told() {
        let (mut stream, mut peer) = pair();
        block_on(async {
            for _ in 0..100 {
                let mut is_written = false;
                poll_fn(|cx| {
                    let polled = read(&mut stream, cx);
                    if polled.is_pending() && !mem::replace(&mut is_written, true) {
                        peer.write_all(b"ping").unwrap();
                    }
                    polled
                })
                .await;
                let is_told = poll_fn(|cx| Poll::Ready(stream.poll_readable(cx).is_ready())).await;
                assert!(!is_told);
            }
        });
    }

    /// Counts how often it is read from.
    struct Counted {
        stream: UnixStream,
        reads: AtomicUsize,
    }

    impl AsFd for Counted {
        fn as_fd(&self) -> BorrowedFd<'_> {
            self.stream.as_fd()
        }
    }

    impl Write for &Counted {
        fn write(&mut self, buffer: &[u8]) -> io::Result<usize> {
            (&self.stream).write(buffer)
        }

        fn flush(&mut self) -> io::Result<()> {
            Ok(())
        }
    }

    impl StdStream for &Counted {
        fn socket(&self) -> SockRef<'_> {
            self.stream.socket()
        }

        fn read(&self, buffer: &mut [u8]) -> io::Result<usize> {
            self.reads.fetch_add(1, Ordering::Relaxed);
            self.stream.read(buffer)
        }

        fn check_connected(&self) -> io::Result<()> {
            self.stream.check_connected()
        }
    }

    #[test]
    fn several_buffers_leave_with_one_write() {
        let (stream, mut peer) = pair();
        // As the connection holds it.
        let mut socket: BoxSocket = Box::new(stream);
        let mut cx = Context::from_waker(noop_waker_ref());
        let buffers = [IoSlice::new(b"pi"), IoSlice::new(b"ng")];
        let written = Pin::new(&mut socket).poll_write_vectored(&mut cx, &buffers);
        assert!(matches!(written, Poll::Ready(Ok(4))), "{written:?}");
        let mut received = [0; 4];
        io::Read::read_exact(&mut peer, &mut received).unwrap();
        assert_eq!(&received, b"ping");
    }

    #[test]
    fn a_tls_alert_ends_a_stream_that_refuses_it_with_a_reason() {
        let (stream, mut peer) = pair();
        let mut socket: BoxSocket = Box::new(stream);
        socket.refuse_tls();
        peer.write_all(b"\x15\x03\x03").unwrap();
        let mut cx = Context::from_waker(noop_waker_ref());
        let Poll::Ready(Err(error)) = Pin::new(&mut socket).poll_read(&mut cx, &mut [0; 16]) else {
            panic!("the alert is read");
        };
        let reason = socket.disconnect_reason(error);
        assert!(matches!(reason, DisconnectReason::Tls(_)), "{reason:?}");
    }

    #[test]
    fn a_stream_that_is_woken_to_write_does_not_read() {
        let (stream, _peer) = UnixStream::pair().unwrap();
        let counted = Counted {
            stream,
            reads: AtomicUsize::new(0),
        };
        let mut stream = AsyncStream::new(Async::new(&counted).unwrap());
        let mut cx = Context::from_waker(noop_waker_ref());
        assert!(read(&mut stream, &mut cx).is_pending());
        for _ in 0..100 {
            let written = Pin::new(&mut stream).poll_write(&mut cx, b"ping");
            assert!(matches!(written, Poll::Ready(Ok(4))));
            assert!(read(&mut stream, &mut cx).is_pending());
        }
        assert_eq!(counted.reads.load(Ordering::Relaxed), 1);
    }
}
