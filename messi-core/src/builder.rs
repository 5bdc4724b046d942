//! Setters that the builders of clients and servers have in common.

/// Writes the setters of the settings that both builders have, with their documentation.
///
/// The builder has a field `config`, a [`ConnectionConfig`](messi_wire::ConnectionConfig) with setters that
/// know the limits of the values; and a field `runtime`. `$builder` is an expression for the examples.
macro_rules! connection_setters {
    (example: $builder:literal) => {
        /// Sets the largest encoded size of a message in bytes, in both directions. The maximum is 2^24 - 1.
        ///
        /// A larger message from the peer ends the connection before it is read, a larger one to the peer is
        /// not sent. Default: 1 MiB.
        ///
        /// # Examples
        ///
        /// ```
        /// # use chat::*;
        #[doc = concat!("let builder = ", $builder)]
        ///     .max_message_size(64 * 1024);
        /// ```
        pub fn max_message_size(mut self, bytes: usize) -> Self {
            self.config.set_max_message_size(bytes);
            self
        }

        /// Sets the largest encoded size of a message to the peer in bytes, if the peer accepts less than
        /// [`max_message_size`](Self::max_message_size). The maximum is 2^24 - 1.
        ///
        /// The order in which the two are set does not matter. Default: as `max_message_size`.
        ///
        /// # Examples
        ///
        /// ```
        /// # use chat::*;
        #[doc = concat!("let builder = ", $builder)]
        ///     .max_sent_message_size(16 * 1024);
        /// ```
        pub fn max_sent_message_size(mut self, bytes: usize) -> Self {
            self.config.set_max_sent_message_size(bytes);
            self
        }

        /// Sets the number of bytes that may be queued for one peer.
        ///
        /// A single message is queued whatever its size. A server handles no messages of a client while half
        /// of the limit is queued for it. Default: 4 MiB.
        ///
        /// # Examples
        ///
        /// ```
        /// # use chat::*;
        #[doc = concat!("let builder = ", $builder)]
        ///     .max_queued_bytes(256 * 1024);
        /// ```
        pub fn max_queued_bytes(mut self, bytes: usize) -> Self {
            self.config.set_max_queued_bytes(bytes);
            self
        }

        /// Sets the handling of a message when the send queue of its peer is full.
        ///
        /// Default: [`Overflow::Disconnect`](crate::Overflow::Disconnect).
        ///
        /// # Examples
        ///
        /// ```
        /// # use chat::*;
        /// use messi::Overflow;
        ///
        #[doc = concat!("let builder = ", $builder)]
        ///     .overflow(Overflow::DropOldest);
        /// ```
        pub fn overflow(mut self, overflow: $crate::Overflow) -> Self {
            self.config.set_overflow(overflow);
            self
        }

        /// Sets the number of received bytes that may wait for one handler before its peer is held back.
        ///
        /// Default: 1 MiB. The minimum is 1.
        ///
        /// # Examples
        ///
        /// ```
        /// # use chat::*;
        #[doc = concat!("let builder = ", $builder)]
        ///     .max_unhandled_bytes(64 * 1024);
        /// ```
        pub fn max_unhandled_bytes(mut self, bytes: usize) -> Self {
            self.config.set_max_unhandled_bytes(bytes);
            self
        }

        /// Sets the time in which the peer must accept some of the bytes that are queued for it.
        ///
        /// If the peer does not, the connection ends with
        /// [`SlowConsumer`](crate::DisconnectReason::SlowConsumer). Default: 10 s. The minimum is 10 ms.
        ///
        /// # Examples
        ///
        /// ```
        /// # use chat::*;
        /// use std::time::Duration;
        ///
        #[doc = concat!("let builder = ", $builder)]
        ///     .write_timeout(Duration::from_secs(30));
        /// ```
        pub fn write_timeout(mut self, timeout: std::time::Duration) -> Self {
            self.config.set_write_timeout(timeout);
            self
        }

        /// Sets the time from the first to the last byte of a received message.
        ///
        /// A message may take longer if it arrives at [`min_message_rate`](Self::min_message_rate). Otherwise
        /// the connection ends with [`MessageTimeout`](crate::DisconnectReason::MessageTimeout). Default: 10
        /// s. The minimum is 10 ms.
        ///
        /// # Examples
        ///
        /// ```
        /// # use chat::*;
        /// use std::time::Duration;
        ///
        #[doc = concat!("let builder = ", $builder)]
        ///     .message_timeout(Duration::from_secs(30));
        /// ```
        pub fn message_timeout(mut self, timeout: std::time::Duration) -> Self {
            self.config.set_message_timeout(timeout);
            self
        }

        /// Sets the rate at which a received message must arrive if it takes longer than
        /// [`message_timeout`](Self::message_timeout), in bytes per second.
        ///
        /// The rate is the average over each such time. With zero, one byte in each is enough. Default: 512.
        ///
        /// # Examples
        ///
        /// ```
        /// # use chat::*;
        #[doc = concat!("let builder = ", $builder)]
        ///     .min_message_rate(4 * 1024);
        /// ```
        pub fn min_message_rate(mut self, bytes_per_second: usize) -> Self {
            self.config.set_min_message_rate(bytes_per_second);
            self
        }

        /// Sets the time to wait for the response to a request, unless
        /// [`ResponseFuture::timeout`](crate::ResponseFuture::timeout) sets another.
        ///
        /// With zero, a request fails when its response is first awaited, unless the response has arrived by
        /// then. Default: 10 s.
        ///
        /// # Examples
        ///
        /// ```
        /// # use chat::*;
        /// use std::time::Duration;
        ///
        #[doc = concat!("let builder = ", $builder)]
        ///     .request_timeout(Duration::from_secs(2));
        /// ```
        pub fn request_timeout(mut self, timeout: std::time::Duration) -> Self {
            self.config.set_request_timeout(timeout);
            self
        }

        /// Sets the time after the last transfer for which a connection polls for input, before it sleeps
        /// until the operating system wakes it.
        ///
        /// A message that arrives within that time needs no wake-up, which takes most of a short round trip.
        /// The price is a whole core for as long as there is such a connection; other tasks still run in
        /// between. Default: zero, with which it sleeps at once.
        ///
        /// # Examples
        ///
        /// ```
        /// # use chat::*;
        /// use std::time::Duration;
        ///
        #[doc = concat!("let builder = ", $builder)]
        ///     .busy_poll(Duration::from_micros(50));
        /// ```
        pub fn busy_poll(mut self, time: std::time::Duration) -> Self {
            self.config.set_busy_poll(time);
            self
        }

        /// Sets the runtime of the tasks, timers and sockets.
        ///
        /// Default: the one that is [current](crate::Runtime::current) when `start` is called.
        ///
        /// # Examples
        ///
        /// ```
        /// # use chat::*;
        /// use messi::Runtime;
        ///
        #[doc = concat!("let builder = ", $builder)]
        ///     .runtime(Runtime::threads(1));
        /// ```
        pub fn runtime(mut self, runtime: impl Into<$crate::Runtime>) -> Self {
            self.runtime = Some(runtime.into());
            self
        }
    };
}

pub(crate) use connection_setters;
