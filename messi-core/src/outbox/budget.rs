//! Memory that the queues of all clients of a server share.

use std::num::NonZeroU64;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, AtomicUsize, Ordering};

use event_listener::{Event, EventListener, IntoNotification};

use super::Outbox;
use super::members::Members;

/// What each queue has for itself, in bytes: small messages to a client that reads never depend on
/// what others leave.
pub(super) const OWN: usize = 4 * 1024;

/// What is taken and given back at once, in bytes, so that a queue seldom touches what all share.
const PORTION: usize = 4 * 1024;

/// The parts that all memory is divided into.
const PARTS: usize = 32;

/// The parts that are for buffers kept empty.
const SPARE_PARTS: usize = 2;

/// The parts for what an allocator does not get filled: it gives no memory back at once, and where many queues
/// grow, it can't use again what smaller ones have left.
const UNFILLED_PARTS: usize = 9;

/// How much the queues may hold together, beyond what each has for itself.
#[derive(Debug)]
pub(crate) struct Budget {
    /// For what waits.
    limit: usize,
    taken: AtomicUsize,
    /// For buffers that are kept to be used again.
    spare: usize,
    /// How many queues there are.
    queues: AtomicUsize,
    /// How many tickets were given out.
    tickets: AtomicU64,
    members: Members,
    /// Notified when memory is given back.
    freed: Event,
}

impl Budget {
    /// Memory of so many bytes.
    pub(crate) fn new(bytes: usize) -> Self {
        let spare = bytes / PARTS * SPARE_PARTS;
        Self {
            limit: bytes - spare - bytes / PARTS * UNFILLED_PARTS,
            taken: AtomicUsize::new(0),
            spare,
            queues: AtomicUsize::new(0),
            tickets: AtomicU64::new(0),
            members: Members::default(),
            freed: Event::new(),
        }
    }

    /// Memory of so many bytes for what is received, none of which is set aside.
    pub(crate) fn of_received(bytes: usize) -> Self {
        Self {
            limit: bytes,
            ..Self::new(0)
        }
    }

    /// Adds a queue to those of which the slowest is looked for.
    pub(crate) fn join(&self, outbox: &Arc<Outbox>) {
        self.members.add(outbox);
    }

    /// Returns the queue whose peer is the slowest, if any waits.
    pub(super) fn slowest(&self) -> Option<Arc<Outbox>> {
        self.members.slowest()
    }

    /// Most that one of the two buffers of each queue may keep while it is empty.
    pub(super) fn spare_of_one(&self) -> usize {
        self.spare / (2 * self.queues.load(Ordering::Relaxed)).max(1)
    }

    /// Whether more than half of the memory is taken.
    pub(super) fn is_short(&self) -> bool {
        self.left() < self.limit / 2
    }

    /// How much is left.
    fn left(&self) -> usize {
        self.limit
            .saturating_sub(self.taken.load(Ordering::Relaxed))
    }

    /// Most that one queue may hold at this moment: as much as is left for all others.
    ///
    /// The more queues grow, the less each may, so that something is always left for those that
    /// are short. Source: Choudhury and Hahne, "Dynamic queue length thresholds for shared-memory
    /// packet switches", IEEE/ACM Transactions on Networking 6 (2), 1998.
    pub(super) fn limit_of_one(&self) -> usize {
        OWN.saturating_add(self.left())
    }
}

/// Orders the queues that take of what all share by when they began to wait: since then, nothing that a queue
/// handed to its connection has been written in whole. No clock has to be looked at for it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct Ticket(NonZeroU64);

impl Ticket {
    /// How many bits the number of a ticket has in each line: more than are ever given out.
    const BITS: u32 = 56;

    pub(super) fn new(number: u64) -> Option<Self> {
        NonZeroU64::new(number).map(Self)
    }

    pub(super) fn get(self) -> u64 {
        self.0.get()
    }

    /// Returns the same ticket for a later line, behind all of the lines before it.
    pub(super) fn in_line(self, line: u8) -> Self {
        Self(self.0 | u64::from(line) << Self::BITS)
    }
}

/// What one queue has taken of a budget; given back when it is dropped.
#[derive(Debug, Default)]
pub(crate) struct Share {
    /// `None` for a queue that shares with nobody.
    budget: Option<Arc<Budget>>,
    bytes: usize,
    /// There while it has taken anything.
    ticket: Option<Ticket>,
}

impl Share {
    pub(crate) fn of(budget: Arc<Budget>) -> Self {
        budget.queues.fetch_add(1, Ordering::Relaxed);
        Self {
            budget: Some(budget),
            bytes: 0,
            ticket: None,
        }
    }

    /// Whether there is a budget.
    pub(super) fn is_bounded(&self) -> bool {
        self.budget.is_some()
    }

    /// Since when the queue waits, if it has taken anything.
    pub(super) fn ticket(&self) -> Option<Ticket> {
        self.ticket
    }

    /// Notes that the peer has taken all that was handed to the connection: what is left begins to wait.
    pub(super) fn renew(&mut self) {
        let ticket = |budget: &Arc<Budget>| {
            let number = budget.tickets.fetch_add(1, Ordering::Relaxed);
            Ticket::new(number + 1)
        };
        let waits = self.bytes > 0;
        self.ticket = self.budget.as_ref().filter(|_| waits).and_then(ticket);
    }

    /// Returns how many bytes may be added at this moment to a queue of this size.
    pub(crate) fn room(&self, size: usize) -> usize {
        let budget = self.budget.as_deref();
        budget.map_or(usize::MAX, |budget| {
            budget.limit_of_one().saturating_sub(size)
        })
    }

    /// Whether so much is left that memory need not be given back at once.
    pub(crate) fn is_plenty(&self) -> bool {
        let budget = self.budget.as_deref();
        budget.is_none_or(|budget| !budget.is_short())
    }

    /// Takes or gives back, so that it has what a queue of this size needs, be it there or not.
    #[inline]
    pub(crate) fn set(&mut self, size: usize) {
        let needed = portions(size);
        if needed != self.bytes {
            self.change(needed);
        }
    }

    #[cold]
    fn change(&mut self, needed: usize) {
        if let Some(budget) = &self.budget
            && needed > self.bytes
        {
            budget
                .taken
                .fetch_add(needed - self.bytes, Ordering::Relaxed);
            self.bytes = needed;
        }
        self.shrink_to(needed + OWN);
    }

    /// Returns a listener for memory that others give back, if it is shared with others.
    pub(crate) fn listen(&self) -> Option<EventListener> {
        self.budget.as_ref().map(|budget| budget.freed.listen())
    }

    /// Takes what a queue of this size needs; `false` if it is not to be had.
    pub(super) fn grow_to(&mut self, size: usize) -> bool {
        let Some(budget) = &self.budget else {
            return true;
        };
        let wanted = portions(size);
        if wanted <= self.bytes {
            return true;
        }
        let more = wanted - self.bytes;
        let taken = budget.taken.fetch_add(more, Ordering::Relaxed) + more;
        let is_there = wanted <= budget.limit.saturating_sub(taken);
        if is_there {
            self.bytes = wanted;
            if self.ticket.is_none() {
                self.renew();
            }
        } else {
            budget.taken.fetch_sub(more, Ordering::Relaxed);
        }
        is_there
    }

    /// Gives back what a queue of this size does not need.
    pub(super) fn shrink_to(&mut self, size: usize) {
        let needed = portions(size);
        if let Some(budget) = &self.budget
            && needed < self.bytes
        {
            let freed = self.bytes - needed;
            budget.taken.fetch_sub(freed, Ordering::Relaxed);
            self.bytes = needed;
            // One for each portion: a few at a time, as each may need more than is there.
            budget.freed.notify((freed / PORTION).additional());
            if needed == 0 {
                self.ticket = None;
            }
        }
    }
}

impl Drop for Share {
    fn drop(&mut self) {
        self.shrink_to(0);
        if let Some(budget) = &self.budget {
            budget.queues.fetch_sub(1, Ordering::Relaxed);
        }
    }
}

/// What a queue of this size takes of the budget.
fn portions(size: usize) -> usize {
    size.saturating_sub(OWN).next_multiple_of(PORTION)
}

#[cfg(test)]
mod tests {
    use super::*;

    const KIB: usize = 1024;

    fn budget(limit: usize) -> Arc<Budget> {
        Arc::new(Budget {
            limit,
            ..Budget::new(0)
        })
    }

    #[test]
    fn a_short_queue_takes_nothing() {
        let budget = budget(0);
        let mut share = Share::of(budget.clone());
        assert!(share.grow_to(4 * KIB));
        assert!(!share.grow_to(4 * KIB + 1));
        assert_eq!(budget.limit_of_one(), 4 * KIB);
    }

    #[test]
    fn one_queue_gets_half_and_many_get_equal_parts() {
        let budget = budget(1_000 * KIB);
        let mut shares: Vec<_> = (0..9).map(|_| Share::of(budget.clone())).collect();
        let mut sizes = [0; 9];
        assert!(!shares[0].grow_to(508 * KIB));
        for size in (0..1_000 * KIB).step_by(4 * KIB) {
            for (share, grown) in shares.iter_mut().zip(&mut sizes) {
                if share.grow_to(size) {
                    *grown = size;
                }
            }
        }
        assert_eq!(sizes, [104 * KIB; 9]);
        assert_eq!(budget.left(), 100 * KIB);
    }

    #[test]
    fn what_all_keep_and_what_waits_is_within_all_memory() {
        let budget = Arc::new(Budget::new(1_000 * KIB));
        let mut shares: Vec<_> = (0..10).map(|_| Share::of(budget.clone())).collect();
        assert_eq!(budget.spare_of_one(), 3_200);
        assert!(shares[0].grow_to(328 * KIB));
        assert!(!shares[0].grow_to(336 * KIB));
        drop(shares);
        assert_eq!(budget.spare_of_one(), 64_000);
    }

    #[test]
    fn tickets_are_in_the_order_in_which_queues_wait() {
        let budget = budget(1_000 * KIB);
        let mut shares = [(); 2].map(|()| Share::of(budget.clone()));
        shares
            .iter_mut()
            .for_each(|it| assert!(it.grow_to(4 * KIB)));
        assert_eq!(shares[0].ticket(), None);
        shares
            .iter_mut()
            .for_each(|it| assert!(it.grow_to(8 * KIB)));
        assert!(shares[0].ticket() < shares[1].ticket());
        assert!(shares[0].grow_to(12 * KIB));
        assert!(shares[0].ticket() < shares[1].ticket());
        shares[0].renew();
        assert!(shares[0].ticket() > shares[1].ticket());
        shares[0].shrink_to(0);
        shares[0].renew();
        assert_eq!(shares[0].ticket(), None);
    }

    #[test]
    fn what_is_not_needed_is_given_back() {
        let budget = budget(1_000 * KIB);
        let mut share = Share::of(budget.clone());
        assert!(share.grow_to(400 * KIB));
        share.shrink_to(100 * KIB);
        assert_eq!(budget.left(), 904 * KIB);
        drop(share);
        assert_eq!(budget.left(), 1_000 * KIB);
    }
}
