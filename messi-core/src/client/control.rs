//! Ending a connection or the wait for the next one, and stopping in good order.

use std::time::Duration;

use messi_wire::config::{bounded, clamped};

use super::Client;
use super::next_attempt::Order;
use crate::Protocol;
use crate::tasks::unless;

impl<P: Protocol> Client<P> {
    /// Connects anew without the delay of the back-off, for example because the network has changed.
    ///
    /// - While there is a connection, it ends: queued messages are still written, within a second,
    ///   messages that wait for the handler are dropped, and `on_disconnected` is called with
    ///   [`DisconnectReason::Disconnected`](crate::DisconnectReason::Disconnected). Then the client connects.
    /// - A [session](super::ClientBuilder::session) goes on: its connection is given up at once, `on_interrupted` is
    ///   called, and no message is lost.
    /// - While the client waits, the wait ends.
    /// - While the client attempts to connect, the attempt goes on. If it fails, the next one follows without
    ///   a delay.
    ///
    /// The back-off begins anew, but the order of [several servers](super::ClientBuilder::alternative_uri)
    /// does not. Attempts are at least 10 ms apart, as with [`Retry::After`](crate::Retry::After). A handler
    /// that calls this in each `on_disconnected` takes the back-off away.
    ///
    /// This returns at once, and has no effect on a client that has stopped.
    ///
    /// # Examples
    ///
    /// ```no_run
    /// # use chat::*;
    /// # async fn network_changed() -> bool { true }
    /// # async fn example(client: ChatClient) {
    /// while network_changed().await {
    ///     client.reconnect();
    /// }
    /// # }
    /// ```
    pub fn reconnect(&self) {
        // Before the connection ends: its task then looks for the order.
        self.shared.next_attempt.set(Order::AtOnce);
        self.shared.mailbox.reconnect();
    }

    /// Sets the delay of the next attempt to connect, in place of the back-off. The minimum is 10 ms.
    ///
    /// - While there is a connection, it goes on. The delay begins when it has ended, for whatever reason,
    ///   and `on_disconnected` has returned.
    /// - While the client waits, the wait begins anew with this delay.
    /// - While the client attempts to connect, the delay follows if the attempt fails. It replaces the delay
    ///   of [`Retry::After`](crate::Retry::After), but [`Retry::Never`](crate::Retry::Never) still stops
    ///   the client. A connection that this attempt makes forgets the delay.
    ///
    /// Only one attempt is delayed: the one after it follows the back-off again. Of several calls, and calls of
    /// [`reconnect`](Self::reconnect), the last counts. Without an effect on a client that has stopped.
    ///
    /// # Examples
    ///
    /// A client that obeys a busy server:
    ///
    /// ```
    /// # use chat::*;
    /// use std::time::Duration;
    ///
    /// struct Ui;
    ///
    /// impl ChatClientHandler for Ui {
    ///     async fn on_message_ind(&mut self, client: &ChatClient, message: MessageInd) {
    ///         if message.text == "The room is full." {
    ///             // The server closes the connection next.
    ///             client.retry_after(Duration::from_secs(60));
    ///         }
    ///     }
    /// }
    /// ```
    pub fn retry_after(&self, delay: Duration) {
        self.shared.next_attempt.set(Order::After(clamped(delay)));
    }

    /// Stops the client in good order: it handles the messages that the server has sent until now, writes
    /// all queued messages, disconnects, and does not connect again. Messages that the server sends later are
    /// not handled.
    ///
    /// Messages that the server has sent may still be in the buffers of the operating systems. So the client reads
    /// until it has received no bytes for 50 ms. If the server never falls silent, reading ends half a second after
    /// there were no bytes to read for the first time, or after 16 MiB. A request without a response by then fails with
    /// [`Disconnected`](crate::RequestError::Disconnected), and a [`Reply`](crate::Reply) that another task holds is
    /// not waited for.
    ///
    /// A client without a connection stops at once, and messages that wait for one are dropped.
    ///
    /// This returns as soon as the client has stopped, and shortly after `limit` at the latest (100 ms for
    /// `on_disconnected`). Messages that are not written by then are lost, and a callback that is still
    /// waiting is dropped. `on_disconnected` is called with [`DisconnectReason::Stopped`](crate::DisconnectReason::Stopped).
    ///
    /// A callback must not wait for this, since this waits for the callback.
    ///
    /// # Cancel safety
    ///
    /// If the future is dropped, the client goes on draining without a limit. [`stop`](Self::stop) ends that.
    ///
    /// # Examples
    ///
    /// ```no_run
    /// # use chat::*;
    /// # async fn example(client: ChatClient) {
    /// use std::time::Duration;
    ///
    /// client.send(MessageInd { user: "Kalle".into(), text: "Goodbye!".into() });
    /// client.drain(Duration::from_secs(10)).await;
    /// # }
    /// ```
    pub async fn drain(&self, limit: Duration) {
        // Before the command: a connection that begins afterwards looks for the order.
        self.shared.next_attempt.set(Order::Never);
        self.shared.mailbox.drain();
        let ended = self.shared.ended();
        let limit = self.shared.mailbox.runtime().sleep(bounded(limit));
        if unless(limit, ended).await.is_none() {
            self.shared.mailbox.abort();
            self.shared.ended().await;
        }
    }
}
