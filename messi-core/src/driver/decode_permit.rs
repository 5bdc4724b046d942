//! Permits to decode large messages.

use std::sync::Arc;
use std::task::{Context, Poll};

use crate::cpu_limit::{CpuLimit, CpuPermit};

/// Size from which on a message needs a permit, in bytes. A crafted message of this size decodes to some
/// hundred times as much memory, which takes milliseconds.
pub(super) const LARGE_MESSAGE: usize = 16 * 1024;

/// Permit of one connection to decode a large message, which is kept while the message is handled:
/// dropping the message takes as long as a part of the decoding.
#[derive(Debug, Default)]
pub(super) struct DecodePermit {
    /// `None` if large messages need no permit.
    limit: Option<Arc<CpuLimit>>,
    /// Allocated when it is first needed, which is never on most connections.
    permit: Option<Box<CpuPermit>>,
}

impl DecodePermit {
    /// Creates a permit of a limit that connections share.
    pub(super) fn new(limit: Arc<CpuLimit>) -> Self {
        Self {
            limit: Some(limit),
            permit: None,
        }
    }

    /// Returns whether there is no permit, and no wait for one.
    #[inline]
    pub(super) fn is_idle(&self) -> bool {
        self.permit.as_ref().is_none_or(|permit| permit.is_idle())
    }

    /// Waits for the permit to decode a message of this size, if it needs one.
    #[inline]
    pub(super) fn poll_acquire(&mut self, cx: &mut Context<'_>, size: usize) -> Poll<()> {
        if size < LARGE_MESSAGE {
            return Poll::Ready(());
        }
        self.poll_large(cx)
    }

    #[cold]
    fn poll_large(&mut self, cx: &mut Context<'_>) -> Poll<()> {
        let Some(limit) = &self.limit else {
            return Poll::Ready(());
        };
        let permit = || Box::new(CpuPermit::new(limit.clone()));
        self.permit.get_or_insert_with(permit).poll_acquire(cx)
    }

    /// Returns the permit. A place in the waiting order is kept.
    #[inline]
    pub(super) fn release(&mut self) {
        if let Some(permit) = &mut self.permit {
            permit.release();
        }
    }

    /// Returns the permit and the place in the order.
    #[inline]
    pub(super) fn cancel(&mut self) {
        self.permit = None;
    }
}
