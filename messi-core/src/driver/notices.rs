//! Events of a session, for its handler, in their place among the messages.

use std::collections::VecDeque;
use std::time::Duration;

use messi_wire::DisconnectReason;

use crate::ConnectError;

/// Something that happened to a session, for its handler.
#[derive(Debug)]
pub(crate) enum Notice {
    /// The connection is lost.
    Interrupted(DisconnectReason),
    /// There is another connection, after this time.
    Resumed(Duration),
    /// An attempt to connect has failed.
    ConnectFailed(ConnectError),
}

/// Notices, each behind the messages that were received before it.
#[derive(Debug, Default)]
pub(super) struct Notices {
    /// Each with the number of messages between the one before and it.
    queue: VecDeque<(u64, Notice)>,
}

impl Notices {
    /// Puts a notice behind this number of messages that wait. Returns `false` if the notice is not for the handler:
    /// nothing was received on the connection that is lost, and the handler has not heard of that connection.
    pub(super) fn push(&mut self, unhandled: u64, notice: Notice) -> bool {
        let before: u64 = self.queue.iter().map(|(messages, _)| messages).sum();
        let messages = unhandled.saturating_sub(before);
        match (self.queue.back_mut(), &notice) {
            (Some((_, Notice::Resumed(_))), Notice::Interrupted(_)) if messages == 0 => {
                self.queue.pop_back();
                return false;
            }
            // The newest notice has all the information.
            (Some((_, last @ Notice::ConnectFailed(_))), Notice::ConnectFailed(_)) => {
                *last = notice
            }
            _ => self.queue.push_back((messages, notice)),
        }
        true
    }

    /// Records that a message is handled next.
    pub(super) fn handle_message(&mut self) {
        if let Some((messages, _)) = self.queue.front_mut() {
            *messages = messages.saturating_sub(1);
        }
    }

    /// Returns whether no notice waits, be it behind messages.
    #[inline]
    pub(super) fn is_empty(&self) -> bool {
        self.queue.is_empty()
    }

    /// Takes the next notice if it comes before the next message.
    pub(super) fn take_due(&mut self) -> Option<Notice> {
        match self.queue.front() {
            Some((0, _)) => self.queue.pop_front().map(|(_, notice)| notice),
            _ => None,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn interrupted() -> Notice {
        Notice::Interrupted(DisconnectReason::KeepAliveTimeout)
    }

    fn resumed(seconds: u64) -> Notice {
        Notice::Resumed(Duration::from_secs(seconds))
    }

    /// Returns the names of the notices with the numbers of messages before them.
    fn take_all(notices: &mut Notices, messages: u64) -> Vec<(u64, &'static str)> {
        let mut taken = Vec::new();
        for handled in 0..=messages {
            while let Some(notice) = notices.take_due() {
                let name = match notice {
                    Notice::Interrupted(_) => "interrupted",
                    Notice::Resumed(_) => "resumed",
                    Notice::ConnectFailed(_) => "failed",
                };
                taken.push((handled, name));
            }
            notices.handle_message();
        }
        taken
    }

    #[test]
    fn a_notice_comes_between_the_messages_before_and_after_it() {
        let mut notices = Notices::default();
        assert!(notices.push(2, interrupted()));
        assert!(notices.push(2, resumed(1)));
        assert!(notices.push(5, interrupted()));
        let expected = [(2, "interrupted"), (2, "resumed"), (5, "interrupted")];
        assert_eq!(take_all(&mut notices, 6), expected);
    }

    #[test]
    fn a_connection_without_a_message_is_none_for_the_handler() {
        let mut notices = Notices::default();
        assert!(notices.push(2, interrupted()));
        for seconds in 1..1_000 {
            assert!(notices.push(2, resumed(seconds)));
            assert!(!notices.push(2, interrupted()));
        }
        assert!(notices.push(2, resumed(1_000)));
        assert_eq!(
            take_all(&mut notices, 2),
            [(2, "interrupted"), (2, "resumed")]
        );
        // The same once the first one was taken.
        assert!(notices.push(0, interrupted()));
        assert_eq!(take_all(&mut notices, 0), [(0, "interrupted")]);
        assert!(notices.push(0, resumed(1)));
        assert!(!notices.push(0, interrupted()));
        assert!(notices.push(0, resumed(2)));
        assert_eq!(take_all(&mut notices, 0), [(0, "resumed")]);
    }

    #[test]
    fn failures_to_connect_are_told_once_at_a_time() {
        let mut notices = Notices::default();
        notices.push(1, interrupted());
        for _ in 0..1_000 {
            let limit = Duration::from_secs(1);
            notices.push(1, Notice::ConnectFailed(ConnectError::Timeout { limit }));
        }
        assert_eq!(
            take_all(&mut notices, 1),
            [(1, "interrupted"), (1, "failed")]
        );
    }
}
