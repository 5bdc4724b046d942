//! The stream sockets of the default runtime.

use std::io::{self, Read, Write};
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
}

impl Connected for TcpStream {
    fn read(&self, buffer: &mut [u8]) -> io::Result<usize> {
        Read::read(&mut &*self, buffer)
    }

    fn end(&self) -> io::Result<()> {
        self.shutdown(Shutdown::Write)
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
}

impl<T> Stream<T> {
    pub(super) fn new(stream: Async<T>) -> Self {
        Self {
            stream,
            may_have_more: true,
            is_asked: false,
        }
    }
}

impl<T: Connected> Socket for Stream<T> {
    fn read_now(&mut self, buffer: &mut [u8]) -> Option<io::Result<usize>> {
        Some(self.stream.get_ref().read(buffer))
    }
}

impl<T: Connected> AsyncRead for Stream<T> {
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

impl<T: Connected> AsyncWrite for Stream<T> {
    fn poll_write(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        buffer: &[u8],
    ) -> Poll<io::Result<usize>> {
        self.may_have_more |= mem::take(&mut self.is_asked);
        Pin::new(&mut self.stream).poll_write(cx, buffer)
    }

    fn poll_flush(self: Pin<&mut Self>, _cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        // What is written is with the operating system.
        Poll::Ready(Ok(()))
    }

    fn poll_close(self: Pin<&mut Self>, _cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        Poll::Ready(self.stream.get_ref().end())
    }
}
