//! The counts of a session, and the messages that are kept to be sent again.

use thiserror::Error;

use super::control::Grant;
use super::window::Window;

/// Bytes of received messages after which the next write reports the count to the peer.
const TOLD_WITH_WRITE: usize = 16 * 1024;

/// Bytes of received messages after which a write of its own reports the count to the peer. A peer with a small window
/// gets the report earlier.
const TOLD_ALONE: usize = 64 * 1024;

/// The peer has acknowledged messages that were not sent, or fewer than before.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Error)]
#[error("the peer has acknowledged {acknowledged} messages, expected {least} to {most}")]
pub struct Mismatch {
    /// The number that the peer has acknowledged.
    pub acknowledged: u64,
    /// The number that it had acknowledged before.
    pub least: u64,
    /// The number of sent messages.
    pub most: u64,
}

/// One side's part of a session that survives its connections. Messages are numbered from 1, by the order in which
/// they are written.
#[cfg_attr(test, derive(Clone))]
#[derive(Debug, Default)]
pub struct Delivery {
    /// The session, once the server has granted it.
    grant: Option<Grant>,
    /// Bytes of the window after which no messages are written.
    limit: usize,
    window: Window,
    /// Number of the last message taken for writing.
    sent: u64,
    /// How many of them are not in the window yet, as their batch is being written.
    in_flight: u64,
    /// Number of the last message that the peer has acknowledged.
    acknowledged: u64,
    /// Number of the next message to send again.
    replayed: Option<u64>,
    /// Number of the last received message.
    received: u64,
    /// Number that was last sent to the peer.
    told: u64,
    /// Bytes of messages received since then.
    untold_bytes: usize,
}

impl Delivery {
    /// Creates the counts of a session that begins. The window has `limit` bytes, and one batch more.
    pub fn new(limit: usize) -> Self {
        Self {
            limit,
            ..Self::default()
        }
    }

    /// Records that the session was granted: from now on it survives its connection.
    pub fn handle_grant(&mut self, grant: Grant) {
        self.grant = Some(grant);
    }

    /// Returns the session, once it is granted.
    pub fn grant(&self) -> Option<&Grant> {
        self.grant.as_ref()
    }

    // --- Sending ---

    /// Returns whether so much is kept that no more messages are written.
    #[inline]
    pub fn is_full(&self) -> bool {
        self.window.size() >= self.limit
    }

    /// Records that this number of messages was taken for writing.
    #[inline]
    pub fn handle_taken(&mut self, messages: u64) {
        self.sent += messages;
        self.in_flight = messages;
    }

    /// Keeps the frames that were taken, once they are written or the connection is lost. Of large ones it takes the
    /// memory.
    #[inline]
    pub fn keep(&mut self, frames: &mut Vec<u8>) {
        // Others are kept already, as they are sent again, or are no messages.
        if self.in_flight > 0 {
            let first = self.sent - self.in_flight + 1;
            self.in_flight = 0;
            self.window.push(frames, first, self.sent);
            // The peer may have acknowledged them while the rest of the batch was being written.
            if self.acknowledged >= first {
                self.window.drop_until(self.acknowledged);
            }
        }
    }

    /// Records how many messages the peer has received.
    ///
    /// # Errors
    ///
    /// Returns an error, and leaves the state unchanged, if that can't be.
    pub fn acknowledge(&mut self, received: u64) -> Result<(), Mismatch> {
        if received < self.acknowledged || received > self.sent {
            return Err(Mismatch {
                acknowledged: received,
                least: self.acknowledged,
                most: self.sent,
            });
        }
        self.acknowledged = received;
        self.window.drop_until(received);
        Ok(())
    }

    /// Begins to send the unacknowledged messages again.
    pub fn begin_replay(&mut self) {
        debug_assert_eq!(self.in_flight, 0, "the frames being written were not kept");
        self.replayed = Some(self.acknowledged + 1);
        // The count is sent to the peer at the begin of the connection.
        self.take_received();
    }

    /// Returns whether messages are still to be sent again.
    #[inline]
    pub fn is_replaying(&self) -> bool {
        self.replayed.is_some()
    }

    /// Appends the next frames to send again. Returns `false` if there are no frames left.
    pub fn replay(&mut self, frames: &mut Vec<u8>) -> bool {
        let next = self
            .replayed
            .take()
            .map(|next| next.max(self.acknowledged + 1));
        let Some((bytes, last)) = next.and_then(|next| self.window.from(next)) else {
            return false;
        };
        frames.extend_from_slice(bytes);
        self.replayed = (last < self.sent).then_some(last + 1);
        true
    }

    /// Returns the number of sent messages that the peer has not acknowledged.
    pub fn unacknowledged(&self) -> u64 {
        self.sent - self.acknowledged
    }

    /// Returns the number of the last message taken for writing.
    pub fn sent(&self) -> u64 {
        self.sent
    }

    /// Returns the number of the last message that the peer has acknowledged.
    #[inline]
    pub fn acknowledged(&self) -> u64 {
        self.acknowledged
    }

    /// Returns the memory of the kept frames, in bytes.
    #[inline]
    pub fn memory(&self) -> usize {
        self.window.memory()
    }

    // --- Receiving ---

    /// Records a received message of this size with its header, in bytes.
    #[inline]
    pub fn handle_received(&mut self, size: usize) {
        self.received += 1;
        self.untold_bytes += size;
    }

    /// Returns the number of received messages.
    pub fn received(&self) -> u64 {
        self.received
    }

    /// Returns whether the count should be sent to the peer together with other frames.
    #[inline]
    pub fn is_worth_telling(&self) -> bool {
        self.grant.is_some() && self.untold_bytes >= TOLD_WITH_WRITE.min(self.told_alone())
    }

    /// Returns whether the count must be sent to the peer at once.
    #[inline]
    pub fn must_tell(&self) -> bool {
        self.untold_bytes >= self.told_alone()
    }

    /// Returns the number of received messages for the peer, if it has changed since the last call.
    pub fn take_received(&mut self) -> Option<u64> {
        let has_changed = self.told != self.received;
        self.told = self.received;
        self.untold_bytes = 0;
        has_changed.then_some(self.received)
    }

    #[inline]
    fn told_alone(&self) -> usize {
        let Some(grant) = &self.grant else {
            // Whether the peer would understand it is not known yet.
            return usize::MAX;
        };
        let part_of_window = usize::try_from(grant.window / 4).unwrap_or(usize::MAX);
        // Never 0: an acknowledgement of no messages would follow each frame.
        TOLD_ALONE.min(part_of_window).max(1)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Returns a batch that is too large to share its memory with others: two messages.
    fn batch(number: u8) -> Vec<u8> {
        let message = |byte: u8| [&[1, 0, 0xff, 0xff][..], &[byte; 0xffff]].concat();
        [message(2 * number), message(2 * number + 1)].concat()
    }

    /// Returns the counts after three batches of two messages each.
    fn delivery() -> Delivery {
        let mut delivery = Delivery::new(usize::MAX);
        for number in 0..3 {
            delivery.handle_taken(2);
            delivery.keep(&mut batch(number));
        }
        delivery
    }

    fn replay(delivery: &mut Delivery) -> Vec<u8> {
        let mut frames = Vec::new();
        delivery.replay(&mut frames);
        frames
    }

    #[test]
    fn one_batch_after_the_other_is_sent_again() {
        let mut delivery = delivery();
        delivery.begin_replay();
        for number in 0..3 {
            assert!(delivery.is_replaying());
            assert!(replay(&mut delivery) == batch(number), "batch {number}");
        }
        assert!(!delivery.is_replaying());
        assert!(replay(&mut delivery).is_empty());
    }

    #[test]
    fn what_is_acknowledged_meanwhile_is_left_out() {
        let mut delivery = delivery();
        delivery.begin_replay();
        assert!(replay(&mut delivery) == batch(0));
        delivery.acknowledge(5).unwrap();
        let rest = replay(&mut delivery);
        assert!(
            rest == batch(2)[batch(2).len() / 2..],
            "{} bytes",
            rest.len()
        );
        assert!(!delivery.is_replaying());
    }

    #[test]
    fn a_batch_that_is_acknowledged_while_it_is_written_is_not_kept() {
        let mut delivery = Delivery::new(usize::MAX);
        delivery.handle_taken(2);
        delivery.acknowledge(2).unwrap();
        delivery.keep(&mut batch(0));
        assert_eq!((delivery.unacknowledged(), delivery.memory()), (0, 0));
    }

    #[test]
    fn the_count_is_told_with_the_begin_of_a_connection() {
        let mut delivery = delivery();
        delivery.handle_received(100);
        delivery.begin_replay();
        assert_eq!(delivery.take_received(), None);
        delivery.handle_received(100);
        assert_eq!(delivery.take_received(), Some(2));
    }

    #[test]
    fn an_impossible_count_changes_nothing() {
        let mut delivery = delivery();
        delivery.acknowledge(2).unwrap();
        for received in [1, 7] {
            let mismatch = Mismatch {
                acknowledged: received,
                least: 2,
                most: 6,
            };
            assert_eq!(delivery.acknowledge(received), Err(mismatch));
        }
        assert_eq!(delivery.unacknowledged(), 4);
    }
}
