//! Memory for received bytes that the connections of a server share.
//!
//! A connection that has no memory for more bytes does not read. It waits until others return some:
//!
//! 1. It begins to listen ([`ReceivePermit::poll_room`]), and looks again afterwards, as memory may have
//!    been returned in between.
//! 2. Whoever returns memory notifies one listener for each unit returned: more could not use it.
//! 3. A connection that has memory again stops to listen. A notification that it did not use goes to the
//!    next listener.

use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll, ready};

use event_listener::{Event, EventListener, IntoNotification};
use messi_wire::session::{Budget, Permit, UNIT};

/// Memory for the received bytes of all connections.
#[derive(Debug)]
pub(crate) struct ReceiveBudget {
    memory: Arc<Budget>,
    /// Notified when memory is returned.
    returned: Event,
}

impl ReceiveBudget {
    /// Creates a budget of this number of bytes.
    pub(crate) fn new(bytes: usize) -> Self {
        Self {
            memory: Arc::new(Budget::for_receiving(bytes)),
            returned: Event::new(),
        }
    }
}

/// Memory of one connection's receive buffer.
#[derive(Debug, Default)]
pub(super) struct ReceivePermit {
    /// `None` if the memory is not bounded.
    budget: Option<Arc<ReceiveBudget>>,
    permit: Permit,
    /// Set while the connection waits for memory.
    listener: Option<EventListener>,
}

/// The outcome of [`ReceivePermit::poll_room`].
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Room {
    /// There is memory for this number of bytes.
    Bytes(usize),
    /// There is no memory, and the connection has begun to wait for it.
    Exhausted,
}

impl ReceivePermit {
    /// Creates the permit of a connection without received bytes.
    pub(super) fn new(budget: Arc<ReceiveBudget>) -> Self {
        Self {
            permit: Permit::new(budget.memory.clone()),
            budget: Some(budget),
            listener: None,
        }
    }

    /// Returns how many bytes may be added at this moment to a buffer of this size.
    #[inline]
    pub(super) fn room(&self, size: usize) -> usize {
        self.permit.room(size)
    }

    /// Returns whether memory is short, so that unused capacity is to be freed at once.
    #[inline]
    pub(super) fn is_short(&self) -> bool {
        self.permit.is_short()
    }

    /// Sets the size of the buffer.
    #[inline]
    pub(super) fn set(&mut self, size: usize) {
        let returned = self.permit.set(size);
        if returned > 0 {
            self.notify(returned);
        }
    }

    #[cold]
    fn notify(&self, returned: usize) {
        if let Some(budget) = &self.budget {
            // At least one, since reservations are whole units. In addition to those that were notified
            // before and have not run yet: they need memory of their own.
            budget.returned.notify((returned / UNIT).additional());
        }
    }

    /// Waits until bytes can be added to a buffer of this size with this much unused capacity. It is
    /// ready with [`Room::Exhausted`] when it begins to wait: the caller records that, and polls again.
    #[inline]
    pub(super) fn poll_room(
        &mut self,
        cx: &mut Context<'_>,
        size: usize,
        unused: usize,
    ) -> Poll<Room> {
        // Unused capacity is reserved already: it may be filled even if no memory is left.
        let room = self.room(size).max(unused);
        if room > 0 {
            return Poll::Ready(Room::Bytes(room));
        }
        self.poll_returned(cx, size, unused)
    }

    #[cold]
    fn poll_returned(&mut self, cx: &mut Context<'_>, size: usize, unused: usize) -> Poll<Room> {
        let Some(budget) = &self.budget else {
            // Not reached: without a budget, the room has no bound.
            return Poll::Ready(Room::Bytes(usize::MAX));
        };
        // The caller looks at the room again before it polls the listener: see step 1.
        let Some(listener) = &mut self.listener else {
            self.listener = Some(budget.returned.listen());
            return Poll::Ready(Room::Exhausted);
        };
        loop {
            ready!(Pin::new(&mut *listener).poll(cx));
            // A listener is notified once. The next one listens before the look at the room.
            *listener = budget.returned.listen();
            let room = self.permit.room(size).max(unused);
            if room > 0 {
                return Poll::Ready(Room::Bytes(room));
            }
        }
    }

    /// Stops waiting for memory. Returns whether the connection did wait.
    #[inline]
    pub(super) fn stop_waiting(&mut self) -> bool {
        let is_waiting = self.listener.is_some();
        if is_waiting {
            // A listener that was notified passes the notification on when it is dropped.
            self.listener = None;
        }
        is_waiting
    }
}

impl Drop for ReceivePermit {
    fn drop(&mut self) {
        // Not left to the permit, which returns the memory but notifies no listener.
        self.set(0);
    }
}
