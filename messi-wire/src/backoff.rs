//! Delays between attempts to connect.

use std::time::Duration;

/// Exponential back-off with a cap and jitter.
///
/// The jitter adds up to a quarter of the delay, so that the clients of a server that fails do not all
/// reconnect at the same moment. It never shortens a delay: `min` is a lower bound.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Backoff {
    /// Delay before the first attempt after a connection.
    pub min: Duration,
    /// Longest delay, without jitter.
    pub max: Duration,
}

impl Backoff {
    /// Returns the delay after `failures` failed attempts in a row, where `jitter` is a random number from
    /// 0 to 1.
    pub fn delay(&self, failures: u32, jitter: f64) -> Duration {
        let factor = 1_u32.checked_shl(failures).unwrap_or(u32::MAX);
        let delay = self.min.saturating_mul(factor).min(self.max.max(self.min));
        delay.saturating_add((delay / 4).mul_f64(jitter.clamp(0.0, 1.0)))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const BACKOFF: Backoff = Backoff {
        min: Duration::from_secs(1),
        max: Duration::from_secs(30),
    };

    #[test]
    fn delays_double_up_to_the_cap() {
        let delays: Vec<u64> = (0..8)
            .map(|failures| BACKOFF.delay(failures, 0.0).as_secs())
            .collect();
        assert_eq!(delays, [1, 2, 4, 8, 16, 30, 30, 30]);
        assert_eq!(BACKOFF.delay(u32::MAX, 0.0), Duration::from_secs(30));
    }

    #[test]
    fn jitter_adds_up_to_a_quarter() {
        assert_eq!(BACKOFF.delay(2, 0.5), Duration::from_millis(4_500));
        assert_eq!(BACKOFF.delay(2, 1.0), Duration::from_secs(5));
    }

    #[test]
    fn a_cap_below_the_floor_leaves_the_floor() {
        let backoff = Backoff {
            min: Duration::from_secs(3),
            max: Duration::ZERO,
        };
        assert_eq!(backoff.delay(4, 0.0), Duration::from_secs(3));
    }

    #[test]
    fn extreme_settings_do_not_overflow() {
        let backoff = Backoff {
            min: Duration::MAX,
            max: Duration::MAX,
        };
        assert_eq!(backoff.delay(9, 1.0), Duration::MAX);
    }
}
