//! Many clients of one process.

use std::sync::{Condvar, Mutex, PoisonError};
use std::time::{Duration, Instant};

use crate::fail;

/// How long everybody may take to arrive: with a short backlog, each overflow costs about a second.
const ARRIVAL_LIMIT: Duration = Duration::from_secs(120);

/// Counts the clients that are being served.
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
    /// A client has been answered.
    pub(crate) fn count_served(&self) {
        self.update(|counts| counts.served += 1);
    }

    /// A client has lost its connection.
    pub(crate) fn count_lost(&self) {
        self.update(|counts| counts.lost += 1);
    }

    /// How many connections were lost.
    pub(crate) fn lost(&self) -> u64 {
        self.counts
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
            .lost
    }

    /// Waits until so many clients have been answered.
    pub(crate) fn wait_until_served(&self, clients: usize) {
        let deadline = Instant::now() + ARRIVAL_LIMIT;
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
