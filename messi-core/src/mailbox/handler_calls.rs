//! Closures that other tasks run in the handler of a connection.
//!
//! They wait in the mailbox until the connection's task is between two callbacks:
//!
//! 1. A closure is pushed under the lock, and the task is woken if it sleeps.
//! 2. The task takes the closures one by one, and runs each without the lock.
//! 3. Once the connection has ended, the closures that are left are dropped. The tasks that wait for them
//!    learn of it by the drop.

use std::any::{Any, type_name};
use std::collections::VecDeque;
use std::fmt::{self, Debug, Formatter};
use std::future::poll_fn;
use std::mem;
use std::sync::Arc;
use std::sync::atomic::Ordering;

use futures::FutureExt;
use futures::channel::oneshot;

use super::{Mailbox, MailboxState, Wakeups};
use crate::{WithHandlerError, waits};

/// Most closures that wait for one handler.
const MAX_WAITING: usize = 1_024;

/// A handler of any type.
pub(crate) type AnyHandler = dyn Any + Send;

/// A closure to run with the handler.
type HandlerCall = Box<dyn FnOnce(&mut AnyHandler) + Send>;

/// The closures that wait for a handler, in the order of their calls.
#[derive(Default)]
pub(super) struct HandlerCalls(VecDeque<HandlerCall>);

impl Mailbox {
    /// Runs a closure with the handler of the current connection, and returns its output.
    pub(crate) fn with_handler<H, T, F>(
        self: &Arc<Self>,
        closure: F,
    ) -> impl Future<Output = Result<T, WithHandlerError>> + Send + use<H, T, F>
    where
        H: Send + 'static,
        T: Send + 'static,
        F: FnOnce(&mut H) -> T + Send + 'static,
    {
        let (sender, mut receiver) = oneshot::channel();
        // Pushed by the call, not by the first poll: closures run in the order of the calls.
        let pushed = self.push_call(Box::new(move |handler: &mut AnyHandler| {
            // Dropping the future before the closure runs cancels it.
            if sender.is_canceled() {
                return;
            }
            let handler = handler.downcast_mut::<H>();
            let output = handler.map(closure).ok_or(WithHandlerError::WrongType {
                expected: type_name::<H>(),
            });
            // Fails if the caller no longer waits.
            let _ = sender.send(output);
        }));
        async move {
            pushed?;
            let output = poll_fn(|cx| waits::recorded(receiver.poll_unpin(cx)));
            // The closure was dropped at the end of the connection, or it has panicked, which ends that too.
            output.await.unwrap_or(Err(WithHandlerError::NotConnected))
        }
    }

    fn push_call(self: &Arc<Self>, call: HandlerCall) -> Result<(), WithHandlerError> {
        Wakeups::collect(|wakeups| {
            let mut shared = self.lock();
            // Under the lock: a closure that comes after the end would neither run nor be dropped.
            let result = if !shared.session.has_session() {
                Err(WithHandlerError::NotConnected)
            } else if shared.calls.0.len() >= MAX_WAITING {
                Err(WithHandlerError::Busy)
            } else {
                Ok(())
            };
            if result.is_err() {
                drop(shared);
                // Foreign code, after unlocking.
                drop(call);
                return result;
            }
            shared.calls.0.push_back(call);
            // Under the lock and before the wake-up: the task looks at the flag first.
            self.published.has_calls.store(true, Ordering::Release);
            // Even a task with a blocked socket: a closure needs no socket.
            wakeups.wake(self.take_waker(&mut shared));
            self.unlock(shared, wakeups);
            result
        })
    }

    /// Returns whether closures wait for the handler.
    #[inline]
    pub(crate) fn has_calls(&self) -> bool {
        self.published.has_calls.load(Ordering::Acquire)
    }

    /// Runs the closure that has waited longest. Returns `false` if there is no closure.
    #[inline]
    pub(crate) fn run_call(&self, handler: &mut AnyHandler) -> bool {
        self.has_calls() && self.run_next_call(handler)
    }

    #[cold]
    fn run_next_call(&self, handler: &mut AnyHandler) -> bool {
        let mut shared = self.lock();
        let call = shared.calls.0.pop_front();
        // Under the lock: a closure that is pushed meanwhile must not be hidden.
        self.published
            .has_calls
            .store(!shared.calls.0.is_empty(), Ordering::Release);
        drop(shared);
        let Some(call) = call else { return false };
        // Foreign code, which may send messages: not under the lock.
        call(handler);
        true
    }

    /// Takes the closures that wait, which the caller drops after unlocking.
    pub(super) fn forget_calls(&self, shared: &mut MailboxState) -> HandlerCalls {
        self.published.has_calls.store(false, Ordering::Release);
        mem::take(&mut shared.calls)
    }
}

impl Debug for HandlerCalls {
    fn fmt(&self, formatter: &mut Formatter<'_>) -> fmt::Result {
        formatter
            .debug_tuple("HandlerCalls")
            .field(&self.0.len())
            .finish()
    }
}
