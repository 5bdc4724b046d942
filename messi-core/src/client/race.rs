//! A race between the addresses of a host, as RFC 8305 ("Happy Eyeballs") describes it.
//!
//! 1. The addresses are in the order of the system, except that IPv6 and IPv4 alternate.
//! 2. An attempt begins [`ATTEMPT_DELAY`] after the one before, or as soon as that has failed.
//! 3. The first connection wins, and the other attempts are dropped.
//!
//! The look-ups of IPv6 and IPv4 addresses are one operation of the system, so that the rules for answers that
//! come one after the other do not apply.

use std::collections::VecDeque;
use std::future::poll_fn;
use std::io;
use std::net::SocketAddr;
use std::sync::Arc;
use std::task::{Context, Poll, ready};
use std::time::Duration;

use futures::future::{BoxFuture, FutureExt};

use crate::runtime::AsyncRuntime;
use crate::transport::BoxSocket;
use crate::{Address, ConnectError};

/// The time after which the next address is tried beside those before. RFC 8305 recommends it.
const ATTEMPT_DELAY: Duration = Duration::from_millis(250);

/// Attempts to connect to several addresses.
pub(super) struct Race {
    runtime: Arc<dyn AsyncRuntime>,
    /// Addresses to be tried, in order.
    waiting: VecDeque<Address>,
    /// Attempts under way, in the order in which they began.
    running: Vec<Attempt>,
    /// Ends when the next attempt may begin; `None` if it may begin at once.
    delay: Option<BoxFuture<'static, ()>>,
    /// The error of the attempt that failed last.
    failure: Option<ConnectError>,
}

struct Attempt {
    address: Address,
    socket: BoxFuture<'static, io::Result<BoxSocket>>,
}

impl Race {
    /// Creates a race between addresses in this order.
    pub(super) fn new(
        runtime: Arc<dyn AsyncRuntime>,
        addresses: impl IntoIterator<Item = Address>,
    ) -> Self {
        Self {
            runtime,
            waiting: addresses.into_iter().collect(),
            running: Vec::new(),
            delay: None,
            failure: None,
        }
    }

    /// Returns the next connection and its address. Returns `None` once no address is left, and
    /// [`into_failure`](Self::into_failure) then the reason.
    ///
    /// The addresses of dropped attempts can still be tried: the winner may be of no use.
    pub(super) async fn next(&mut self) -> Option<(BoxSocket, Address)> {
        let winner = poll_fn(|cx| self.poll(cx)).await;
        self.delay = None;
        for loser in self.running.drain(..).rev() {
            self.waiting.push_front(loser.address);
        }
        winner
    }

    /// Returns the error of the attempt that failed last.
    pub(super) fn into_failure(self) -> Option<ConnectError> {
        self.failure
    }

    fn poll(&mut self, cx: &mut Context<'_>) -> Poll<Option<(BoxSocket, Address)>> {
        loop {
            if let Some(winner) = self.poll_running(cx) {
                return Poll::Ready(Some(winner));
            }
            if self.waiting.is_empty() && self.running.is_empty() {
                return Poll::Ready(None);
            }
            if let Some(delay) = &mut self.delay {
                ready!(delay.poll_unpin(cx));
            }
            if !self.start_next() {
                return Poll::Pending;
            }
        }
    }

    /// Polls all attempts under way, and removes those that have failed.
    fn poll_running(&mut self, cx: &mut Context<'_>) -> Option<(BoxSocket, Address)> {
        let mut index = 0;
        while let Some(attempt) = self.running.get_mut(index) {
            match attempt.socket.poll_unpin(cx) {
                Poll::Pending => index += 1,
                Poll::Ready(Ok(socket)) => {
                    return Some((socket, self.running.remove(index).address));
                }
                Poll::Ready(Err(error)) => self.handle_failure(index, error),
            }
        }
        None
    }

    fn handle_failure(&mut self, index: usize, error: io::Error) {
        let failed = self.running.remove(index);
        if index == self.running.len() {
            // It was the last that has begun: the next one need not wait.
            self.delay = None;
        }
        self.failure = Some(ConnectError::Io {
            address: failed.address,
            source: error.into(),
        });
    }

    /// Begins the next attempt. Returns `false` if no address is left.
    fn start_next(&mut self) -> bool {
        let Some(address) = self.waiting.pop_front() else {
            self.delay = None;
            return false;
        };
        self.running.push(Attempt {
            socket: self.runtime.connect(&address),
            address,
        });
        self.delay = Some(self.runtime.sleep(ATTEMPT_DELAY));
        true
    }
}

/// Orders addresses so that IPv6 and IPv4 alternate, beginning with the family of the first one.
pub(super) fn interleave(addresses: Vec<SocketAddr>) -> Vec<Address> {
    let is_first_ipv6 = addresses.first().is_some_and(SocketAddr::is_ipv6);
    let (first, second): (Vec<_>, Vec<_>) = addresses
        .into_iter()
        .partition(|address| address.is_ipv6() == is_first_ipv6);
    let mut second = second.into_iter();
    let mut order = Vec::new();
    for address in first {
        order.push(address);
        order.extend(second.next());
    }
    order.extend(second);
    order.into_iter().map(Address::Tcp).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn interleaved(addresses: &[&str]) -> Vec<String> {
        let parse = |address: &&str| SocketAddr::new(address.parse().unwrap(), 1);
        let order = interleave(addresses.iter().map(parse).collect());
        let ip = |address: Address| address.ip().unwrap().to_string();
        order.into_iter().map(ip).collect()
    }

    #[test]
    fn the_families_alternate_beginning_with_the_first() {
        let addresses = ["::1", "::2", "::3", "1.1.1.1", "2.2.2.2"];
        let expected = ["::1", "1.1.1.1", "::2", "2.2.2.2", "::3"];
        assert_eq!(interleaved(&addresses), expected);
        let addresses = ["1.1.1.1", "::1", "::2", "::3"];
        assert_eq!(interleaved(&addresses), addresses);
        assert!(interleaved(&[]).is_empty());
    }
}
