//! Rests from a peer that sends much that means nothing.

use std::time::{Duration, Instant};

/// Frames that mean nothing after which there is a rest. At the usual pace of pings, they take hours.
const FRAMES: u32 = 1_024;

/// How long it lasts.
const REST: Duration = Duration::from_millis(1);

/// When not to read from a peer, since what it sends are frames without a message, or with one that
/// nobody takes: a million of them in a second at most.
///
/// Such a flood would cost little more than the system calls, but whoever uses a core without end is
/// given it late by the operating system, and all the peers of the process with it.
#[derive(Debug, Default)]
pub(super) struct Rest {
    frames: u32,
    until: Option<Instant>,
}

impl Rest {
    /// Counts frames that mean nothing.
    pub(super) fn count(&mut self, frames: u32, now: Instant) {
        self.frames += frames;
        let rests = self.frames / FRAMES;
        if rests > 0 {
            self.frames %= FRAMES;
            self.until = Some(self.until.unwrap_or(now) + REST * rests);
        }
    }

    /// When it will be over, if there is one.
    pub(super) fn until(&self) -> Option<Instant> {
        self.until
    }

    /// Ends it if its time is over.
    pub(super) fn handle_timeout(&mut self, now: Instant) {
        self.until = self.until.filter(|&until| until > now);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_million_frames_take_a_second() {
        let start = Instant::now();
        let mut rest = Rest::default();
        for _ in 0..1_000 {
            rest.count(1_000, start);
        }
        let until = rest.until().unwrap() - start;
        assert!((960..1_000).contains(&until.as_millis()), "{until:?}");
        rest.handle_timeout(start + until - REST);
        assert!(rest.until().is_some());
        rest.handle_timeout(start + until);
        assert_eq!(rest.until(), None);
    }

    #[test]
    fn frames_that_come_now_and_then_are_no_flood() {
        let mut rest = Rest::default();
        rest.count(FRAMES - 1, Instant::now());
        assert_eq!(rest.until(), None);
    }
}
