//! The counters of failures. They have memory from the first failure on, which most sessions never have.

use std::mem;

use super::counters::{FailureCounters, Losses};

/// Counters of failures.
#[derive(Debug, Default)]
pub(super) struct Failures(Option<Box<Counted>>);

#[derive(Debug, Default)]
struct Counted {
    counters: FailureCounters,
    /// Older messages dropped, since the last report to the log.
    not_logged: Losses,
    /// Messages that were unsent when the session was stopped.
    unsent_before_stop: u64,
}

impl Failures {
    /// Returns the counters.
    pub(super) fn get(&self) -> FailureCounters {
        let counted = self.0.as_ref();
        counted.map_or_else(FailureCounters::default, |counted| counted.counters)
    }

    /// Returns the counters to count a failure in.
    pub(super) fn get_mut(&mut self) -> &mut FailureCounters {
        &mut self.counted().counters
    }

    /// Counts messages that were not completely written.
    pub(super) fn count_unsent(&mut self, messages: u64) {
        if messages > 0 {
            self.get_mut().dropped.unsent += messages;
        }
    }

    /// Counts messages that the peer may not have received.
    pub(super) fn count_unconfirmed(&mut self, messages: u64) {
        if messages > 0 {
            self.get_mut().unconfirmed += messages;
        }
    }

    /// Counts a message that was in the offline queue for too long.
    pub(super) fn count_expired(&mut self) {
        let counted = self.counted();
        counted.counters.dropped.expired += 1;
        counted.not_logged.expired += 1;
    }

    /// Counts a message that was dropped for a newer one.
    pub(super) fn count_replaced(&mut self) {
        let counted = self.counted();
        counted.counters.dropped.queue_full += 1;
        counted.not_logged.replaced += 1;
    }

    /// Records that the session is stopped.
    pub(super) fn handle_stop(&mut self) {
        if let Some(counted) = &mut self.0 {
            counted.unsent_before_stop = counted.counters.dropped.unsent;
        }
    }

    /// Returns how many messages were not sent because the session was stopped.
    pub(super) fn unsent_since_stop(&self) -> u64 {
        let counted = self.0.as_ref();
        counted.map_or(0, |it| it.counters.dropped.unsent - it.unsent_before_stop)
    }

    /// Takes the older messages dropped since the last call, if there are any.
    #[inline]
    pub(super) fn take_losses(&mut self) -> Option<Losses> {
        let losses = mem::take(&mut self.0.as_mut()?.not_logged);
        (losses.expired + losses.replaced > 0).then_some(losses)
    }

    fn counted(&mut self) -> &mut Counted {
        self.0.get_or_insert_default()
    }
}
