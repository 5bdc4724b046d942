//! When to ask the peer whether it is alive, and when to give it up.

use std::time::{Duration, Instant};

/// What a due keep-alive deadline asks for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Due {
    /// It has moved on since it was armed.
    Nothing,
    /// Send a ping.
    Ping,
    /// Give the peer up.
    Expired,
}

/// Keep-alive of one side of a connection. Any byte is a sign of life.
#[derive(Clone, Debug)]
pub(crate) enum KeepAlive {
    /// Clients ping at a fixed pace, and give up when nothing came between a ping and the next.
    Client {
        interval: Duration,
        next_ping: Instant,
        /// Whether nothing came since the last ping.
        unanswered: bool,
        /// When the last ping went out, until its pong comes.
        pinged: Option<Instant>,
        /// From the last ping that was answered to its pong.
        round_trip_time: Option<Duration>,
    },
    /// Servers give up when nothing came for a while.
    Server {
        timeout: Duration,
        last_heard: Instant,
    },
}

impl KeepAlive {
    /// The client's side of a connection made `now`.
    pub(crate) fn client(interval: Duration, now: Instant) -> Self {
        Self::Client {
            interval,
            next_ping: now + interval,
            unanswered: false,
            pinged: None,
            round_trip_time: None,
        }
    }

    /// The server's side of a connection accepted `now`.
    pub(crate) fn server(timeout: Duration, now: Instant) -> Self {
        Self::Server {
            timeout,
            last_heard: now,
        }
    }

    /// Notes a sign of life. Cheap: it re-arms nothing.
    pub(crate) fn heard(&mut self, now: Instant) {
        match self {
            Self::Client { unanswered, .. } => *unanswered = false,
            Self::Server { last_heard, .. } => *last_heard = now,
        }
    }

    /// Notes a pong, which is a sign of life like any other and tells the round trip time too.
    pub(crate) fn handle_pong(&mut self, now: Instant) {
        if let Self::Client {
            pinged,
            round_trip_time,
            ..
        } = self
            && let Some(pinged) = pinged.take()
        {
            *round_trip_time = Some(now.saturating_duration_since(pinged));
        }
    }

    /// The time from a client's last answered ping to its pong.
    pub(crate) fn round_trip_time(&self) -> Option<Duration> {
        match self {
            Self::Client {
                round_trip_time, ..
            } => *round_trip_time,
            Self::Server { .. } => None,
        }
    }

    /// When to look again.
    pub(crate) fn deadline(&self) -> Instant {
        match *self {
            Self::Client { next_ping, .. } => next_ping,
            Self::Server {
                timeout,
                last_heard,
            } => last_heard + timeout,
        }
    }

    /// What is to be done `now`.
    pub(crate) fn poll(&mut self, now: Instant) -> Due {
        if now < self.deadline() {
            return Due::Nothing;
        }
        match self {
            Self::Client {
                unanswered: true, ..
            }
            | Self::Server { .. } => Due::Expired,
            Self::Client {
                interval,
                next_ping,
                unanswered,
                pinged,
                ..
            } => {
                *unanswered = true;
                *pinged = Some(now);
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
    fn a_client_pings_one_interval_after_connecting_and_gives_up_at_the_next() {
        let start = Instant::now();
        let mut keep_alive = KeepAlive::client(INTERVAL, start);
        assert_eq!(keep_alive.deadline(), start + INTERVAL);
        assert_eq!(keep_alive.poll(start + INTERVAL - MOMENT), Due::Nothing);
        assert_eq!(keep_alive.poll(start + INTERVAL), Due::Ping);
        assert_eq!(keep_alive.deadline(), start + 2 * INTERVAL);
        assert_eq!(keep_alive.poll(start + 2 * INTERVAL), Due::Expired);
    }

    #[test]
    fn a_client_accepts_a_sign_of_life_until_the_next_ping_is_due() {
        let start = Instant::now();
        let mut keep_alive = KeepAlive::client(INTERVAL, start);
        for round in 1..100 {
            assert_eq!(keep_alive.poll(start + round * INTERVAL), Due::Ping);
            keep_alive.heard(start + (round + 1) * INTERVAL - MOMENT);
        }
    }

    #[test]
    fn a_sign_of_life_before_the_ping_does_not_stand_for_its_answer() {
        let start = Instant::now();
        let mut keep_alive = KeepAlive::client(INTERVAL, start);
        keep_alive.heard(start + INTERVAL - MOMENT);
        assert_eq!(keep_alive.poll(start + INTERVAL), Due::Ping);
        assert_eq!(keep_alive.poll(start + 2 * INTERVAL), Due::Expired);
    }

    #[test]
    fn a_server_gives_up_one_timeout_after_the_last_sign_of_life() {
        let start = Instant::now();
        let mut keep_alive = KeepAlive::server(TIMEOUT, start);
        let heard = start + TIMEOUT - MOMENT;
        keep_alive.heard(heard);
        assert_eq!(keep_alive.poll(start + TIMEOUT), Due::Nothing);
        assert_eq!(keep_alive.deadline(), heard + TIMEOUT);
        assert_eq!(keep_alive.poll(heard + TIMEOUT), Due::Expired);
    }
}
