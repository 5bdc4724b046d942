//! Foreign code to run once all locks are released: wakers, responders, and the log of the program.

use std::sync::Arc;
use std::task::Waker;

use log::{debug, warn};
use messi_wire::session::Losses;
use messi_wire::{RequestError, SendError};

use super::{BoxResponder, Mailbox, log_member_not_sent};
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
    lines: Vec<Line>,
}

/// A line for the log of the program, which runs foreign code even to say that it wants no line.
#[derive(Debug)]
enum Line {
    /// Messages that were in the offline queue for too long.
    Expired(u64),
    /// Messages that were dropped for a newer one.
    Replaced(u64),
    /// A message that was not sent, for this reason.
    NotSent(&'static str, SendError),
}

impl Wakeups {
    /// Collects wakeups during an action, and runs them after it. The action must release its locks.
    #[inline]
    pub(crate) fn collect<T>(action: impl FnOnce(&mut Self) -> T) -> T {
        action(&mut Self::default())
    }

    #[inline]
    pub(crate) fn wake(&mut self, waker: Option<Waker>) {
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

    /// Logs that a message with this member is not sent.
    #[cold]
    pub(super) fn log_not_sent(&mut self, member: &'static str, error: SendError) {
        self.more().lines.push(Line::NotSent(member, error));
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
        let lines = &mut self.more().lines;
        if expired > 0 {
            lines.push(Line::Expired(expired));
        }
        if replaced > 0 {
            lines.push(Line::Replaced(replaced));
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
        self.lines.into_iter().for_each(Line::log);
    }
}

impl Line {
    fn log(self) {
        match self {
            Self::Expired(count) => {
                warn!(target: LOG_TARGET, "messages expired in the offline queue: {count}");
            }
            Self::Replaced(count) => {
                debug!(target: LOG_TARGET, "older messages dropped for a new one: {count}");
            }
            Self::NotSent(member, error) => log_member_not_sent(member, error),
        }
    }
}
