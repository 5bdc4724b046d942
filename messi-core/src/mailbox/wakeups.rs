//! Foreign code to run once all locks are released: wakers, responders, and the log of the program.

use std::sync::Arc;
use std::task::Waker;

use log::{Level, log, log_enabled};
use messi_wire::RequestError;
use messi_wire::session::Losses;

use super::{BoxResponder, Mailbox};
use crate::LOG_TARGET;

/// Wakers to wake, responses to fail, waiting tasks to notify and lines to log, collected under a lock and run
/// after it.
///
/// A waker may run any code on this thread, for example a task that sends a message: under a lock that
/// would be a deadlock.
///
/// Each sent message has one of these. So it only holds the usual case, a single waker, and allocates for
/// all others.
#[derive(Debug, Default)]
pub(crate) struct Wakeups {
    waker: Option<Waker>,
    more: Option<Box<MoreWakeups>>,
}

/// The wakeups beyond a single waker.
#[derive(Debug, Default)]
struct MoreWakeups {
    wakers: Vec<Waker>,
    failed: Vec<(BoxResponder, RequestError)>,
    /// Mailboxes of which all waiting tasks are notified.
    progress: Vec<Arc<Mailbox>>,
    lines: Vec<(Level, String)>,
}

impl Wakeups {
    /// Collects wakeups during an action, and runs them after it. The action must release its locks.
    #[inline]
    pub(crate) fn collect<T>(action: impl FnOnce(&mut Self) -> T) -> T {
        action(&mut Self::default())
    }

    #[inline]
    pub(super) fn wake(&mut self, waker: Option<Waker>) {
        // The usual case, a single waker, needs no allocation.
        if self.waker.is_none() {
            self.waker = waker;
        } else if let Some(waker) = waker {
            self.more().wakers.push(waker);
        }
    }

    #[cold]
    pub(super) fn fail(&mut self, failed: Vec<(BoxResponder, RequestError)>) {
        self.more().failed.extend(failed);
    }

    #[cold]
    pub(super) fn notify(&mut self, mailbox: Arc<Mailbox>) {
        self.more().progress.push(mailbox);
    }

    /// Logs a line, if its level is wanted.
    #[cold]
    pub(super) fn log(&mut self, level: Level, line: impl FnOnce() -> String) {
        // Formatted only if it is wanted: the caller may hold the lock of the registry.
        if log_enabled!(target: LOG_TARGET, level) {
            self.more().lines.push((level, line()));
        }
    }

    /// Logs how many messages of a queue have expired, and how many were dropped for a new one.
    #[inline]
    pub(super) fn log_losses(&mut self, losses: Option<Losses>) {
        if let Some(losses) = losses {
            self.log_some_losses(losses);
        }
    }

    #[cold]
    fn log_some_losses(&mut self, Losses { expired, replaced }: Losses) {
        if expired > 0 {
            self.log(Level::Warn, || {
                format!("messages expired in the offline queue: {expired}")
            });
        }
        if replaced > 0 {
            self.log(Level::Debug, || {
                format!("older messages dropped for a new one: {replaced}")
            });
        }
    }

    fn more(&mut self) -> &mut MoreWakeups {
        self.more.get_or_insert_default()
    }
}

impl Drop for Wakeups {
    /// Runs the wakeups, even if the action has panicked: it may have done a part of its work.
    #[inline]
    fn drop(&mut self) {
        // It may run another task here, which collects wakeups of its own: no lock is held by now.
        if let Some(waker) = self.waker.take() {
            waker.wake();
        }
        if let Some(more) = self.more.take() {
            more.run();
        }
    }
}

impl MoreWakeups {
    #[cold]
    fn run(self) {
        // Tasks of connections first: other threads can run them while this one goes on.
        self.wakers.into_iter().for_each(Waker::wake);
        for (responder, error) in self.failed {
            responder.fail(error);
        }
        for mailbox in self.progress {
            mailbox.notify_progress();
        }
        // Last: the log of the program may take long.
        for (level, line) in self.lines {
            log!(target: LOG_TARGET, level, "{line}");
        }
    }
}
