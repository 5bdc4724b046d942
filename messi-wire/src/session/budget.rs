//! Memory that many buffers share.
//!
//! The invariant: the sum of the bytes that all [`Permit`]s have reserved is never above the limit of their
//! [`Budget`], but for permits that are [`set`](Permit::set), and each permit may reserve only as much as
//! is left for all others. A buffer of up to [`FREE_QUOTA`] bytes reserves no bytes.

use std::num::NonZeroU64;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, AtomicUsize, Ordering};

/// Bytes that each buffer may hold without a reservation, so that small messages to a peer that reads
/// never depend on other peers.
pub const FREE_QUOTA: usize = 4 * 1024;

/// Unit of reservations, in bytes. It makes changes of the shared counter rare.
pub const UNIT: usize = 4 * 1024;

/// Number of parts that the memory of a send budget is divided into.
const PARTS: usize = 32;

/// Parts for empty buffers that are kept for the next message.
const IDLE_PARTS: usize = 2;

/// Parts for memory that the allocator can't use: it does not return freed memory at once, and where many
/// queues grow, it can't reuse the gaps that smaller ones have left.
const FRAGMENTED_PARTS: usize = 9;

/// Memory that many buffers share, beyond [`FREE_QUOTA`] for each.
#[derive(Debug)]
pub struct Budget {
    limit: usize,
    reserved: AtomicUsize,
    /// Memory for empty buffers that are kept.
    idle: usize,
    /// Number of permits.
    permits: AtomicUsize,
    /// Number of tickets that were drawn.
    tickets: AtomicU64,
}

impl Budget {
    /// Creates a budget for send queues. A third of the bytes is set aside for empty buffers and for memory
    /// that the allocator can't use.
    pub fn for_sending(bytes: usize) -> Self {
        // Divided first: the product could overflow.
        let idle = bytes / PARTS * IDLE_PARTS;
        let limit = bytes - idle - bytes / PARTS * FRAGMENTED_PARTS;
        Self::with_limit(limit, idle)
    }

    /// Creates a budget for receive buffers. No bytes are set aside.
    pub fn for_receiving(bytes: usize) -> Self {
        Self::with_limit(bytes, 0)
    }

    fn with_limit(limit: usize, idle: usize) -> Self {
        Self {
            limit,
            reserved: AtomicUsize::new(0),
            idle,
            permits: AtomicUsize::new(0),
            tickets: AtomicU64::new(0),
        }
    }

    /// Returns the most capacity that one of the two buffers of each connection keeps while it is empty.
    pub fn idle_capacity_limit(&self) -> usize {
        // Two buffers for each permit. A budget without permits is no division by zero.
        self.idle / (2 * self.permits.load(Ordering::Relaxed)).max(1)
    }

    /// Returns whether more than half of the memory is reserved.
    #[inline]
    pub fn is_short(&self) -> bool {
        self.left() < self.limit / 2
    }

    #[inline]
    fn left(&self) -> usize {
        // Relaxed, as all of these counters: no other memory depends on their order.
        let reserved = self.reserved.load(Ordering::Relaxed);
        // A permit that is set may exceed the limit, and so does one that is about to fail, for a moment.
        self.limit.saturating_sub(reserved)
    }

    /// Returns the most bytes that one buffer may hold at this moment: as many as are left for all others.
    ///
    /// The more buffers grow, the less each may hold, so that something is always left for small ones.
    /// Source: Choudhury and Hahne, "Dynamic queue length thresholds for shared-memory packet switches",
    /// IEEE/ACM Transactions on Networking 6 (2), 1998.
    #[inline]
    pub fn limit_of_one(&self) -> usize {
        FREE_QUOTA.saturating_add(self.left())
    }
}

/// Order of the send queues by the time since which their peers have kept them waiting: since then, the
/// bytes in flight have not been written completely. No clock is read for it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Ticket(NonZeroU64);

impl Ticket {
    /// Bits of the number of a ticket, more than are ever drawn. The bits above are its rank.
    const NUMBER_BITS: u32 = 56;

    /// Creates a ticket from [`get`](Self::get); `None` for 0.
    pub fn new(number: u64) -> Option<Self> {
        NonZeroU64::new(number).map(Self)
    }

    /// Returns the ticket as a number.
    pub fn get(self) -> u64 {
        self.0.get()
    }

    /// Returns this ticket with a rank: it comes after all tickets of lower ranks.
    pub fn with_rank(self, rank: u8) -> Self {
        Self(self.0 | u64::from(rank) << Self::NUMBER_BITS)
    }
}

/// Reservation of one buffer; returned to the budget when dropped.
#[derive(Debug, Default)]
pub struct Permit {
    /// `None` for a buffer without a budget.
    budget: Option<Arc<Budget>>,
    reserved: usize,
    /// Set while something is reserved.
    ticket: Option<Ticket>,
}

impl Permit {
    /// Creates a permit that has reserved no bytes.
    pub fn new(budget: Arc<Budget>) -> Self {
        budget.permits.fetch_add(1, Ordering::Relaxed);
        Self {
            budget: Some(budget),
            reserved: 0,
            ticket: None,
        }
    }

    /// Returns whether there is a budget.
    #[inline]
    pub fn is_bounded(&self) -> bool {
        self.budget.is_some()
    }

    /// Returns the ticket, if something is reserved.
    #[inline]
    pub fn ticket(&self) -> Option<Ticket> {
        self.ticket
    }

    /// Draws a new ticket: the bytes in flight are written completely, so that the rest of the queue begins
    /// to wait now.
    #[inline]
    pub fn renew_ticket(&mut self) {
        let draw = |budget: &Arc<Budget>| {
            // From 1: as a number, 0 is no ticket.
            let number = budget.tickets.fetch_add(1, Ordering::Relaxed);
            Ticket::new(number + 1)
        };
        // A queue without a reservation would return no memory if it was evicted.
        let is_waiting = self.reserved > 0;
        self.ticket = self.budget.as_ref().filter(|_| is_waiting).and_then(draw);
    }

    /// Returns how many bytes may be added at this moment to a buffer of this size.
    #[inline]
    pub fn room(&self, size: usize) -> usize {
        let budget = self.budget.as_deref();
        budget.map_or(usize::MAX, |budget| {
            budget.limit_of_one().saturating_sub(size)
        })
    }

    /// Returns whether memory is short, so that unused capacity is to be freed at once.
    #[inline]
    pub fn is_short(&self) -> bool {
        self.budget.as_deref().is_some_and(Budget::is_short)
    }

    /// Sets the reservation to that of a buffer of this size, even above the limit. Returns the bytes
    /// that were returned to the budget.
    #[inline]
    pub fn set(&mut self, size: usize) -> usize {
        let needed = reservation(size);
        if needed == self.reserved {
            return 0;
        }
        self.change(needed)
    }

    #[cold]
    fn change(&mut self, needed: usize) -> usize {
        if let Some(budget) = &self.budget
            && needed > self.reserved
        {
            // In spite of the limit: these bytes are in the buffer already.
            let more = needed - self.reserved;
            budget.reserved.fetch_add(more, Ordering::Relaxed);
            self.reserved = needed;
        }
        // The size that has this reservation. After a growth, it returns no bytes.
        self.shrink_to(needed + FREE_QUOTA)
    }

    /// Reserves memory for a buffer of this size. Returns `false` if there is too little.
    #[inline]
    pub fn grow_to(&mut self, size: usize) -> bool {
        let needed = reservation(size);
        // Most messages fit into the last unit, and leave the shared counter alone.
        needed <= self.reserved || self.reserve(needed)
    }

    #[cold]
    fn reserve(&mut self, needed: usize) -> bool {
        let Some(budget) = &self.budget else {
            return true;
        };
        let more = needed - self.reserved;
        // Added before the check: of threads that reserve at the same time, each sees the others.
        let reserved = budget.reserved.fetch_add(more, Ordering::Relaxed) + more;
        // As much as this permit has must be left for all others: see `limit_of_one`.
        let has_room = needed <= budget.limit.saturating_sub(reserved);
        if has_room {
            self.reserved = needed;
            // An older ticket stays: the bytes in flight have not been written completely since.
            if self.ticket.is_none() {
                self.renew_ticket();
            }
        } else {
            budget.reserved.fetch_sub(more, Ordering::Relaxed);
        }
        has_room
    }

    /// Reduces the reservation to that of a buffer of this size. Returns the bytes that were returned to
    /// the budget.
    #[inline]
    pub fn shrink_to(&mut self, size: usize) -> usize {
        let needed = reservation(size);
        let freed = self.reserved.saturating_sub(needed);
        if let Some(budget) = &self.budget
            && freed > 0
        {
            budget.reserved.fetch_sub(freed, Ordering::Relaxed);
            self.reserved = needed;
            // Evicting this queue would return no memory any more.
            if needed == 0 {
                self.ticket = None;
            }
        }
        freed
    }
}

impl Drop for Permit {
    fn drop(&mut self) {
        self.shrink_to(0);
        if let Some(budget) = &self.budget {
            budget.permits.fetch_sub(1, Ordering::Relaxed);
        }
    }
}

/// Returns the bytes that a buffer of this size must reserve.
#[inline]
fn reservation(size: usize) -> usize {
    size.saturating_sub(FREE_QUOTA).next_multiple_of(UNIT)
}

#[cfg(test)]
mod tests {
    use super::*;

    const KIB: usize = 1024;

    fn budget(limit: usize) -> Arc<Budget> {
        Arc::new(Budget::for_receiving(limit))
    }

    #[test]
    fn a_short_queue_reserves_nothing() {
        let budget = budget(0);
        let mut permit = Permit::new(budget.clone());
        assert!(permit.grow_to(4 * KIB));
        assert!(!permit.grow_to(4 * KIB + 1));
        assert_eq!(budget.limit_of_one(), 4 * KIB);
    }

    #[test]
    fn one_queue_gets_half_and_many_get_equal_parts() {
        let budget = budget(1_000 * KIB);
        let mut permits: Vec<_> = (0..9).map(|_| Permit::new(budget.clone())).collect();
        let mut sizes = [0; 9];
        assert!(!permits[0].grow_to(508 * KIB));
        for size in (0..1_000 * KIB).step_by(4 * KIB) {
            for (permit, grown) in permits.iter_mut().zip(&mut sizes) {
                if permit.grow_to(size) {
                    *grown = size;
                }
            }
        }
        assert_eq!(sizes, [104 * KIB; 9]);
        assert_eq!(budget.left(), 100 * KIB);
    }

    #[test]
    fn idle_buffers_and_queues_fit_into_the_budget_together() {
        let budget = Arc::new(Budget::for_sending(1_000 * KIB));
        let mut permits: Vec<_> = (0..10).map(|_| Permit::new(budget.clone())).collect();
        assert_eq!(budget.idle_capacity_limit(), 3_200);
        assert!(permits[0].grow_to(328 * KIB));
        assert!(!permits[0].grow_to(336 * KIB));
        drop(permits);
        assert_eq!(budget.idle_capacity_limit(), 64_000);
    }

    #[test]
    fn tickets_are_in_the_order_in_which_queues_wait() {
        let budget = budget(1_000 * KIB);
        let mut permits = [(); 2].map(|()| Permit::new(budget.clone()));
        permits
            .iter_mut()
            .for_each(|it| assert!(it.grow_to(4 * KIB)));
        assert_eq!(permits[0].ticket(), None);
        permits
            .iter_mut()
            .for_each(|it| assert!(it.grow_to(8 * KIB)));
        assert!(permits[0].ticket() < permits[1].ticket());
        assert!(permits[0].grow_to(12 * KIB));
        assert!(permits[0].ticket() < permits[1].ticket());
        permits[0].renew_ticket();
        assert!(permits[0].ticket() > permits[1].ticket());
        permits[0].shrink_to(0);
        permits[0].renew_ticket();
        assert_eq!(permits[0].ticket(), None);
    }

    #[test]
    fn unused_reservations_are_returned() {
        let budget = budget(1_000 * KIB);
        let mut permit = Permit::new(budget.clone());
        assert!(permit.grow_to(400 * KIB));
        assert_eq!(permit.shrink_to(100 * KIB), 300 * KIB);
        assert_eq!(budget.left(), 904 * KIB);
        drop(permit);
        assert_eq!(budget.left(), 1_000 * KIB);
    }
}
