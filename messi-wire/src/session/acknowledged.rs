//! The messages that the peer has acknowledged in a session that can be resumed: see
//! [`resumption`](crate::resumption).

use super::{PendingResponse, Session};

/// The acknowledgements of one session.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct Acknowledged {
    /// Whether the connection is lost, and the session waits for another one.
    is_interrupted: bool,
    /// Number of the last acknowledged message.
    messages: u64,
    /// Memory of the messages that wait for it, in bytes.
    kept_memory: usize,
}

impl<R: PendingResponse> Session<R> {
    /// Records whether the peer acknowledges messages, as far as is known.
    pub fn set_acknowledged(&mut self, is_acknowledged: bool) {
        self.acknowledged = is_acknowledged.then(Box::default);
    }

    /// Returns whether the peer acknowledges messages, as far as is known.
    pub fn is_acknowledged(&self) -> bool {
        self.acknowledged.is_some()
    }

    /// Records the number of the last message that the peer has acknowledged, and the memory of those that it has not,
    /// in bytes.
    pub fn handle_acknowledged(&mut self, messages: u64, kept_memory: usize) {
        if let Some(acknowledged) = &mut self.acknowledged {
            acknowledged.messages = messages;
            acknowledged.kept_memory = kept_memory;
            self.permit.shrink_to(self.memory());
        }
    }

    /// Returns whether the peer has acknowledged the [`pushed_messages`](Self::pushed_messages) up to this number, or
    /// all that are not dropped.
    pub fn has_acknowledged(&self, messages: u64) -> bool {
        let acknowledged = self.acknowledged.as_ref().map_or(0, |it| it.messages);
        acknowledged >= messages.min(self.pushed_messages())
    }

    /// Returns the memory of the messages that the peer has not acknowledged, in bytes.
    #[inline]
    pub fn kept_memory(&self) -> usize {
        self.acknowledged.as_ref().map_or(0, |it| it.kept_memory)
    }

    /// Records that the connection is lost and the session waits for another one, or that there is one. Meanwhile,
    /// messages go into the send queue as before.
    pub fn set_interrupted(&mut self, is_interrupted: bool) {
        if let Some(acknowledged) = &mut self.acknowledged {
            acknowledged.is_interrupted = is_interrupted;
        }
    }

    /// Returns whether the connection is lost, and the session waits for another one.
    #[inline]
    pub(super) fn is_interrupted(&self) -> bool {
        self.acknowledged
            .as_ref()
            .is_some_and(|it| it.is_interrupted)
    }
}
