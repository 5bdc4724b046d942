//! Commands to the task of a connection.

use std::sync::atomic::Ordering;
use std::sync::{Arc, MutexGuard};

use messi_wire::DisconnectReason;

use super::{Mailbox, MailboxState, Wakeups};

/// Command to the task of a connection. A stronger command replaces a weaker one that waits.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Command {
    /// Take the new socket that waits in the mailbox.
    Handover,
    /// Give the connection up, and go on with the session on another one.
    Reconnect,
    /// Handle the messages that the peer has sent until now, write the responses, and close the
    /// connection.
    Drain,
    /// Write the messages that were sent until now, and close the connection.
    Close(DisconnectReason),
    /// Close the connection at once, as its memory is needed by others.
    Evict,
    /// Close the connection like [`Close`](Self::Close), and end the task.
    Stop,
    /// Close the connection at once, and end the task.
    Abort,
}

impl Command {
    fn strength(&self) -> u8 {
        match self {
            Self::Handover => 0,
            Self::Reconnect => 1,
            Self::Drain => 2,
            Self::Close(_) => 3,
            Self::Evict => 4,
            Self::Stop => 5,
            Self::Abort => 6,
        }
    }

    /// Returns whether the command is for the task rather than for one connection.
    pub(super) fn outlives_connection(&self) -> bool {
        matches!(self, Self::Stop | Self::Abort)
    }
}

impl Mailbox {
    /// Drains the connection: see [`Command::Drain`].
    pub(crate) fn drain(self: &Arc<Self>) {
        let shared = self.lock();
        if shared.session.accepts_messages() {
            self.run_command(shared, Command::Drain);
        }
    }

    /// Closes the connection: see [`Command::Close`].
    pub(crate) fn close(self: &Arc<Self>, reason: DisconnectReason) {
        Wakeups::collect(|wakeups| self.close_with(reason, wakeups));
    }

    /// Closes the connection, and leaves waking its task to the caller: see [`Command::Close`].
    pub(crate) fn close_with(self: &Arc<Self>, reason: DisconnectReason, wakeups: &mut Wakeups) {
        let mut shared = self.lock();
        if shared.session.accepts_messages() {
            // Messages that are sent from now on come after the command, and are refused.
            shared.session.seal();
            self.command(shared, Command::Close(reason), wakeups);
        }
    }

    /// Closes the connection and ends the task: see [`Command::Stop`].
    pub(crate) fn stop(self: &Arc<Self>) {
        self.end_task(Command::Stop);
    }

    /// Ends the task at once: see [`Command::Abort`].
    pub(crate) fn abort(self: &Arc<Self>) {
        self.end_task(Command::Abort);
    }

    fn end_task(self: &Arc<Self>, command: Command) {
        let mut shared = self.lock();
        // Even without a connection: the task waits for one, or for its next attempt.
        shared.session.stop();
        self.run_command(shared, command);
    }

    /// Drops all queued messages and closes the connection at once. Returns `false` if there is no
    /// connection.
    pub(crate) fn evict(self: &Arc<Self>, wakeups: &mut Wakeups) -> bool {
        let mut shared = self.lock();
        let is_open = shared.session.accepts_messages();
        if is_open {
            shared.session.evict();
            self.command(shared, Command::Evict, wakeups);
        }
        is_open
    }

    pub(super) fn run_command(
        self: &Arc<Self>,
        shared: MutexGuard<'_, MailboxState>,
        command: Command,
    ) {
        Wakeups::collect(|wakeups| self.command(shared, command, wakeups));
    }

    /// Leaves a command for the task, and unlocks.
    fn command(
        self: &Arc<Self>,
        mut shared: MutexGuard<'_, MailboxState>,
        command: Command,
        wakeups: &mut Wakeups,
    ) {
        let waiting = shared.command.as_ref();
        if waiting.is_none_or(|waiting| command.strength() > waiting.strength()) {
            // The weaker one is dropped: the connection ends sooner now.
            shared.command = Some(command);
        }
        // Before the task is woken, which looks at the flag first.
        self.published.has_command.store(true, Ordering::Release);
        wakeups.wake(self.take_waker(&mut shared));
        // The tasks that wait for the send queue learn that no more messages are accepted.
        wakeups.notify(self.clone());
        self.unlock(shared, wakeups);
    }
}
