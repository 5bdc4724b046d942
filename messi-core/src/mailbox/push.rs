//! Sending: the ways of a message into the session.

use std::sync::Arc;
use std::task::Waker;

use log::{Level, log, log_enabled};
use messi_wire::SendError;
use messi_wire::encode::append_frame;
use messi_wire::frame::{self, HEADER_SIZE};
use messi_wire::session::{OnRefusal, Outgoing, Refusal, RequestId, Sender, SessionConfig};
use prost::Message;

use super::{BoxResponder, Mailbox, Wakeups, opening};
use crate::LOG_TARGET;
use crate::tasks::wake;

impl Mailbox {
    /// Pushes a message, or returns the reason why not. `member` is the field number of its request or
    /// response.
    pub(crate) fn push(
        self: &Arc<Self>,
        message: &impl Message,
        member: Option<u32>,
    ) -> Result<(), SendError> {
        self.push_message(message, member, None, OnRefusal::Return)
    }

    /// Pushes a message. One that is refused is dropped, and closes the connection if the peer may not
    /// miss it.
    pub(crate) fn send(self: &Arc<Self>, message: &impl Message, member: Option<u32>) {
        if let Err(error) = self.push_message(message, member, None, OnRefusal::Close) {
            log_not_sent(&self.config, message, error);
        }
    }

    /// Pushes a request. Its response, or the reason why there is no response, goes to `responder`.
    pub(crate) fn push_request(
        self: &Arc<Self>,
        message: &impl Message,
        member: Option<u32>,
        responder: BoxResponder,
    ) {
        // The responder gets the error.
        let _ = self.push_message(message, member, None, OnRefusal::Fail(responder));
    }

    /// Pushes the response to a request, or returns the reason why not.
    pub(crate) fn push_response(
        self: &Arc<Self>,
        message: &impl Message,
        member: u32,
        request: RequestId,
        on_refusal: OnRefusal<BoxResponder>,
    ) -> Result<(), SendError> {
        self.push_message(message, Some(member), Some(request), on_refusal)
    }

    /// Pushes a message, which is the reply to `request` if there is one.
    #[inline]
    fn push_message(
        self: &Arc<Self>,
        message: &impl Message,
        member: Option<u32>,
        request: Option<RequestId>,
        on_refusal: OnRefusal<BoxResponder>,
    ) -> Result<(), SendError> {
        // Foreign code, before the lock.
        let size = message.encoded_len();
        let append =
            |buffer: &mut Vec<u8>| append_frame(buffer, self.config.role.sent(), message, size);
        // A responder gets an error even if its message is no request.
        let is_plain = member.is_none() && !matches!(on_refusal, OnRefusal::Fail(_));
        if is_plain
            && size <= self.config.limits.max_sent_size
            && let Some(waker) = self.push_at_once(HEADER_SIZE + size, 1, append)
        {
            wake(waker);
            return Ok(());
        }
        let outgoing = Outgoing {
            size,
            member,
            sender: request.map_or_else(|| self.sender(), Sender::Reply),
            on_refusal,
            append: &append,
        };
        self.push_slowly(outgoing)
    }

    fn push_slowly(self: &Arc<Self>, message: Outgoing<'_, BoxResponder>) -> Result<(), SendError> {
        Wakeups::collect(|wakeups| {
            let result = self.push_outgoing(message, wakeups);
            result.map_err(|refusal| self.handle_refusal(refusal, wakeups))
        })
    }

    /// Returns the sender of a message that is no reply.
    pub(crate) fn sender(&self) -> Sender {
        if opening::is_inside(self) {
            Sender::Opening
        } else {
            Sender::Other
        }
    }

    /// Pushes messages in one step, and returns the waker to call; `None` if that is not possible, and each must be
    /// pushed by itself: see [`Session::push_at_once`](messi_wire::session::Session::push_at_once).
    #[inline]
    fn push_at_once(
        &self,
        size: usize,
        messages: u64,
        append: impl FnOnce(&mut Vec<u8>) -> Result<(), SendError>,
    ) -> Option<Option<Waker>> {
        let mut shared = self.lock();
        let is_pushed = shared.session.push_at_once(size, messages, append);
        is_pushed.then(|| {
            self.publish_pushed(&shared.session);
            // Taken in the same step as the push: a task that parks later sees the frames.
            self.take_waker_for_frames(&mut shared)
        })
    }

    /// Pushes complete frames of messages below the size limit that are neither requests nor responses. A
    /// frame that is refused is handled like a message of [`send`](Self::send).
    pub(crate) fn push_frames(
        self: &Arc<Self>,
        sender: Sender,
        frames: &[u8],
        messages: u64,
        wakeups: &mut Wakeups,
    ) {
        let append = |buffer: &mut Vec<u8>| {
            buffer.extend_from_slice(frames);
            Ok(())
        };
        match self.push_at_once(frames.len(), messages, append) {
            Some(waker) => wakeups.wake(waker),
            None => self.push_each(sender, frames, wakeups),
        }
    }

    /// Pushes complete frames of messages below the size limit one by one, so that each makes room or is
    /// refused.
    #[cold]
    pub(crate) fn push_each(
        self: &Arc<Self>,
        sender: Sender,
        frames: &[u8],
        wakeups: &mut Wakeups,
    ) {
        frame::split(frames).for_each(|frame| self.push_frame(sender, frame, wakeups));
    }

    #[cold]
    fn push_frame(self: &Arc<Self>, sender: Sender, frame: &[u8], wakeups: &mut Wakeups) {
        let payload = &frame[HEADER_SIZE..];
        let message = Outgoing {
            size: payload.len(),
            member: self.config.kinds.member(payload),
            sender,
            on_refusal: OnRefusal::Close,
            append: &|buffer| {
                buffer.extend_from_slice(frame);
                Ok(())
            },
        };
        if let Err(refusal) = self.push_outgoing(message, wakeups) {
            // Later: the registry may be locked.
            wakeups.log_not_sent(member_name(&self.config, payload), refusal.error);
            self.handle_refusal(refusal, wakeups);
        }
    }

    fn push_outgoing(
        self: &Arc<Self>,
        mut message: Outgoing<'_, BoxResponder>,
        wakeups: &mut Wakeups,
    ) -> Result<(), Refusal> {
        let now = || self.runtime.now();
        loop {
            let mut shared = self.lock();
            let Err(rejected) = shared.session.push(message, now) else {
                wakeups.wake(self.take_waker_for_frames(&mut shared));
                let losses = shared.session.take_losses();
                self.unlock(shared, wakeups);
                wakeups.log_losses(losses);
                return Ok(());
            };
            if rejected.lacks_memory {
                // Not under this lock: it takes the locks of other mailboxes.
                self.unlock(shared, wakeups);
                if self.evict_slower(wakeups) {
                    // Another thread may take the memory first: then one more is evicted.
                    message = rejected.message;
                    continue;
                }
                // Whatever has changed meanwhile, the message is refused.
                shared = self.lock();
            }
            // No other queue has kept its peer waiting for longer: this one is evicted.
            let lacks_memory = rejected.lacks_memory;
            let is_response = self.config.kinds.is_response(rejected.message.member);
            let refusal = shared.session.refuse(rejected);
            // In the step of the refusal: with `deregister` in between, the loss would count twice.
            shared.count_late(refusal.error, is_response);
            let losses = shared.session.take_losses();
            self.unlock(shared, wakeups);
            wakeups.log_losses(losses);
            // Before the caller closes the connection, which would still write the rest of the queue.
            if lacks_memory {
                self.evict(wakeups);
            }
            return Err(refusal);
        }
    }

    /// Evicts the mailbox with the slowest peer, unless it is this one. Returns whether there was one.
    #[cold]
    fn evict_slower(&self, wakeups: &mut Wakeups) -> bool {
        let Some(budget) = self.budget.as_deref() else {
            return false;
        };
        // Another thread may evict the same one at the same moment.
        while let Some(slowest) = budget.slowest() {
            if std::ptr::eq(&*slowest, self) {
                // This peer is the slowest: no other connection may end for it.
                return false;
            }
            if slowest.evict(wakeups) {
                return true;
            }
        }
        false
    }

    /// Closes the connection, if it must be for a refused message. Returns the reason of the refusal.
    #[cold]
    fn handle_refusal(self: &Arc<Self>, refusal: Refusal, wakeups: &mut Wakeups) -> SendError {
        if let Some(reason) = refusal.close {
            self.close_with(reason, wakeups);
        }
        refusal.error
    }

    /// Counts a message that is not sent.
    pub(crate) fn count_dropped(&self, error: SendError) {
        let mut shared = self.lock();
        shared.session.count_dropped(error);
        shared.count_late(error, false);
    }
}

/// Logs a message that was not sent, where no caller gets the error.
#[cold]
pub(crate) fn log_not_sent(config: &SessionConfig, message: &impl Message, error: SendError) {
    // Only its encoding has the number of its member: it is encoded for a line that is wanted.
    if log_enabled!(target: LOG_TARGET, level_of(error)) {
        log_member_not_sent(member_name(config, &message.encode_to_vec()), error);
    }
}

/// Logs a message for a member that was not sent.
#[cold]
pub(crate) fn log_member_not_sent(member: &str, error: SendError) {
    log!(target: LOG_TARGET, level_of(error), "`{member}` is not sent: {error}");
}

fn member_name(config: &SessionConfig, payload: &[u8]) -> &'static str {
    config.member_name(payload).unwrap_or("message")
}

/// Returns the level of the log line about a message that was not sent.
fn level_of(error: SendError) -> Level {
    match error {
        // The code of the message is wrong.
        SendError::WrongSize { .. } => Level::Error,
        _ => Level::Debug,
    }
}
