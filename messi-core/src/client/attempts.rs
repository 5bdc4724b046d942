//! The order of attempts to connect, and the delays between them.

use std::time::Duration;

use messi_wire::Backoff;

use crate::Uri;

/// The servers of a client, and its attempts to connect since the last stable connection.
///
/// The servers are tried in turn, and the delay grows once per round, since any of them may be reachable. A
/// stable connection begins a new round: the first server is preferred again, whichever has served.
#[derive(Debug)]
pub(super) struct Attempts {
    uris: Vec<Uri>,
    backoff: Backoff,
    /// The index of the next server.
    next: usize,
    /// Attempts and short connections since the back-off has begun.
    failures: u32,
}

impl Attempts {
    /// Creates the attempts of a new client of these servers, of which there must be at least one.
    pub(super) fn new(uris: Vec<Uri>, backoff: Backoff) -> Self {
        Self {
            uris,
            backoff,
            next: 0,
            failures: 0,
        }
    }

    /// Returns the delays.
    pub(super) fn backoff(&self) -> Backoff {
        self.backoff
    }

    /// Returns the server that has the turn.
    pub(super) fn next_server(&self) -> &Uri {
        &self.uris[self.next]
    }

    /// Returns the server that has the turn, and gives the turn to the one after it.
    pub(super) fn take_server(&mut self) -> Uri {
        let uri = self.next_server().clone();
        self.next = (self.next + 1) % self.uris.len();
        uri
    }

    /// Counts an attempt with a connection that failed or has ended, and returns the delay before the next
    /// one. `jitter` is a random number from 0 to 1.
    pub(super) fn next_delay(&mut self, jitter: f64) -> Duration {
        let rounds = self.failures as usize / self.uris.len();
        self.failures = self.failures.saturating_add(1);
        self.backoff
            .delay(u32::try_from(rounds).unwrap_or(u32::MAX), jitter)
    }

    /// Begins a new round after a stable connection.
    pub(super) fn handle_stable_connection(&mut self) {
        self.next = 0;
        self.reset_delay();
    }

    /// Begins the back-off anew.
    pub(super) fn reset_delay(&mut self) {
        self.failures = 0;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn attempts() -> Attempts {
        let uris = ["tcp://one:1", "tcp://two:2"].map(|uri| uri.parse().unwrap());
        let backoff = Backoff {
            min: Duration::from_secs(1),
            max: Duration::from_secs(30),
        };
        Attempts::new(uris.into(), backoff)
    }

    /// Returns the ports and the delays, in seconds, of the next attempts.
    fn next(attempts: &mut Attempts, count: usize) -> Vec<(u16, u64)> {
        let next = |_| {
            let port = attempts.take_server().port().unwrap();
            (port, attempts.next_delay(0.0).as_secs())
        };
        (0..count).map(next).collect()
    }

    #[test]
    fn servers_take_turns_and_the_delay_doubles_after_each_round() {
        let mut attempts = attempts();
        let expected = [(1, 1), (2, 1), (1, 2), (2, 2), (1, 4)];
        assert_eq!(next(&mut attempts, 5), expected);
    }

    #[test]
    fn a_stable_connection_begins_a_new_round() {
        let mut attempts = attempts();
        next(&mut attempts, 5);
        attempts.handle_stable_connection();
        assert_eq!(next(&mut attempts, 3), [(1, 1), (2, 1), (1, 2)]);
    }

    #[test]
    fn the_delay_begins_anew_without_a_new_round() {
        let mut attempts = attempts();
        next(&mut attempts, 5);
        attempts.reset_delay();
        assert_eq!(next(&mut attempts, 3), [(2, 1), (1, 1), (2, 2)]);
    }
}
