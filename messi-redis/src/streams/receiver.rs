//! The half of a link that receives.

use std::sync::Arc;

use ::redis::{Pipeline, Value};
use messi_core::cluster::{EngineError, EngineFuture, Inbox, LinkReceiver};

use super::id::Id;
use super::reading::ReadEntry;
use super::{STREAM, Session};
use crate::connection::Connection;
use crate::error::Failure;

/// Entries that are read at once. They are in the memory of the node together.
const MAX_ENTRIES: usize = 32;

#[derive(Debug)]
pub(super) struct StreamsReceiver {
    connection: Connection,
    session: Arc<Session>,
}

impl StreamsReceiver {
    pub(super) fn new(connection: Connection, session: Arc<Session>) -> Self {
        Self {
            connection,
            session,
        }
    }

    /// Waits for entries behind the position of the node.
    async fn read(&self) -> Result<Vec<ReadEntry>, EngineError> {
        let position = self.session.reading.lock().await.position();
        let mut commands = Pipeline::new();
        // Without a limit of time: the node gives a silent link up.
        let command = commands.cmd("XREAD").arg("BLOCK").arg(0);
        command.arg("COUNT").arg(MAX_ENTRIES);
        command.arg("STREAMS").arg(STREAM).arg(position.text());
        let [answer] = self.connection.run::<[Value; 1]>(&commands).await?;
        Ok(entries(answer).ok_or_else(Failure::invalid_answer)?)
    }
}

impl LinkReceiver for StreamsReceiver {
    fn receive<'a>(&'a mut self, inbox: &'a mut Inbox<'_>) -> EngineFuture<'a, ()> {
        Box::pin(async move {
            let mut is_for_node = false;
            while !is_for_node {
                let entries = self.read().await?;
                let mut reading = self.session.reading.lock().await;
                for entry in &entries {
                    is_for_node |= reading.deliver(entry, inbox);
                }
            }
            Ok(())
        })
    }
}

/// Returns the entries in the answer for one stream.
fn entries(answer: Value) -> Option<Vec<ReadEntry>> {
    let Value::Map(streams) = answer else {
        return None;
    };
    let [(_, entries)] = <[_; 1]>::try_from(streams).ok()?;
    list(entries)?.into_iter().map(entry).collect()
}

fn entry(value: Value) -> Option<ReadEntry> {
    let [id, fields] = <[_; 2]>::try_from(list(value)?).ok()?;
    let mut fields = list(fields)?.into_iter();
    let mut messages = Vec::with_capacity(fields.len() / 2);
    while let (Some(channel), Some(payload)) = (fields.next(), fields.next()) {
        messages.push((bytes(channel)?, bytes(payload)?));
    }
    let id = Id::of(&id).ok()?;
    Some(ReadEntry { id, messages })
}

fn list(value: Value) -> Option<Vec<Value>> {
    match value {
        Value::Array(values) => Some(values),
        _ => None,
    }
}

fn bytes(value: Value) -> Option<Vec<u8>> {
    match value {
        Value::BulkString(bytes) => Some(bytes),
        _ => None,
    }
}
