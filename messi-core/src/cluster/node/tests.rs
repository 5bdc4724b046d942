//! The handling of messages from other nodes.

use futures::FutureExt;

use super::deliveries::MAX_NODES;
use super::*;
use crate::Runtime;
use crate::cluster::Memory;

const MEMBERS: &[(u32, &str)] = &[(1, "connect_rsp"), (2, "message_ind")];
const OTHER: NodeId = NodeId(7);
const FRAMES: &[u8] = b"\x02\0\0\x02ab\x02\0\0\0";

/// A server that counts the messages that it delivers.
#[derive(Default)]
struct Counter(Mutex<u64>);

impl Counter {
    fn delivered(&self) -> u64 {
        *self.0.lock().unwrap()
    }
}

impl Local for Counter {
    fn deliver(&self, _: Target<'_>, _: &[u8], messages: u64) {
        *self.0.lock().unwrap() += messages;
    }

    fn flush(&self) {}

    fn stopped(&self) -> BoxFuture<'_, ()> {
        futures::future::pending().boxed()
    }
}

fn node() -> ClusterNode {
    let runtime = Runtime::current().unwrap().0;
    let settings = Cluster::new(Memory::new());
    ClusterNode::new(settings, "server".into(), "Chat", MEMBERS, 100, runtime)
}

/// Delivers the next envelope of the other node.
fn deliver(node: &ClusterNode, local: &Counter, fingerprint: u64, content: Content<'_>) {
    let number = 1 + node.stats().received;
    deliver_numbered(node, local, number, fingerprint, content);
}

fn deliver_numbered(
    node: &ClusterNode,
    local: &Counter,
    number: u64,
    fingerprint: u64,
    content: Content<'_>,
) {
    let envelope = Envelope {
        fingerprint,
        node: OTHER,
        number,
        content,
    };
    node.handle_delivery(&node.channels.all(), &envelope.encode(), local);
}

fn messages() -> Content<'static> {
    Content::Messages {
        target: Target::User("Kalle"),
        frames: FRAMES,
    }
}

fn heartbeat(members: &[(u32, &'static str)]) -> Content<'static> {
    Content::Heartbeat {
        name: "other",
        members: members.to_vec(),
        presence: 0,
    }
}

#[test]
fn nodes_with_the_same_schema_need_no_heartbeat() {
    let (node, local) = (node(), Counter::default());
    deliver(&node, &local, node.schema.fingerprint, messages());
    assert_eq!(local.delivered(), 2);
}

#[test]
fn nodes_with_another_schema_are_accepted_if_it_is_compatible() {
    let (node, local) = (node(), Counter::default());
    // The members of the schema are not known yet.
    deliver(&node, &local, 1, messages());
    assert_eq!((local.delivered(), node.stats().refused), (0, 2));
    let newer = [MEMBERS, &[(3, "new_ind")]].concat();
    deliver(&node, &local, 1, heartbeat(&newer));
    deliver(&node, &local, 1, messages());
    assert_eq!((local.delivered(), node.stats().refused), (2, 2));
    // After an upgrade, it is another node. With the same id, its schema is looked at again.
    deliver(&node, &local, 2, messages());
    assert_eq!((local.delivered(), node.stats().refused), (2, 4));
}

#[test]
fn nodes_with_an_incompatible_schema_are_refused() {
    let (node, local) = (node(), Counter::default());
    deliver(&node, &local, 1, heartbeat(&[(2, "other_ind")]));
    deliver(&node, &local, 1, messages());
    assert_eq!((local.delivered(), node.stats().refused), (0, 2));
}

#[test]
fn what_is_malformed_is_counted_and_harmless() {
    let (node, local) = (node(), Counter::default());
    node.handle_delivery("all", b"", &local);
    node.handle_delivery("all", b"\x02", &local);
    let frames = &FRAMES[..5];
    let target = Target::All { except: Vec::new() };
    let content = Content::Messages { target, frames };
    deliver(&node, &local, node.schema.fingerprint, content);
    assert_eq!((local.delivered(), node.stats().refused), (0, 3));
}

#[test]
fn messages_that_come_after_later_ones_are_lost() {
    let (node, local) = (node(), Counter::default());
    let fingerprint = node.schema.fingerprint;
    deliver(&node, &local, fingerprint, heartbeat(MEMBERS));
    for number in [1, 7, 3, 5, 9] {
        deliver_numbered(&node, &local, number, fingerprint, messages());
    }
    // Each time there are two.
    let stats = node.stats();
    assert_eq!((local.delivered(), stats.received, stats.lost), (6, 6, 4));
}

#[test]
fn messages_of_an_ended_subscription_are_dropped() {
    let (node, local) = (node(), Counter::default());
    let envelope = Envelope {
        fingerprint: node.schema.fingerprint,
        node: OTHER,
        number: 1,
        content: messages(),
    };
    let channel = node.channels.user("Kalle");
    node.handle_delivery(&channel, &envelope.encode(), &local);
    assert_eq!(local.delivered(), 0);
    node.subscribe_user("Kalle");
    node.handle_delivery(&channel, &envelope.encode(), &local);
    assert_eq!(local.delivered(), 2);
}

#[test]
fn the_number_of_nodes_is_bounded() {
    let (node, local) = (node(), Counter::default());
    for number in 0..2 * MAX_NODES as u64 {
        for content in [heartbeat(MEMBERS), messages()] {
            let envelope = Envelope {
                fingerprint: node.schema.fingerprint,
                node: NodeId(number),
                number: 1,
                content,
            };
            node.handle_delivery(&node.channels.all(), &envelope.encode(), &local);
        }
    }
    assert_eq!(node.status().nodes.len(), MAX_NODES);
    assert_eq!(node.view().expected.len(), MAX_NODES);
}

#[test]
fn each_server_has_another_id() {
    assert_ne!(node().id(), node().id());
}
