//! Counts the connections of the client process.

use std::sync::{Condvar, Mutex, PoisonError};
use std::time::{Duration, Instant};

use crate::fail;

/// The time limit for all connections. With a short backlog, each overflow takes about a second.
const SERVED_LIMIT: Duration = Duration::from_secs(120);

/// Counts served and lost connections.
#[derive(Debug, Default)]
pub(crate) struct ConnectionCounter {
    counts: Mutex<Counts>,
    changed: Condvar,
}

#[derive(Debug, Default)]
struct Counts {
    served: usize,
    lost: u64,
}

impl ConnectionCounter {
    /// Counts a client that has received its first response.
    pub(crate) fn count_served(&self) {
        self.update(|counts| counts.served += 1);
    }

    /// Counts a lost connection.
    pub(crate) fn count_lost(&self) {
        self.update(|counts| counts.lost += 1);
    }

    /// Returns the number of lost connections.
    pub(crate) fn lost(&self) -> u64 {
        self.counts
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
            .lost
    }

    /// Waits until this number of clients is served.
    pub(crate) fn wait_until_served(&self, clients: usize) {
        let deadline = Instant::now() + SERVED_LIMIT;
        let mut counts = self.counts.lock().unwrap_or_else(PoisonError::into_inner);
        while counts.served < clients {
            let left = deadline.saturating_duration_since(Instant::now());
            if left.is_zero() {
                fail(format!(
                    "only {} of {clients} clients are served",
                    counts.served
                ));
            }
            let waited = self.changed.wait_timeout(counts, left);
            (counts, _) = waited.unwrap_or_else(PoisonError::into_inner);
        }
    }

    fn update(&self, change: impl FnOnce(&mut Counts)) {
        change(&mut self.counts.lock().unwrap_or_else(PoisonError::into_inner));
        self.changed.notify_all();
    }
}
