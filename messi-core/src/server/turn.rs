//! The turns of a client's task, in each of which it handles all messages that one read has given.
//!
//! Broadcasts of one turn leave together at its end: to lock fifty queues once for a hundred messages
//! costs a hundredth of what it costs to lock them for each.

use std::cell::Cell;
use std::future::poll_fn;
use std::sync::Arc;

use futures::future::BoxFuture;

use super::Shared;
use super::registry::Registry;

thread_local! {
    /// The registry in whose turn this thread is, by its address; 0 outside of turns.
    static CURRENT: Cell<usize> = const { Cell::new(0) };
}

/// Makes each time that a task is polled a turn.
pub(super) fn in_turns(
    shared: Arc<Shared>,
    mut task: BoxFuture<'static, ()>,
) -> impl Future<Output = ()> {
    poll_fn(move |cx| {
        let _turn = Turn::begin(&shared.registry);
        task.as_mut().poll(cx)
    })
}

/// Whether this thread is in a turn of this registry.
pub(super) fn is_in_turn(registry: &Registry) -> bool {
    CURRENT.get() == address(registry)
}

fn address(registry: &Registry) -> usize {
    std::ptr::from_ref(registry).addr()
}

/// Ends when it is dropped, be it by a panic.
struct Turn<'a> {
    registry: &'a Registry,
    /// A turn in which another one is would be odd, but must be found again.
    outer: usize,
}

impl<'a> Turn<'a> {
    fn begin(registry: &'a Registry) -> Self {
        let outer = CURRENT.replace(address(registry));
        Self { registry, outer }
    }
}

impl Drop for Turn<'_> {
    fn drop(&mut self) {
        CURRENT.set(self.outer);
        self.registry.settle();
    }
}
