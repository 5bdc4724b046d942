//! Callbacks and futures with hidden types, so that the code around them is compiled once.
//!
//! Code that is generic over the handler is compiled in each program, again after each change of its schema. Only code
//! that runs for each message is worth that.

use std::panic::AssertUnwindSafe;
use std::pin::Pin;
use std::thread;

use futures::future::FutureExt;

/// A callback that runs once or a few times for each connection.
pub(crate) type RareCallback<'a, T = ()> = Pin<&'a mut (dyn Future<Output = T> + Send)>;

/// Waits for a future that may panic. The caller drops it before it looks at the values that the future has borrowed.
// Not an `async fn`, which holds its arguments twice.
pub(crate) fn catch_panic<T>(
    future: RareCallback<'_, T>,
) -> impl Future<Output = thread::Result<T>> {
    AssertUnwindSafe(future).catch_unwind()
}
