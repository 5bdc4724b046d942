//! Messages one way.

use std::time::Instant;

use crate::meter::{Meter, Phase};
use crate::text::Texts;
use crate::{Job, Outcome, Report, fail};

/// Bytes between two looks at the clock.
const BYTES_PER_CLOCK_CHECK: usize = 16 * 1024;

/// What to send one way, until there is no more for now; an acknowledgement then follows.
#[derive(Debug)]
pub struct Blast {
    size: usize,
    meter: Meter,
    sent: u64,
    texts: Texts,
    /// Messages between two looks at the clock.
    messages_per_clock_check: u64,
    /// Messages after which to wait for an acknowledgement, where the transport needs it.
    burst: Option<u64>,
    /// The text whose acknowledgement is awaited.
    awaited: Option<String>,
    /// Whether the next acknowledgement is that of the warm-up, or of everything.
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

    /// Waits for an acknowledgement at least once in so many messages: for a transport that holds
    /// nobody back.
    pub fn in_bursts(mut self, messages: u64) -> Self {
        self.burst = Some(messages);
        self
    }

    /// The size of each text, in bytes.
    pub fn text_size(&self) -> usize {
        self.size
    }

    /// The next text to send; `None` while an acknowledgement is awaited.
    pub fn next_text(&mut self) -> Option<&str> {
        if self.awaited.is_some() {
            return None;
        }
        self.sent += 1;
        let is_last = self.is_last_for_now();
        let text = self.texts.next(is_last);
        if is_last {
            self.awaited = Some(text.to_owned());
        }
        Some(text)
    }

    /// A message has come from the server, which must be the awaited acknowledgement. That of the
    /// last message ends the process.
    pub fn acknowledge(&mut self, text: &str) {
        if self.awaited.take().as_deref() != Some(text) {
            fail("an acknowledgement of nothing that was sent");
        }
        match self.phase {
            // The server has everything so far: nothing that is under way is counted.
            Phase::Begun => {
                self.meter.begin(self.sent);
                self.phase = Phase::Measuring;
            }
            Phase::Over => self.finish(),
            Phase::WarmingUp | Phase::Measuring => {}
        }
    }

    fn is_last_for_now(&mut self) -> bool {
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
