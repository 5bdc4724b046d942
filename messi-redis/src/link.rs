//! The connection to a server.
//!
//! One connection publishes and receives, in RESP3, where messages come between the answers to commands. So the server
//! handles all orders in the order in which they were written, one connection is lost as a whole, and half of the
//! connections are enough.
//!
//! The driver of the crate `redis` reads the socket at all times, whatever the two halves do. It gives each answer to the
//! call of `send` that waits for it, and each message to the queue. It never connects again.

use std::io;
use std::sync::Arc;

use ::redis::aio::{AsyncPushSender, MultiplexedConnection, SendError};
use ::redis::{
    AsyncConnectionConfig, Pipeline, PushInfo, PushKind, RedisConnectionInfo, RedisError, Value,
};
use futures::future::{AbortHandle, Abortable};
use messi_core::cluster::queue::{Message, Queue};
use messi_core::cluster::{EngineFuture, Inbox, Link, LinkReceiver, LinkSender, Order};

use crate::error::Failure;
use crate::runtime::Runtime;
use crate::socket::{Socket, Stream};

/// Logs in on a socket, and makes it a link.
pub(crate) async fn establish(
    runtime: Runtime,
    stream: Box<dyn Stream>,
    login: &RedisConnectionInfo,
) -> Result<Link, RedisError> {
    let (driver, registration) = AbortHandle::new_pair();
    let queue = Arc::new(Queue::new(move || driver.abort()));
    let config = AsyncConnectionConfig::new()
        // The node knows how long it waits.
        .set_response_timeout(None)
        .set_push_sender(Arrivals(queue.clone()));
    let socket = Socket::new(stream, queue.clone());
    let (commands, driver) = MultiplexedConnection::new_with_config(login, socket, config).await?;
    let driver = Abortable::new(driver, registration);
    runtime.spawn(async {
        // The node is told by `Arrivals`, which is dropped with the driver.
        let _ = driver.await;
    })?;
    let connection = Arc::new(Connection { commands, queue });
    Ok(Link {
        sender: Box::new(RedisSender(connection.clone())),
        receiver: Box::new(RedisReceiver {
            messages: Vec::new(),
            connection,
        }),
    })
}

/// What the halves of a link share. It is closed when both are dropped.
#[derive(Debug)]
struct Connection {
    /// The driver ends with the last clone.
    commands: MultiplexedConnection,
    queue: Arc<Queue>,
}

impl Drop for Connection {
    fn drop(&mut self) {
        // Ends the driver even while answers are missing.
        self.queue
            .close(Failure::Lost(io::ErrorKind::NotConnected.into()));
    }
}

/// The way of messages from the driver into the queue.
struct Arrivals(Arc<Queue>);

impl AsyncPushSender for Arrivals {
    fn send(&self, push: PushInfo) -> Result<(), SendError> {
        // Others are confirmations, which `send` waits for, and the end, which `drop` is called after.
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

/// Publishes and subscribes.
#[derive(Debug)]
struct RedisSender(Arc<Connection>);

impl LinkSender for RedisSender {
    fn send(&mut self, orders: Vec<Order>) -> EngineFuture<'_, ()> {
        Box::pin(async move {
            if orders.is_empty() {
                return Ok(());
            }
            let mut commands = self.0.commands.clone();
            let sent = pipeline(orders)?.exec_async(&mut commands).await;
            sent.map_err(|error| match self.0.queue.end() {
                Some(end) => end,
                None => refused(error).into(),
            })
        })
    }
}

/// Returns the commands of orders, which are written at once.
///
/// Each command has a single answer: a subscription to several channels would have as many as channels, but one if it is
/// refused.
fn pipeline(orders: Vec<Order>) -> Result<Pipeline, Failure> {
    let mut pipeline = Pipeline::with_capacity(orders.len());
    for order in orders {
        match order {
            Order::Subscribe(channel) => pipeline.cmd("SUBSCRIBE").arg(channel),
            Order::Unsubscribe(channel) => pipeline.cmd("UNSUBSCRIBE").arg(channel),
            Order::Publish { channel, payload } => {
                pipeline.cmd("PUBLISH").arg(channel).arg(payload)
            }
            _ => return Err(Failure::UnknownOrder),
        };
    }
    Ok(pipeline)
}

/// Returns the first error of a batch: the others are mostly the same, and there may be thousands.
fn refused(error: RedisError) -> Failure {
    let text = error.to_string();
    match error.into_server_errors().as_deref() {
        Some([(_, first), ..]) => Failure::Command(first.to_string()),
        _ => Failure::Command(text),
    }
}

/// Receives messages.
#[derive(Debug)]
struct RedisReceiver {
    /// Empty between two calls, to keep its memory.
    messages: Vec<Message>,
    connection: Arc<Connection>,
}

impl LinkReceiver for RedisReceiver {
    fn receive<'a>(&'a mut self, inbox: &'a mut Inbox<'_>) -> EngineFuture<'a, ()> {
        Box::pin(async move {
            self.connection.queue.take(&mut self.messages).await?;
            for message in self.messages.drain(..) {
                inbox.deliver(&message.channel, &message.payload);
            }
            Ok(())
        })
    }
}
