//! How far the messages of a connection have come.

/// Progress of one connection. Its messages are numbered from 1, in the order in which they leave.
///
/// It is exact to a batch of frames, which the connection takes and writes as a whole: counting single frames
/// would cost each message something.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct Progress {
    /// Messages that the session has counted and that do not leave on this connection: those of earlier
    /// connections, and those dropped from the queue.
    others: u64,
    /// Number of the last message taken from the queue.
    taken: u64,
    /// Number of the last message certainly written.
    written: u64,
    /// `written` at the last two keep-alive checks, the older one first.
    checked: [u64; 2],
    /// `written` at the end of the connection before.
    written_before: u64,
}

impl Progress {
    /// Begins a connection of a session that has counted this number of messages.
    pub(super) fn begin(&mut self, messages: u64) {
        *self = Self {
            others: messages,
            written_before: self.written,
            ..Self::default()
        };
    }

    /// Records messages that were dropped from the queue.
    pub(super) fn handle_dropped(&mut self, messages: u64) {
        self.others += messages;
    }

    /// Records that all messages of the queue were taken, and returns their number.
    #[inline]
    pub(super) fn handle_taken(&mut self, messages: u64) -> u64 {
        let before = self.taken;
        self.taken = self.pushed(messages);
        self.taken.saturating_sub(before)
    }

    /// Records that all messages taken are written.
    #[inline]
    pub(super) fn handle_written(&mut self) {
        self.written = self.taken;
    }

    /// Records a keep-alive check at which the peer was alive.
    pub(super) fn handle_keep_alive(&mut self) {
        self.checked = [self.checked[1], self.written];
    }

    /// Records the end of the connection with this number of messages that were not written.
    pub(super) fn end(&mut self, messages: u64, unsent: u64) {
        self.written = self.pushed(messages).saturating_sub(unsent);
    }

    /// Returns the number of the last message pushed, of this number counted by the session.
    #[inline]
    pub(super) fn pushed(&self, messages: u64) -> u64 {
        messages.saturating_sub(self.others)
    }

    /// Returns the number of the last message certainly written.
    pub(super) fn written(&self) -> u64 {
        self.written
    }

    /// Returns the number of the last message written on the connection before.
    pub(super) fn written_before(&self) -> u64 {
        self.written_before
    }

    /// Returns the number of messages that were written since the keep-alive check before the last one.
    pub(super) fn unconfirmed(&self) -> u64 {
        self.written.saturating_sub(self.checked[0])
    }
}
