//! A client of a node.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::mpsc::{self, Receiver, Sender};
use std::time::{Duration, Instant};

use async_std::task::block_on;
use futures::future::join_all;
use messi::DisconnectReason;

use crate::channel::{self, ALL};
use crate::events::LIMIT;
use crate::member::KEEP_ALIVE;
use crate::node::Node;
use crate::proto::*;

/// The delay of reconnects, and their maximum.
const DELAYS: (Duration, Duration) = (Duration::from_millis(50), Duration::from_millis(100));

#[derive(Debug)]
enum Event {
    Connected,
    Disconnected,
    Note(Note),
}

struct Ui(Sender<Event>);

impl Ui {
    fn report(&self, event: Event) {
        // Fails if the test has ended.
        let _ = self.0.send(event);
    }
}

impl RoomClientHandler for Ui {
    async fn on_connected(&mut self, _: &RoomClient) {
        self.report(Event::Connected);
    }

    async fn on_note(&mut self, _: &RoomClient, note: Note) {
        self.report(Event::Note(note));
    }

    async fn on_disconnected(&mut self, _: &RoomClient, _: DisconnectReason) {
        self.report(Event::Disconnected);
    }
}

/// A client of a node, with the notes that it has received.
#[derive(Debug)]
pub(crate) struct Guest {
    client: RoomClient,
    events: Receiver<Event>,
    /// The channels of which it gets messages.
    pub(crate) channels: BTreeSet<String>,
    pub(crate) is_connected: bool,
    /// How many connections have ended.
    pub(crate) disconnections: u32,
    /// The notes that it has received, by the node and the channel.
    notes: BTreeMap<(u32, String), Received>,
}

/// Received notes of a node in a channel.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct Received {
    pub(crate) count: u64,
    /// The number of the last one.
    pub(crate) last: u64,
}

impl Guest {
    /// Connects a client to a node, or else to the others.
    pub(crate) fn connect(node: &Node, others: &[&Node]) -> Self {
        let (sender, events) = mpsc::channel();
        let builder = RoomClient::builder(node.uri())
            .keep_alive_interval(KEEP_ALIVE)
            .reconnect_delay(DELAYS.0, DELAYS.1);
        let builder = others.iter().fold(builder, |builder, other| {
            builder.alternative_uri(other.uri())
        });
        let mut guest = Self {
            client: builder.start(Ui(sender)).expect("a valid URI"),
            events,
            channels: BTreeSet::from([ALL.into()]),
            is_connected: false,
            disconnections: 0,
            notes: BTreeMap::new(),
        };
        guest.until(|guest| guest.is_connected);
        // The node sends to it once it has answered.
        guest.join_and_leave(&[], &["none".into()]);
        guest
    }

    /// Joins topics, and leaves others.
    pub(crate) fn join_and_leave(&mut self, joined: &[String], left: &[String]) {
        let joins = joined.iter().map(|topic| self.request_to_join(topic));
        let leaves = left.iter().map(async |topic| {
            let request = LeaveReq {
                topic: topic.into(),
            };
            self.client.leave_req(request).await.expect("a response");
        });
        let errors = block_on(async {
            let errors = join_all(joins).await;
            join_all(leaves).await;
            errors
        });
        assert!(errors.iter().all(String::is_empty), "{errors:?}");
        self.channels
            .extend(joined.iter().map(|it| channel::topic(it)));
        for topic in left {
            self.channels.remove(&channel::topic(topic));
        }
    }

    /// Tries to join a topic, and returns the error.
    pub(crate) fn try_join(&self, topic: &str) -> String {
        block_on(self.request_to_join(topic))
    }

    async fn request_to_join(&self, topic: &str) -> String {
        let request = JoinReq {
            topic: topic.into(),
        };
        let response = self.client.join_req(request).await.expect("a response");
        response.error
    }

    /// Logs in as a user.
    pub(crate) fn log_in(&mut self, user: &str) {
        let request = LogInReq { user: user.into() };
        block_on(self.client.log_in_req(request)).expect("a response");
        self.channels.insert(channel::user(user));
    }

    /// Returns the notes that it has received of a node.
    pub(crate) fn received(&self, node: &Node, channel: &str) -> Received {
        let notes = self.notes.get(&(node.settings.index, channel.into()));
        notes.copied().unwrap_or_default()
    }

    /// Returns the channels of which it has received something.
    pub(crate) fn received_channels(&self) -> BTreeSet<&str> {
        self.notes.keys().map(|(_, channel)| &**channel).collect()
    }

    /// Waits until it has received the last note that a node has sent to a channel.
    pub(crate) fn until_last(&mut self, node: &Node, channel: &str) {
        let last = node.sent(channel);
        self.until(|guest| guest.received(node, channel).last == last);
    }

    /// Waits until a time for the last notes that nodes have sent to its channels. Returns whether they have come.
    pub(crate) fn has_last_by(&mut self, deadline: Instant, nodes: &[Node]) -> bool {
        while !self.has_last(nodes) {
            let left = deadline.saturating_duration_since(Instant::now());
            match self.events.recv_timeout(left) {
                Ok(event) => self.record(event),
                Err(_) => return false,
            }
        }
        true
    }

    fn has_last(&self, nodes: &[Node]) -> bool {
        nodes.iter().all(|node| {
            let mut channels = self.channels.iter();
            channels.all(|channel| self.received(node, channel).last == node.sent(channel))
        })
    }

    /// Waits until events have made this true.
    pub(crate) fn until(&mut self, is_so: impl Fn(&Self) -> bool) {
        while !is_so(self) {
            let event = self.events.recv_timeout(LIMIT);
            let event =
                event.unwrap_or_else(|_| panic!("no event within the time limit: {self:?}"));
            self.record(event);
        }
    }

    fn record(&mut self, event: Event) {
        match event {
            Event::Connected => self.is_connected = true,
            Event::Disconnected => {
                self.is_connected = false;
                self.disconnections += 1;
            }
            Event::Note(note) => {
                let number = note.number;
                let received = self.notes.entry((note.node, note.channel.clone()));
                let received = received.or_default();
                assert!(
                    number > received.last,
                    "of node {} in {}: {number} after {}",
                    note.node,
                    note.channel,
                    received.last
                );
                received.count += 1;
                received.last = number;
            }
        }
    }
}
