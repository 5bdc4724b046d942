//! The half of a link that publishes and subscribes.

use std::sync::Arc;

use ::redis::{Pipeline, Value};
use messi_core::cluster::{EngineError, EngineFuture, LinkSender, Order};

use super::id::Id;
use super::publisher::Entry;
use super::reading::Change;
use super::{Session, find_end};
use crate::connection::Connection;
use crate::error::Failure;

#[derive(Debug)]
pub(super) struct StreamsSender {
    connection: Connection,
    session: Arc<Session>,
    /// Whether the subscriptions are those of this link.
    is_renewed: bool,
}

impl StreamsSender {
    pub(super) fn new(connection: Connection, session: Arc<Session>) -> Self {
        Self {
            connection,
            session,
            is_renewed: false,
        }
    }

    /// Publishes entries only.
    async fn publish(&self, entries: Vec<Entry>) -> Result<(), EngineError> {
        let mut publisher = self.session.publisher.lock().await;
        publisher.append(entries);
        let mut commands = Pipeline::new();
        publisher.write(&mut commands, false);
        self.connection.run::<()>(&commands).await?;
        publisher.confirm();
        Ok(())
    }

    /// Publishes entries, and changes the subscriptions between them.
    async fn publish_and_change(&mut self, batch: Batch) -> Result<(), EngineError> {
        let mut publisher = self.session.publisher.lock().await;
        let mut reading = self.session.reading.lock().await;
        let before = publisher.append(batch.entries);
        let mut commands = Pipeline::new();
        find_end(&mut commands);
        publisher.write(&mut commands, false);
        let answers: Vec<Value> = self.connection.run(&commands).await?;
        publisher.confirm();
        let end = answers.first().unwrap_or(&Value::Nil);
        let begin = reading.renew();
        self.is_renewed = true;
        for (entries, change) in batch.changes {
            let after = match (entries, begin) {
                (0, Some(begin)) => begin,
                (0, None) => Id::of_last(end)?,
                _ => Id::of(answers.get(before + entries).unwrap_or(&Value::Nil))?,
            };
            reading.change(after, change);
        }
        Ok(())
    }
}

impl LinkSender for StreamsSender {
    fn send(&mut self, orders: Vec<Order>) -> EngineFuture<'_, ()> {
        Box::pin(async move {
            if orders.is_empty() {
                return Ok(());
            }
            let batch = Batch::of(orders)?;
            if self.is_renewed && batch.changes.is_empty() {
                return self.publish(batch.entries).await;
            }
            self.publish_and_change(batch).await
        })
    }
}

/// Orders as the server gets them.
#[derive(Debug, Default)]
struct Batch {
    entries: Vec<Entry>,
    /// Each with the number of entries before it.
    changes: Vec<(usize, Change)>,
}

impl Batch {
    fn of(orders: Vec<Order>) -> Result<Self, Failure> {
        let mut batch = Self::default();
        for order in orders {
            match order {
                Order::Subscribe(channel) => batch.change(Change::Subscribe(channel)),
                Order::Unsubscribe(channel) => batch.change(Change::Unsubscribe(channel)),
                Order::Publish { channel, payload } => batch.publish(channel, payload),
                _ => return Err(Failure::UnknownOrder),
            }
        }
        Ok(batch)
    }

    fn change(&mut self, change: Change) {
        self.changes.push((self.entries.len(), change));
    }

    fn publish(&mut self, channel: String, payload: Vec<u8>) {
        // The places of changes are between entries.
        let is_open = self
            .changes
            .last()
            .is_none_or(|(entries, _)| *entries < self.entries.len());
        if let Some(last) = self.entries.last_mut()
            && is_open
            && last.has_room(&channel, &payload)
        {
            return last.push(channel, payload);
        }
        let mut entry = Entry::default();
        entry.push(channel, payload);
        self.entries.push(entry);
    }
}
