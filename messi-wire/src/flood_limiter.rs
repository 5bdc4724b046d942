//! Pauses reading from a peer that floods.

use std::time::{Duration, Instant};

/// Frames without effect after which reading pauses. At the usual interval of pings, they take hours.
const FRAMES_PER_PAUSE: u32 = 1_024;

/// Length of a pause.
const PAUSE: Duration = Duration::from_millis(1);

/// Limits frames without effect to a million per second: frames without a message, and messages that no
/// handler takes.
///
/// Without a limit, such a flood costs little more than its system calls, but it keeps a core busy. The
/// operating system then schedules the process late, and all its peers wait.
#[derive(Debug, Default)]
pub struct FloodLimiter {
    frames: u32,
    paused_until: Option<Instant>,
}

impl FloodLimiter {
    /// Counts frames without effect.
    #[inline]
    pub fn count(&mut self, frames: u32, now: Instant) {
        self.frames += frames;
        if self.frames >= FRAMES_PER_PAUSE {
            self.pause(now);
        }
    }

    #[cold]
    fn pause(&mut self, now: Instant) {
        let pauses = self.frames / FRAMES_PER_PAUSE;
        self.frames %= FRAMES_PER_PAUSE;
        self.paused_until = Some(self.paused_until.unwrap_or(now) + PAUSE * pauses);
    }

    /// Returns the end of the current pause, if there is one.
    #[inline]
    pub fn paused_until(&self) -> Option<Instant> {
        self.paused_until
    }

    /// Ends the pause if its time is over.
    #[inline]
    pub fn handle_timeout(&mut self, now: Instant) {
        self.paused_until = self.paused_until.filter(|&until| until > now);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_million_frames_take_a_second() {
        let start = Instant::now();
        let mut limiter = FloodLimiter::default();
        for _ in 0..1_000 {
            limiter.count(1_000, start);
        }
        let until = limiter.paused_until().unwrap() - start;
        assert!((960..1_000).contains(&until.as_millis()), "{until:?}");
        limiter.handle_timeout(start + until - PAUSE);
        assert!(limiter.paused_until().is_some());
        limiter.handle_timeout(start + until);
        assert_eq!(limiter.paused_until(), None);
    }

    #[test]
    fn a_few_frames_are_no_flood() {
        let mut limiter = FloodLimiter::default();
        limiter.count(FRAMES_PER_PAUSE - 1, Instant::now());
        assert_eq!(limiter.paused_until(), None);
    }
}
