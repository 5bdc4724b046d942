//! The send queues that share a budget, and which of them is evicted when it is used up.
//!
//! The invariant: no thread holds the locks of two mailboxes, or that of the budget with that of a mailbox. So:
//!
//! 1. Each mailbox publishes the ticket of its queue. The value may be a moment old.
//! 2. A mailbox that lacks memory unlocks, and asks for the slowest one ([`SendBudget::slowest`]).
//! 3. That is the first candidate that still has the ticket by which it was found. Once no candidate is left,
//!    all tickets are looked at.
//! 4. The one found is locked and evicted. If another thread was faster, the next one is asked for.

use std::cmp::Reverse;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError, Weak};

use messi_wire::session::{Budget, Ticket};

use super::Mailbox;

/// Memory that the send queues of a server share.
#[derive(Debug)]
pub(crate) struct SendBudget {
    memory: Arc<Budget>,
    members: Mutex<Members>,
}

/// State behind the lock. Under it, there is no await, wake-up or log output, and no mailbox is locked or dropped.
#[derive(Debug, Default)]
struct Members {
    /// All mailboxes. Some may be gone.
    all: Vec<Weak<Mailbox>>,
    /// Mailboxes that had a ticket at the last look, the slowest last. A shortage often closes many
    /// connections one after the other, and to sort thousands for each would take long.
    candidates: Vec<(Ticket, Weak<Mailbox>)>,
}

impl SendBudget {
    /// Creates a budget of this number of bytes.
    pub(crate) fn new(bytes: usize) -> Self {
        Self {
            memory: Arc::new(Budget::for_sending(bytes)),
            members: Mutex::default(),
        }
    }

    /// Returns the memory.
    #[inline]
    pub(super) fn memory(&self) -> &Arc<Budget> {
        &self.memory
    }

    /// Adds a mailbox to those that may be evicted.
    pub(super) fn join(&self, mailbox: &Arc<Mailbox>) {
        let mut members = self.lock();
        // Looking only before the list would grow costs no more than the growing.
        if members.all.len() == members.all.capacity() {
            members.all.retain(|member| member.strong_count() > 0);
        }
        members.all.push(Arc::downgrade(mailbox));
    }

    /// Returns the mailbox with the slowest peer, if any keeps its queue waiting.
    pub(super) fn slowest(&self) -> Option<Arc<Mailbox>> {
        self.next_candidate().or_else(|| {
            self.find_candidates();
            self.next_candidate()
        })
    }

    /// Takes the next candidate that still has its ticket.
    fn next_candidate(&self) -> Option<Arc<Mailbox>> {
        loop {
            // Unlocked at the end of this line: the handle below may be the last, which drops without the lock.
            let (ticket, mailbox) = self.lock().candidates.pop()?;
            let mailbox = mailbox.upgrade();
            // With another ticket, its bytes were written or its socket has blocked: the next search finds it.
            if let Some(mailbox) = mailbox.filter(|it| it.ticket() == Some(ticket)) {
                return Some(mailbox);
            }
        }
    }

    fn find_candidates(&self) {
        // Dropping the last handle of a mailbox wakes tasks: these outlive the lock.
        let members: Vec<_> = self.lock().all.iter().filter_map(Weak::upgrade).collect();
        let waiting = members.iter();
        let waiting = waiting.filter_map(|it| Some((it.ticket()?, Arc::downgrade(it))));
        let mut candidates: Vec<_> = waiting.collect();
        candidates.sort_unstable_by_key(|(ticket, _)| Reverse(*ticket));
        // Of two threads that search at a time, the later one replaces the list: both are good.
        self.lock().candidates = candidates;
    }

    fn lock(&self) -> MutexGuard<'_, Members> {
        // No code that runs under the lock leaves it half changed.
        self.members.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
