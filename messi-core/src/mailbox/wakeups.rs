//! Foreign code to run once all locks are released.

use std::sync::Arc;
use std::task::Waker;

use messi_wire::RequestError;

use super::{BoxResponder, Mailbox};

/// Wakers to wake, responses to fail and waiting tasks to notify, collected under a lock and run after it.
///
/// A waker may run any code on this thread, for example a task that sends a message: under a lock that
/// would be a deadlock.
#[derive(Debug, Default)]
#[must_use = "tasks wait for it"]
pub(crate) struct Wakeups {
    /// The first waker. Most often it is the only one, and the list below needs no memory.
    waker: Option<Waker>,
    more_wakers: Vec<Waker>,
    failed: Vec<(BoxResponder, RequestError)>,
    /// Mailboxes of which all waiting tasks are notified.
    progress: Vec<Arc<Mailbox>>,
}

impl Wakeups {
    #[inline]
    pub(super) fn wake(&mut self, waker: Option<Waker>) {
        let Some(waker) = waker else {
            return;
        };
        if self.waker.is_none() {
            self.waker = Some(waker);
        } else {
            self.more_wakers.push(waker);
        }
    }

    #[inline]
    pub(super) fn fail(&mut self, failed: Vec<(BoxResponder, RequestError)>) {
        if !failed.is_empty() {
            self.failed.extend(failed);
        }
    }

    #[inline]
    pub(super) fn notify(&mut self, mailbox: Arc<Mailbox>) {
        self.progress.push(mailbox);
    }

    /// Runs all of it. No lock may be held.
    #[inline]
    pub(crate) fn run(self) {
        if let Some(waker) = self.waker {
            waker.wake();
        }
        self.more_wakers.into_iter().for_each(Waker::wake);
        for (responder, error) in self.failed {
            responder.fail(error);
        }
        for mailbox in self.progress {
            mailbox.notify_progress();
        }
    }
}
