//! What an outbox holds, under its lock.

use std::mem;
use std::task::Waker;

use super::{Request, Sender};
use crate::SendError;

#[derive(Debug, Default)]
pub(super) struct State {
    pub(super) phase: Phase,
    /// The number of the current or last connection.
    pub(super) connection: u64,
    /// Frames for the task to take.
    pub(super) queue: Vec<u8>,
    /// Frames of others that wait while `on_connected` runs.
    pub(super) held: Vec<u8>,
    /// Bytes taken by the task and not yet written.
    pub(super) in_flight: usize,
    /// Bytes pushed on this connection so far.
    pub(super) pushed: u64,
    /// Wakes the task, if it waits.
    pub(super) waker: Option<Waker>,
    /// Whether the task, while it waits, can do nothing with more frames.
    pub(super) blocked: bool,
    /// What is asked of the task and not yet taken by it.
    pub(super) request: Option<Request>,
    /// Whether the last request was to stop. It outlives the connection.
    pub(super) stopping: bool,
}

/// What may be pushed.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) enum Phase {
    /// Nothing: there is no connection, or it is about to end.
    #[default]
    Closed,
    /// What `on_connected` sends; what others send is held back until it returns.
    Opening,
    /// Everything.
    Open,
}

impl State {
    /// Forgets the last connection, but not its number, nor that it was asked to stop.
    pub(super) fn reset(&mut self) {
        let (connection, stopping) = (self.connection, self.stopping);
        let request = self
            .request
            .take()
            .filter(|request| *request == Request::Stop);
        *self = Self {
            connection,
            stopping,
            request,
            ..Self::default()
        };
    }

    pub(super) fn seal(&mut self) {
        self.phase = Phase::Closed;
        self.release_held();
    }

    pub(super) fn release_held(&mut self) {
        let held = mem::take(&mut self.held);
        self.queue.extend_from_slice(&held);
    }

    pub(super) fn queued(&self) -> usize {
        self.queue.len() + self.held.len() + self.in_flight
    }

    /// How many of the bytes pushed on this connection are surely with the operating system. What
    /// waits may hold a keep-alive frame too, which nobody has pushed.
    pub(super) fn written(&self) -> u64 {
        self.pushed.saturating_sub(self.queued() as u64)
    }

    /// Appends a frame of this size, if there is room.
    pub(super) fn push(
        &mut self,
        frame_size: usize,
        sender: Sender,
        max_queued_bytes: usize,
        append: impl FnOnce(&mut Vec<u8>),
    ) -> Result<(), SendError> {
        let queued = self.queued();
        let buffer = self.buffer(sender)?;
        // A single message always fits, so that limits that contradict each other still work.
        if queued > 0 && queued + frame_size > max_queued_bytes {
            return Err(SendError::QueueFull);
        }
        append(buffer);
        self.pushed += frame_size as u64;
        Ok(())
    }

    /// Where a message of this sender goes.
    pub(super) fn buffer(&mut self, sender: Sender) -> Result<&mut Vec<u8>, SendError> {
        match self.phase {
            Phase::Closed => Err(SendError::NotConnected),
            Phase::Opening if sender != Sender::Callback(self.connection) => Ok(&mut self.held),
            Phase::Opening | Phase::Open => Ok(&mut self.queue),
        }
    }

    /// The waker, if there is reason to use it for new frames.
    pub(super) fn waker_for_frames(&mut self) -> Option<Waker> {
        if self.blocked {
            None
        } else {
            self.waker.take()
        }
    }
}
