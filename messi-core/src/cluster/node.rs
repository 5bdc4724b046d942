//! This server as a node of its cluster.
//!
//! The life of a link to the engine, in [`ClusterNode::run`]:
//!
//! 1. All subscriptions are renewed, and the engine has confirmed them.
//! 2. A heartbeat is published, with the label and the schema of the node. Once it has come back, the link is up:
//!    messages that are published to the channels of this node now arrive.
//! 3. Orders are sent, messages are received, and a heartbeat is published each second, all beside each other.
//! 4. The link has failed if one of these fails, or if no heartbeat of this node has come back for [`SILENCE`].

mod deliveries;
mod gossip;
#[cfg(test)]
mod tests;

use std::collections::BTreeMap;
use std::future::poll_fn;
use std::io;
use std::pin::pin;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::task::Waker;
use std::time::{Duration, Instant};

use event_listener::Event;
use futures::future::{BoxFuture, select, try_join4};
use log::{info, warn};
use messi_wire::Backoff;

use super::channels::Channels;
use super::engine::{EngineError, Inbox, Link, LinkReceiver, LinkSender, Order};
use super::envelope::{Content, Envelope, Target};
use super::numbers::Expected;
use super::outbox::Outbox;
use super::presence::PresenceTable;
use super::schema::Schema;
use super::settings::Cluster;
use super::status::{ClusterState, ClusterStats, ClusterStatus, Node};
use crate::ids::NodeId;
use crate::runtime::AsyncRuntime;
use crate::tasks::{unless, until, wake};
use crate::time::timeout;
use crate::{LOG_TARGET, Report};

/// Time limit of connecting to the engine, and of each step of a new link.
const CONNECT_TIMEOUT: Duration = Duration::from_secs(5);

/// Time between two heartbeats.
const HEARTBEAT: Duration = Duration::from_secs(1);

/// Time without a heartbeat after which a node, or the own link, is gone.
const SILENCE: Duration = Duration::from_secs(5);

/// Time to publish the last messages when the server stops.
const LEAVE_TIMEOUT: Duration = Duration::from_secs(1);

/// The delays between attempts to connect to the engine. With its jitter, the longest one leaves time for a link to be up
/// within a second after the engine listens again. An attempt costs an engine little, and there are few nodes.
const BACKOFF: Backoff = Backoff {
    min: Duration::from_millis(100),
    max: Duration::from_millis(500),
};

/// The server of a node, which delivers the messages of others to its clients.
pub(crate) trait Local: Send + Sync {
    /// Appends messages for clients of this server. They are checked frames.
    fn deliver(&self, target: Target<'_>, frames: &[u8], messages: u64);

    /// Queues all messages until now for the clients.
    fn flush(&self);

    /// Waits until the server stops.
    fn stopped(&self) -> BoxFuture<'_, ()>;
}

/// This server as a node of its cluster.
#[derive(Debug)]
pub(crate) struct ClusterNode {
    id: NodeId,
    /// The name of this server in log lines.
    server: String,
    settings: Cluster,
    channels: Channels,
    schema: Schema,
    max_message_size: usize,
    runtime: Arc<dyn AsyncRuntime>,
    outbox: Outbox,
    /// `None` if members of topics are not shared.
    presence: Option<PresenceTable>,
    view: Mutex<View>,
    /// Notified when the link is up.
    is_up: Event,
}

/// The knowledge of this node. Code under its lock does not await, wake or log, and calls no foreign code.
#[derive(Debug)]
struct View {
    state: ClusterState,
    /// The time of the last heartbeat of this node that has come back, or of the begin of the link.
    heard: Instant,
    nodes: BTreeMap<NodeId, Other>,
    expected: Expected,
    stats: ClusterStats,
    /// Whether refused messages were logged since the last failure of the link.
    has_warned: bool,
    /// The last failure of a link.
    failure: Option<EngineError>,
}

/// Another node.
#[derive(Debug)]
struct Other {
    name: String,
    /// Whether it was heard lately, when this was looked at last.
    is_there: bool,
    /// The time of its last heartbeat.
    heard: Instant,
    fingerprint: u64,
    is_compatible: bool,
}

impl View {
    /// Forgets a node that does not come back. Returns whether it was known.
    fn forget(&mut self, node: NodeId) -> bool {
        self.expected.forget_node(node);
        self.nodes.remove(&node).is_some()
    }
}

impl Other {
    fn is_silent(&self, now: Instant) -> bool {
        now.saturating_duration_since(self.heard) >= SILENCE
    }
}

/// Why the service of a link ends.
enum LinkEnd {
    Failed(EngineError),
    /// The server has stopped.
    Stopped,
}

impl From<EngineError> for LinkEnd {
    fn from(error: EngineError) -> Self {
        Self::Failed(error)
    }
}

impl ClusterNode {
    pub(crate) fn new(
        mut settings: Cluster,
        server: String,
        protocol: &str,
        members: &'static [(u32, &'static str)],
        max_message_size: usize,
        runtime: Arc<dyn AsyncRuntime>,
    ) -> Self {
        if let Some(engine) = settings.engine.for_node() {
            settings.engine = engine;
        }
        let now = runtime.now();
        let half = || (runtime.random() * f64::from(u32::MAX)) as u64;
        let id = NodeId(half() << 32 | half());
        let channels = Channels::new(protocol);
        // With fewer bytes, a large message could never be published.
        let limit = max_message_size.saturating_mul(2);
        let outbox = Outbox::new(settings.max_queued_bytes.max(limit), now);
        for channel in [channels.all(), channels.node(id)] {
            outbox.subscribe(channel);
        }
        Self {
            id,
            server,
            schema: Schema::new(members),
            channels,
            max_message_size,
            outbox,
            presence: settings.presence.clone().map(PresenceTable::new),
            view: Mutex::new(View {
                state: ClusterState::Down { since: now },
                heard: now,
                nodes: BTreeMap::new(),
                expected: Expected::default(),
                stats: ClusterStats::default(),
                has_warned: false,
                failure: None,
            }),
            is_up: Event::new(),
            settings,
            runtime,
        }
    }

    // --- The server's side ---

    pub(crate) fn id(&self) -> NodeId {
        self.id
    }

    /// Publishes messages for clients of other nodes. Returns the task to wake, once all locks are released.
    pub(crate) fn publish(
        &self,
        target: Target<'_>,
        frames: &[u8],
        messages: u64,
    ) -> Option<Waker> {
        let channel = match &target {
            Target::All { .. } => self.channels.all(),
            Target::Topic { name, .. } => self.channels.topic(name),
            Target::User(name) => self.channels.user(name),
            Target::Clients { node, .. } => self.channels.node(*node),
        };
        let content = Content::Messages { target, frames };
        self.publish_content(channel, messages, content)
    }

    /// Subscribes to a topic, of which there is a member here.
    pub(crate) fn subscribe_topic(&self, name: &str) -> Option<Waker> {
        self.outbox.subscribe(self.channels.topic(name))
    }

    /// Subscribes to a user with a client on this node.
    pub(crate) fn subscribe_user(&self, name: &str) -> Option<Waker> {
        self.outbox.subscribe(self.channels.user(name))
    }

    /// Records that there is no member of a topic here any more.
    pub(crate) fn release_topic(&self, name: &str) {
        let channel = self.channels.topic(name);
        self.outbox.release(&channel, self.runtime.now());
    }

    /// Records that there is no client of a user here any more.
    pub(crate) fn release_user(&self, name: &str) {
        let channel = self.channels.user(name);
        self.outbox.release(&channel, self.runtime.now());
    }

    /// Waits until there is room for more messages.
    pub(crate) async fn ready(&self) {
        self.outbox.ready().await;
    }

    pub(crate) fn status(&self) -> ClusterStatus {
        let now = self.runtime.now();
        let view = self.view();
        let nodes = view.nodes.iter().filter(|(_, it)| !it.is_silent(now));
        let nodes = nodes.map(|(id, other)| Node {
            id: *id,
            name: other.name.clone(),
        });
        ClusterStatus {
            node: self.id,
            state: view.state,
            nodes: nodes.collect(),
        }
    }

    pub(crate) fn stats(&self) -> ClusterStats {
        let counts = self.outbox.counts();
        ClusterStats {
            published: counts.published,
            dropped: counts.dropped,
            ..self.view().stats
        }
    }

    /// Waits for the first link, if the server needs one to start.
    ///
    /// # Errors
    ///
    /// Returns the last failure if it takes too long.
    pub(crate) async fn started(&self) -> Result<(), EngineError> {
        let is_up = || (self.view().state == ClusterState::Up).then_some(());
        let is_up = pin!(until(&self.is_up, is_up));
        let is_started = self.settings.is_optional
            || timeout(&*self.runtime, CONNECT_TIMEOUT, is_up)
                .await
                .is_some();
        if is_started {
            return Ok(());
        }
        Err(self.view().failure.take().unwrap_or_else(timed_out))
    }

    // --- The task ---

    /// Keeps a link to the engine, and looks at the other nodes, until the server stops.
    pub(crate) async fn run(&self, local: &dyn Local) {
        let kept = pin!(self.keep_link(local));
        select(kept, pin!(self.watch())).await;
        // Tasks must not wait for room any more, with a link or without.
        wake(self.outbox.close());
    }

    /// Notices which nodes have been silent, and which messages have waited, for too long.
    async fn watch(&self) -> Never {
        loop {
            self.runtime.sleep(HEARTBEAT).await;
            let now = self.runtime.now();
            self.watch_nodes(now);
            self.outbox.drop_old_messages(now);
        }
    }

    async fn keep_link(&self, local: &dyn Local) {
        let mut failures = 0;
        loop {
            let Some(connected) = unless(local.stopped(), self.connect()).await else {
                return;
            };
            let end = match connected {
                Ok(link) => self.serve(link, local).await,
                Err(error) => LinkEnd::Failed(error),
            };
            let LinkEnd::Failed(error) = end else { return };
            if self.handle_failure(&error) {
                failures = 0;
            }
            let delay = BACKOFF.delay(failures, self.runtime.random());
            failures = failures.saturating_add(1);
            if unless(local.stopped(), self.runtime.sleep(delay))
                .await
                .is_none()
            {
                return;
            }
        }
    }

    async fn connect(&self) -> Result<Link, EngineError> {
        self.within(self.settings.engine.connect()).await
    }

    /// Limits the time of a step of a new link.
    async fn within<T>(
        &self,
        step: impl Future<Output = Result<T, EngineError>> + Unpin,
    ) -> Result<T, EngineError> {
        let done = timeout(&*self.runtime, CONNECT_TIMEOUT, step).await;
        done.unwrap_or_else(|| Err(timed_out()))
    }

    /// Serves a link until it fails or the server stops.
    async fn serve(&self, link: Link, local: &dyn Local) -> LinkEnd {
        let Link {
            mut sender,
            mut receiver,
        } = link;
        let now = self.runtime.now();
        let renewed = self.outbox.begin(now);
        self.handle_link(now);
        match unless(local.stopped(), self.within(sender.send(renewed))).await {
            None => return LinkEnd::Stopped,
            Some(Err(error)) => return LinkEnd::Failed(error),
            Some(Ok(())) => {}
        }
        self.publish_heartbeat();
        let served = try_join4(
            self.send(&mut *sender),
            self.receive(&mut *receiver, local),
            self.beat(),
            self.leave(local),
        );
        match served.await {
            Err(end) => end,
            Ok((never, ..)) => match never {},
        }
    }

    /// Sends orders as they come. It ends when the outbox is closed and empty.
    async fn send(&self, sender: &mut dyn LinkSender) -> Result<Never, LinkEnd> {
        loop {
            let orders = poll_fn(|cx| {
                // Only now, when the engine has all of before: answers are larger than the outbox may be.
                self.publish_answers();
                self.outbox.poll_take(cx)
            });
            let orders = orders.await;
            let orders: Vec<Order> = orders.ok_or(LinkEnd::Stopped)?;
            sender.send(orders).await?;
        }
    }

    async fn receive(
        &self,
        receiver: &mut dyn LinkReceiver,
        local: &dyn Local,
    ) -> Result<Never, LinkEnd> {
        let mut deliver =
            |channel: &str, payload: &[u8]| self.handle_delivery(channel, payload, local);
        let mut inbox = Inbox::new(&mut deliver);
        loop {
            receiver.receive(&mut inbox).await?;
            // All that has come at once goes to the clients together.
            local.flush();
        }
    }

    /// Publishes heartbeats, and notices if no heartbeat comes back.
    async fn beat(&self) -> Result<Never, LinkEnd> {
        loop {
            self.runtime.sleep(HEARTBEAT).await;
            let now = self.runtime.now();
            let (ended, waker) = self.outbox.end_idle_subscriptions(now);
            wake(waker);
            self.publish_heartbeat();
            let mut view = self.view();
            for channel in ended {
                view.expected.forget_channel(&channel);
            }
            if now.saturating_duration_since(view.heard) >= SILENCE {
                return Err(timed_out().into());
            }
        }
    }

    /// Says good-bye once the server stops, and limits the time of that.
    async fn leave(&self, local: &dyn Local) -> Result<Never, LinkEnd> {
        local.stopped().await;
        wake(self.publish_content(self.channels.all(), 0, Content::Leave));
        wake(self.outbox.close());
        self.runtime.sleep(LEAVE_TIMEOUT).await;
        Err(LinkEnd::Stopped)
    }

    fn publish_heartbeat(&self) {
        // Before the version: a node that receives them need not ask for them.
        self.publish_changes();
        let content = Content::Heartbeat {
            name: &self.settings.name,
            members: self.schema.members.to_vec(),
            presence: self.presence.as_ref().map_or(0, PresenceTable::version),
        };
        wake(self.publish_content(self.channels.all(), 0, content));
    }

    fn publish_content(
        &self,
        channel: String,
        messages: u64,
        content: Content<'_>,
    ) -> Option<Waker> {
        let now = self.runtime.now();
        self.outbox.publish(channel, messages, now, |number| {
            let envelope = Envelope {
                fingerprint: self.schema.fingerprint,
                node: self.id,
                number,
                content,
            };
            envelope.encode()
        })
    }

    /// Records that there is a link, which is not up yet.
    fn handle_link(&self, now: Instant) {
        let mut view = self.view();
        view.heard = now;
        // They could not be heard meanwhile.
        for other in view.nodes.values_mut().filter(|it| it.is_there) {
            other.heard = now;
        }
    }

    /// Records that there is no link. Returns whether there was one.
    fn handle_failure(&self, error: &EngineError) -> bool {
        let now = self.runtime.now();
        self.outbox.end(now);
        let mut view = self.view();
        let was_up = view.state == ClusterState::Up;
        if was_up {
            view.state = ClusterState::Down { since: now };
        }
        view.has_warned = false;
        let before = view.failure.replace(error.clone());
        drop(view);
        let server = &self.server;
        if was_up {
            warn!(target: LOG_TARGET, "{server}: the link to the cluster has failed: {}", Report(error));
        } else if before.as_ref() != Some(error) {
            // Not at each attempt.
            info!(target: LOG_TARGET, "{server}: no link to the cluster: {}", Report(error));
        }
        was_up
    }

    fn view(&self) -> MutexGuard<'_, View> {
        // No code that runs under the lock leaves it half changed.
        self.view.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// The result of a loop without a result.
enum Never {}

fn timed_out() -> EngineError {
    EngineError::new(io::Error::from(io::ErrorKind::TimedOut))
}
