//! The turns of a connection's task among other tasks.
//!
//! A turn ends where the task is pending, to sleep or to let other tasks run.

use crate::scratch::READ_SIZE;

/// Reads and writes after which other tasks have their turn, so that a peer that floods delays no other.
const TRANSFERS_PER_TURN: u32 = 8;

/// Frames that cost as much as one read or write. A read may complete thousands.
const FRAMES_PER_TRANSFER: u32 = 256;

/// Bytes of a message that cost as much as one frame.
const BYTES_PER_FRAME: usize = 64;

/// Work that a task may still do before other tasks have their turn.
#[derive(Debug, Default)]
pub(super) struct TurnBudget {
    transfers: u32,
    /// Frames that do not make up a transfer yet.
    frames: u32,
}

impl TurnBudget {
    /// Counts a read, a write, or other work that costs as much.
    #[inline]
    pub(super) fn spend_transfer(&mut self) {
        self.transfers += 1;
    }

    /// Counts a read of this size: a large one costs as much as the reads that it replaces.
    #[inline]
    pub(super) fn spend_read(&mut self, size: usize) {
        let reads = u32::try_from(size.div_ceil(READ_SIZE).max(1));
        self.transfers += reads.unwrap_or(TRANSFERS_PER_TURN);
    }

    /// Counts frames that are received or handled.
    #[inline]
    pub(super) fn spend_frames(&mut self, frames: u32) {
        self.frames += frames;
        self.transfers += self.frames / FRAMES_PER_TRANSFER;
        // The rest is kept: reads of few frames each add up to a transfer too.
        self.frames %= FRAMES_PER_TRANSFER;
    }

    /// Counts a message of this size that is handled.
    #[inline]
    pub(super) fn spend_message(&mut self, size: usize) {
        let cost = u32::try_from(1 + size / BYTES_PER_FRAME);
        // The most that can be added to the frames without an overflow.
        self.spend_frames(cost.unwrap_or(u32::MAX - FRAMES_PER_TRANSFER));
    }

    /// Returns whether other tasks must have their turn.
    #[inline]
    pub(super) fn is_spent(&self) -> bool {
        self.transfers >= TRANSFERS_PER_TURN
    }

    /// Begins a new turn.
    #[inline]
    pub(super) fn renew(&mut self) {
        // Frames that do not make up a transfer go on counting: many turns of few frames are not free.
        self.transfers = 0;
    }
}
