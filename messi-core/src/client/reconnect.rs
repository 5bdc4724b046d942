//! Connecting again for a session that was interrupted.

use std::sync::Arc;
use std::time::{Duration, Instant};

use futures::FutureExt;
use futures::future::BoxFuture;
use futures::io::{AsyncReadExt, AsyncWriteExt};
use messi_wire::frame::{self, MessageType};
use messi_wire::resumption::{Answer, ClientControl, FirstPong, Resume, SessionLost};
use messi_wire::{Backoff, DisconnectReason};

use super::SharedClient;
use super::attempts::Attempts;
use super::connect::Connector;
use crate::handover::{Delay, Handover, Reconnect};
use crate::transport::BoxSocket;
use crate::{Address, ConnectError, Uri};

/// The first attempt follows within this time, at random: not all clients of a server come back at the same moment.
const FIRST_DELAY: Duration = Duration::from_millis(100);

/// Most bytes that a server may send before it answers.
const MAX_EARLY_BYTES: usize = 1024 * 1024;

/// Bytes that are read at once.
const READ_SIZE: usize = 4 * 1024;

/// Connects to the server that has the session, and later to others too.
pub(super) struct Reconnector {
    connector: Arc<Connector>,
    shared: Arc<SharedClient>,
    backoff: Backoff,
    failover_after: Duration,
    /// Those since the last interruption. Boxed, as most connections are never interrupted.
    attempts: Option<Box<ResumeAttempts>>,
}

/// The order of the attempts to go on with a session.
struct ResumeAttempts {
    /// The server that has the session.
    home: Uri,
    at_home: Attempts,
    /// At the other servers, and after them at that one. `None` if there are no others.
    at_all: Option<Attempts>,
    /// Time from which on others are tried too: with another one, the session is lost.
    failover: Instant,
}

impl Reconnector {
    pub(super) fn new(
        connector: Arc<Connector>,
        shared: Arc<SharedClient>,
        backoff: Backoff,
        failover_after: Duration,
    ) -> Self {
        Self {
            connector,
            shared,
            backoff,
            failover_after,
            attempts: None,
        }
    }
}

impl ResumeAttempts {
    fn new(reconnector: &Reconnector, now: Instant) -> Self {
        let backoff = reconnector.backoff;
        let home = reconnector.shared.server().uri.clone();
        let others = reconnector.shared.uris.iter().filter(|uri| **uri != home);
        let mut all: Vec<_> = others.cloned().collect();
        let has_others = !all.is_empty();
        all.push(home.clone());
        Self {
            at_home: Attempts::new(vec![home.clone()], backoff),
            at_all: has_others.then(|| Attempts::new(all, backoff)),
            failover: now + reconnector.failover_after,
            home,
        }
    }

    /// Returns the server of the next attempt, and the delay before it.
    fn next(&mut self, delay: Delay, now: Instant, jitter: f64) -> (Uri, Duration) {
        let delay_at_home = match delay {
            Delay::First => return (self.home.clone(), FIRST_DELAY.mul_f64(jitter)),
            Delay::Backoff => self.at_home.next_delay(jitter),
            Delay::Of(delay) => delay,
        };
        let left = self.failover.saturating_duration_since(now);
        let Some(at_all) = self.at_all.as_mut().filter(|_| left <= delay_at_home) else {
            return (self.home.clone(), delay_at_home);
        };
        let delay = match delay {
            Delay::Of(delay) => delay,
            // The first of them follows as soon as others may be tried.
            Delay::First | Delay::Backoff => at_all.next_delay(jitter).max(left),
        };
        (at_all.take_server(), delay)
    }
}

impl Reconnect for Reconnector {
    fn attempt(
        &mut self,
        resume: Resume,
        delay: Delay,
    ) -> BoxFuture<'static, Result<Handover, ConnectError>> {
        let runtime = &self.connector.runtime;
        let (now, jitter) = (runtime.now(), runtime.random());
        let attempts = match self.attempts.take() {
            Some(attempts) if !matches!(delay, Delay::First) => attempts,
            _ => Box::new(ResumeAttempts::new(self, now)),
        };
        let attempts = self.attempts.insert(attempts);
        let (uri, delay) = attempts.next(delay, now, jitter);
        let is_home = uri == attempts.home;
        let connector = self.connector.clone();
        async move {
            connector.runtime.sleep(delay).await;
            let mut handover = connector.resume(uri, resume).await?;
            if !is_home {
                handover.answer = of_other_server(handover.answer)?;
            }
            Ok(handover)
        }
        .boxed()
    }

    fn handle_connected(&mut self, (uri, address): (Uri, Address)) {
        self.attempts = None;
        self.shared.set_server(&uri, Some(address));
    }
}

/// Returns the meaning of the answer of a server that has not granted the session.
fn of_other_server(answer: Answer) -> Result<Answer, ConnectError> {
    match answer {
        // Each server only knows that the session is not its own.
        Answer::Lost {
            why: SessionLost::ServerRestarted,
            handled,
            grant,
        } => Ok(Answer::Lost {
            why: SessionLost::OtherServer,
            handled,
            grant,
        }),
        // The server that has the session may still serve this client.
        Answer::Refused(bye) => Err(ConnectError::Resume {
            source: DisconnectReason::Bye(Box::new(bye)),
        }),
        // It may have another name for the server that has the session.
        Answer::Resumed(_) | Answer::Lost { .. } | Answer::Plain => Ok(answer),
    }
}

impl Connector {
    /// Connects to a server, asks it to go on with a session, and waits for the answer.
    async fn resume(&self, uri: Uri, resume: Resume) -> Result<Handover, ConnectError> {
        let (mut socket, address) = self.connect(&uri).await?;
        let mut first_pong = FirstPong::new(MAX_EARLY_BYTES);
        let deadline = self.runtime.now() + self.timeout();
        let asked = ask(&mut socket, &mut first_pong, resume);
        let answer = self.until(deadline, asked).await?.map_err(|reason| {
            // The socket is that of the server, and it has failed before the first message.
            ConnectError::Resume { source: reason }
        })?;
        Ok(Handover {
            socket,
            input: first_pong.into_rest(),
            answer,
            server: Some((uri, address)),
        })
    }
}

async fn ask(
    socket: &mut BoxSocket,
    first_pong: &mut FirstPong,
    resume: Resume,
) -> Result<Answer, DisconnectReason> {
    let ping = frame::build(MessageType::Ping, &ClientControl::Resume(resume).encode());
    socket.write_all(&ping).await?;
    socket.flush().await?;
    let mut buffer = [0; READ_SIZE];
    loop {
        let count = socket.read(&mut buffer).await?;
        if count == 0 {
            return Err(DisconnectReason::ConnectionClosed);
        }
        if let Some(answer) = first_pong.read(&buffer[..count])? {
            return Ok(answer);
        }
    }
}
