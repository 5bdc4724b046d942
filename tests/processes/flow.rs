//! Both ends of a stream: each sends numbered messages as fast as the connection takes them, and
//! checks the numbers that it gets.

mod client;
mod server;

use std::sync::Arc;
use std::time::Duration;

use async_std::task::{self, JoinHandle};
use messi::{DisconnectReason, SendError};

pub(crate) use self::client::{Client, MAX_DELAY};
pub(crate) use self::server::Server;
use crate::events::Events;

mod proto {
    messi::protocol!("flow.proto");
}

use proto::Numbered;

/// Every so many messages, one is large.
const LARGE_EACH: u64 = 16;

/// Larger than what is read at once, so that a stream mostly ends in the middle of one.
const LARGE: u64 = 300_000;

/// Up to how many messages are received before that is reported.
const MAX_MILESTONE: u64 = 500;

/// Where an end reports to: `connected`, `received` after some of the messages, `disconnected
/// <reason>`, and `fault …`.
pub(crate) type Report = Arc<dyn Fn(String) + Send + Sync>;

/// Gives a place to report to, and what is reported there.
pub(crate) fn watch(party: &str) -> (Report, Events) {
    let (reporter, events) = Events::of(party);
    (Arc::new(move |event| reporter.event(event)), events)
}

/// How an end behaves.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Settings {
    /// How many messages it sends on each connection.
    pub(crate) messages: u64,
    /// The interval of a client, or the timeout of a server.
    pub(crate) keep_alive: Duration,
}

impl Settings {
    /// Messages without end, on a connection that ends only when it is closed.
    pub(crate) fn endless() -> Self {
        Self {
            messages: u64::MAX,
            keep_alive: Duration::from_secs(60),
        }
    }

    /// A few messages, then only keep-alive.
    pub(crate) fn quiet(keep_alive: Duration) -> Self {
        Self {
            messages: 10,
            keep_alive,
        }
    }
}

/// Where the messages of a connection go: a client, or a client of a server.
trait Outlet: Send + Sync + 'static {
    fn try_send(&self, message: Numbered) -> Result<(), SendError>;
    fn ready(&self) -> impl Future<Output = Result<(), SendError>> + Send;
}

/// One end of the stream, over one connection after the other.
struct Flow {
    report: Report,
    messages: u64,
    /// Sends, while there is a connection.
    pump: Option<JoinHandle<()>>,
    /// How many messages have come on this connection.
    received: u64,
    /// After how many of them that is reported.
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
        // What is not sent yet must not be sent on the next connection.
        match self.pump.take() {
            Some(pump) => pump.await,
            None => (self.report)("fault: disconnected without being connected".into()),
        }
        (self.report)(format!("disconnected {reason:?}"));
    }
}

/// Sends until the connection ends, with the queue mostly full.
async fn pump(outlet: impl Outlet, messages: u64, report: Report) {
    for number in 0..messages {
        match send(&outlet, number).await {
            Ok(()) => {}
            Err(SendError::NotConnected) => return,
            Err(error) => report(format!("fault: {error}")),
        }
    }
}

/// Sends a message, when there is room for it.
async fn send(outlet: &impl Outlet, number: u64) -> Result<(), SendError> {
    loop {
        match outlet.try_send(numbered(number)) {
            Err(SendError::QueueFull) => outlet.ready().await?,
            result => return result,
        }
    }
}

/// The message with this number: small ones of all sizes, and large ones in between.
fn numbered(number: u64) -> Numbered {
    let size = match number % LARGE_EACH {
        0 => LARGE + number,
        _ => number * 7 % 100,
    };
    // Any byte that tells neighbours apart.
    let byte = number.to_le_bytes()[0];
    Numbered {
        number,
        padding: vec![byte; usize::try_from(size).expect("memory is larger")],
    }
}
