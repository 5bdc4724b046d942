//! The async runtime of clients and servers.
//!
//! Everything that this crate needs from a runtime is the trait [`AsyncRuntime`]; a [`Runtime`] is a value of
//! any type that implements it. `async_io` has the sockets and short timers of the reactor that async-std and smol share,
//! for two executors: `executor`, our own, and `async_std`. `tokio` is a runtime of its own kind, and so is the simulation
//! of [`testing`](crate::testing).

#[cfg(any(feature = "async-std", feature = "smol"))]
mod async_io;
mod async_runtime;
#[cfg(feature = "async-std")]
mod async_std;
#[cfg(any(feature = "async-std", feature = "smol"))]
mod executor;
mod join_handle;
#[cfg(feature = "tokio")]
mod tokio;

use std::fmt::{self, Debug, Formatter};
use std::sync::{Arc, OnceLock};

use futures::FutureExt;
use log::debug;

pub(crate) use self::async_runtime::{AsyncRuntime, CallbackObserver};
pub use self::join_handle::JoinHandle;
use crate::{Clock, LOG_TARGET, NoRuntime};

/// The time between the moments at which long timers fire, in milliseconds: those that are due in between fire
/// together.
#[cfg(any(feature = "async-std", feature = "smol", feature = "tokio"))]
const TICK_MILLIS: u64 = 32;

/// The shortest sleep that may last a tick longer. Of a shorter one, a tick would be too much.
#[cfg(any(feature = "async-std", feature = "smol", feature = "tokio"))]
const MIN_COALESCED: std::time::Duration = std::time::Duration::from_secs(1);

/// The runtime that the program has set for all clients and servers.
static DEFAULT: OnceLock<Runtime> = OnceLock::new();

/// An async runtime: it runs the tasks of clients and servers, their timers and their sockets.
///
/// Builders take one with [`ClientBuilder::runtime`](crate::ClientBuilder::runtime) and
/// [`ServerBuilder::runtime`](crate::ServerBuilder::runtime). Without it, `start` takes the [current](Self::current)
/// one. All callbacks of a handler run inside of the runtime: code that needs a runtime of that kind works in them.
///
/// | runtime | feature | tasks run on |
/// | --- | --- | --- |
/// | `Runtime::tokio()` | `tokio` | the runtime of tokio that the caller is inside of |
/// | `Runtime::smol()` | `smol` | threads of messi, with the reactor of smol and async-std |
/// | `Runtime::threads(n)` | `async-std` or `smol` | the same, with threads of its own |
/// | `Runtime::async_std()` | `async-std` | the threads of async-std |
///
/// Clones are handles of the same runtime.
///
/// # Examples
///
/// ```no_run
/// # use chat::*;
/// # struct Ui;
/// # impl ChatClientHandler for Ui {}
/// use messi::Runtime;
///
/// # fn main() -> Result<(), messi::Error> {
/// let client = ChatClient::builder("tcp://chat.example.com:6000")
///     .runtime(Runtime::threads(1))
///     .start(Ui)?;
/// # Ok(())
/// # }
/// ```
#[derive(Clone)]
pub struct Runtime(pub(crate) Arc<dyn AsyncRuntime>);

impl Runtime {
    /// Returns the runtime for a client or server that is started now by this thread, and for which no other is set.
    ///
    /// This is, in this order: the one of [`set_default`](Self::set_default); the runtime of tokio that the calling
    /// thread is inside of; with the feature `async-std` or `smol`, the threads of messi that all clients and servers
    /// of the process share. There are as many of these as the processor has cores, or as the variable
    /// `ASYNC_STD_THREAD_COUNT` says; they are started with the first use. They have the reactor of async-std and smol,
    /// so that the sockets, timers and tasks of both work in handlers; but a callback is no task of async-std, so that
    /// `async_std::task::current` panics there.
    ///
    /// # Errors
    ///
    /// [`NoRuntime`] if there is no runtime: `tokio` is the only feature, and this thread is not inside of a runtime of
    /// tokio.
    ///
    /// # Examples
    ///
    /// ```
    /// use messi::Runtime;
    ///
    /// # fn main() -> Result<(), messi::Error> {
    /// let runtime = Runtime::current()?;
    /// assert_eq!(format!("{runtime:?}"), "Runtime(async-io)");
    /// # Ok(())
    /// # }
    /// ```
    pub fn current() -> Result<Self, NoRuntime> {
        let runtime = Self::detect().ok_or(NoRuntime {})?;
        debug!(target: LOG_TARGET, "runtime: {}", runtime.0.name());
        Ok(runtime)
    }

    fn detect() -> Option<Self> {
        if let Some(runtime) = DEFAULT.get() {
            return Some(runtime.clone());
        }
        #[cfg(feature = "tokio")]
        if let Some(runtime) = tokio::Tokio::current() {
            return Some(Self(Arc::new(runtime)));
        }
        #[cfg(any(feature = "async-std", feature = "smol"))]
        return Some(Self::shared());
        #[cfg(not(any(feature = "async-std", feature = "smol")))]
        None
    }

    /// Sets the [current](Self::current) runtime of all threads, for the rest of the process.
    ///
    /// Clients and servers that have been started keep theirs.
    ///
    /// # Errors
    ///
    /// The runtime itself, if one has been set before.
    ///
    /// # Examples
    ///
    /// A program with a thread of tokio, in which messi has threads of its own:
    ///
    /// ```
    /// use messi::Runtime;
    ///
    /// let result = Runtime::threads(2).set_default();
    /// assert!(result.is_ok());
    /// assert!(Runtime::threads(4).set_default().is_err());
    /// ```
    pub fn set_default(self) -> Result<(), Self> {
        DEFAULT.set(self)
    }

    /// Returns the runtime of tokio that this thread is inside of.
    ///
    /// The value does not keep that runtime alive. Once it shuts down, its tasks end, and the clients and servers among
    /// them, without a last callback: stop them before.
    ///
    /// # Errors
    ///
    /// [`NoRuntime`] if this thread is not inside of a runtime of tokio, or if that has no timers.
    ///
    /// # Examples
    ///
    /// ```
    /// use messi::Runtime;
    ///
    /// #[tokio::main]
    /// async fn main() -> Result<(), messi::Error> {
    ///     let runtime = Runtime::tokio()?;
    ///     assert_eq!(format!("{runtime:?}"), "Runtime(tokio)");
    ///     Ok(())
    /// }
    /// ```
    #[cfg(feature = "tokio")]
    #[cfg_attr(docsrs, doc(cfg(feature = "tokio")))]
    pub fn tokio() -> Result<Self, NoRuntime> {
        let runtime = tokio::Tokio::current().ok_or(NoRuntime {})?;
        Ok(Self(Arc::new(runtime)))
    }

    /// Returns the threads of messi that all clients and servers share for which no other runtime is set, also inside
    /// of a runtime of tokio. See [`current`](Self::current).
    ///
    /// # Panics
    ///
    /// If the threads are not running yet, and the operating system can't start them.
    ///
    /// # Examples
    ///
    /// ```
    /// use messi::Runtime;
    ///
    /// assert_eq!(format!("{:?}", Runtime::smol()), "Runtime(async-io)");
    /// ```
    #[cfg(feature = "smol")]
    #[cfg_attr(docsrs, doc(cfg(feature = "smol")))]
    pub fn smol() -> Self {
        Self::shared()
    }

    /// Returns the runtime with the threads that all share.
    #[cfg(any(feature = "async-std", feature = "smol"))]
    fn shared() -> Self {
        static SHARED: std::sync::LazyLock<Runtime> =
            std::sync::LazyLock::new(|| Runtime::threads(executor::default_threads()));
        SHARED.clone()
    }

    /// Starts threads for clients and servers, and returns their runtime: at least one, and at most 1,024.
    ///
    /// They are as those that all [share](Self::current). With one thread, a callback that blocks its thread delays all
    /// connections; with more, the others go on. The threads end once all values of the runtime are dropped, and all tasks
    /// have ended.
    ///
    /// # Panics
    ///
    /// If the operating system can't start the threads.
    ///
    /// # Examples
    ///
    /// ```
    /// use messi::Runtime;
    ///
    /// let runtime = Runtime::threads(4);
    /// ```
    #[cfg(any(feature = "async-std", feature = "smol"))]
    #[cfg_attr(docsrs, doc(cfg(any(feature = "async-std", feature = "smol"))))]
    pub fn threads(threads: usize) -> Self {
        let executor = executor::ThreadPool::new(threads);
        Self(Arc::new(async_io::AsyncIo::new(executor)))
    }

    /// Returns a runtime that runs its tasks on the threads of async-std, as tasks of async-std.
    ///
    /// With it, `async_std::task::current` and task-local values work in handlers. async-std wakes a second thread for each
    /// task that becomes ready: round trips cost up to twice the processor time of the [shared](Self::current) threads.
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
    #[cfg(feature = "async-std")]
    #[cfg_attr(docsrs, doc(cfg(feature = "async-std")))]
    pub fn async_std() -> Self {
        Self(Arc::new(async_io::AsyncIo::new(async_std::AsyncStd)))
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
    /// # fn main() -> Result<(), messi::Error> {
    /// # async_std::task::block_on(async {
    /// Runtime::current()?.clock().sleep(Duration::from_millis(1)).await;
    /// # Ok(())
    /// # })
    /// # }
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

impl Debug for Runtime {
    fn fmt(&self, formatter: &mut Formatter<'_>) -> fmt::Result {
        write!(formatter, "Runtime({})", self.0.name())
    }
}

#[cfg(all(test, feature = "async-std"))]
mod tests {
    use super::*;

    #[test]
    fn the_current_runtime_is_shared_and_others_are_not() {
        let current = || Runtime::current().unwrap();
        let is_same = |one: &Runtime, other: &Runtime| Arc::ptr_eq(&one.0, &other.0);
        assert!(is_same(&current(), &current()));
        assert!(!is_same(&current(), &Runtime::threads(1)));
        assert!(!is_same(&current(), &Runtime::async_std()));
    }
}
