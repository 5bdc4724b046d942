//! Keep-alive: when to send a ping, and when to close the connection.

use std::mem;
use std::time::{Duration, Instant};

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
#[derive(Clone, Debug)]
pub enum KeepAlive {
    /// A client pings at a fixed interval, and closes the connection if nothing was received between two
    /// pings.
    Client {
        /// Interval of the pings.
        interval: Duration,
        /// Time of the next ping.
        next_ping: Instant,
        /// Whether nothing was received since the last ping.
        is_silent: bool,
        /// Whether the pong of the last ping is not received yet.
        awaits_pong: bool,
        /// Time from the last ping with a pong to that pong.
        round_trip_time: Option<Duration>,
    },
    /// A server closes the connection if nothing was received for a time.
    Server {
        /// Longest silence.
        timeout: Duration,
        /// Time of the last received byte.
        last_activity: Instant,
    },
}

impl KeepAlive {
    /// Creates the client side of a connection that begins `now`.
    pub fn client(interval: Duration, now: Instant) -> Self {
        Self::Client {
            interval,
            next_ping: now + interval,
            is_silent: false,
            awaits_pong: false,
            round_trip_time: None,
        }
    }

    /// Creates the server side of a connection that begins `now`.
    pub fn server(timeout: Duration, now: Instant) -> Self {
        Self::Server {
            timeout,
            last_activity: now,
        }
    }

    /// Records activity of the peer. The deadline is computed from it later: no timer is set here.
    #[inline]
    pub fn handle_activity(&mut self, now: Instant) {
        match self {
            Self::Client { is_silent, .. } => *is_silent = false,
            Self::Server { last_activity, .. } => *last_activity = now,
        }
    }

    /// Records a pong, which gives the round trip time.
    pub fn handle_pong(&mut self, now: Instant) {
        if let Self::Client {
            interval,
            next_ping,
            awaits_pong,
            round_trip_time,
            ..
        } = self
            && mem::take(awaits_pong)
        {
            let pinged = *next_ping - *interval;
            *round_trip_time = Some(now.saturating_duration_since(pinged));
        }
    }

    /// Returns the time from the last ping to its pong; `None` on a server and before the first pong.
    pub fn round_trip_time(&self) -> Option<Duration> {
        match self {
            Self::Client {
                round_trip_time, ..
            } => *round_trip_time,
            Self::Server { .. } => None,
        }
    }

    /// Returns the time of the next call of [`poll`](Self::poll).
    pub fn deadline(&self) -> Instant {
        match *self {
            Self::Client { next_ping, .. } => next_ping,
            Self::Server {
                timeout,
                last_activity,
            } => last_activity + timeout,
        }
    }

    /// Returns the action that is due `now`.
    pub fn poll(&mut self, now: Instant) -> Due {
        if now < self.deadline() {
            return Due::Nothing;
        }
        match self {
            Self::Client {
                is_silent: true, ..
            }
            | Self::Server { .. } => Due::Expired,
            Self::Client {
                interval,
                next_ping,
                is_silent,
                awaits_pong,
                ..
            } => {
                *is_silent = true;
                *awaits_pong = true;
                *next_ping = now + *interval;
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

    #[test]
    fn a_client_pings_after_one_interval_and_expires_at_the_next() {
        let start = Instant::now();
        let mut keep_alive = KeepAlive::client(INTERVAL, start);
        assert_eq!(keep_alive.deadline(), start + INTERVAL);
        assert_eq!(keep_alive.poll(start + INTERVAL - MOMENT), Due::Nothing);
        assert_eq!(keep_alive.poll(start + INTERVAL), Due::Ping);
        assert_eq!(keep_alive.deadline(), start + 2 * INTERVAL);
        assert_eq!(keep_alive.poll(start + 2 * INTERVAL), Due::Expired);
    }

    #[test]
    fn a_client_accepts_activity_until_the_next_ping_is_due() {
        let start = Instant::now();
        let mut keep_alive = KeepAlive::client(INTERVAL, start);
        for round in 1..100 {
            assert_eq!(keep_alive.poll(start + round * INTERVAL), Due::Ping);
            keep_alive.handle_activity(start + (round + 1) * INTERVAL - MOMENT);
        }
    }

    #[test]
    fn activity_before_a_ping_does_not_count_as_its_response() {
        let start = Instant::now();
        let mut keep_alive = KeepAlive::client(INTERVAL, start);
        keep_alive.handle_activity(start + INTERVAL - MOMENT);
        assert_eq!(keep_alive.poll(start + INTERVAL), Due::Ping);
        assert_eq!(keep_alive.poll(start + 2 * INTERVAL), Due::Expired);
    }

    #[test]
    fn a_server_expires_one_timeout_after_the_last_activity() {
        let start = Instant::now();
        let mut keep_alive = KeepAlive::server(TIMEOUT, start);
        let activity = start + TIMEOUT - MOMENT;
        keep_alive.handle_activity(activity);
        assert_eq!(keep_alive.poll(start + TIMEOUT), Due::Nothing);
        assert_eq!(keep_alive.deadline(), activity + TIMEOUT);
        assert_eq!(keep_alive.poll(activity + TIMEOUT), Due::Expired);
    }
}
