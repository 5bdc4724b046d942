//! The sessions that a server has granted, and the first frames of its clients.

use std::collections::VecDeque;
use std::io;
use std::time::{Duration, Instant};

use futures::io::AsyncReadExt;
use messi_wire::resumption::{FirstPing, Grant, Opening, Resume, Secret, SessionLost, Token};

use super::peer::Peer;
use crate::Sessions;
use crate::ids::ClientId;
use crate::time::{TimeSource, timeout};
use crate::transport::BoxSocket;

/// Bytes that are read at once.
const READ_SIZE: usize = 4 * 1024;

/// The settings and the random number with which a server grants sessions.
#[derive(Debug)]
pub(super) struct SessionGranter {
    settings: Sessions,
    window: usize,
    /// Random number of this server: sessions of an earlier process on the same address are not taken for its own.
    incarnation: u64,
}

impl SessionGranter {
    /// # Errors
    ///
    /// Returns the error of the operating system if it has no random numbers.
    pub(super) fn new(settings: Sessions, max_message_size: usize) -> io::Result<Self> {
        let incarnation = u64::from_ne_bytes(random()?);
        Ok(Self {
            window: settings.window_for(max_message_size),
            settings,
            incarnation,
        })
    }

    /// Grants a session to the client with this id.
    pub(super) fn grant(&self, id: ClientId) -> io::Result<Grant> {
        Ok(Grant {
            token: Token {
                incarnation: self.incarnation,
                id: id.number,
                secret: Secret::new(random()?),
            },
            lifetime: self.settings.lifetime,
            window: self.window as u64,
        })
    }

    /// Returns why this server can't have a session with this token, if so.
    pub(super) fn check_incarnation(&self, token: &Token) -> Result<(), SessionLost> {
        if token.incarnation == self.incarnation {
            Ok(())
        } else {
            Err(SessionLost::ServerRestarted)
        }
    }

    /// Reads the first frame of a client, as far as it shows whether the client knows sessions. Returns it with all
    /// other bytes that were read.
    pub(super) async fn read_opening(
        &self,
        time: &dyn TimeSource,
        socket: &mut BoxSocket,
    ) -> io::Result<(Opening, Vec<u8>)> {
        let mut first_ping = FirstPing::default();
        let mut buffer = [0; READ_SIZE];
        let deadline = time.now() + self.settings.silent_client;
        loop {
            let left = deadline.saturating_duration_since(time.now());
            let Some(count) = timeout(time, left, socket.read(&mut buffer)).await else {
                // It is silent: one of the original that waits for a greeting.
                return Ok((Opening::Plain, first_ping.into_rest()));
            };
            let count = count?;
            if count == 0 {
                return Ok((Opening::Plain, first_ping.into_rest()));
            }
            if let Some(opening) = first_ping.read(&buffer[..count]) {
                return Ok((opening, first_ping.into_rest()));
            }
        }
    }
}

/// Returns random bytes of the operating system: a client that guesses them takes a session over.
fn random<const N: usize>() -> io::Result<[u8; N]> {
    let mut bytes = [0; N];
    getrandom::fill(&mut bytes)?;
    Ok(bytes)
}

/// The ends of sessions, for clients that come back too late.
#[derive(Debug)]
pub(super) struct Tombstones {
    /// How many ends are remembered at most.
    max: usize,
    /// For how long an end is remembered.
    time: Duration,
    /// The oldest first.
    ended: VecDeque<Tombstone>,
}

#[derive(Debug)]
struct Tombstone {
    id: ClientId,
    time: Instant,
    why: SessionLost,
    received: u64,
}

impl Tombstones {
    /// Creates the ends of sessions of which this many are remembered, each for this time.
    pub(super) fn new(max: usize, time: Duration) -> Self {
        Self {
            max,
            time,
            ended: VecDeque::new(),
        }
    }

    /// Remembers how a session has ended, and how many messages of the client it has received.
    pub(super) fn remember(&mut self, id: ClientId, why: SessionLost, received: u64, now: Instant) {
        let is_old = |it: &Tombstone| now.saturating_duration_since(it.time) >= self.time;
        while self.ended.front().is_some_and(is_old) {
            self.ended.pop_front();
        }
        if self.max == 0 {
            return;
        }
        if self.ended.len() >= self.max {
            self.ended.pop_front();
        }
        self.ended.push_back(Tombstone {
            id,
            time: now,
            why,
            received,
        });
    }

    /// Returns how the session of the client with this id has ended, if it is remembered.
    pub(super) fn find(&self, id: ClientId) -> Option<(SessionLost, u64)> {
        // Rare, and the newest are asked for most often.
        let tombstone = self.ended.iter().rev().find(|it| it.id == id)?;
        Some((tombstone.why, tombstone.received))
    }
}

impl Peer {
    /// Returns whether a client may go on with the session of this one.
    pub(super) fn accepts(&self, resume: &Resume, certificate: Option<&Vec<u8>>) -> bool {
        self.mailbox.accepts(resume)
            // The one that has the session also has the key of its certificate.
            && self.certificates.first() == certificate
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::ids::NodeId;

    const SECOND: Duration = Duration::from_secs(1);

    fn id(number: u64) -> ClientId {
        ClientId::new(NodeId::default(), number)
    }

    #[test]
    fn ends_are_remembered_for_a_while() {
        let start = Instant::now();
        let mut tombstones = Tombstones::new(100, SECOND);
        tombstones.remember(id(1), SessionLost::Expired, 5, start);
        let found = tombstones.find(id(1));
        assert_eq!(found, Some((SessionLost::Expired, 5)));
        let later = start + SECOND;
        tombstones.remember(id(2), SessionLost::Evicted, 6, later);
        assert_eq!(tombstones.find(id(1)), None);
        assert_eq!(tombstones.find(id(2)), Some((SessionLost::Evicted, 6)));
    }

    #[test]
    fn no_more_than_a_number_of_ends_are_remembered() {
        let now = Instant::now();
        let mut tombstones = Tombstones::new(10, SECOND);
        for number in 0..=10 {
            tombstones.remember(id(number), SessionLost::Expired, 0, now);
        }
        assert_eq!(tombstones.ended.len(), 10);
        assert_eq!(tombstones.find(id(0)), None);
        assert!(tombstones.find(id(1)).is_some());
        let mut tombstones = Tombstones::new(0, SECOND);
        tombstones.remember(id(1), SessionLost::Expired, 0, now);
        assert_eq!(tombstones.find(id(1)), None);
    }
}
