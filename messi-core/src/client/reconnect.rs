//! Connecting again for a session that was interrupted.

use std::sync::Arc;
use std::time::Duration;

use futures::FutureExt;
use futures::future::BoxFuture;
use futures::io::{AsyncReadExt, AsyncWriteExt};
use messi_wire::frame::{self, MessageType};
use messi_wire::resumption::{Answer, ClientControl, FirstPong, Resume};
use messi_wire::{Backoff, DisconnectReason};

use super::attempts::Attempts;
use super::connect::Connector;
use crate::handover::{Delay, Handover, Reconnect};
use crate::transport::BoxSocket;
use crate::{ConnectError, Uri};

/// The first attempt follows within this time, at random: not all clients of a server come back at the same moment.
const FIRST_DELAY: Duration = Duration::from_millis(100);

/// Most bytes that a server may send before it answers.
const MAX_EARLY_BYTES: usize = 1024 * 1024;

/// Bytes that are read at once.
const READ_SIZE: usize = 4 * 1024;

/// Connects to the server that has the session.
pub(super) struct Reconnector {
    connector: Arc<Connector>,
    /// Of this server alone: with another one, the session is lost.
    attempts: Attempts,
}

impl Reconnector {
    pub(super) fn new(connector: Arc<Connector>, uri: Uri, backoff: Backoff) -> Self {
        Self {
            connector,
            attempts: Attempts::new(vec![uri], backoff),
        }
    }
}

impl Reconnect for Reconnector {
    fn attempt(
        &mut self,
        resume: Resume,
        delay: Delay,
    ) -> BoxFuture<'static, Result<Handover, ConnectError>> {
        let jitter = self.connector.runtime.random();
        let delay = match delay {
            Delay::First => {
                self.attempts.reset_delay();
                FIRST_DELAY.mul_f64(jitter)
            }
            Delay::Backoff => self.attempts.next_delay(jitter),
            Delay::Of(delay) => delay,
        };
        let uri = self.attempts.take_server();
        let connector = self.connector.clone();
        let first_pong = FirstPong::new(MAX_EARLY_BYTES);
        async move {
            connector.runtime.sleep(delay).await;
            let (socket, _) = connector.connect(&uri).await?;
            connector.resume(socket, first_pong, resume).await
        }
        .boxed()
    }
}

impl Connector {
    /// Asks the server to go on with a session, and waits for the answer.
    async fn resume(
        &self,
        mut socket: BoxSocket,
        mut first_pong: FirstPong,
        resume: Resume,
    ) -> Result<Handover, ConnectError> {
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
