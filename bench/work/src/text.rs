//! The texts of a sequence of messages: unique, and cheap to create and to check.

use std::str;

use crate::{USER, fail};

/// The size of the start of a text, which is unique.
const HEAD: usize = 24;

/// The byte after the head of a longer text.
const FILLER: u8 = b'x';

/// The distance between checked bytes of the filler: at least one byte of each memory page.
const STRIDE: usize = 4096;

/// The first byte of a text without acknowledgement.
const PLAIN: u8 = b'-';

/// The first byte of a text that asks for an acknowledgement.
const ACKNOWLEDGE: u8 = b'!';

/// A position in a sequence of texts. The head of a text is its first byte and a sequence number.
///
/// Sender and receiver have one each. The number is stored as decimal digits, so that the next text
/// usually changes one byte, and the check is a comparison of bytes.
#[derive(Clone, Debug)]
pub(crate) struct Texts {
    bytes: Vec<u8>,
}

impl Texts {
    /// Creates a sequence of texts of this size, which is at least 24.
    pub(crate) fn new(size: usize) -> Self {
        let mut bytes = vec![FILLER; size.max(HEAD)];
        bytes[..HEAD].fill(b'0');
        Self { bytes }
    }

    /// Returns the next text to send, which may ask for an acknowledgement.
    pub(crate) fn next(&mut self, acknowledge: bool) -> &str {
        let head = self.advance();
        head[0] = if acknowledge { ACKNOWLEDGE } else { PLAIN };
        str::from_utf8(&self.bytes).expect("texts are ASCII")
    }

    /// Checks that a message is the next one, and ends the process if it is not.
    pub(crate) fn expect(&mut self, user: &str, text: &str) {
        self.advance();
        if user != USER || !self.matches(text.as_bytes()) {
            self.fail_mismatch(user, text);
        }
    }

    /// Returns whether a text asks for an acknowledgement.
    pub(crate) fn asks_for_acknowledgement(text: &str) -> bool {
        text.as_bytes().first() == Some(&ACKNOWLEDGE)
    }

    /// Increments the sequence number.
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
        // Arrays of a fixed size are compared without a function call.
        is_known
            && self.bytes.first_chunk() == Some(&head)
            && self.bytes.len() == text.len()
            && (filler.is_empty() || is_filler(filler))
    }

    fn fail_mismatch(&self, user: &str, text: &str) -> ! {
        let head =
            |bytes: &[u8]| String::from_utf8_lossy(&bytes[..bytes.len().min(HEAD)]).into_owned();
        fail(format!(
            "a message was lost, duplicated or changed: expected {:?} with {} bytes, got {user:?} {:?} with {}",
            head(&self.bytes),
            self.bytes.len(),
            head(text.as_bytes()),
            text.len(),
        ))
    }
}

fn is_filler(bytes: &[u8]) -> bool {
    let mut checked = bytes.iter().step_by(STRIDE).chain(bytes.last());
    checked.all(|&byte| byte == FILLER)
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
