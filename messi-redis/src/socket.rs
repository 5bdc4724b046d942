//! The socket of a connection.

use std::io;
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll};

use futures::io as futures_io;
use messi_core::cluster::queue::Queue;
use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};
use tokio_util::compat::{Compat, FuturesAsyncReadCompatExt};

use crate::error::Failure;

/// Reads after which the driver of the connection lets other tasks run, and can be stopped: it would read for as long as
/// there is something to read.
const READS_PER_TURN: u32 = 32;

/// A socket, with TLS or without.
pub(crate) trait Stream:
    futures_io::AsyncRead + futures_io::AsyncWrite + Send + Unpin
{
}

impl<S: futures_io::AsyncRead + futures_io::AsyncWrite + Send + Unpin> Stream for S {}

/// The socket of a connection, which reports its end to the queue: the crate `redis` would report no reason.
pub(crate) struct Socket {
    stream: Compat<Box<dyn Stream>>,
    queue: Arc<Queue>,
    reads: u32,
}

impl Socket {
    pub(crate) fn new(stream: Box<dyn Stream>, queue: Arc<Queue>) -> Self {
        Self {
            stream: stream.compat(),
            queue,
            reads: 0,
        }
    }

    /// Reports an error to the queue.
    fn report<T>(&self, polled: Poll<io::Result<T>>) -> Poll<io::Result<T>> {
        if let Poll::Ready(Err(error)) = &polled {
            // The original goes to `redis`.
            let copy = io::Error::new(error.kind(), error.to_string());
            self.queue.close(Failure::Lost(copy));
        }
        polled
    }
}

impl AsyncRead for Socket {
    fn poll_read(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        buffer: &mut ReadBuf<'_>,
    ) -> Poll<io::Result<()>> {
        if self.reads == READS_PER_TURN {
            self.reads = 0;
            cx.waker().wake_by_ref();
            return Poll::Pending;
        }
        let before = buffer.filled().len();
        let polled = Pin::new(&mut self.stream).poll_read(cx, buffer);
        match &polled {
            Poll::Pending => self.reads = 0,
            Poll::Ready(_) => self.reads += 1,
        }
        let is_end = buffer.filled().len() == before && buffer.remaining() > 0;
        if is_end && matches!(polled, Poll::Ready(Ok(()))) {
            let closed = io::Error::new(io::ErrorKind::UnexpectedEof, "the server has closed it");
            self.queue.close(Failure::Lost(closed));
        }
        self.report(polled)
    }
}

impl AsyncWrite for Socket {
    fn poll_write(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        bytes: &[u8],
    ) -> Poll<io::Result<usize>> {
        let polled = Pin::new(&mut self.stream).poll_write(cx, bytes);
        self.report(polled)
    }

    fn poll_flush(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        let polled = Pin::new(&mut self.stream).poll_flush(cx);
        self.report(polled)
    }

    fn poll_shutdown(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.stream).poll_shutdown(cx)
    }
}
