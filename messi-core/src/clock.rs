//! The clock that handlers use.

use std::fmt::{self, Debug, Formatter};
use std::pin::pin;
use std::sync::Arc;
use std::time::{Duration, Instant};

use crate::time::{self, TimeSource};

/// The clock of a runtime: real time, or the pretended time of a `testing::Simulation`.
///
/// Clients and servers return the clock of their runtime: see [`Client::clock`](crate::Client::clock),
/// [`Server::clock`](crate::Server::clock) and [`ServerClient::clock`](crate::ServerClient::clock). A handler
/// that uses it, rather than the timers of a runtime, works in production and in a simulation, where an hour
/// passes at once.
///
/// Clones are cheap, and read the same clock.
///
/// # Examples
///
/// A handler that delays each message by a minute, and a test that takes no time:
///
/// ```
/// # use chat::*;
/// use std::time::Duration;
///
/// use messi::testing::Simulation;
///
/// struct Slow;
///
/// impl ChatServerHandler for Slow {
///     async fn on_message_ind(&mut self, client: &ChatServerClient, message: MessageInd) {
///         client.clock().sleep(Duration::from_secs(60)).await;
///         client.send(message);
///     }
/// }
///
/// # struct Ui(futures::channel::mpsc::UnboundedSender<()>);
/// # impl ChatClientHandler for Ui {
/// #     async fn on_message_ind(&mut self, _: &ChatClient, _: MessageInd) {
/// #         self.0.unbounded_send(()).unwrap();
/// #     }
/// # }
/// # fn main() -> Result<(), messi::Error> {
/// let simulation = Simulation::new(7);
/// simulation.run(async {
///     let server = ChatServer::builder("tcp://room:6000")
///         .runtime(&simulation)
///         .start(|_client| Slow)
///         .await?;
///     # let (received, mut messages) = futures::channel::mpsc::unbounded();
///     # let client = ChatClient::builder("tcp://room:6000").runtime(&simulation).start(Ui(received))?;
///     # client.connected().await?;
///     client.send(MessageInd { user: "Kalle".into(), text: "Hello!".into() });
///     # futures::StreamExt::next(&mut messages).await;
///     // … once the client has received its message:
///     assert_eq!(simulation.elapsed().as_secs(), 60);
///     # client.stop().await;
///     # server.stop().await;
///     Ok(())
/// })
/// # }
/// ```
#[derive(Clone)]
pub struct Clock(Arc<dyn TimeSource>);

impl Clock {
    /// Creates the clock that reads this source of time.
    pub(crate) fn new(time: Arc<dyn TimeSource>) -> Self {
        Self(time)
    }

    /// Returns the time now. Only differences between times of the same clock have a meaning.
    ///
    /// # Examples
    ///
    /// ```
    /// use messi::Runtime;
    ///
    /// # fn main() -> Result<(), messi::Error> {
    /// let clock = Runtime::current()?.clock();
    /// let start = clock.now();
    /// println!("{:?} have passed", clock.now() - start);
    /// # Ok(())
    /// # }
    /// ```
    pub fn now(&self) -> Instant {
        self.0.now()
    }

    /// Waits for a duration, which begins with the call.
    ///
    /// In a simulation, all tasks that are ready run before: even a sleep of a nanosecond waits until every
    /// other task waits.
    ///
    /// See [`Clock`] for an example.
    pub fn sleep(&self, duration: Duration) -> impl Future<Output = ()> + Send + Unpin + use<> {
        self.0.sleep(duration)
    }

    /// Waits for a future, but not longer than `limit`: then it returns `None`, and the future is dropped.
    ///
    /// # Examples
    ///
    /// ```
    /// use std::time::Duration;
    ///
    /// use messi::testing::Simulation;
    ///
    /// let simulation = Simulation::new(7);
    /// let clock = simulation.clock();
    /// simulation.run(async {
    ///     let limit = Duration::from_secs(1);
    ///     assert_eq!(clock.timeout(limit, async { 7 }).await, Some(7));
    ///     assert_eq!(clock.timeout(limit, std::future::pending::<()>()).await, None);
    /// });
    /// ```
    pub async fn timeout<T>(&self, limit: Duration, future: impl Future<Output = T>) -> Option<T> {
        time::timeout(&*self.0, limit, pin!(future)).await
    }
}

impl Debug for Clock {
    fn fmt(&self, formatter: &mut Formatter<'_>) -> fmt::Result {
        formatter.debug_struct("Clock").finish_non_exhaustive()
    }
}
