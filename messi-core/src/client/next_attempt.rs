//! Orders of the handles about the next attempt to connect.

use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use event_listener::Event;

use crate::tasks::{notify_all, until};

/// An order about the next attempt to connect.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Order {
    /// Connect without waiting.
    AtOnce,
    /// Connect after this time, which begins when the client waits.
    After(Duration),
    /// Do not connect again.
    Never,
}

/// The order that the task of the client has not followed yet.
///
/// An order replaces the one before, but [`Order::Never`] stays for ever.
#[derive(Debug, Default)]
pub(super) struct NextAttempt {
    /// Under this lock, there is no await, wake-up, log output or user code.
    order: Mutex<Option<Order>>,
    changed: Event,
}

impl NextAttempt {
    /// Gives an order.
    pub(super) fn set(&self, order: Order) {
        let mut current = self.lock();
        if *current != Some(Order::Never) {
            *current = Some(order);
        }
        drop(current);
        notify_all(&self.changed);
    }

    /// Withdraws an order that was given before a new connection.
    pub(super) fn reset(&self) {
        self.take();
    }

    /// Returns whether there is no further attempt.
    pub(super) fn is_never(&self) -> bool {
        *self.lock() == Some(Order::Never)
    }

    /// Waits until there is no further attempt.
    pub(super) async fn never(&self) {
        until(&self.changed, || self.is_never().then_some(())).await;
    }

    /// Waits for an order, and takes it.
    pub(super) async fn ordered(&self) -> Order {
        until(&self.changed, || self.take()).await
    }

    fn take(&self) -> Option<Order> {
        let mut current = self.lock();
        match *current {
            Some(Order::Never) => *current,
            _ => current.take(),
        }
    }

    fn lock(&self) -> MutexGuard<'_, Option<Order>> {
        // No code that runs under the lock leaves it half changed.
        self.order.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

#[cfg(test)]
mod tests {
    use futures::future::FutureExt;

    use super::*;

    const SECOND: Duration = Duration::from_secs(1);

    #[test]
    fn the_last_order_counts_once() {
        let next = NextAttempt::default();
        next.set(Order::AtOnce);
        next.set(Order::After(SECOND));
        assert_eq!(next.ordered().now_or_never(), Some(Order::After(SECOND)));
        assert_eq!(next.ordered().now_or_never(), None);
    }

    #[test]
    fn never_stays() {
        let next = NextAttempt::default();
        assert_eq!(next.never().now_or_never(), None);
        next.set(Order::Never);
        next.set(Order::AtOnce);
        next.reset();
        assert_eq!(next.ordered().now_or_never(), Some(Order::Never));
        assert_eq!(next.ordered().now_or_never(), Some(Order::Never));
        assert_eq!(next.never().now_or_never(), Some(()));
    }
}
