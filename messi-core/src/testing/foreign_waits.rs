//! The callbacks that wait for something outside of the simulation.
//!
//! The clock can't wait for events that it does not know. A callback that waits for a thread, a real socket or the
//! timer of another runtime is overtaken by the pretended time, and whoever waits for the callback times out at once.
//! So each poll of a callback is observed: if it is pending and has not begun to wait for something of messi, such as
//! the clock or the send queue, it waits for something foreign, or for a task of the test. A failed run then names it.

use std::collections::BTreeMap;
use std::fmt::{Display, Write};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use super::clock::SimulatedClock;
use crate::runtime::CallbackObserver;
use crate::waits;

/// The callbacks of a simulation that wait for something that it does not know.
#[derive(Clone, Debug, Default)]
pub(super) struct ForeignWaits(Arc<Mutex<ForeignWaitsState>>);

#[derive(Debug, Default)]
struct ForeignWaitsState {
    last_id: u64,
    waiting: BTreeMap<u64, ForeignWait>,
}

/// One callback that waits.
#[derive(Debug)]
struct ForeignWait {
    handler: Arc<str>,
    /// The pretended time at which it was polled first without waiting for something known.
    since: Duration,
}

impl ForeignWaits {
    /// Returns an observer of the callbacks of a handler.
    pub(super) fn observer(
        &self,
        clock: &SimulatedClock,
        handler: &dyn Display,
    ) -> Box<dyn CallbackObserver> {
        let mut state = self.lock();
        state.last_id += 1;
        Box::new(Observer {
            id: state.last_id,
            handler: handler.to_string().into(),
            clock: clock.clone(),
            foreign_waits: self.clone(),
            waits_before: 0,
        })
    }

    /// Returns a line about each callback that waits now, and has waited while the clock advanced to `now`.
    pub(super) fn overtaken_at(&self, now: Duration) -> String {
        let mut lines = String::new();
        for ForeignWait { handler, since } in self.lock().waiting.values() {
            if *since < now {
                // Writing to a string never fails.
                let _ = write!(
                    lines,
                    "\n{handler}: since {since:?} after the start, a callback has been waiting for \
                     something outside of the simulation, or for a task of the test. The clock has \
                     advanced meanwhile: it does not wait for threads, real sockets and the timers \
                     of other runtimes"
                );
            }
        }
        lines
    }

    fn lock(&self) -> MutexGuard<'_, ForeignWaitsState> {
        // No code that runs under the lock leaves it half changed.
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// Observes the callbacks of one handler.
struct Observer {
    id: u64,
    handler: Arc<str>,
    clock: SimulatedClock,
    foreign_waits: ForeignWaits,
    /// The number of known waits when the poll began.
    waits_before: u64,
}

impl CallbackObserver for Observer {
    fn begin_poll(&mut self) {
        self.waits_before = waits::count();
    }

    fn end_poll(&mut self, is_pending: bool) {
        let mut state = self.foreign_waits.lock();
        if is_pending && waits::count() == self.waits_before {
            let since = self.clock.elapsed();
            let handler = &self.handler;
            state.waiting.entry(self.id).or_insert_with(|| ForeignWait {
                handler: handler.clone(),
                since,
            });
        } else {
            state.waiting.remove(&self.id);
        }
    }
}

impl Drop for Observer {
    fn drop(&mut self) {
        self.foreign_waits.lock().waiting.remove(&self.id);
    }
}
