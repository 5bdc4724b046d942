//! The async runtime of clients and servers.
//!
//! Everything that this crate needs from a runtime is the trait [`AsyncRuntime`]; a [`Runtime`] is a value of
//! any type that implements it. A runtime whose reactor is async-io has a few lines of its own, which spawn
//! tasks and look up hosts, and takes all else from the module `async_io`.

mod async_io;
mod async_runtime;
mod async_std;
mod join_handle;

use std::fmt::{self, Debug, Formatter};
use std::sync::{Arc, LazyLock};

use futures::FutureExt;

pub(crate) use self::async_runtime::{AsyncRuntime, CallbackObserver};
use self::async_std::AsyncStd;
pub use self::join_handle::JoinHandle;
use crate::Clock;

/// The runtime of clients and servers for which no other is set.
///
/// There is one for the whole process, so that timers that are due at about the same time wake all their
/// connections together, whichever client or server they are of.
static DEFAULT: LazyLock<Runtime> = LazyLock::new(Runtime::async_std);

/// An async runtime: it runs the tasks of clients and servers, their timers and their sockets.
///
/// Builders take one with [`ClientBuilder::runtime`](crate::ClientBuilder::runtime) and
/// [`ServerBuilder::runtime`](crate::ServerBuilder::runtime). Without it, all clients and servers of a
/// process share the [default](Self::default) one, which is async-std.
///
/// Clones are handles of the same runtime.
///
/// # Examples
///
/// ```no_run
/// # mod chat { messi::protocol!("../examples/chat/chat.proto"); }
/// # use chat::*;
/// # struct Ui;
/// # impl ChatClientHandler for Ui {}
/// use messi::Runtime;
///
/// # fn main() -> Result<(), messi::UriError> {
/// let client = ChatClient::builder("tcp://chat.example.com:6000")
///     .runtime(Runtime::async_std())
///     .start(Ui)?;
/// # Ok(())
/// # }
/// ```
#[derive(Clone)]
pub struct Runtime(pub(crate) Arc<dyn AsyncRuntime>);

impl Runtime {
    /// Returns a runtime whose tasks run on the threads of async-std.
    ///
    /// The threads and the reactor are those of the whole process. The timers are of this value and its
    /// clones: connections with the same runtime are woken together.
    ///
    /// # Examples
    ///
    /// ```
    /// use messi::Runtime;
    ///
    /// let runtime = Runtime::async_std();
    /// assert_eq!(format!("{runtime:?}"), "Runtime(async-std)");
    /// ```
    pub fn async_std() -> Self {
        Self(Arc::new(AsyncStd::new()))
    }

    /// Returns the clock of the runtime.
    ///
    /// # Examples
    ///
    /// ```
    /// use std::time::Duration;
    ///
    /// use messi::Runtime;
    ///
    /// # async_std::task::block_on(async {
    /// Runtime::default().clock().sleep(Duration::from_millis(1)).await;
    /// # });
    /// ```
    pub fn clock(&self) -> Clock {
        Clock::new(self.0.clone())
    }

    /// Runs a task beside those of clients and servers, and returns a handle that waits for its output.
    ///
    /// A handler that starts its tasks here works in production and in a `testing::Simulation`. The task runs
    /// whether the handle is awaited or not, and the `stop` of clients and servers does not end it. A panic ends
    /// the task; in a simulation it ends the run too, so that the test fails.
    ///
    /// # Examples
    ///
    /// A callback that returns at once, so that the next message is handled, and goes on in a task:
    ///
    /// ```
    /// # mod chat { messi::protocol!("../examples/chat/chat.proto"); }
    /// # use chat::*;
    /// use std::time::Duration;
    ///
    /// struct Reminder;
    ///
    /// impl ChatServerHandler for Reminder {
    ///     async fn on_message_ind(&mut self, client: &ChatServerClient, message: MessageInd) {
    ///         let client = client.clone();
    ///         client.runtime().spawn(async move {
    ///             client.clock().sleep(Duration::from_secs(3_600)).await;
    ///             client.send(message);
    ///         });
    ///     }
    /// }
    /// ```
    pub fn spawn<T: Send + 'static>(
        &self,
        future: impl Future<Output = T> + Send + 'static,
    ) -> JoinHandle<T> {
        let (task, handle) = JoinHandle::of(future);
        self.0.spawn(task.boxed());
        handle
    }
}

impl Default for Runtime {
    /// Returns a handle of the runtime that all clients and servers share for which no other is set.
    fn default() -> Self {
        DEFAULT.clone()
    }
}

impl Debug for Runtime {
    fn fmt(&self, formatter: &mut Formatter<'_>) -> fmt::Result {
        write!(formatter, "Runtime({})", self.0.name())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_default_runtime_is_shared_and_others_are_not() {
        let is_same = |one: &Runtime, other: &Runtime| Arc::ptr_eq(&one.0, &other.0);
        assert!(is_same(&Runtime::default(), &Runtime::default()));
        assert!(!is_same(&Runtime::default(), &Runtime::async_std()));
    }
}
