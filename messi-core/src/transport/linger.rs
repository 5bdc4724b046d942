//! Reading until the peer has closed, at a bounded pace.
//!
//! Closing a socket with unread input resets the connection, and the peer may then lose bytes that it
//! has not read yet. So the side that ends a connection shuts its writing direction down and discards
//! further bytes until the peer has closed too. The caller limits the time.
//!
//! A peer may send as fast as it can. Without a pause, the reading would never be pending: the caller
//! would not look at its limit, and no other task would run on this thread.

use std::fmt::{self, Debug, Formatter};
use std::io;
use std::pin::Pin;
use std::task::{Context, Poll, ready};
use std::time::Duration;

use futures::future::BoxFuture;
use futures::io::AsyncRead;

use super::socket::BoxSocket;
use crate::scratch::Scratch;
use crate::time::TimeSource;

/// Bytes discarded in a row before a rest.
const BURST: usize = 64 * 1024;

/// Length of a rest: at most 64 MB are discarded in a second.
const REST: Duration = Duration::from_millis(1);

/// Bytes read at once, at most.
const READ_SIZE: usize = 16 * 1024;

/// Bytes that a read counts for, at least: a read of one byte is a system call too.
const MIN_COST: usize = 4 * 1024;

/// Discards the bytes that a peer still sends.
#[derive(Default)]
pub(crate) struct Linger {
    /// Bytes that have been read since the last rest.
    spent: usize,
    /// The rest, while there is one.
    rest: Option<BoxFuture<'static, ()>>,
}

impl Linger {
    /// Reads and discards, and is ready once the peer has closed or reading fails.
    ///
    /// A poll reads at most [`BURST`] bytes and somewhat less than [`READ_SIZE`] more. If it is pending, it
    /// has arranged for the task to be woken by the socket or, during a rest, by a timer. The time source
    /// must be the same each time.
    pub(crate) fn poll(
        &mut self,
        cx: &mut Context<'_>,
        socket: &mut BoxSocket,
        time: &dyn TimeSource,
    ) -> Poll<()> {
        loop {
            if let Some(rest) = &mut self.rest {
                ready!(rest.as_mut().poll(cx));
                self.rest = None;
            }
            match ready!(poll_discard(cx, socket)) {
                Ok(0) => return Poll::Ready(()),
                Ok(count) => self.spent += count.max(MIN_COST),
                Err(error) if error.kind() == io::ErrorKind::Interrupted => self.spent += MIN_COST,
                Err(_) => return Poll::Ready(()),
            }
            if self.spent >= BURST {
                self.spent = 0;
                // Polled at once, in the next turn of the loop: only then it wakes this task.
                self.rest = Some(time.sleep(REST));
            }
        }
    }
}

impl Debug for Linger {
    fn fmt(&self, formatter: &mut Formatter<'_>) -> fmt::Result {
        formatter
            .debug_struct("Linger")
            .field("spent", &self.spent)
            .field("rests", &self.rest.is_some())
            .finish()
    }
}

fn poll_discard(cx: &mut Context<'_>, socket: &mut BoxSocket) -> Poll<io::Result<usize>> {
    let mut discarded = Scratch::take();
    Pin::new(socket).poll_read(cx, &mut discarded[..READ_SIZE])
}

#[cfg(test)]
mod tests {
    use std::future::poll_fn;
    use std::time::Instant;

    use super::*;
    use crate::Clock;
    use crate::fake_socket::{Fake, FakeSocket};
    use crate::testing::Simulation;

    /// A peer that sends without end, or until it has sent this number of bytes.
    struct Flood {
        clock: Clock,
        /// Most bytes of a read.
        portion: usize,
        left: usize,
        /// The time of the last read, and the reads and bytes at that moment.
        moment: Instant,
        reads: usize,
        bytes: usize,
    }

    impl Flood {
        fn socket(simulation: &Simulation, portion: usize, bytes: usize) -> BoxSocket {
            Box::new(FakeSocket(Self {
                clock: simulation.clock(),
                portion,
                left: bytes,
                moment: simulation.clock().now(),
                reads: 0,
                bytes: 0,
            }))
        }

        /// Counts a read; too many at one moment of the pretended time fail the test.
        fn count(&mut self, bytes: usize) {
            if self.moment != self.clock.now() {
                self.moment = self.clock.now();
                (self.reads, self.bytes) = (0, 0);
            }
            self.reads += 1;
            self.bytes += bytes;
            assert!(self.reads <= BURST / MIN_COST, "{} reads", self.reads);
            assert!(self.bytes < BURST + READ_SIZE, "{} bytes", self.bytes);
        }
    }

    impl Fake for Flood {
        fn read(&mut self, buffer: &mut [u8]) -> Poll<io::Result<usize>> {
            let count = self.portion.min(self.left).min(buffer.len());
            self.count(count);
            self.left -= count;
            Poll::Ready(Ok(count))
        }
    }

    /// Lingers for a peer that sends this number of bytes in such portions, and returns the time it took;
    /// `None` if that was more than a second.
    fn linger(portion: usize, bytes: usize) -> Option<Duration> {
        let simulation = Simulation::new(1);
        let runtime = simulation.runtime();
        let mut socket = Flood::socket(&simulation, portion, bytes);
        let mut linger = Linger::default();
        let closed = poll_fn(|cx| linger.poll(cx, &mut socket, &*runtime.0));
        let limit = Duration::from_secs(1);
        simulation.run(simulation.timeout(limit, closed))?;
        Some(simulation.elapsed())
    }

    #[test]
    fn sixty_four_kibibytes_are_discarded_in_a_millisecond() {
        assert_eq!(linger(usize::MAX, 10 * BURST), Some(10 * REST));
    }

    #[test]
    fn small_portions_take_longer() {
        assert_eq!(linger(1, 160), Some(10 * REST));
    }

    #[test]
    fn a_flood_does_not_hide_the_limit() {
        assert_eq!(linger(usize::MAX, usize::MAX), None);
        assert_eq!(linger(1, usize::MAX), None);
    }

    #[test]
    fn a_peer_that_has_closed_is_not_waited_for() {
        assert_eq!(linger(usize::MAX, 0), Some(Duration::ZERO));
    }
}
