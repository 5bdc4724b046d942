//! The socket beneath TLS, which makes a busy peer wait for its turn.
//!
//! futures-rustls reads records until one has content or the socket is pending, and its handshake does
//! likewise. A peer that sends records without content fast enough would keep such a poll busy without
//! end: the connection would not look at its timers, and no other task would run on this thread.

use std::io::{self, IoSlice};
use std::pin::Pin;
use std::task::{Context, Poll};

use futures::io::{AsyncRead, AsyncWrite};

use crate::DisconnectReason;
use crate::transport::{BoxSocket, Socket};

/// Reads in a row before other tasks have their turn. rustls reads some 4 KiB at once. With 16 of them, bulk
/// transfers lose some 8 % of their pace.
pub(super) const READS_PER_TURN: u32 = 48;

/// How often a read is then pending, though there may be something to read.
///
/// After reads that got something, the handshake of futures-rustls takes a pending one for the end of a
/// step, and begins the next step in the same poll. Only if that can't read either, its poll ends.
const PAUSES: u32 = 2;

/// A socket with reads that are pending now and then.
pub(super) struct FairSocket {
    socket: BoxSocket,
    /// Reads in a row that got something, and then the pauses.
    steps: u32,
    has_paused: bool,
}

impl FairSocket {
    pub(super) fn new(socket: BoxSocket) -> Self {
        Self {
            socket,
            steps: 0,
            has_paused: false,
        }
    }

    pub(super) fn into_inner(self) -> BoxSocket {
        self.socket
    }
}

impl Socket for FairSocket {
    fn read_now(&mut self, buffer: &mut [u8]) -> Option<io::Result<usize>> {
        self.socket.read_now(buffer)
    }

    fn has_paused(&self) -> bool {
        self.has_paused
    }

    fn limit_unsent(&self, bytes: u32) {
        self.socket.limit_unsent(bytes);
    }

    fn disconnect_reason(&self, error: io::Error) -> DisconnectReason {
        self.socket.disconnect_reason(error)
    }
}

impl AsyncRead for FairSocket {
    fn poll_read(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        buffer: &mut [u8],
    ) -> Poll<io::Result<usize>> {
        self.has_paused = self.steps >= READS_PER_TURN;
        if self.has_paused {
            self.steps = (self.steps + 1) % (READS_PER_TURN + PAUSES);
            // The socket was not asked, so that it will not wake this task.
            cx.waker().wake_by_ref();
            return Poll::Pending;
        }
        let result = Pin::new(&mut self.socket).poll_read(cx, buffer);
        self.steps = match &result {
            Poll::Ready(_) => self.steps + 1,
            // Others have their turn anyway, as the socket wakes this task later.
            Poll::Pending => 0,
        };
        result
    }
}

impl AsyncWrite for FairSocket {
    fn poll_write(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        buffer: &[u8],
    ) -> Poll<io::Result<usize>> {
        Pin::new(&mut self.socket).poll_write(cx, buffer)
    }

    fn poll_write_vectored(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        buffers: &[IoSlice<'_>],
    ) -> Poll<io::Result<usize>> {
        Pin::new(&mut self.socket).poll_write_vectored(cx, buffers)
    }

    fn poll_flush(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.socket).poll_flush(cx)
    }

    fn poll_close(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.socket).poll_close(cx)
    }
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;
    use std::sync::atomic::{AtomicU32, Ordering};
    use std::task::{Wake, Waker};

    use super::*;
    use crate::fake_socket::{Fake, FakeSocket};

    #[derive(Default)]
    struct Wakes(AtomicU32);

    impl Wake for Wakes {
        fn wake(self: Arc<Self>) {
            self.0.fetch_add(1, Ordering::Relaxed);
        }
    }

    /// A socket with bytes for this number of reads.
    struct Portions(u32);

    impl Fake for Portions {
        fn read(&mut self, _: &mut [u8]) -> Poll<io::Result<usize>> {
            if self.0 == 0 {
                return Poll::Pending;
            }
            self.0 -= 1;
            Poll::Ready(Ok(1))
        }
    }

    fn portions(count: u32) -> BoxSocket {
        Box::new(FakeSocket(Portions(count)))
    }

    /// Reads until that is pending; returns the number of reads and of wake-ups.
    fn read_on(socket: &mut FairSocket) -> (u32, u32) {
        let wakes = Arc::new(Wakes::default());
        let waker = Waker::from(wakes.clone());
        let mut cx = Context::from_waker(&waker);
        let mut reads = 0;
        while Pin::new(&mut *socket)
            .poll_read(&mut cx, &mut [0])
            .is_ready()
        {
            reads += 1;
        }
        (reads, wakes.0.load(Ordering::Relaxed))
    }

    #[test]
    fn a_pause_follows_some_reads_and_wakes_the_task() {
        let mut socket = FairSocket::new(portions(1_000));
        for _ in 0..3 {
            assert_eq!(read_on(&mut socket), (READS_PER_TURN, 1));
            assert!(socket.has_paused());
            for _ in 1..PAUSES {
                assert_eq!(read_on(&mut socket), (0, 1));
            }
        }
    }

    #[test]
    fn a_socket_that_is_empty_wakes_the_task_itself_and_the_count_begins_anew() {
        let mut socket = FairSocket::new(portions(READS_PER_TURN - 1));
        assert_eq!(read_on(&mut socket), (READS_PER_TURN - 1, 0));
        assert!(!socket.has_paused());
        socket.socket = portions(1_000);
        assert_eq!(read_on(&mut socket), (READS_PER_TURN, 1));
    }
}
