//! Publishing of entries, each of them once.
//!
//! The entries of a node are numbered, and the server keeps the number of the last one in a key of the node. If the answer
//! to an entry was lost with its connection, the entry is sent again, and the server adds it if it has not done so before.
//! An entry is refused if its predecessor is missing, so that no entry is passed over if the server refuses one.

use std::collections::hash_map::RandomState;
use std::hash::BuildHasher;
use std::mem;

use ::redis::Pipeline;
use messi_core::cluster::EngineError;

use super::STREAM;
use crate::connection::Connection;

/// Adds an entry, and returns its id, or nil if it was added before.
///
/// - Keys: the stream, and the number of the last entry of the node.
/// - Arguments: the number of this entry, 1 if it is sent again after a connection was lost, the length of the stream, the
///   time for which the number is kept, and channels and payloads.
///
/// If the number before is missing, an entry that is sent again is not added: the server has lost numbers, so that it can't
/// be known whether it had this entry.
///
/// The text goes with each entry. A hash of it would be shorter, but the server can forget which text belongs to it.
const SCRIPT: &str = include_str!("publisher.lua");

/// Messages of an entry at most: Lua limits the arguments of a call.
const MAX_MESSAGES: usize = 256;

/// Bytes of an entry at most, unless a single message has more.
const MAX_BYTES: usize = 16 * 1024;

/// How long the server keeps the number of a node that is away.
const KEPT_SECONDS: u64 = 600;

/// Messages, which the server adds together.
#[derive(Debug, Default, PartialEq, Eq)]
pub(super) struct Entry {
    /// Each with its channel.
    messages: Vec<(String, Vec<u8>)>,
    bytes: usize,
}

impl Entry {
    /// Returns whether this message belongs to this entry.
    pub(super) fn has_room(&self, channel: &str, payload: &[u8]) -> bool {
        let bytes = self.bytes + channel.len() + payload.len();
        self.messages.len() < MAX_MESSAGES && (bytes <= MAX_BYTES || self.messages.is_empty())
    }

    pub(super) fn push(&mut self, channel: String, payload: Vec<u8>) {
        self.bytes += channel.len() + payload.len();
        self.messages.push((channel, payload));
    }
}

/// The entries that a node publishes.
#[derive(Debug)]
pub(super) struct Publisher {
    /// The key with the number of the last entry.
    key: String,
    max_len: u32,
    /// The number of the last entry.
    last: u64,
    /// The entries that the server has not confirmed. The last one has the number `last`.
    unconfirmed: Vec<Entry>,
}

impl Publisher {
    pub(super) fn new(max_len: u32) -> Self {
        // Its keys are from the operating system.
        let token = RandomState::new().hash_one(0);
        Self {
            key: format!("{STREAM}:{token:016x}"),
            max_len,
            last: 0,
            unconfirmed: Vec::new(),
        }
    }

    /// Begins with a new connection: sends the unconfirmed entries again.
    pub(super) async fn resume(&mut self, connection: &Connection) -> Result<(), EngineError> {
        if !self.unconfirmed.is_empty() {
            let mut commands = Pipeline::new();
            self.write(&mut commands, true);
            connection.run::<()>(&commands).await?;
            self.confirm();
        }
        // So that the number is there when the first entry is sent again, and after the server has lost it.
        let mut commands = Pipeline::new();
        let command = commands.cmd("SET").arg(&self.key).arg(self.last);
        command.arg("EX").arg(KEPT_SECONDS);
        connection.run(&commands).await
    }

    /// Appends entries, which are kept until they are confirmed. Returns how many unconfirmed ones are before them.
    pub(super) fn append(&mut self, entries: Vec<Entry>) -> usize {
        let before = self.unconfirmed.len();
        self.last += entries.len() as u64;
        self.unconfirmed.extend(entries);
        before
    }

    /// Appends the commands that send all unconfirmed entries, one command each.
    pub(super) fn write(&self, commands: &mut Pipeline, is_again: bool) {
        let first = self.last + 1 - self.unconfirmed.len() as u64;
        for (number, entry) in (first..).zip(&self.unconfirmed) {
            let command = commands.cmd("EVAL").arg(SCRIPT).arg(2);
            command.arg(STREAM).arg(&self.key).arg(number);
            command.arg(u8::from(is_again));
            command.arg(self.max_len).arg(KEPT_SECONDS);
            for (channel, payload) in &entry.messages {
                command.arg(channel).arg(payload);
            }
        }
    }

    /// Records that the server has all entries.
    pub(super) fn confirm(&mut self) {
        mem::take(&mut self.unconfirmed);
    }
}
