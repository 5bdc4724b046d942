//! The texts of a sequence of messages: all different, quick to make, quick to check.

use std::str;

use crate::{USER, fail};

/// The bytes that differ from message to message.
const HEAD: usize = 24;

/// What a text longer than its head is filled with.
const FILLER: u8 = b'x';

/// Where the filler is looked at: a memory page is not passed over.
const STRIDE: usize = 4096;

/// What the sender asks for, in the first byte of a text.
const PLAIN: u8 = b'-';
const ACKNOWLEDGE: u8 = b'!';

/// A position in a sequence of texts: a kind, and a number that counts up from message to message.
///
/// Sender and receiver each have one. The number is kept as the digits it is sent as, so that the
/// next costs little more than the change of one byte, and the check a comparison.
#[derive(Clone, Debug)]
pub(crate) struct Texts {
    bytes: Vec<u8>,
}

impl Texts {
    /// The beginning of a sequence of texts of this size, which is at least 24.
    pub(crate) fn new(size: usize) -> Self {
        let mut bytes = vec![FILLER; size.max(HEAD)];
        bytes[..HEAD].fill(b'0');
        Self { bytes }
    }

    /// The next text to send, and whether it asks for an acknowledgement.
    pub(crate) fn next(&mut self, acknowledge: bool) -> &str {
        let head = self.advance();
        head[0] = if acknowledge { ACKNOWLEDGE } else { PLAIN };
        str::from_utf8(&self.bytes).expect("texts are ASCII")
    }

    /// Checks that a message is the next of the sequence.
    pub(crate) fn expect(&mut self, user: &str, text: &str) {
        self.advance();
        if user != USER || !self.matches(text.as_bytes()) {
            self.fail_mismatch(user, text);
        }
    }

    /// Whether a text asks for an acknowledgement.
    pub(crate) fn asks_for_acknowledgement(text: &str) -> bool {
        text.as_bytes().first() == Some(&ACKNOWLEDGE)
    }

    fn advance(&mut self) -> &mut [u8; HEAD] {
        let head = self.bytes.first_chunk_mut().expect("a text has a head");
        for digit in head[1..].iter_mut().rev() {
            if *digit < b'9' {
                *digit += 1;
                break;
            }
            *digit = b'0';
        }
        head
    }

    fn matches(&self, text: &[u8]) -> bool {
        let Some((&(mut head), filler)) = text.split_first_chunk::<HEAD>() else {
            return false;
        };
        let is_known = matches!(head[0], PLAIN | ACKNOWLEDGE);
        head[0] = self.bytes[0];
        // Arrays are compared without a call.
        is_known
            && self.bytes.first_chunk() == Some(&head)
            && self.bytes.len() == text.len()
            && (filler.is_empty() || is_filler(filler))
    }

    fn fail_mismatch(&self, user: &str, text: &str) -> ! {
        let head =
            |bytes: &[u8]| String::from_utf8_lossy(&bytes[..bytes.len().min(HEAD)]).into_owned();
        fail(format!(
            "a message was lost, doubled or changed: expected {:?} with {} bytes, got {user:?} {:?} with {}",
            head(&self.bytes),
            self.bytes.len(),
            head(text.as_bytes()),
            text.len(),
        ))
    }
}

fn is_filler(bytes: &[u8]) -> bool {
    let mut looked_at = bytes.iter().step_by(STRIDE).chain(bytes.last());
    looked_at.all(|&byte| byte == FILLER)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_receiver_follows_a_sender() {
        for size in [24, 25, 64 * 1024] {
            let (mut sender, mut receiver) = (Texts::new(size), Texts::new(size));
            for number in 1..=1_001 {
                let acknowledge = number % 100 == 0;
                let text = sender.next(acknowledge).to_owned();
                assert_eq!(Texts::asks_for_acknowledgement(&text), acknowledge);
                receiver.expect(USER, &text);
            }
            assert!(sender.bytes[..HEAD].ends_with(b"0001001"));
        }
    }

    #[test]
    fn a_text_out_of_order_cut_or_changed_does_not_match() {
        let mut texts = Texts::new(10_000);
        let sent = texts.next(false).to_owned().into_bytes();
        assert!(texts.matches(&sent));
        assert!(!texts.matches(&sent[..9_999]));
        for place in [0, 23, 24, 9_999] {
            let mut changed = sent.clone();
            changed[place] = b'?';
            assert!(!texts.matches(&changed), "at {place}");
        }
        texts.next(false);
        assert!(!texts.matches(&sent));
    }
}
