//! Counts how often tasks begin to wait for something of this crate.
//!
//! A simulation compares the count before and after the poll of a callback: if a callback is pending and does not wait
//! for something of this crate, it waits for something that the simulation does not know.

use std::cell::Cell;
use std::task::Poll;

thread_local! {
    static COUNT: Cell<u64> = const { Cell::new(0) };
}

/// Counts that a future of this crate is pending, if this poll of it was, and returns the poll.
pub(crate) fn recorded<T>(poll: Poll<T>) -> Poll<T> {
    if poll.is_pending() {
        record();
    }
    poll
}

/// Counts that a future of this crate is pending, in a task of this thread.
#[inline]
pub(crate) fn record() {
    COUNT.with(|count| count.set(count.get().wrapping_add(1)));
}

/// Returns the count of this thread.
#[cfg(feature = "testing")]
pub(crate) fn count() -> u64 {
    COUNT.with(Cell::get)
}
