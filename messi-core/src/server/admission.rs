//! Admission control: how many clients there may be.

use std::collections::HashMap;
use std::net::IpAddr;
use std::time::{Duration, Instant};

/// Limits on the clients of a server.
#[derive(Clone, Copy, Debug)]
pub(super) struct Limits {
    /// Clients at a time.
    pub(super) clients: usize,
    /// Clients at a time from one address.
    pub(super) clients_per_address: usize,
    /// Clients admitted per second, if limited.
    pub(super) clients_per_second: Option<u32>,
    /// Time in which a client must log in, if limited.
    pub(super) login_timeout: Option<Duration>,
    /// Topics that one client can join.
    pub(super) topics_per_client: usize,
}

impl Default for Limits {
    fn default() -> Self {
        Self {
            clients: 10_000,
            clients_per_address: usize::MAX,
            clients_per_second: None,
            login_timeout: None,
            topics_per_client: 1_000,
        }
    }
}

/// The clients that are admitted, by address, and the limits for more.
#[derive(Debug)]
pub(super) struct Admission {
    limits: Limits,
    clients: usize,
    clients_of: HashMap<IpAddr, usize>,
    bucket: Option<Bucket>,
}

impl Admission {
    pub(super) fn new(limits: Limits, now: Instant) -> Self {
        Self {
            limits,
            clients: 0,
            clients_of: HashMap::new(),
            bucket: limits.clients_per_second.map(|rate| Bucket::new(rate, now)),
        }
    }

    /// Admits a client if the limits allow it. Clients of a Unix socket have no address: they only count
    /// for the limits of all clients.
    pub(super) fn admit(&mut self, address: Option<IpAddr>, now: Instant) -> bool {
        let of_address = address.and_then(|address| self.clients_of.get(&address));
        let of_address = of_address.copied().unwrap_or(0);
        let is_admitted = self.clients < self.limits.clients
            && of_address < self.limits.clients_per_address
            && self.bucket.as_mut().is_none_or(|bucket| bucket.take(now));
        if is_admitted {
            self.clients += 1;
            if let Some(address) = address {
                self.clients_of.insert(address, of_address + 1);
            }
        }
        is_admitted
    }

    /// Releases the place of a client that was admitted.
    pub(super) fn release(&mut self, address: Option<IpAddr>) {
        self.clients -= 1;
        let Some(address) = address else {
            return;
        };
        if let Some(clients) = self.clients_of.get_mut(&address) {
            *clients -= 1;
            if *clients == 0 {
                self.clients_of.remove(&address);
            }
        }
    }
}

/// Token bucket with the capacity of one second.
#[derive(Debug)]
struct Bucket {
    rate: f64,
    tokens: f64,
    filled: Instant,
}

impl Bucket {
    fn new(rate: u32, now: Instant) -> Self {
        let rate = f64::from(rate);
        Self {
            rate,
            tokens: rate,
            filled: now,
        }
    }

    fn take(&mut self, now: Instant) -> bool {
        let passed = now.saturating_duration_since(self.filled).as_secs_f64();
        self.tokens = (self.tokens + passed * self.rate).min(self.rate);
        self.filled = now;
        let has_token = self.tokens >= 1.0;
        if has_token {
            self.tokens -= 1.0;
        }
        has_token
    }
}

#[cfg(test)]
mod tests {
    use std::net::{Ipv4Addr, Ipv6Addr};
    use std::time::Duration;

    use super::*;

    const HERE: Option<IpAddr> = Some(IpAddr::V4(Ipv4Addr::LOCALHOST));
    const THERE: Option<IpAddr> = Some(IpAddr::V6(Ipv6Addr::LOCALHOST));

    #[test]
    fn clients_of_one_address_leave_room_for_others() {
        let limits = Limits {
            clients: 3,
            clients_per_address: 2,
            ..Limits::default()
        };
        let now = Instant::now();
        let mut admission = Admission::new(limits, now);
        let admitted = [HERE, HERE, HERE, THERE, THERE].map(|it| admission.admit(it, now));
        assert_eq!(admitted, [true, true, false, true, false]);
        admission.release(HERE);
        assert!(admission.admit(THERE, now));
        assert!(!admission.admit(HERE, now), "there are three again");
        admission.release(THERE);
        admission.release(THERE);
        admission.release(HERE);
        assert!(admission.clients_of.is_empty());
    }

    #[test]
    fn clients_without_an_address_count_for_the_whole_alone() {
        let limits = Limits {
            clients: 3,
            clients_per_address: 1,
            ..Limits::default()
        };
        let now = Instant::now();
        let mut admission = Admission::new(limits, now);
        let admitted = [None, None, None, None].map(|it| admission.admit(it, now));
        assert_eq!(admitted, [true, true, true, false]);
        admission.release(None);
        assert!(admission.admit(HERE, now));
    }

    #[test]
    fn a_rate_allows_a_burst_of_a_second() {
        let limits = Limits {
            clients_per_second: Some(10),
            ..Limits::default()
        };
        let start = Instant::now();
        let mut admission = Admission::new(limits, start);
        let mut admitted = |now| (0..100).filter(|_| admission.admit(HERE, now)).count();
        assert_eq!(admitted(start), 10);
        assert_eq!(admitted(start + Duration::from_millis(301)), 3);
        assert_eq!(admitted(start + Duration::from_secs(3_600)), 10);
    }
}
