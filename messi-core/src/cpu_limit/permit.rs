//! The permit of one task.

use std::sync::Arc;
use std::task::{Context, Poll};

use super::limit::CpuLimit;

/// The permit of one task, which may have it, wait for it, or neither.
///
/// Dropping it returns the permit, or leaves the place in the queue to the next.
#[derive(Debug)]
pub(crate) struct CpuPermit {
    limit: Arc<CpuLimit>,
    /// The place in the order of the tasks that ask, once this one has asked.
    ticket: Option<u64>,
    state: PermitState,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum PermitState {
    Idle,
    /// The permit may have been given already.
    Waiting(u64),
    Permitted,
}

impl CpuPermit {
    /// Creates a permit that has not been asked for.
    pub(crate) fn new(limit: Arc<CpuLimit>) -> Self {
        Self {
            limit,
            ticket: None,
            state: PermitState::Idle,
        }
    }

    /// Returns whether there is no permit, and no wait for one.
    #[inline]
    pub(crate) fn is_idle(&self) -> bool {
        self.state == PermitState::Idle
    }

    /// Waits for the permit, and is ready as long as there is one.
    ///
    /// Pending, it has arranged for the task to be woken when the permit is given. From then on others
    /// have to wait for this task, until it has used the permit and returned it.
    pub(crate) fn poll_acquire(&mut self, cx: &mut Context<'_>) -> Poll<()> {
        let limit = &self.limit;
        let is_permitted = match self.state {
            PermitState::Permitted => true,
            PermitState::Waiting(ticket) => limit.is_permitted(ticket, cx.waker()),
            PermitState::Idle => {
                let ticket = *self.ticket.get_or_insert_with(|| limit.next_ticket());
                self.state = PermitState::Waiting(ticket);
                limit.enter(ticket, cx.waker())
            }
        };
        if !is_permitted {
            return Poll::Pending;
        }
        self.state = PermitState::Permitted;
        Poll::Ready(())
    }

    /// Returns the permit, if [`poll_acquire`](Self::poll_acquire) was ready, and gives up the place in
    /// the order: whoever waits comes before the next request.
    pub(crate) fn release(&mut self) {
        if self.state == PermitState::Permitted {
            self.ticket = None;
        }
        self.pause();
    }

    /// Returns the permit, if [`poll_acquire`](Self::poll_acquire) was ready, and keeps the place in the
    /// order: the next request comes before those of whoever asked later than this did first.
    pub(crate) fn pause(&mut self) {
        if self.state == PermitState::Permitted {
            self.state = PermitState::Idle;
            self.limit.release();
        }
    }

    /// Returns the permit, or asks for it no longer.
    pub(crate) fn cancel(&mut self) {
        if let PermitState::Waiting(ticket) = self.state {
            self.ticket = None;
            let has_left = self.limit.leave(ticket);
            self.state = if has_left {
                PermitState::Idle
            } else {
                PermitState::Permitted
            };
        }
        self.release();
    }
}

impl Drop for CpuPermit {
    fn drop(&mut self) {
        self.cancel();
    }
}
