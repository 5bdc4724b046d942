//! Counting live objects.

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

/// The number of live objects of one kind.
#[derive(Clone, Debug, Default)]
pub(super) struct Count(Arc<AtomicUsize>);

/// Counts as one live object until it is dropped.
#[derive(Debug)]
pub(super) struct Counted(Count);

impl Count {
    /// Counts one more.
    pub(super) fn one_more(&self) -> Counted {
        self.0.fetch_add(1, Ordering::Relaxed);
        Counted(self.clone())
    }

    pub(super) fn get(&self) -> usize {
        self.0.load(Ordering::Relaxed)
    }
}

impl Drop for Counted {
    fn drop(&mut self) {
        self.0.0.fetch_sub(1, Ordering::Relaxed);
    }
}
