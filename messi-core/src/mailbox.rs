//! The mailbox of a connection's task: a lock around the [`Session`], a waker, and a [`Command`].
//!
//! Any thread pushes messages and commands, the task takes them. A client has one mailbox for all its
//! connections, a server one for each client.
//!
//! Under the lock, the session is changed and its state is published for looks without the lock. No waker is called,
//! cloned or dropped under it, no response is completed, no line is logged and no other lock is taken but that of a
//! pretended clock: foreign code may send a message itself. The only foreign code under it is the encoding of a
//! message.
//!
//! No wake-up is lost, by this order:
//!
//! 1. The task leaves its waker ([`park`](Mailbox::park)), unless there are frames or a command, in one
//!    step under the lock. Whether there are closures for the handler, it looks after that: while a
//!    callback runs, they are no reason to stay awake.
//! 2. Whoever pushes a message, a command or a closure does so under the lock, and takes the waker if the task
//!    sleeps.
//! 3. It unlocks, and wakes the task.
//! 4. The task records that it is awake ([`handle_awake`](Mailbox::handle_awake)), without the lock: whoever sees that
//!    too late wakes it once too often. Whoever sees that the task is awake has the lock before the task parks again,
//!    which then finds the pushed item.

mod batch;
mod command;
mod eviction;
mod handler_calls;
mod opening;
mod push;
mod responder;
mod resumption;
mod task_side;
#[cfg(test)]
mod tests;
mod waiting;
mod wakeups;

use std::sync::atomic::{AtomicBool, AtomicU64, AtomicUsize, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::task::Waker;
use std::time::Duration;

use event_listener::Event;
use messi_wire::SendError;
use messi_wire::session::{FREE_QUOTA, Permit, Session, SessionConfig, Ticket};

pub(crate) use self::command::Command;
pub(crate) use self::eviction::SendBudget;
pub(crate) use self::handler_calls::AnyHandler;
use self::handler_calls::HandlerCalls;
pub(crate) use self::opening::Opening;
pub(crate) use self::push::{log_member_not_sent, log_not_sent};
pub(crate) use self::responder::{BoxResponder, Responder};
use self::resumption::ResumptionState;
pub(crate) use self::wakeups::Wakeups;
use crate::runtime::AsyncRuntime;
use crate::stats::{LateDrops, Stats, TransferCounters};
use crate::tasks::notify_all;

/// Bytes of output from which on they are written before more is queued.
pub(crate) const WRITE_SIZE: usize = 64 * 1024;

/// The mailbox of one task.
#[derive(Debug)]
pub(crate) struct Mailbox {
    config: Arc<SessionConfig>,
    runtime: Arc<dyn AsyncRuntime>,
    /// Under this lock, there is no await, wake-up or log output, and no user code is called but the encoding of a
    /// message.
    shared: Mutex<MailboxState>,
    published: Published,
    /// Whether the task runs, so that it need not be woken. Only the task sets it: to `false` under the lock.
    is_awake: AtomicBool,
    /// Bytes of a queue that is not congested whatever other queues hold.
    never_congested: usize,
    /// Memory that the send queue shares with others.
    budget: Option<Arc<SendBudget>>,
    /// Counters of the task.
    pub(crate) transfers: TransferCounters,
    /// Notified when a connection begins or ends, when bytes are written, and by commands.
    progress: Event,
}

/// State behind the lock.
#[derive(Debug)]
struct MailboxState {
    session: Session<BoxResponder>,
    /// Wakes the task, if it sleeps.
    waker: Option<Waker>,
    /// The command that the task has not taken yet.
    command: Option<Command>,
    /// State that only sessions that outlive connections need.
    resumption: Option<Box<ResumptionState>>,
    /// Closures that the task has not run yet.
    calls: HandlerCalls,
    /// Counts losses of a client that the server has forgotten.
    late: Option<Arc<LateDrops>>,
}

impl MailboxState {
    /// Forgets the commands to the last connection, and returns the waker of its task to be dropped.
    fn forget_connection(&mut self) -> Option<Waker> {
        let command = self.command.take();
        // A command to close this connection must not close the next. The flag may stay set for one look.
        self.command = command.filter(Command::outlives_connection);
        if let Some(resumption) = &mut self.resumption {
            resumption.bye = None;
        }
        self.waker.take()
    }
}

/// State of the session for looks without the lock. Each value may be a moment old.
#[derive(Debug, Default)]
struct Published {
    has_command: AtomicBool,
    /// Whether closures wait for the handler.
    has_calls: AtomicBool,
    /// Whether a request of this side has no response yet.
    expects_responses: AtomicBool,
    /// Bytes to be written.
    queued: AtomicUsize,
    /// Memory of the queues, if it is bounded.
    memory: AtomicUsize,
    /// Ticket of the queue, or 0.
    ticket: AtomicU64,
    /// Whether the current connection has a bulk transfer, which must not delay other messages.
    has_bulk: AtomicBool,
}

impl Mailbox {
    /// Creates a mailbox without a connection. With a budget, its send queue shares memory with others,
    /// and may be evicted.
    pub(crate) fn new(
        config: Arc<SessionConfig>,
        runtime: Arc<dyn AsyncRuntime>,
        budget: Option<Arc<SendBudget>>,
    ) -> Arc<Self> {
        let permit = budget.as_ref().map(|it| Permit::new(it.memory().clone()));
        let session = Session::new(config.clone(), permit.unwrap_or_default());
        let never_congested = config.limits.max_queued_bytes.min(FREE_QUOTA) / 2;
        let mailbox = Arc::new(Self {
            config,
            runtime,
            shared: Mutex::new(MailboxState {
                session,
                waker: None,
                command: None,
                resumption: None,
                calls: HandlerCalls::default(),
                late: None,
            }),
            published: Published::default(),
            is_awake: AtomicBool::new(false),
            never_congested,
            budget,
            transfers: TransferCounters::default(),
            progress: Event::new(),
        });
        // Last: from now on, other threads may look at its ticket.
        if let Some(budget) = &mailbox.budget {
            budget.join(&mailbox);
        }
        mailbox
    }

    // --- Properties ---

    /// Returns the configuration of the session.
    pub(crate) fn config(&self) -> &SessionConfig {
        &self.config
    }

    /// Returns the runtime of the task.
    pub(crate) fn runtime(&self) -> &Arc<dyn AsyncRuntime> {
        &self.runtime
    }

    /// Returns the number of the current or last connection.
    pub(crate) fn connection(&self) -> u64 {
        self.lock().session.connection()
    }

    /// Returns the default timeout of requests.
    pub(crate) fn request_timeout(&self) -> Duration {
        self.config.limits.request_timeout
    }

    /// Returns the time of busy polling after a transfer.
    #[inline]
    pub(crate) fn busy_poll(&self) -> Duration {
        self.config.limits.busy_poll
    }

    /// Returns the statistics of both directions at this moment.
    pub(crate) fn stats(&self) -> Stats {
        self.stats_of(&self.lock())
    }

    fn stats_of(&self, shared: &MailboxState) -> Stats {
        let mut stats = self.transfers.stats(&shared.session);
        if let Some(resumption) = &shared.resumption {
            resumption.add_to(&mut stats);
        }
        stats
    }

    /// Returns the ticket of the send queue, if its connection may be evicted.
    fn ticket(&self) -> Option<Ticket> {
        Ticket::new(self.published.ticket.load(Ordering::Relaxed))
    }

    #[inline]
    fn is_congested_by(&self, queued: usize, memory: usize) -> bool {
        let budget = self.budget.as_deref();
        // Less and less while others grow: a queue may become congested without growing itself.
        let budget = budget.map(|budget| budget.memory().limit_of_one());
        self.config.is_congested(queued, memory, budget)
    }

    // --- The lock ---

    #[inline]
    fn lock(&self) -> MutexGuard<'_, MailboxState> {
        // A panic leaves the session consistent: a message is encoded before it is counted. Messages that were
        // dropped to make room for it are lost.
        self.shared.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Publishes the state of the session, collects the responses that have failed, and unlocks.
    #[inline]
    fn unlock(&self, mut shared: MutexGuard<'_, MailboxState>, wakeups: &mut Wakeups) {
        // Before unlocking: the state of the last change must be published last.
        self.publish(&shared.session);
        // Failed by any change: those of a message that panicked are found by a later one.
        if shared.session.has_failed() {
            wakeups.fail(shared.session.take_failed());
        }
        drop(shared);
    }

    /// Changes the state behind the lock, publishes it, and fails the responses that have failed by it.
    #[inline]
    fn update<T>(&self, change: impl FnOnce(&mut MailboxState) -> T) -> T {
        Wakeups::collect(|wakeups| {
            let mut shared = self.lock();
            let output = change(&mut shared);
            self.unlock(shared, wakeups);
            output
        })
    }

    #[inline]
    fn publish(&self, session: &Session<BoxResponder>) {
        let published = &self.published;
        // Relaxed: the values are hints, and each decision that counts is made under the lock.
        published.queued.store(session.queued(), Ordering::Relaxed);
        // Only a shared budget gives these a meaning.
        if self.budget.is_some() {
            published.memory.store(session.memory(), Ordering::Relaxed);
            let ticket = session.ticket().map_or(0, Ticket::get);
            published.ticket.store(ticket, Ordering::Relaxed);
        }
        published
            .expects_responses
            .store(session.expects_responses(), Ordering::Relaxed);
    }

    /// Publishes the state of the session after messages were pushed at once, which changes less of it.
    #[inline]
    fn publish_pushed(&self, session: &Session<BoxResponder>) {
        if session.held() > FREE_QUOTA && self.budget.is_some() {
            return self.publish(session);
        }
        // A short queue has no reservation, so that it needs no memory and gets no ticket.
        let queued = session.queued();
        self.published.queued.store(queued, Ordering::Relaxed);
    }

    #[inline]
    fn notify_progress(&self) {
        // All of them: each waits for a condition of its own.
        notify_all(&self.progress);
    }

    /// Takes the waker of the task, if it sleeps.
    #[inline]
    fn take_waker(&self, shared: &mut MailboxState) -> Option<Waker> {
        // Relaxed: the task sets it to `false` under the lock, which the caller holds.
        if self.is_awake.load(Ordering::Relaxed) {
            return None;
        }
        shared.waker.take()
    }

    /// Takes the waker of the task, if it sleeps and can do something with new frames.
    #[inline]
    fn take_waker_for_frames(&self, shared: &mut MailboxState) -> Option<Waker> {
        if shared.session.wants_wakeup() {
            self.take_waker(shared)
        } else {
            None
        }
    }
}

impl MailboxState {
    fn count_late(&self, error: SendError, is_response: bool) {
        if let Some(late) = &self.late {
            late.count(error, is_response);
        }
    }
}
