//! Both ends of a stream. Each sends numbered messages as fast as the connection accepts them, and
//! checks the numbers that it receives.

mod client;
mod server;

use std::sync::Arc;
use std::time::Duration;

use async_std::task::{self, JoinHandle};
use messi::{DisconnectReason, SendError};

pub(crate) use self::client::{Client, MAX_DELAY};
pub(crate) use self::server::Server;
use crate::events::Events;

pub(crate) mod proto {
    messi::protocol!("flow.proto");
}

use proto::Numbered;

/// The period of large messages.
const LARGE_EACH: u64 = 16;

/// The size of large messages: above that of one read, so that a kill mostly hits the middle of one.
const LARGE: u64 = 300_000;

/// The maximum number of messages before the report `received`.
const MAX_MILESTONE: u64 = 500;

/// A function that receives the reports of an end: `connected`, `received` after some messages,
/// `interrupted` if a session waits for another connection, `disconnected <reason>`, and `fault …`.
pub(crate) type Report = Arc<dyn Fn(String) + Send + Sync>;

/// Creates a report function and its events.
pub(crate) fn watch(party: &str) -> (Report, Events) {
    let (reporter, events) = Events::of(party);
    (Arc::new(move |event| reporter.event(event)), events)
}

/// The behaviour of an end.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Settings {
    /// The number of messages that it sends on each connection.
    pub(crate) messages: u64,
    /// The keep-alive interval of a client, or timeout of a server.
    pub(crate) keep_alive: Duration,
    /// Whether it has sessions that outlive connections.
    pub(crate) has_session: bool,
}

impl Settings {
    /// Sends messages without end, and has a keep-alive time that is never reached.
    pub(crate) fn endless() -> Self {
        Self {
            messages: u64::MAX,
            keep_alive: Duration::from_secs(60),
            has_session: false,
        }
    }

    /// The same, with a session.
    pub(crate) fn endless_with_session() -> Self {
        Self {
            has_session: true,
            ..Self::endless()
        }
    }

    /// Sends a few messages, then only pings and pongs.
    pub(crate) fn quiet(keep_alive: Duration) -> Self {
        Self {
            messages: 10,
            keep_alive,
            has_session: false,
        }
    }
}

/// A handle that sends messages on a connection: of a client, or of a server's client.
trait Outlet: Send + Sync + 'static {
    fn try_send(&self, message: Numbered) -> Result<(), SendError>;
    fn ready(&self) -> impl Future<Output = Result<(), SendError>> + Send;
}

/// One end of the stream, for one connection after the other.
struct Flow {
    report: Report,
    messages: u64,
    /// The task that sends while there is a connection.
    pump: Option<JoinHandle<()>>,
    /// The number of messages received on this connection.
    received: u64,
    /// The number of messages after which `received` is reported.
    milestone: u64,
}

impl Flow {
    fn new(settings: Settings, report: Report) -> Self {
        Self {
            report,
            messages: settings.messages,
            pump: None,
            received: 0,
            milestone: 0,
        }
    }

    fn connected(&mut self, outlet: impl Outlet) {
        (self.report)("connected".into());
        self.received = 0;
        self.milestone = fastrand::u64(1..=self.messages.min(MAX_MILESTONE));
        self.pump = Some(task::spawn(pump(
            outlet,
            self.messages,
            self.report.clone(),
        )));
    }

    fn receive(&mut self, message: &Numbered) {
        let expected = numbered(self.received);
        if *message != expected {
            let (number, size) = (message.number, message.padding.len());
            let expected = expected.number;
            (self.report)(format!(
                "fault: got {number} with {size} bytes, not {expected}"
            ));
        }
        self.received += 1;
        if self.received == self.milestone {
            (self.report)("received".into());
        }
    }

    async fn disconnected(&mut self, reason: DisconnectReason) {
        // Unsent messages must not be sent on the next connection.
        match self.pump.take() {
            Some(pump) => pump.await,
            None => (self.report)("fault: disconnected without being connected".into()),
        }
        match reason {
            DisconnectReason::SessionLost(lost) => {
                (self.report)(format!("disconnected SessionLost {:?}", lost.why));
            }
            reason => (self.report)(format!("disconnected {reason:?}")),
        }
    }
}

/// Sends messages until the connection ends. The queue is mostly full.
async fn pump(outlet: impl Outlet, messages: u64, report: Report) {
    for number in 0..messages {
        match send(&outlet, number).await {
            Ok(()) => {}
            Err(SendError::NotConnected) => return,
            Err(error) => report(format!("fault: {error}")),
        }
    }
}

/// Sends a message when the queue has room.
async fn send(outlet: &impl Outlet, number: u64) -> Result<(), SendError> {
    loop {
        match outlet.try_send(numbered(number)) {
            Err(SendError::QueueFull) => outlet.ready().await?,
            result => return result,
        }
    }
}

/// Creates the message with a number: mostly small ones of all sizes, with large ones in between.
fn numbered(number: u64) -> Numbered {
    let size = match number % LARGE_EACH {
        0 => LARGE + number,
        _ => number * 7 % 100,
    };
    // A byte that differs between neighbours.
    let byte = number.to_le_bytes()[0];
    Numbered {
        number,
        padding: vec![byte; usize::try_from(size).expect("a size that fits into memory")],
    }
}
