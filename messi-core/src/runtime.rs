//! The async runtime of clients and servers.
//!
//! Everything that this crate needs from a runtime is the trait [`AsyncRuntime`]; a [`Runtime`] is a value of
//! any type that implements it. A runtime whose reactor is async-io has a few lines of its own, which spawn
//! tasks and look up hosts, and takes all else from the module `async_io`.

mod async_io;
mod async_runtime;
mod async_std;

use std::fmt::{self, Debug, Formatter};
use std::sync::{Arc, LazyLock};

pub(crate) use self::async_runtime::AsyncRuntime;
use self::async_std::AsyncStd;

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
