//! The engine for servers of one process.

use std::collections::{HashMap, VecDeque};
use std::io;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use event_listener::Event;

use super::engine::{
    Engine, EngineError, EngineFuture, Inbox, Link, LinkReceiver, LinkSender, Order,
};
use crate::tasks::{notify_all, until};

/// Bytes that may wait for one link, which is closed beyond them: a node that does not receive must not fill the memory.
const MAX_WAITING: usize = 64 * 1024 * 1024;

/// An engine in the memory of this process, for several servers in it and for tests.
///
/// Clones share the engine: give each server one. In a `testing::Simulation`, it takes no time.
///
/// # Examples
///
/// ```
/// use messi::cluster::Memory;
///
/// let engine = Memory::new();
/// let (first, second) = (engine.clone(), engine.clone());
/// ```
#[derive(Clone, Debug, Default)]
pub struct Memory {
    broker: Arc<Broker>,
    /// Number of the access, with which links are closed and refused together.
    port: u64,
}

/// The channels and links of one engine.
#[derive(Debug, Default)]
struct Broker {
    /// Code under this lock does not await or wake, and calls no foreign code.
    state: Mutex<State>,
}

#[derive(Debug, Default)]
struct State {
    last_port: u64,
    /// The ports that can't be reached.
    unreachable: Vec<u64>,
    /// In the order in which they were made.
    links: Vec<Arc<Waiting>>,
    /// The links that have subscribed to a channel, in the order in which they did.
    channels: HashMap<String, Vec<Arc<Waiting>>>,
}

/// Messages that wait for one link.
#[derive(Debug)]
struct Waiting {
    port: u64,
    /// Code under this lock does not await or wake, and calls no foreign code. It may be taken under that of the
    /// broker.
    queue: Mutex<Queue>,
    changed: Event,
}

/// Each with its channel.
type Messages = VecDeque<(Arc<str>, Arc<[u8]>)>;

#[derive(Debug, Default)]
struct Queue {
    messages: Messages,
    bytes: usize,
    is_closed: bool,
}

impl Memory {
    /// Creates an engine.
    pub fn new() -> Self {
        Self::default()
    }

    /// Returns another access to the same engine, which [`set_reachable`](Self::set_reachable) cuts by itself: for the
    /// test of a node that is cut off from the others.
    ///
    /// # Examples
    ///
    /// ```
    /// use messi::cluster::Memory;
    ///
    /// let engine = Memory::new();
    /// let (first, second) = (engine.port(), engine.port());
    /// // The server with the second one is alone now.
    /// second.set_reachable(false);
    /// ```
    pub fn port(&self) -> Self {
        let mut state = self.broker.lock();
        state.last_port += 1;
        Self {
            port: state.last_port,
            broker: self.broker.clone(),
        }
    }

    /// Closes all links of this access and refuses new ones, or accepts them again.
    pub fn set_reachable(&self, is_reachable: bool) {
        let mut state = self.broker.lock();
        state.unreachable.retain(|port| *port != self.port);
        if is_reachable {
            return;
        }
        state.unreachable.push(self.port);
        let links = state.links.iter().filter(|link| link.port == self.port);
        let closed: Vec<_> = links.cloned().collect();
        drop(state);
        closed.iter().for_each(|link| link.close());
    }
}

impl Engine for Memory {
    fn connect(&self) -> EngineFuture<'_, Link> {
        Box::pin(async {
            let mut state = self.broker.lock();
            if state.unreachable.contains(&self.port) {
                return Err(EngineError::new(io::Error::from(
                    io::ErrorKind::ConnectionRefused,
                )));
            }
            let waiting = Arc::new(Waiting {
                port: self.port,
                queue: Mutex::default(),
                changed: Event::new(),
            });
            state.links.push(waiting.clone());
            let sender = MemorySender {
                broker: self.broker.clone(),
                waiting: waiting.clone(),
            };
            Ok(Link {
                sender: Box::new(sender),
                receiver: Box::new(MemoryReceiver { waiting }),
            })
        })
    }
}

impl Broker {
    fn subscribe(&self, channel: String, link: &Arc<Waiting>) {
        let mut state = self.lock();
        let links = state.channels.entry(channel).or_default();
        if !links.iter().any(|it| Arc::ptr_eq(it, link)) {
            links.push(link.clone());
        }
    }

    fn unsubscribe(&self, channel: &str, link: &Arc<Waiting>) {
        let mut state = self.lock();
        if let Some(links) = state.channels.get_mut(channel) {
            links.retain(|it| !Arc::ptr_eq(it, link));
            if links.is_empty() {
                state.channels.remove(channel);
            }
        }
    }

    fn publish(&self, channel: &str, payload: &[u8]) {
        let state = self.lock();
        let Some(links) = state.channels.get(channel) else {
            return;
        };
        let (channel, payload): (Arc<str>, Arc<[u8]>) = (channel.into(), payload.into());
        // Under the lock of the broker: all links get the messages of a channel in the same order.
        for link in links {
            link.push(channel.clone(), payload.clone());
        }
        let links = links.clone();
        drop(state);
        links.iter().for_each(|link| notify_all(&link.changed));
    }

    fn remove(&self, link: &Arc<Waiting>) {
        let is_other = |it: &Arc<Waiting>| !Arc::ptr_eq(it, link);
        let mut state = self.lock();
        state.links.retain(is_other);
        state.channels.retain(|_, links| {
            links.retain(is_other);
            !links.is_empty()
        });
    }

    fn lock(&self) -> MutexGuard<'_, State> {
        // No code that runs under the lock leaves it half changed.
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Waiting {
    fn push(&self, channel: Arc<str>, payload: Arc<[u8]>) {
        let mut queue = self.lock();
        queue.bytes += payload.len();
        queue.is_closed |= queue.bytes > MAX_WAITING;
        if !queue.is_closed {
            queue.messages.push_back((channel, payload));
        }
    }

    /// Takes the waiting messages. Returns `None` if there are no messages yet, and an error if the link is closed.
    fn take(&self) -> Option<Result<Messages, EngineError>> {
        let mut queue = self.lock();
        if queue.is_closed {
            return Some(Err(closed()));
        }
        queue.bytes = 0;
        let messages = std::mem::take(&mut queue.messages);
        (!messages.is_empty()).then_some(Ok(messages))
    }

    fn close(&self) {
        let mut queue = self.lock();
        queue.is_closed = true;
        queue.messages = VecDeque::new();
        drop(queue);
        notify_all(&self.changed);
    }

    fn lock(&self) -> MutexGuard<'_, Queue> {
        // No code that runs under the lock leaves it half changed.
        self.queue.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

fn closed() -> EngineError {
    EngineError::new(io::Error::from(io::ErrorKind::ConnectionReset))
}

#[derive(Debug)]
struct MemorySender {
    broker: Arc<Broker>,
    waiting: Arc<Waiting>,
}

impl LinkSender for MemorySender {
    fn send(&mut self, orders: Vec<Order>) -> EngineFuture<'_, ()> {
        Box::pin(async move {
            for order in orders {
                if self.waiting.lock().is_closed {
                    return Err(closed());
                }
                match order {
                    Order::Subscribe(channel) => {
                        self.broker.subscribe(channel, &self.waiting);
                    }
                    Order::Unsubscribe(channel) => self.broker.unsubscribe(&channel, &self.waiting),
                    Order::Publish { channel, payload } => self.broker.publish(&channel, &payload),
                }
            }
            Ok(())
        })
    }
}

impl Drop for MemorySender {
    fn drop(&mut self) {
        self.broker.remove(&self.waiting);
    }
}

#[derive(Debug)]
struct MemoryReceiver {
    waiting: Arc<Waiting>,
}

impl LinkReceiver for MemoryReceiver {
    fn receive<'a>(&'a mut self, inbox: &'a mut Inbox<'_>) -> EngineFuture<'a, ()> {
        Box::pin(async move {
            let waiting = &self.waiting;
            let messages = until(&waiting.changed, || waiting.take()).await?;
            for (channel, payload) in messages {
                inbox.deliver(&channel, &payload);
            }
            Ok(())
        })
    }
}

#[cfg(test)]
mod tests {
    use futures::FutureExt;
    use futures::executor::block_on;

    use super::*;

    fn publish(channel: &str, payload: &str) -> Order {
        Order::Publish {
            channel: channel.into(),
            payload: payload.into(),
        }
    }

    fn send(link: &mut Link, orders: impl Into<Vec<Order>>) -> Result<(), EngineError> {
        block_on(link.sender.send(orders.into()))
    }

    /// Returns the received messages; `None` if the link waits.
    fn receive(link: &mut Link) -> Option<Result<Vec<String>, EngineError>> {
        let mut received = Vec::new();
        let mut deliver = |channel: &str, payload: &[u8]| {
            received.push(format!("{channel}: {}", String::from_utf8_lossy(payload)));
        };
        let mut inbox = Inbox::new(&mut deliver);
        let result = link.receiver.receive(&mut inbox).now_or_never()?;
        Some(result.map(|()| received))
    }

    fn connect(engine: &Memory) -> Link {
        block_on(engine.connect()).unwrap()
    }

    #[test]
    fn subscribers_get_the_messages_of_their_channels_in_order() {
        let engine = Memory::new();
        let (mut first, mut second) = (connect(&engine), connect(&engine));
        send(&mut first, [Order::Subscribe("a".into())]).unwrap();
        send(
            &mut second,
            [
                publish("a", "1"),
                publish("b", "2"),
                Order::Subscribe("a".into()),
                publish("a", "3"),
            ],
        )
        .unwrap();
        let expected = ["a: 1", "a: 3"].map(String::from).to_vec();
        assert_eq!(receive(&mut first), Some(Ok(expected)));
        assert_eq!(receive(&mut first), None);
        // By this link too.
        assert_eq!(receive(&mut second), Some(Ok(vec!["a: 3".into()])));
        let orders = [Order::Unsubscribe("a".into()), publish("a", "4")];
        send(&mut first, orders).unwrap();
        assert_eq!(receive(&mut first), None);
        assert_eq!(receive(&mut second), Some(Ok(vec!["a: 4".into()])));
    }

    #[test]
    fn a_port_is_cut_by_itself() {
        let engine = Memory::new();
        let cut = engine.port();
        let (mut first, mut second) = (connect(&engine), connect(&cut));
        for link in [&mut first, &mut second] {
            send(link, [Order::Subscribe("a".into())]).unwrap();
        }
        cut.set_reachable(false);
        assert_eq!(receive(&mut second), Some(Err(closed())));
        assert_eq!(send(&mut second, [publish("a", "1")]), Err(closed()));
        assert!(block_on(cut.connect()).is_err());
        send(&mut first, [publish("a", "2")]).unwrap();
        assert_eq!(receive(&mut first), Some(Ok(vec!["a: 2".into()])));
        cut.set_reachable(true);
        connect(&cut);
    }

    #[test]
    fn a_link_that_does_not_receive_is_closed() {
        let engine = Memory::new();
        let mut link = connect(&engine);
        send(&mut link, [Order::Subscribe("a".into())]).unwrap();
        let large = "x".repeat(MAX_WAITING / 2);
        send(&mut link, [publish("a", &large), publish("a", &large)]).unwrap();
        send(&mut link, [publish("a", "one more")]).unwrap();
        assert_eq!(receive(&mut link), Some(Err(closed())));
    }

    #[test]
    fn a_link_that_is_dropped_leaves_nothing() {
        let engine = Memory::new();
        let mut link = connect(&engine);
        send(&mut link, [Order::Subscribe("a".into())]).unwrap();
        drop(link);
        let state = engine.broker.lock();
        assert_eq!((state.links.len(), state.channels.len()), (0, 0));
    }
}
