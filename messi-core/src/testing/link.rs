//! A connection in memory, with both its directions.

use std::io;
use std::mem;
use std::net::SocketAddr;
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::task::{Context, Waker};
use std::time::Duration;

use fastrand::Rng;

use super::clock::SimulatedClock;
use super::flow::{Conditions, Flow, FlowRead};

/// An end of a connection, or the direction that leads there.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum End {
    Client,
    Server,
}

impl End {
    pub(super) fn other(self) -> Self {
        match self {
            Self::Client => Self::Server,
            Self::Server => Self::Client,
        }
    }
}

/// The state of a connection, which its two sockets share with the tests that disturb it.
#[derive(Debug)]
pub(super) struct Link {
    pub(super) client_addr: SocketAddr,
    pub(super) server_addr: SocketAddr,
    clock: SimulatedClock,
    state: Mutex<LinkState>,
}

#[derive(Debug)]
struct LinkState {
    to_client: Flow,
    to_server: Flow,
    /// Whether the connection has been reset for both sides.
    is_cut: bool,
    random: Rng,
    /// The tasks that wait to read and to write: at the client's end, then at the server's.
    waiting: [Option<Waker>; 4],
}

/// An operation that a socket waits for.
#[derive(Clone, Copy, Debug)]
enum Operation {
    Read,
    Write,
}

impl Operation {
    /// Returns the operation that this one makes possible at the other end.
    fn other(self) -> Self {
        match self {
            Self::Read => Self::Write,
            Self::Write => Self::Read,
        }
    }
}

/// The outcome of a read or a write: a result, or else the time of the next attempt, if it is known.
pub(super) type Outcome = Result<io::Result<usize>, Option<Duration>>;

impl LinkState {
    /// Returns the direction that leads to this end.
    fn flow(&mut self, to: End) -> &mut Flow {
        match to {
            End::Client => &mut self.to_client,
            End::Server => &mut self.to_server,
        }
    }

    fn waiting(&mut self, end: End, operation: Operation) -> &mut Option<Waker> {
        &mut self.waiting[2 * end as usize + operation as usize]
    }

    fn read(&mut self, end: End, buffer: &mut [u8], now: Duration) -> Outcome {
        if self.is_cut {
            return Ok(Err(io::ErrorKind::ConnectionReset.into()));
        }
        let mut random = self.random.fork();
        match self.flow(end).read(buffer, now, &mut random) {
            FlowRead::Bytes(count) => Ok(Ok(count)),
            FlowRead::End => Ok(Ok(0)),
            FlowRead::Reset => Ok(Err(io::ErrorKind::ConnectionReset.into())),
            FlowRead::Nothing(arrival) => Err(arrival),
        }
    }

    fn write(&mut self, end: End, bytes: &[u8], now: Duration) -> Outcome {
        let is_reset = self.is_cut || self.flow(end).is_reset(now);
        let mut random = self.random.fork();
        let flow = self.flow(end.other());
        if is_reset || flow.is_finished() {
            return Ok(Err(io::ErrorKind::BrokenPipe.into()));
        }
        let count = flow.write(bytes, now, &mut random);
        if flow.is_deserted() && !flow.conditions.lossy {
            let arrival = now.saturating_add(flow.conditions.delay);
            self.flow(end).send_reset(arrival);
        }
        if count == 0 && !bytes.is_empty() {
            return Err(self.flow(end).next_reset());
        }
        Ok(Ok(count))
    }

    /// Ends the direction that an end writes, and answers bytes that it has not read with a reset.
    fn abandon(&mut self, end: End, now: Duration) {
        let unread = self.flow(end).desert();
        let flow = self.flow(end.other());
        if unread.is_none_or(|arrival| arrival > now) {
            flow.finish(now);
        }
        if let Some(arrival) = unread {
            flow.send_reset(arrival.max(now));
        }
    }

    fn cut(&mut self) {
        self.is_cut = true;
        self.to_client.clear();
        self.to_server.clear();
    }

    /// Cuts the connection if as many bytes have arrived as were to arrive before.
    fn cut_if_due(&mut self) -> bool {
        let is_due = |flow: &Flow| flow.conditions.cut_after == Some(0);
        let is_due = !self.is_cut && (is_due(&self.to_client) || is_due(&self.to_server));
        if is_due {
            self.cut();
        }
        is_due
    }
}

impl Link {
    pub(super) fn new(
        (client_addr, server_addr): (SocketAddr, SocketAddr),
        conditions: (Conditions, Conditions),
        clock: SimulatedClock,
        random: Rng,
    ) -> Self {
        let (to_client, to_server) = conditions;
        let mut state = LinkState {
            to_client: Flow::new(to_client),
            to_server: Flow::new(to_server),
            is_cut: false,
            random,
            waiting: Default::default(),
        };
        state.cut_if_due();
        Self {
            client_addr,
            server_addr,
            clock,
            state: Mutex::new(state),
        }
    }

    /// Returns the conditions of both directions, for a new connection.
    pub(super) fn conditions(&self) -> (Conditions, Conditions) {
        let state = self.lock();
        (
            state.to_client.conditions.clone(),
            state.to_server.conditions.clone(),
        )
    }

    // --- For sockets ---

    pub(super) fn poll_read(&self, end: End, cx: &mut Context<'_>, buffer: &mut [u8]) -> Outcome {
        self.exchange(end, Operation::Read, cx, |state, now| {
            state.read(end, buffer, now)
        })
    }

    pub(super) fn poll_write(&self, end: End, cx: &mut Context<'_>, bytes: &[u8]) -> Outcome {
        self.exchange(end, Operation::Write, cx, |state, now| {
            state.write(end, bytes, now)
        })
    }

    /// Ends the direction that this end writes.
    pub(super) fn finish(&self, end: End) {
        let now = self.clock.elapsed();
        self.change(|state| state.flow(end.other()).finish(now));
    }

    /// Handles that the socket of this end is gone.
    pub(super) fn abandon(&self, end: End) {
        let now = self.clock.elapsed();
        self.change(|state| state.abandon(end, now));
    }

    /// Reads or writes. If that has to wait, the waker is kept; if not, a task is woken that waits for the
    /// opposite at the other end.
    fn exchange(
        &self,
        end: End,
        operation: Operation,
        cx: &mut Context<'_>,
        act: impl FnOnce(&mut LinkState, Duration) -> Outcome,
    ) -> Outcome {
        let now = self.clock.elapsed();
        let mut state = self.lock();
        let outcome = act(&mut state, now);
        if outcome.is_err() {
            let waker = Some(cx.waker().clone());
            let replaced = mem::replace(state.waiting(end, operation), waker);
            drop(state);
            drop(replaced);
        } else if state.cut_if_due() {
            wake_all(state);
        } else {
            let waker = state.waiting(end.other(), operation.other()).take();
            drop(state);
            waker.into_iter().for_each(Waker::wake);
        }
        outcome
    }

    // --- For everyone ---

    /// Returns a property of a direction.
    pub(super) fn look<T>(&self, to: End, look: impl FnOnce(&Flow) -> T) -> T {
        look(self.lock().flow(to))
    }

    /// Changes the conditions of the direction to an end.
    pub(super) fn disturb(&self, to: End, disturb: impl FnOnce(&mut Conditions)) {
        self.change(|state| disturb(&mut state.flow(to).conditions));
    }

    /// Resets the connection for both sides, now.
    pub(super) fn cut(&self) {
        self.change(LinkState::cut);
    }

    /// Returns whether neither side has ended or lost the connection.
    pub(super) fn is_open(&self) -> bool {
        let state = self.lock();
        let is_open = |flow: &Flow| !flow.is_finished() && !flow.is_deserted();
        !state.is_cut && is_open(&state.to_client) && is_open(&state.to_server)
    }

    /// Changes the state, and wakes all waiting tasks, which must look at it again.
    fn change(&self, change: impl FnOnce(&mut LinkState)) {
        let mut state = self.lock();
        change(&mut state);
        state.cut_if_due();
        wake_all(state);
    }

    fn lock(&self) -> MutexGuard<'_, LinkState> {
        // No code that runs under the lock leaves it half changed.
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// Wakes all waiting tasks after unlocking.
fn wake_all(mut state: MutexGuard<'_, LinkState>) {
    let waiting = mem::take(&mut state.waiting);
    drop(state);
    waiting.into_iter().flatten().for_each(Waker::wake);
}
