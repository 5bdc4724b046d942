//! A subscription that passes its messages to the queue of the connection.

use std::pin::pin;
use std::sync::{Arc, Mutex, PoisonError, Weak};
use std::task::{Context, Poll, Wake, Waker};

use async_nats::Subscriber;
use futures::StreamExt;
use messi_core::cluster::queue::{Message, Queue};
use tokio::task::unconstrained;

/// A subscription to a channel.
///
/// async-nats has a list of messages for each subscription. Read one after the other, the messages of two channels would
/// lose their order, and a list that is not read in time would lose messages. So each message is taken when async-nats
/// wakes the reader of its list: while it appends the message, and before it looks at the next one.
pub(crate) struct Subscription(Arc<Reader>);

struct Reader {
    channel: String,
    /// Only the thread of the connection locks it, and no future is awaited under the lock.
    subscriber: Mutex<Subscriber>,
    queue: Arc<Queue>,
}

/// Wakes a reader. The list has it, and the reader has the list: it must not keep the reader alive.
struct Arrival(Weak<Reader>);

impl Subscription {
    pub(crate) fn new(channel: String, subscriber: Subscriber, queue: Arc<Queue>) -> Self {
        let reader = Arc::new(Reader {
            channel,
            subscriber: Mutex::new(subscriber),
            queue,
        });
        reader.read();
        Self(reader)
    }

    /// Returns the subscriber, to end the subscription.
    pub(crate) fn into_subscriber(self) -> Option<Subscriber> {
        let reader = Arc::into_inner(self.0)?;
        let subscriber = reader.subscriber.into_inner();
        Some(subscriber.unwrap_or_else(PoisonError::into_inner))
    }
}

impl Reader {
    /// Moves all messages into the queue, and asks to be woken for the next one.
    fn read(self: &Arc<Self>) {
        let waker = Waker::from(Arc::new(Arrival(Arc::downgrade(self))));
        let mut context = Context::from_waker(&waker);
        let subscriber = self.subscriber.lock();
        let mut subscriber = subscriber.unwrap_or_else(PoisonError::into_inner);
        // tokio would wake the reader later, once a task has received many messages.
        let mut next = || pin!(unconstrained(subscriber.next())).poll(&mut context);
        while let Poll::Ready(Some(message)) = next() {
            self.queue.push(Message {
                channel: self.channel.clone(),
                payload: message.payload.to_vec(),
            });
        }
    }
}

impl Wake for Arrival {
    fn wake(self: Arc<Self>) {
        self.wake_by_ref();
    }

    fn wake_by_ref(self: &Arc<Self>) {
        if let Some(reader) = self.0.upgrade() {
            reader.read();
        }
    }
}
