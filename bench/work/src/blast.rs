//! The workload that sends in one direction.

use std::time::Instant;

use crate::meter::{Meter, Phase};
use crate::text::Texts;
use crate::{Job, Outcome, Report, fail};

/// The number of bytes between two readings of the clock.
const BYTES_PER_CLOCK_CHECK: usize = 16 * 1024;

/// The size of a burst that fits into a socket's buffer.
const BYTES_PER_BURST: usize = 44 * 1024;

/// The largest number of messages in a burst.
const MESSAGES_PER_BURST: usize = 1024;

/// The texts to send in one direction, with the acknowledgements to wait for.
#[derive(Debug)]
pub struct Blast {
    size: usize,
    meter: Meter,
    sent: u64,
    texts: Texts,
    /// The number of messages between two readings of the clock.
    messages_per_clock_check: u64,
    /// The number of messages between two acknowledgements, for transports without backpressure.
    burst: Option<u64>,
    /// The text with an outstanding acknowledgement.
    awaited: Option<String>,
    /// The phase of the measurement.
    phase: Phase,
}

impl Blast {
    pub(crate) fn new(job: &Job, size: usize) -> Self {
        Self {
            size,
            meter: Meter::new(job),
            sent: 0,
            texts: Texts::new(size),
            messages_per_clock_check: (BYTES_PER_CLOCK_CHECK / size).max(1) as u64,
            burst: None,
            awaited: None,
            phase: Phase::WarmingUp,
        }
    }

    /// Waits for acknowledgements, each after as many messages as fit into a socket's buffer: for transports
    /// without backpressure.
    pub fn in_bursts(mut self) -> Self {
        self.burst = Some((BYTES_PER_BURST / self.size).clamp(1, MESSAGES_PER_BURST) as u64);
        self
    }

    /// Returns the size of each text, in bytes.
    pub fn text_size(&self) -> usize {
        self.size
    }

    /// Returns whether an acknowledgement is outstanding, so that there is no text to send.
    pub fn is_waiting(&self) -> bool {
        self.awaited.is_some()
    }

    /// Returns the next text to send, or `None` until the outstanding acknowledgement is received.
    pub fn next_text(&mut self) -> Option<&str> {
        if self.is_waiting() {
            return None;
        }
        self.sent += 1;
        let acknowledge = self.needs_acknowledgement();
        let text = self.texts.next(acknowledge);
        if acknowledge {
            self.awaited = Some(text.to_owned());
        }
        Some(text)
    }

    /// Handles an acknowledgement, which must be the outstanding one. The last one ends the process.
    pub fn acknowledge(&mut self, text: &str) {
        if self.awaited.take().as_deref() != Some(text) {
            fail("unexpected acknowledgement");
        }
        match self.phase {
            // The server has received all messages so far, so that no message in flight is counted.
            Phase::Begun => {
                self.meter.begin(self.sent);
                self.phase = Phase::Measuring;
            }
            Phase::Over => self.finish(),
            Phase::WarmingUp | Phase::Measuring => {}
        }
    }

    /// Returns whether the sender waits for an acknowledgement after this message.
    fn needs_acknowledgement(&mut self) -> bool {
        if self.sent.is_multiple_of(self.messages_per_clock_check) {
            self.phase = self.meter.phase(Instant::now(), self.sent);
            if matches!(self.phase, Phase::Begun | Phase::Over) {
                return true;
            }
        }
        self.burst
            .is_some_and(|burst| self.sent.is_multiple_of(burst))
    }

    fn finish(&self) -> ! {
        Outcome::Done(Report {
            text_size: self.size as u64,
            ..self.meter.report(self.sent)
        })
        .print()
    }
}
