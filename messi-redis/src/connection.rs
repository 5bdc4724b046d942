//! A connection to a server.
//!
//! The driver of the crate `redis` reads the socket at all times. It gives each answer to the call that waits for it, and
//! each message to the queue. It never connects again.

use std::io;
use std::pin::pin;
use std::sync::Arc;

use ::redis::aio::{AsyncPushSender, MultiplexedConnection, SendError};
use ::redis::{
    AsyncConnectionConfig, FromRedisValue, Pipeline, PushInfo, PushKind, RedisConnectionInfo,
    RedisError, Value,
};
use futures::FutureExt;
use futures::channel::oneshot;
use futures::future::{AbortHandle, Abortable, Either, Shared, select};
use messi_core::cluster::EngineError;
use messi_core::cluster::queue::{Message, Queue};

use crate::error::Failure;
use crate::runtime::Runtime;
use crate::socket::{Socket, Stream};

/// A connection, which is closed when it is dropped.
#[derive(Debug)]
pub(crate) struct Connection {
    /// The driver ends with the last clone.
    commands: MultiplexedConnection,
    queue: Arc<Queue>,
    /// Is canceled when the driver has ended.
    end: Shared<oneshot::Receiver<()>>,
}

impl Connection {
    /// Logs in on a socket.
    pub(crate) async fn establish(
        runtime: Runtime,
        stream: Box<dyn Stream>,
        login: &RedisConnectionInfo,
    ) -> Result<Self, RedisError> {
        let (driver, registration) = AbortHandle::new_pair();
        let queue = Arc::new(Queue::new(move || driver.abort()));
        let config = AsyncConnectionConfig::new()
            // The node knows how long it waits.
            .set_response_timeout(None)
            .set_push_sender(Arrivals(queue.clone()));
        let socket = Socket::new(stream, queue.clone());
        let (commands, driver) =
            MultiplexedConnection::new_with_config(login, socket, config).await?;
        let driver = Abortable::new(driver, registration);
        let (ended, end) = oneshot::channel();
        runtime.spawn(async {
            // `Arrivals`, which is dropped with the driver, informs the node.
            let _ = driver.await;
            drop(ended);
        })?;
        Ok(Self {
            commands,
            queue,
            end: end.shared(),
        })
    }

    /// Writes commands at once, and returns their answers.
    pub(crate) async fn run<T: FromRedisValue>(
        &self,
        commands: &Pipeline,
    ) -> Result<T, EngineError> {
        let mut connection = self.commands.clone();
        let answers = pin!(commands.query_async(&mut connection));
        // Commands that the driver has not taken when it ends would wait for as long as there is the connection.
        let error = match select(answers, self.end.clone()).await {
            Either::Left((Ok(answers), _)) => return Ok(answers),
            Either::Left((Err(error), _)) => refused(error),
            Either::Right(_) => Failure::Lost(io::ErrorKind::NotConnected.into()),
        };
        Err(self.queue.end().unwrap_or_else(|| error.into()))
    }

    /// Waits for messages, and moves them into an empty list.
    pub(crate) async fn take(&self, messages: &mut Vec<Message>) -> Result<(), EngineError> {
        self.queue.take(messages).await
    }
}

impl Drop for Connection {
    fn drop(&mut self) {
        // Ends the driver even while answers are missing.
        self.queue
            .close(Failure::Lost(io::ErrorKind::NotConnected.into()));
    }
}

/// Returns the first error of a batch: the others are mostly the same, and there may be thousands.
fn refused(error: RedisError) -> Failure {
    let text = error.to_string();
    match error.into_server_errors().as_deref() {
        Some([(_, first), ..]) => Failure::Command(first.to_string()),
        _ => Failure::Command(text),
    }
}

/// The way of messages from the driver into the queue.
struct Arrivals(Arc<Queue>);

impl AsyncPushSender for Arrivals {
    fn send(&self, push: PushInfo) -> Result<(), SendError> {
        // Others are confirmations, which `run` waits for, and the end, which `drop` is called after.
        if push.kind == PushKind::Message {
            let message = message(push.data).ok_or(SendError);
            message
                .map(|message| self.0.push(message))
                .inspect_err(|_| {
                    let error =
                        io::Error::new(io::ErrorKind::InvalidData, "it sent no valid message");
                    self.0.close(Failure::Lost(error));
                })?;
        }
        Ok(())
    }
}

impl Drop for Arrivals {
    fn drop(&mut self) {
        let lost = io::Error::new(io::ErrorKind::ConnectionAborted, "its task has ended");
        self.0.close(Failure::Lost(lost));
    }
}

fn message(data: Vec<Value>) -> Option<Message> {
    let [Value::BulkString(channel), Value::BulkString(payload)] =
        <[Value; 2]>::try_from(data).ok()?
    else {
        return None;
    };
    Some(Message {
        channel: String::from_utf8(channel).ok()?,
        payload,
    })
}
