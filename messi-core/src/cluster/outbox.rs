//! Orders that wait for the engine.
//!
//! Whatever a node publishes is appended here and never waits. The task of the node takes all of it at once:
//! messages that are published while it writes leave with the next write. Messages one after the other for the same
//! clients share an envelope, since an engine and the receiving nodes spend their time on envelopes. While there is
//! no link, messages wait for a few seconds, and are then dropped: others would get them too late.

use std::collections::HashMap;
use std::mem;
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::task::{Context, Poll, Waker};
use std::time::{Duration, Instant};

use event_listener::Event;

use super::engine::Order;
use super::envelope::append_messages;
use super::numbers::Published;
use crate::tasks::{notify_all, until};

/// How long messages wait for a link.
const PATIENCE: Duration = Duration::from_secs(5);

/// How long a subscription outlives the last client that needs it, which often comes back soon.
const IDLE_SUBSCRIPTION: Duration = Duration::from_secs(1);

/// Size up to which messages share an envelope.
const BATCH_SIZE: usize = 64 * 1024;

#[derive(Debug)]
pub(super) struct Outbox {
    /// Most bytes that wait.
    limit: usize,
    /// Code under this lock does not await, wake or log, and calls no foreign code. It is taken under that of the
    /// registry.
    state: Mutex<State>,
    /// Notified when fewer bytes wait, or when no more orders are taken.
    changed: Event,
}

#[derive(Debug, Default)]
struct State {
    waiting: Vec<Waiting>,
    bytes: usize,
    /// Since when there is no link; `None` while there is one.
    down_since: Option<Instant>,
    published: Published,
    /// The channels of the subscriptions; of those that are not needed any more, since when.
    subscriptions: HashMap<String, Option<Instant>>,
    /// Whether no more orders are taken once the outbox is empty.
    is_closed: bool,
    waker: Option<Waker>,
    counts: Counts,
}

/// An order, with the number of its messages.
#[derive(Debug)]
struct Waiting {
    order: Order,
    messages: u64,
}

/// Counters of messages to other nodes.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) struct Counts {
    pub(super) published: u64,
    pub(super) dropped: u64,
}

impl Outbox {
    /// Creates an outbox for this number of bytes. There is no link since `now`.
    pub(super) fn new(limit: usize, now: Instant) -> Self {
        let state = State {
            down_since: Some(now),
            ..State::default()
        };
        Self {
            limit,
            state: Mutex::new(state),
            changed: Event::new(),
        }
    }

    /// Publishes messages. `encode` makes their envelope with the number of the first one. Returns the task to wake,
    /// once all locks are released.
    pub(super) fn publish(
        &self,
        channel: String,
        messages: u64,
        now: Instant,
        encode: impl FnOnce(u64) -> Vec<u8>,
    ) -> Option<Waker> {
        let mut state = self.lock();
        // Numbered also if they are dropped: others notice the gap.
        let number = state.published.take(&channel, messages);
        if state.is_down_for_long(now) {
            state.drop_messages();
            state.counts.dropped += messages;
            return None;
        }
        let payload = encode(number);
        let bytes = state.bytes + channel.len() + payload.len();
        if bytes > self.limit {
            state.counts.dropped += messages;
            return None;
        }
        state.bytes = bytes;
        if let Some(last) = state.waiting.last_mut()
            && last.append(&channel, &payload, messages)
        {
            // The task was woken for the envelope.
            return None;
        }
        let order = Order::Publish { channel, payload };
        state.push(Waiting { order, messages })
    }

    /// Subscribes to a channel. It may be subscribed to already.
    pub(super) fn subscribe(&self, channel: String) -> Option<Waker> {
        let mut state = self.lock();
        if let Some(idle) = state.subscriptions.get_mut(&channel) {
            *idle = None;
            return None;
        }
        state.subscriptions.insert(channel.clone(), None);
        state.push_if_up(Order::Subscribe(channel))
    }

    /// Returns whether there is a subscription to a channel.
    pub(super) fn is_subscribed(&self, channel: &str) -> bool {
        self.lock().subscriptions.contains_key(channel)
    }

    /// Records that the subscription to a channel is not needed any more.
    pub(super) fn release(&self, channel: &str, now: Instant) {
        if let Some(idle) = self.lock().subscriptions.get_mut(channel) {
            *idle = Some(now);
        }
    }

    /// Ends the subscriptions that were not needed for a while, and returns their channels.
    pub(super) fn end_idle_subscriptions(&self, now: Instant) -> (Vec<String>, Option<Waker>) {
        let mut state = self.lock();
        let is_idle = |since: Instant| now.saturating_duration_since(since) >= IDLE_SUBSCRIPTION;
        let idle = state.subscriptions.iter();
        let idle = idle.filter(|(_, since)| since.is_some_and(is_idle));
        let ended = sorted(idle.map(|(channel, _)| channel));
        let mut waker = None;
        for channel in &ended {
            state.subscriptions.remove(channel);
            waker = waker.or(state.push_if_up(Order::Unsubscribe(channel.clone())));
        }
        (ended, waker)
    }

    /// Waits until at most half of the limit waits, or until no more orders are taken.
    pub(super) async fn ready(&self) {
        let is_ready = || {
            let state = self.lock();
            (state.is_closed || state.bytes <= self.limit / 2).then_some(())
        };
        until(&self.changed, is_ready).await;
    }

    // --- The task of the node ---

    /// Drops messages that have waited for a link for too long.
    pub(super) fn drop_old_messages(&self, now: Instant) {
        let mut state = self.lock();
        if state.is_down_for_long(now) {
            state.drop_messages();
            drop(state);
            notify_all(&self.changed);
        }
    }

    /// Begins with a new link, and returns the orders that renew all subscriptions. Orders that have waited for a link
    /// follow.
    pub(super) fn begin(&self, now: Instant) -> Vec<Order> {
        let mut state = self.lock();
        if state.is_down_for_long(now) {
            state.drop_messages();
        }
        state.down_since = None;
        let channels = sorted(state.subscriptions.keys()).into_iter();
        channels.map(Order::Subscribe).collect()
    }

    /// Records that the link has failed.
    pub(super) fn end(&self, now: Instant) {
        let mut state = self.lock();
        state.down_since.get_or_insert(now);
        // All subscriptions are renewed with the next link.
        state
            .waiting
            .retain(|it| matches!(it.order, Order::Publish { .. }));
    }

    /// Takes all orders, once there are any. Returns `None` once the outbox is closed and empty.
    pub(super) fn poll_take(&self, cx: &mut Context<'_>) -> Poll<Option<Vec<Order>>> {
        let mut state = self.lock();
        if !state.waiting.is_empty() {
            state.bytes = 0;
            let waiting = mem::take(&mut state.waiting);
            state.counts.published += messages(&waiting);
            drop(state);
            notify_all(&self.changed);
            return Poll::Ready(Some(waiting.into_iter().map(|it| it.order).collect()));
        }
        if state.is_closed {
            return Poll::Ready(None);
        }
        state.waker = Some(cx.waker().clone());
        Poll::Pending
    }

    /// Returns the task that waits for orders, to wake it for another reason.
    pub(super) fn take_waker(&self) -> Option<Waker> {
        self.lock().waker.take()
    }

    /// Ends the task once it has taken the waiting orders.
    pub(super) fn close(&self) -> Option<Waker> {
        let mut state = self.lock();
        state.is_closed = true;
        let waker = state.waker.take();
        drop(state);
        notify_all(&self.changed);
        waker
    }

    pub(super) fn counts(&self) -> Counts {
        self.lock().counts
    }

    fn lock(&self) -> MutexGuard<'_, State> {
        // No code that runs under the lock leaves it half changed.
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Waiting {
    /// Appends the messages of the envelope that is published next. Returns whether they may share this one.
    fn append(&mut self, channel: &str, envelope: &[u8], messages: u64) -> bool {
        let Order::Publish {
            channel: own,
            payload,
        } = &mut self.order
        else {
            return false;
        };
        let is_shared = own == channel
            && payload.len() + envelope.len() <= BATCH_SIZE
            && append_messages(payload, self.messages, envelope);
        self.messages += if is_shared { messages } else { 0 };
        is_shared
    }
}

impl State {
    fn push(&mut self, waiting: Waiting) -> Option<Waker> {
        self.waiting.push(waiting);
        self.waker.take()
    }

    /// Pushes an order about a subscription. Without a link it is not needed: all are renewed with the next one.
    fn push_if_up(&mut self, order: Order) -> Option<Waker> {
        if self.down_since.is_some() {
            return None;
        }
        self.push(Waiting { order, messages: 0 })
    }

    fn is_down_for_long(&self, now: Instant) -> bool {
        let down = self.down_since;
        down.is_some_and(|since| now.saturating_duration_since(since) >= PATIENCE)
    }

    fn drop_messages(&mut self) {
        let dropped = mem::take(&mut self.waiting);
        self.counts.dropped += messages(&dropped);
        self.bytes = 0;
    }
}

/// Returns channels in an order that does not depend on the keys of a hash: a simulation replays it.
fn sorted<'a>(channels: impl Iterator<Item = &'a String>) -> Vec<String> {
    let mut channels: Vec<String> = channels.cloned().collect();
    channels.sort_unstable();
    channels
}

/// Returns the number of messages in orders.
fn messages(orders: &[Waiting]) -> u64 {
    orders.iter().map(|it| it.messages).sum()
}

#[cfg(test)]
mod tests {
    use std::task::Waker;

    use super::*;
    use crate::cluster::envelope::{Content, Envelope, Target};
    use crate::ids::NodeId;

    fn take(outbox: &Outbox) -> Option<Vec<Order>> {
        match outbox.poll_take(&mut Context::from_waker(Waker::noop())) {
            Poll::Ready(orders) => orders,
            Poll::Pending => Some(Vec::new()),
        }
    }

    fn publish(outbox: &Outbox, channel: &str, messages: u64, now: Instant) {
        outbox.publish(channel.into(), messages, now, |number| vec![number as u8]);
    }

    fn published(channel: &str, payload: &[u8]) -> Order {
        Order::Publish {
            channel: channel.into(),
            payload: payload.into(),
        }
    }

    #[test]
    fn orders_leave_together_and_in_order() {
        let now = Instant::now();
        let outbox = Outbox::new(1_000, now);
        assert_eq!(outbox.begin(now), []);
        outbox.subscribe("a".into());
        publish(&outbox, "a", 2, now);
        publish(&outbox, "a", 1, now);
        let expected = [
            Order::Subscribe("a".into()),
            published("a", &[1]),
            published("a", &[3]),
        ];
        assert_eq!(take(&outbox).unwrap(), expected);
        assert_eq!(take(&outbox).unwrap(), []);
        outbox.close();
        assert_eq!(take(&outbox), None);
    }

    #[test]
    fn messages_wait_for_a_link_for_a_while() {
        let now = Instant::now();
        let outbox = Outbox::new(1_000, now);
        outbox.subscribe("a".into());
        publish(&outbox, "a", 2, now);
        // The subscription first: it is renewed.
        assert_eq!(outbox.begin(now), [Order::Subscribe("a".into())]);
        assert_eq!(take(&outbox).unwrap(), [published("a", &[1])]);
        outbox.end(now);
        publish(&outbox, "a", 3, now);
        publish(&outbox, "a", 4, now + PATIENCE);
        outbox.begin(now + PATIENCE);
        assert_eq!(take(&outbox).unwrap(), []);
        // Others notice that 7 are lost.
        publish(&outbox, "a", 1, now + PATIENCE);
        assert_eq!(take(&outbox).unwrap(), [published("a", &[10])]);
        let counts = Counts {
            published: 3,
            dropped: 7,
        };
        assert_eq!(outbox.counts(), counts);
    }

    #[test]
    fn messages_that_have_waited_for_too_long_are_dropped_with_the_next_link() {
        let now = Instant::now();
        let outbox = Outbox::new(1_000, now);
        publish(&outbox, "a", 2, now);
        outbox.begin(now + PATIENCE);
        assert_eq!(take(&outbox).unwrap(), []);
        assert_eq!(outbox.counts().dropped, 2);
    }

    #[test]
    fn no_more_bytes_wait_than_the_limit() {
        let now = Instant::now();
        let outbox = Outbox::new(4, now);
        outbox.begin(now);
        for _ in 0..3 {
            publish(&outbox, "a", 1, now);
        }
        let expected = [published("a", &[1]), published("a", &[2])];
        assert_eq!(take(&outbox).unwrap(), expected);
        assert_eq!(outbox.counts().dropped, 1);
        publish(&outbox, "a", 1, now);
        assert_eq!(take(&outbox).unwrap(), [published("a", &[4])]);
    }

    #[test]
    fn a_subscription_outlives_its_last_client_for_a_while() {
        let now = Instant::now();
        let outbox = Outbox::new(1_000, now);
        outbox.begin(now);
        outbox.subscribe("a".into());
        take(&outbox);
        outbox.release("a", now);
        outbox.subscribe("a".into());
        let (ended, _) = outbox.end_idle_subscriptions(now + IDLE_SUBSCRIPTION);
        assert!(ended.is_empty());
        assert_eq!(take(&outbox).unwrap(), []);
        outbox.release("a", now);
        let (ended, _) = outbox.end_idle_subscriptions(now + IDLE_SUBSCRIPTION);
        assert_eq!(ended, ["a"]);
        assert_eq!(take(&outbox).unwrap(), [Order::Unsubscribe("a".into())]);
    }

    #[test]
    fn a_failed_link_leaves_no_orders_about_subscriptions() {
        let now = Instant::now();
        let outbox = Outbox::new(1_000, now);
        outbox.begin(now);
        outbox.subscribe("a".into());
        publish(&outbox, "a", 1, now);
        outbox.end(now);
        assert_eq!(outbox.begin(now), [Order::Subscribe("a".into())]);
        assert_eq!(take(&outbox).unwrap(), [published("a", &[1])]);
    }

    /// Publishes a message with this number of bytes for all clients.
    fn broadcast(outbox: &Outbox, channel: &str, size: usize, now: Instant) {
        outbox.publish(channel.into(), 1, now, |number| envelope(number, size));
    }

    fn envelope(number: u64, size: usize) -> Vec<u8> {
        let envelope = Envelope {
            fingerprint: 1,
            node: NodeId(1),
            number,
            content: Content::Messages {
                target: Target::All { except: Vec::new() },
                frames: &vec![0; size],
            },
        };
        envelope.encode()
    }

    fn sizes(orders: Vec<Order>) -> Vec<usize> {
        let frames = |order| match order {
            Order::Publish { payload, .. } => payload.len() - envelope(1, 0).len(),
            _ => 0,
        };
        orders.into_iter().map(frames).collect()
    }

    #[test]
    fn messages_for_the_same_clients_leave_in_one_envelope() {
        let now = Instant::now();
        let outbox = Outbox::new(1_000_000, now);
        for (channel, size) in [("a", 1), ("a", 2), ("b", 4), ("a", 8), ("a", 16)] {
            broadcast(&outbox, channel, size, now);
        }
        // In the order in which they were published.
        assert_eq!(sizes(take(&outbox).unwrap()), [3, 4, 24]);
        broadcast(&outbox, "a", 32, now);
        assert_eq!(sizes(take(&outbox).unwrap()), [32]);
        // A message that is dropped with others counts.
        broadcast(&outbox, "a", 1, now);
        broadcast(&outbox, "a", 1, now);
        outbox.begin(now + PATIENCE);
        assert_eq!(outbox.counts().dropped, 2);
    }

    #[test]
    fn an_envelope_has_a_largest_size() {
        let now = Instant::now();
        let outbox = Outbox::new(10 * BATCH_SIZE, now);
        let half = BATCH_SIZE / 2 - envelope(1, 0).len();
        for size in [half, half, half, 2 * BATCH_SIZE, 1] {
            broadcast(&outbox, "a", size, now);
        }
        let expected = [2 * half, half, 2 * BATCH_SIZE, 1];
        assert_eq!(sizes(take(&outbox).unwrap()), expected);
    }
}
