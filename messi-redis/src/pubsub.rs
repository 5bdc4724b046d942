//! Links by publish/subscribe.
//!
//! One connection publishes and receives, in RESP3, where messages come between the answers to commands. So the server
//! handles all orders in the order in which they were written, one connection is lost as a whole, and half of the
//! connections are enough.

use std::sync::Arc;

use ::redis::Pipeline;
use messi_core::cluster::queue::Message;
use messi_core::cluster::{EngineFuture, Inbox, Link, LinkReceiver, LinkSender, Order};

use crate::connection::Connection;
use crate::error::Failure;

/// Makes a connection a link. It is closed when both halves are dropped.
pub(crate) fn link(connection: Connection) -> Link {
    let connection = Arc::new(connection);
    Link {
        sender: Box::new(PubSubSender(connection.clone())),
        receiver: Box::new(PubSubReceiver {
            messages: Vec::new(),
            connection,
        }),
    }
}

/// Publishes and subscribes.
#[derive(Debug)]
struct PubSubSender(Arc<Connection>);

impl LinkSender for PubSubSender {
    fn send(&mut self, orders: Vec<Order>) -> EngineFuture<'_, ()> {
        Box::pin(async move {
            if orders.is_empty() {
                return Ok(());
            }
            self.0.run(&pipeline(orders)?).await
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

/// Receives messages.
#[derive(Debug)]
struct PubSubReceiver {
    /// Empty between two calls, to keep its memory.
    messages: Vec<Message>,
    connection: Arc<Connection>,
}

impl LinkReceiver for PubSubReceiver {
    fn receive<'a>(&'a mut self, inbox: &'a mut Inbox<'_>) -> EngineFuture<'a, ()> {
        Box::pin(async move {
            self.connection.take(&mut self.messages).await?;
            for message in self.messages.drain(..) {
                inbox.deliver(&message.channel, &message.payload);
            }
            Ok(())
        })
    }
}
