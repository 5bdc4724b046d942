//! Keep-alive: when to send a ping or a pong, and when to close the connection.

use std::mem;
use std::time::{Duration, Instant};

use crate::{ConnectionConfig, Role};

/// Action that is due at a keep-alive deadline.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Due {
    /// The deadline has moved since the timer was set.
    Nothing,
    /// Send a ping.
    Ping,
    /// Close the connection: the peer has been silent for too long.
    Expired,
}

/// Keep-alive of one side of a connection. Any received byte counts as activity.
///
/// The times are those of a [`ConnectionConfig`], which the caller passes: it must be the same one each
/// time.
#[derive(Clone, Debug)]
pub enum KeepAlive {
    /// A client pings at a fixed interval, and closes the connection if it has received no bytes for a
    /// time after a ping.
    ///
    /// The time counts from a ping, not from the last received byte: by default it is as long as the
    /// interval, and the bytes of a quiet server, which are pongs, come just as far apart.
    Client {
        /// Time of the next ping.
        next_ping: Instant,
        /// Time of the first ping since which no bytes were received.
        silent_since: Option<Instant>,
        /// Whether the pong of the last ping is not received yet.
        awaits_pong: bool,
        /// Time from the last ping to its pong, until it is taken.
        round_trip_time: Option<Duration>,
    },
    /// A server closes the connection if it has received no bytes for a time.
    Server {
        /// Time of the last received byte.
        last_activity: Instant,
        /// Time from which on a pong is sent without a ping.
        next_pong: Instant,
    },
}

impl KeepAlive {
    /// Creates one side of a connection that begins `now`.
    pub fn new(role: Role, config: &ConnectionConfig, now: Instant) -> Self {
        match role {
            Role::Client => Self::Client {
                next_ping: now + config.keep_alive_interval,
                silent_since: None,
                awaits_pong: false,
                round_trip_time: None,
            },
            Role::Server => Self::Server {
                last_activity: now,
                next_pong: now + config.pong_interval(),
            },
        }
    }

    /// Records activity of the peer. The deadline is computed from it later: no timer is set here.
    #[inline]
    pub fn handle_activity(&mut self, now: Instant) {
        match self {
            Self::Client { silent_since, .. } => *silent_since = None,
            Self::Server { last_activity, .. } => *last_activity = now,
        }
    }

    /// Records a pong, which gives the round trip time, counted from the last ping.
    ///
    /// A round trip longer than the interval appears too short: a pong does not name its ping.
    pub fn handle_pong(&mut self, config: &ConnectionConfig, now: Instant) {
        if let Self::Client {
            next_ping,
            awaits_pong,
            round_trip_time,
            ..
        } = self
            && mem::take(awaits_pong)
        {
            let pinged = *next_ping - config.keep_alive_interval;
            *round_trip_time = Some(now.saturating_duration_since(pinged));
        }
    }

    /// Returns whether a server has sent no pong for so long that it must send one without a ping.
    #[inline]
    pub fn is_pong_due(&self, now: Instant) -> bool {
        match self {
            Self::Client { .. } => false,
            Self::Server { next_pong, .. } => now >= *next_pong,
        }
    }

    /// Records a pong of a server.
    pub fn handle_pong_sent(&mut self, config: &ConnectionConfig, now: Instant) {
        if let Self::Server { next_pong, .. } = self {
            *next_pong = now + config.pong_interval();
        }
    }

    /// Returns the time from a ping to its pong, if the pong was received since the last call; `None` on a
    /// server.
    #[inline]
    pub fn take_round_trip_time(&mut self) -> Option<Duration> {
        match self {
            Self::Client {
                round_trip_time, ..
            } => round_trip_time.take(),
            Self::Server { .. } => None,
        }
    }

    /// Returns the time of the next call of [`poll`](Self::poll).
    pub fn deadline(&self, config: &ConnectionConfig) -> Instant {
        match *self {
            Self::Client {
                next_ping,
                silent_since: Some(ping),
                ..
            } => next_ping.min(ping + config.ping_timeout()),
            Self::Client { next_ping, .. } => next_ping,
            Self::Server { last_activity, .. } => last_activity + config.keep_alive_timeout,
        }
    }

    /// Returns the action that is due `now`.
    pub fn poll(&mut self, config: &ConnectionConfig, now: Instant) -> Due {
        if now < self.deadline(config) {
            return Due::Nothing;
        }
        match self {
            Self::Server { .. } => Due::Expired,
            Self::Client {
                silent_since: Some(ping),
                ..
            } if now >= *ping + config.ping_timeout() => Due::Expired,
            Self::Client {
                next_ping,
                silent_since,
                awaits_pong,
                ..
            } => {
                silent_since.get_or_insert(now);
                *awaits_pong = true;
                *next_ping = now + config.keep_alive_interval;
                Due::Ping
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const INTERVAL: Duration = Duration::from_secs(2);
    const TIMEOUT: Duration = Duration::from_secs(3);
    const MOMENT: Duration = Duration::from_millis(1);

    fn config() -> ConnectionConfig {
        ConnectionConfig {
            keep_alive_interval: INTERVAL,
            keep_alive_timeout: TIMEOUT,
            ..ConnectionConfig::default()
        }
    }

    #[test]
    fn a_client_pings_after_one_interval_and_expires_at_the_next() {
        let (start, config) = (Instant::now(), config());
        let mut keep_alive = KeepAlive::new(Role::Client, &config, start);
        assert_eq!(keep_alive.deadline(&config), start + INTERVAL);
        let early = start + INTERVAL - MOMENT;
        assert_eq!(keep_alive.poll(&config, early), Due::Nothing);
        assert_eq!(keep_alive.poll(&config, start + INTERVAL), Due::Ping);
        let end = start + 2 * INTERVAL;
        assert_eq!(keep_alive.deadline(&config), end);
        assert_eq!(keep_alive.poll(&config, end), Due::Expired);
    }

    #[test]
    fn a_client_accepts_activity_until_the_next_ping_is_due() {
        let (start, config) = (Instant::now(), config());
        let mut keep_alive = KeepAlive::new(Role::Client, &config, start);
        for round in 1..100 {
            let ping = start + round * INTERVAL;
            assert_eq!(keep_alive.poll(&config, ping), Due::Ping);
            keep_alive.handle_activity(ping + INTERVAL - MOMENT);
        }
    }

    #[test]
    fn activity_before_a_ping_does_not_count_as_its_response() {
        let (start, config) = (Instant::now(), config());
        let mut keep_alive = KeepAlive::new(Role::Client, &config, start);
        keep_alive.handle_activity(start + INTERVAL - MOMENT);
        assert_eq!(keep_alive.poll(&config, start + INTERVAL), Due::Ping);
        assert_eq!(keep_alive.poll(&config, start + 2 * INTERVAL), Due::Expired);
    }

    /// Returns the times of all pings and of the expiry, in milliseconds, of a client that receives
    /// something once, at `activity`.
    fn pings_and_expiry(timeout: u64, activity: u64) -> (Vec<u128>, u128) {
        let start = Instant::now();
        let config = ConnectionConfig {
            ping_timeout: Some(Duration::from_millis(timeout)),
            ..config()
        };
        let mut activity = Some(start + Duration::from_millis(activity));
        let mut keep_alive = KeepAlive::new(Role::Client, &config, start);
        let mut pings = Vec::new();
        loop {
            let now = keep_alive.deadline(&config);
            if let Some(time) = activity.take_if(|time| *time < now) {
                keep_alive.handle_activity(time);
                continue;
            }
            match keep_alive.poll(&config, now) {
                Due::Nothing => panic!("nothing is due at the deadline"),
                Due::Ping => pings.push((now - start).as_millis()),
                Due::Expired => return (pings, (now - start).as_millis()),
            }
        }
    }

    #[test]
    fn a_client_with_a_long_timeout_goes_on_pinging_until_then() {
        let expected = (vec![2_000, 4_000, 6_000], 7_000);
        assert_eq!(pings_and_expiry(5_000, 0), expected);
        let expected = (vec![2_000, 4_000, 6_000, 8_000], 9_000);
        assert_eq!(pings_and_expiry(5_000, 3_000), expected);
    }

    #[test]
    fn a_client_with_a_short_timeout_expires_before_its_next_ping() {
        assert_eq!(pings_and_expiry(1_000, 0), (vec![2_000], 3_000));
        assert_eq!(pings_and_expiry(1_500, 3_000), (vec![2_000, 4_000], 5_500));
    }

    #[test]
    fn a_pong_gives_the_time_since_its_ping() {
        let (start, config) = (Instant::now(), config());
        let mut keep_alive = KeepAlive::new(Role::Client, &config, start);
        keep_alive.handle_pong(&config, start + MOMENT);
        assert_eq!(keep_alive.take_round_trip_time(), None);
        let ping = start + INTERVAL + MOMENT;
        assert_eq!(keep_alive.poll(&config, ping), Due::Ping);
        // The second pong belongs to no ping.
        for (later, time) in [(5, Some(5 * MOMENT)), (7, None)] {
            keep_alive.handle_pong(&config, ping + later * MOMENT);
            assert_eq!(keep_alive.take_round_trip_time(), time);
        }
    }

    #[test]
    fn a_server_expires_one_timeout_after_the_last_activity() {
        let (start, config) = (Instant::now(), config());
        let mut keep_alive = KeepAlive::new(Role::Server, &config, start);
        let activity = start + TIMEOUT - MOMENT;
        keep_alive.handle_activity(activity);
        assert_eq!(keep_alive.poll(&config, start + TIMEOUT), Due::Nothing);
        let end = activity + TIMEOUT;
        assert_eq!(keep_alive.deadline(&config), end);
        assert_eq!(keep_alive.poll(&config, end), Due::Expired);
    }
}
