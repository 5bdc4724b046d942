//! Publishing at full speed, without losses.

use std::io::{ErrorKind, Read};
use std::net::{Ipv4Addr, TcpStream};
use std::time::{Duration, Instant};

use serde::{Deserialize, Serialize};
use work::fail;

/// The number of messages that are published together. Receivers report after each of them.
pub(crate) const BURST: u64 = 512;

/// The number of bursts under way, which is far below the number that fills a queue.
const WINDOW: u64 = 16;

/// The time limit of the wait for messages, after which some are lost.
const LIMIT: Duration = Duration::from_secs(10);

/// The result of a blast.
#[derive(Clone, Copy, Debug, Deserialize, Serialize)]
pub(crate) struct Blast {
    pub(crate) messages: u64,
    pub(crate) seconds: f64,
}

/// The progress of the messages of a publisher.
pub(crate) struct Progress {
    reports: TcpStream,
    sent: u64,
    /// The number of messages that all receivers have.
    received: u64,
}

impl Progress {
    /// Connects to the receivers, which listen on a port.
    pub(crate) fn connect(port: &str) -> Self {
        let port = port.parse().unwrap_or_else(|error| fail(error));
        let reports = TcpStream::connect((Ipv4Addr::LOCALHOST, port));
        let reports = reports.unwrap_or_else(|error| fail(error));
        let set = reports.set_read_timeout(Some(LIMIT));
        set.unwrap_or_else(|error| fail(error));
        Self {
            reports,
            sent: 0,
            received: 0,
        }
    }

    /// Publishes bursts for a number of seconds, and waits until all have arrived.
    pub(crate) fn blast(&mut self, seconds: &str, mut publish_burst: impl FnMut()) -> Blast {
        let seconds: f64 = seconds.parse().unwrap_or_else(|error| fail(error));
        let (begin, before) = (Instant::now(), self.sent);
        while begin.elapsed().as_secs_f64() < seconds {
            publish_burst();
            self.sent += BURST;
            self.wait(self.sent.saturating_sub(WINDOW * BURST));
        }
        self.wait(self.sent);
        Blast {
            messages: self.sent - before,
            seconds: begin.elapsed().as_secs_f64(),
        }
    }

    /// Waits until all receivers have this number of messages.
    fn wait(&mut self, messages: u64) {
        while self.received < messages {
            let mut report = [0; 8];
            match self.reports.read_exact(&mut report) {
                Ok(()) => self.received = u64::from_le_bytes(report),
                Err(error) if error.kind() == ErrorKind::WouldBlock => fail(format_args!(
                    "of {} messages, only {} have arrived",
                    self.sent, self.received
                )),
                Err(error) => fail(error),
            }
        }
    }
}
