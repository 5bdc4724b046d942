//! The scope of one poll of a client's task. Broadcasts are flushed at its end.
//!
//! A poll handles all messages that one read has completed, and their callbacks may broadcast. The
//! broadcasts of one poll are queued for the clients together: locking fifty queues once for a hundred
//! messages costs a hundredth of locking them for each message.

use std::cell::Cell;
use std::pin::Pin;
use std::task::{Context, Poll};

use pin_project_lite::pin_project;

use crate::thread_scope::ThreadScope;

/// The scope that a thread is in.
#[derive(Clone, Copy)]
struct Current {
    /// 0 outside of scopes.
    id: usize,
    /// Whether this poll has broadcasts that its end flushes.
    has_deferred: bool,
}

impl Current {
    const fn new(id: usize) -> Self {
        Self {
            id,
            has_deferred: false,
        }
    }
}

thread_local! {
    static CURRENT: Cell<Current> = const { Cell::new(Current::new(0)) };
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
    /// Makes each poll of a task a scope with this id, and calls `flush` at the end of those that have deferred
    /// it.
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

/// Defers a flush to the end of the scope with this id. Returns `false` if this thread is not in it.
pub(super) fn defer_flush(id: usize) -> bool {
    // A poll of another server's task would flush the broadcasts of that server.
    let is_inside = CURRENT.get().id == id;
    if is_inside {
        CURRENT.set(Current {
            id,
            has_deferred: true,
        });
    }
    is_inside
}

/// Ends the scope when it is dropped, even by a panic.
struct PollScope<'a, F: Fn()> {
    /// `None` once it has ended.
    scope: Option<ThreadScope<Current>>,
    flush: &'a F,
}

impl<'a, F: Fn()> PollScope<'a, F> {
    fn enter(id: usize, flush: &'a F) -> Self {
        // With a flag of its own, even within another poll of this server: each poll flushes for itself.
        let scope = Some(ThreadScope::enter(&CURRENT, Current::new(id)));
        Self { scope, flush }
    }
}

impl<F: Fn()> Drop for PollScope<'_, F> {
    fn drop(&mut self) {
        // Before the scope ends, which restores the flag of the scope around it.
        let has_deferred = CURRENT.get().has_deferred;
        // First, so that code that the flush wakes does not count as a part of this poll.
        self.scope = None;
        // The broadcasts of others are theirs to flush: threads that share the work would fill queues by turns,
        // and memory that several threads allocate is fragmented more.
        if has_deferred {
            (self.flush)();
        }
    }
}
