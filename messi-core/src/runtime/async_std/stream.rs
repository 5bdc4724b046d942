//! The stream sockets of the default runtime.

use std::io::{self, IoSlice, Read, Write};
use std::mem;
use std::net::{Shutdown, TcpStream};
use std::pin::Pin;
use std::task::{Context, Poll, ready};

use async_io::{Async, IoSafe};
use futures::io::{AsyncRead, AsyncWrite};

use crate::runtime::Socket;

/// What streams do each in their own way.
pub(super) trait Connected: IoSafe + Write + Send + Sync {
    /// Reads what is there.
    fn read(&self, buffer: &mut [u8]) -> io::Result<usize>;

    /// Ends the direction that is written.
    fn end(&self) -> io::Result<()>;

    /// Limits the bytes that the operating system holds and has not sent, where it can be told.
    fn limit_unsent(&self) {}
}

/// Most bytes that it holds then. By itself it takes megabytes for a peer that does not read.
#[cfg(any(target_os = "android", target_os = "linux"))]
const MAX_UNSENT: u32 = 128 * 1024;

impl Connected for TcpStream {
    fn read(&self, buffer: &mut [u8]) -> io::Result<usize> {
        Read::read(&mut &*self, buffer)
    }

    fn end(&self) -> io::Result<()> {
        self.shutdown(Shutdown::Write)
    }

    #[cfg(any(target_os = "android", target_os = "linux"))]
    fn limit_unsent(&self) {
        // An old system may not know it, and goes on as before.
        let _ = socket2::SockRef::from(self).set_tcp_notsent_lowat(MAX_UNSENT);
    }
}

#[cfg(unix)]
impl Connected for std::os::unix::net::UnixStream {
    fn read(&self, buffer: &mut [u8]) -> io::Result<usize> {
        Read::read(&mut &*self, buffer)
    }

    fn end(&self) -> io::Result<()> {
        self.shutdown(Shutdown::Write)
    }
}

/// A stream that ends the direction it writes when it is closed.
#[derive(Debug)]
pub(super) struct Stream<T> {
    stream: Async<T>,
    /// Whether there may be something to read at once. When the last read got less than there was
    /// room for, to try again would most often be a system call for nothing.
    may_have_more: bool,
    /// Whether something was read that was not answered. A peer often answers an answer while it is
    /// being written.
    is_asked: bool,
    /// Whether the reactor was asked to wake this task for something to read, and nothing has been
    /// written since.
    is_waiting: bool,
    /// Whether something was read that the reactor may still tell of.
    is_ahead: bool,
}

impl<T> Stream<T> {
    pub(super) fn new(stream: Async<T>) -> Self {
        Self {
            stream,
            may_have_more: true,
            is_asked: false,
            is_waiting: false,
            is_ahead: false,
        }
    }

    /// Waits until the reactor tells of something to read, once more when it may be telling of what
    /// was read ahead of it.
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
        // Most likely, this is what it was woken for.
        self.is_waiting = false;
    }
}

impl<T: Connected> Socket for Stream<T> {
    fn read_now(&mut self, buffer: &mut [u8]) -> Option<io::Result<usize>> {
        Some(self.stream.get_ref().read(buffer))
    }

    fn limit_unsent(&self) {
        self.stream.get_ref().limit_unsent();
    }
}

impl<T: Connected> AsyncRead for Stream<T> {
    fn poll_read(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        buffer: &mut [u8],
    ) -> Poll<io::Result<usize>> {
        loop {
            // When woken it reads at once: the reactor does not tell that something can be read
            // until this is asked for a second time, if another thread was waiting for events when
            // it was asked first.
            let is_woken = mem::take(&mut self.is_waiting);
            if !self.may_have_more && !is_woken {
                ready!(self.poll_readable(cx))?;
            }
            match self.stream.get_ref().read(buffer) {
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

impl<T: Connected> AsyncWrite for Stream<T> {
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
        // What is written is with the operating system.
        Poll::Ready(Ok(()))
    }

    fn poll_close(self: Pin<&mut Self>, _cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        Poll::Ready(self.stream.get_ref().end())
    }
}

/// With Unix sockets, whose bytes are there to be read as soon as they are written.
#[cfg(all(test, unix))]
mod tests {
    use std::os::fd::{AsFd, BorrowedFd};
    use std::os::unix::net::UnixStream;
    use std::sync::atomic::{AtomicUsize, Ordering};

    use async_io::block_on;
    use futures::future::poll_fn;
    use futures::task::noop_waker_ref;

    use super::*;
    use crate::runtime::BoxSocket;

    fn pair() -> (Stream<UnixStream>, UnixStream) {
        let (stream, peer) = UnixStream::pair().unwrap();
        (Stream::new(Async::new(stream).unwrap()), peer)
    }

    fn read<T: Connected>(stream: &mut Stream<T>, cx: &mut Context<'_>) -> Poll<usize> {
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

    impl Connected for &Counted {
        fn read(&self, buffer: &mut [u8]) -> io::Result<usize> {
            self.reads.fetch_add(1, Ordering::Relaxed);
            Connected::read(&self.stream, buffer)
        }

        fn end(&self) -> io::Result<()> {
            self.stream.end()
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
        Read::read_exact(&mut peer, &mut received).unwrap();
        assert_eq!(&received, b"ping");
    }

    #[test]
    fn a_stream_that_is_woken_to_write_does_not_read() {
        let (stream, _peer) = UnixStream::pair().unwrap();
        let counted = Counted {
            stream,
            reads: AtomicUsize::new(0),
        };
        let mut stream = Stream::new(Async::new(&counted).unwrap());
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
