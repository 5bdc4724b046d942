//! Sockets with the behaviour that a test defines.

use std::io;
use std::pin::Pin;
use std::task::{Context, Poll};

use futures::io::{AsyncRead, AsyncWrite};

use crate::transport::Socket;

/// Behaviour of a socket. By default it accepts all writes and receives no bytes.
pub(crate) trait Fake: Send + Unpin + 'static {
    fn read(&mut self, _buffer: &mut [u8]) -> Poll<io::Result<usize>> {
        Poll::Pending
    }

    fn read_now(&mut self) -> Option<io::Result<usize>> {
        None
    }

    fn write(&mut self, bytes: &[u8]) -> Poll<io::Result<usize>> {
        Poll::Ready(Ok(bytes.len()))
    }

    fn flush(&mut self) -> Poll<io::Result<()>> {
        Poll::Ready(Ok(()))
    }

    fn limit_unsent(&self, _bytes: u32) {}
}

pub(crate) struct FakeSocket<T>(pub(crate) T);

impl<T: Fake> Socket for FakeSocket<T> {
    fn read_now(&mut self, _buffer: &mut [u8]) -> Option<io::Result<usize>> {
        self.0.read_now()
    }

    fn limit_unsent(&self, bytes: u32) {
        self.0.limit_unsent(bytes);
    }
}

impl<T: Fake> AsyncRead for FakeSocket<T> {
    fn poll_read(
        mut self: Pin<&mut Self>,
        _: &mut Context<'_>,
        buffer: &mut [u8],
    ) -> Poll<io::Result<usize>> {
        self.0.read(buffer)
    }
}

impl<T: Fake> AsyncWrite for FakeSocket<T> {
    fn poll_write(
        mut self: Pin<&mut Self>,
        _: &mut Context<'_>,
        bytes: &[u8],
    ) -> Poll<io::Result<usize>> {
        self.0.write(bytes)
    }

    fn poll_flush(mut self: Pin<&mut Self>, _: &mut Context<'_>) -> Poll<io::Result<()>> {
        self.0.flush()
    }

    fn poll_close(self: Pin<&mut Self>, _: &mut Context<'_>) -> Poll<io::Result<()>> {
        Poll::Ready(Ok(()))
    }
}
