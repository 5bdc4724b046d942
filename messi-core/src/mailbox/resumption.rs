//! The part of a mailbox that sessions need which outlive connections.

use std::sync::Arc;

use messi_wire::DisconnectReason;
use messi_wire::resumption::{Bye, Resume, Token};

use super::{Command, Mailbox, MailboxState, Wakeups};
use crate::Stats;
use crate::handover::Handover;

/// State of sessions behind the lock of the mailbox.
#[derive(Debug, Default)]
pub(super) struct ResumptionState {
    /// The token that the client must send to go on with the session that this server has granted.
    token: Option<Token>,
    /// A new socket that the task has not taken yet.
    handover: Option<Box<Handover>>,
    /// The `Bye` for the peer when this side disconnects it, if the program has set one.
    pub(super) bye: Option<Box<Bye>>,
    resumed: u64,
    lost_sessions: u64,
    replayed_messages: u64,
}

impl ResumptionState {
    pub(super) fn add_to(&self, stats: &mut Stats) {
        stats.resumed += self.resumed;
        stats.lost_sessions += self.lost_sessions;
        stats.replayed_messages += self.replayed_messages;
    }
}

impl MailboxState {
    fn resumption(&mut self) -> &mut ResumptionState {
        self.resumption.get_or_insert_default()
    }
}

impl Mailbox {
    // --- The server's side ---

    /// Records the session that is granted to the client.
    pub(crate) fn set_token(&self, token: Token) {
        self.lock().resumption().token = Some(token);
    }

    /// Returns whether a client knows the secret of the session.
    pub(crate) fn accepts(&self, resume: &Resume) -> bool {
        let shared = self.lock();
        let token = shared.resumption.as_ref().and_then(|it| it.token.as_ref());
        token.is_some_and(|token| *token == resume.token)
    }

    /// Gives a new socket to the session. A newer one replaces one that was not taken yet. It is dropped if there is no
    /// session any more.
    pub(crate) fn hand_over(self: &Arc<Self>, handover: Box<Handover>) {
        let mut shared = self.lock();
        // Dropped at the end, after the lock: sockets are foreign code.
        let _dropped = if shared.session.has_session() {
            let replaced = shared.resumption().handover.replace(handover);
            self.run_command(shared, Command::Handover);
            replaced
        } else {
            drop(shared);
            Some(handover)
        };
    }

    // --- The client's side ---

    /// Gives the connection up, if there is one. A session goes on with another one, all else ends.
    pub(crate) fn reconnect(self: &Arc<Self>) {
        let shared = self.lock();
        if shared.session.is_acknowledged() && shared.session.has_session() {
            self.run_command(shared, Command::Reconnect);
        } else {
            drop(shared);
            self.close(DisconnectReason::Disconnected);
        }
    }

    // --- The task's side ---

    /// Takes the new socket that waits for the session.
    pub(crate) fn take_handover(&self) -> Option<Box<Handover>> {
        self.lock().resumption.as_mut()?.handover.take()
    }

    /// Records whether the peer acknowledges messages, as far as is known.
    pub(crate) fn set_acknowledged(&self, is_acknowledged: bool) {
        self.update(|shared| shared.session.set_acknowledged(is_acknowledged));
        self.notify_progress();
    }

    /// Records the number of the last message that the peer has acknowledged, and the memory of those that it has not,
    /// in bytes.
    pub(crate) fn handle_acknowledged(&self, messages: u64, kept_memory: usize) {
        self.update(|shared| shared.session.handle_acknowledged(messages, kept_memory));
        self.notify_progress();
    }

    /// Records that the session waits for another connection.
    pub(crate) fn handle_interrupted(&self) {
        self.update(|shared| shared.session.set_interrupted(true));
        self.notify_progress();
    }

    /// Records that the session goes on with another connection, on which this number of messages is sent again.
    pub(crate) fn handle_resumed(&self, replayed: u64) {
        self.update(|shared| {
            shared.session.set_interrupted(false);
            let resumption = shared.resumption();
            resumption.resumed += 1;
            resumption.replayed_messages += replayed;
        });
        self.notify_progress();
    }

    /// Counts a session that is lost.
    pub(crate) fn count_lost_session(&self) {
        self.lock().resumption().lost_sessions += 1;
    }

    // --- Ends ---

    /// Closes the connection like [`close`](Self::close), and sends the peer of a session more than the reason.
    pub(crate) fn close_with_bye(self: &Arc<Self>, bye: Bye) {
        // Before the command, with which the task looks for it. A later one replaces it.
        let replaced = self.lock().resumption().bye.replace(Box::new(bye));
        Wakeups::collect(|wakeups| self.close_with(DisconnectReason::Disconnected, wakeups));
        drop(replaced);
    }

    /// Takes the `Bye` of the program for the peer that it disconnects.
    pub(crate) fn take_bye(&self) -> Option<Bye> {
        self.lock().resumption.as_mut()?.bye.take().map(|bye| *bye)
    }
}
