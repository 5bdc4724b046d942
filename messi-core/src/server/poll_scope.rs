//! The scope of one poll of a client's task, at whose end broadcasts are flushed.
//!
//! A poll handles all messages that one read has completed, and their callbacks may broadcast. The
//! broadcasts of one poll are queued for the clients together: locking fifty queues once for a hundred
//! messages costs a hundredth of locking them for each message.

use std::cell::Cell;
use std::pin::Pin;
use std::task::{Context, Poll};

use pin_project_lite::pin_project;

use crate::thread_scope::ThreadScope;

thread_local! {
    /// Id of the scope that this thread is in; 0 outside of scopes.
    static CURRENT: Cell<usize> = const { Cell::new(0) };
}

pin_project! {
    /// A task of which each poll is a scope.
    pub(super) struct Scoped<T, F> {
        #[pin]
        task: T,
        id: usize,
        flush: F,
    }
}

impl<T, F: Fn()> Scoped<T, F> {
    /// Makes each poll of a task a scope with this id, and calls `flush` at its end.
    pub(super) fn new(id: usize, task: T, flush: F) -> Self {
        Self { task, id, flush }
    }
}

impl<T: Future, F: Fn()> Future for Scoped<T, F> {
    type Output = T::Output;

    fn poll(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Self::Output> {
        let this = self.project();
        let _scope = PollScope::enter(*this.id, this.flush);
        this.task.poll(cx)
    }
}

/// Returns whether this thread is in a scope with this id.
pub(super) fn is_inside(id: usize) -> bool {
    CURRENT.get() == id
}

/// Ends the scope when it is dropped, even by a panic.
struct PollScope<'a, F: Fn()> {
    /// `None` once it has ended.
    scope: Option<ThreadScope<usize>>,
    flush: &'a F,
}

impl<'a, F: Fn()> PollScope<'a, F> {
    fn enter(id: usize, flush: &'a F) -> Self {
        let scope = Some(ThreadScope::enter(&CURRENT, id));
        Self { scope, flush }
    }
}

impl<F: Fn()> Drop for PollScope<'_, F> {
    fn drop(&mut self) {
        // First, so that what the flush wakes is not taken for a part of this poll.
        self.scope = None;
        (self.flush)();
    }
}
