//! Topics beside a simple model.

use std::collections::BTreeMap;
use std::collections::BTreeSet;
use std::sync::OnceLock;

use fastrand::Rng;
use messi_wire::Role;
use messi_wire::session::{RequestKinds, SessionConfig};

use super::*;
use crate::ids::NodeId;
use crate::mailbox::Mailbox;
use crate::{Address, Runtime};

const LIMIT: usize = 100;

fn peer(id: u64) -> Arc<Peer> {
    let config = SessionConfig {
        role: Role::Server,
        kinds: RequestKinds::default(),
        members: &[],
        limits: Arc::default(),
    };
    let runtime = Runtime::current().unwrap().0;
    Arc::new(Peer {
        id: ClientId::new(NodeId::default(), id),
        address: Address::from(([127, 0, 0, 1], 1)),
        certificates: Box::default(),
        mailbox: Mailbox::new(Arc::new(config), runtime, None),
        needs_login: false,
        user: OnceLock::new(),
    })
}

fn ids(members: &[Arc<Peer>]) -> Vec<ClientId> {
    members.iter().map(|it| it.id).collect()
}

/// The topics of each client, as pairs.
type Model = BTreeSet<(ClientId, String)>;

fn joined(model: &Model, id: ClientId) -> Vec<&str> {
    let pairs = model.iter().filter(|it| it.0 == id);
    pairs.map(|it| &*it.1).collect()
}

fn assert_same(topics: &Topics, model: &Model, peers: &[Arc<Peer>]) {
    let mut members: BTreeMap<&str, Vec<ClientId>> = BTreeMap::new();
    for (id, name) in model {
        members.entry(name).or_default().push(*id);
    }
    for (name, members) in &members {
        assert_eq!(ids(topics.members(name)), *members);
    }
    assert_eq!(topics.members.len(), members.len(), "no topic is empty");
    for peer in peers {
        let names = topics.joined(peer.id);
        assert!(names.iter().map(|it| &**it).eq(joined(model, peer.id)));
    }
    let clients = peers.iter().filter(|it| !joined(model, it.id).is_empty());
    assert_eq!(topics.joined.len(), clients.count());
}

#[test]
fn topics_that_are_joined_and_left_at_random_are_as_in_a_model() {
    let mut random = Rng::with_seed(1);
    let peers: Vec<_> = (1..=20).map(peer).collect();
    let mut topics = Topics::new(LIMIT);
    let mut model = Model::new();
    let mut refused = 0;
    for step in 0..100_000 {
        // Some topics have many members, most have few or one.
        let name = format!("room/{}", random.u32(0..1_000).min(random.u32(0..1_000)));
        let peer = &peers[random.usize(0..peers.len())];
        let pair = (peer.id, name.clone());
        match random.u32(0..1_000) {
            // For some time, more are joined than left, and the other way round.
            turn if turn < if step % 20_000 < 10_000 { 700 } else { 200 } => {
                let is_full = joined(&model, peer.id).len() == LIMIT && !model.contains(&pair);
                let expected = if is_full {
                    refused += 1;
                    Err(JoinError::TooManyTopics { limit: LIMIT })
                } else {
                    model.insert(pair);
                    Ok(())
                };
                assert_eq!(topics.join(&name, peer), expected);
            }
            999 => {
                topics.leave_all(peer.id);
                model.retain(|it| it.0 != peer.id);
            }
            _ => assert_eq!(topics.leave(&name, peer.id), model.remove(&pair)),
        }
        if step % 1_000 == 0 {
            assert_same(&topics, &model, &peers);
        }
    }
    assert!(refused > 0);
    for peer in &peers {
        topics.leave_all(peer.id);
    }
    assert_same(&topics, &Model::new(), &peers);
    assert!(peers.iter().all(|peer| Arc::strong_count(peer) == 1));
}

#[test]
fn a_name_has_1_to_200_bytes() {
    let peer = peer(1);
    let mut topics = Topics::new(LIMIT);
    assert_eq!(topics.join("", &peer), Err(JoinError::EmptyName));
    assert_eq!(topics.join("x", &peer), Ok(()));
    // Bytes, not characters.
    assert_eq!(topics.join(&"å".repeat(100), &peer), Ok(()));
    let long = "å".repeat(100) + "x";
    let length = 201;
    let refused = topics.join(&long, &peer);
    assert_eq!(refused, Err(JoinError::NameTooLong { length }));
    assert_eq!(topics.joined(peer.id).len(), 2);
}

#[test]
fn a_client_joins_no_more_topics_than_the_limit() {
    let peer = peer(1);
    let mut topics = Topics::new(2);
    for name in ["a", "b", "a"] {
        assert_eq!(topics.join(name, &peer), Ok(()));
    }
    let refused = Err(JoinError::TooManyTopics { limit: 2 });
    assert_eq!(topics.join("c", &peer), refused);
    // One that it has joined is no further topic.
    assert_eq!(topics.join("b", &peer), Ok(()));
    assert!(topics.leave("a", peer.id));
    assert_eq!(topics.join("c", &peer), Ok(()));
    assert_eq!(
        Topics::new(0).join("a", &peer),
        Err(JoinError::TooManyTopics { limit: 0 })
    );
}

#[test]
fn memory_is_given_back() {
    let peers: Vec<_> = (1..=1_000).map(peer).collect();
    let mut topics = Topics::new(usize::MAX);
    for (number, peer) in peers.iter().enumerate() {
        topics.join("all", peer).unwrap();
        topics.join(&number.to_string(), peer).unwrap();
    }
    for peer in &peers[1..] {
        topics.leave_all(peer.id);
    }
    assert_eq!(ids(topics.members("all")), [peers[0].id]);
    assert!(
        topics.members.capacity() < 100,
        "{}",
        topics.members.capacity()
    );
    assert!(
        topics.joined.capacity() < 100,
        "{}",
        topics.joined.capacity()
    );
}
