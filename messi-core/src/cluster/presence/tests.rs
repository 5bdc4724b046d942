//! Two nodes that send each other the members of topics, over a way that loses messages.

use std::collections::BTreeMap;

use fastrand::Rng;

use super::own::MAX_CHANGES;
use super::*;

const NODE: NodeId = NodeId(7);
const OTHER: NodeId = NodeId(8);
const PATIENCE: Duration = Duration::from_secs(1);

/// Members by topic and client, with their users.
type Members = BTreeMap<(Arc<str>, u64), Option<Arc<str>>>;

/// A table of a node and one of another node, which knows the members of the first one.
struct Pair {
    node: PresenceTable,
    other: PresenceTable,
    now: Instant,
    /// The members according to the changes that the other node has reported.
    told: Arc<Mutex<Members>>,
}

impl Pair {
    fn new(max_members: usize) -> Self {
        let told = Arc::<Mutex<Members>>::default();
        let members = told.clone();
        let settings = Presence::of(|_| true).max_members(max_members);
        let settings = settings.on_change(move |event| note(&mut members.lock().unwrap(), event));
        Self {
            node: PresenceTable::new(Presence::of(|_| true)),
            other: PresenceTable::new(settings),
            now: Instant::now(),
            told,
        }
    }

    /// Sends the changes and the version of the node. Each message arrives with this probability, and so do the answers.
    /// Returns whether the other one had room for all members.
    fn beat(&mut self, random: &mut Rng, arrives: f64) -> bool {
        self.now += PATIENCE;
        let mut has_room = true;
        let mut gossips: Vec<_> = std::iter::from_fn(|| self.node.take_unpublished()).collect();
        let request = |pair: &Self| {
            let version = pair.node.version();
            pair.other.request(NODE, version, pair.now, PATIENCE)
        };
        for gossip in gossips.drain(..) {
            has_room &= random.f64() >= arrives || self.tell(&gossip);
        }
        if random.f64() < arrives
            && let Some(since) = request(self)
        {
            let request = Gossip::Request { since };
            self.node.receive(OTHER, request, self.now).unwrap();
        }
        while let Some((node, gossip)) = self.node.take_answer() {
            assert_eq!(node, OTHER);
            has_room &= random.f64() >= arrives || self.tell(&gossip);
            // Between two parts, members come and go.
            self.change(random);
        }
        has_room
    }

    fn tell(&self, gossip: &Gossip<Arc<str>>) -> bool {
        let received = self.other.receive(NODE, gossip.borrowed(), self.now);
        received.is_ok()
    }

    fn change(&self, random: &mut Rng) {
        let topic: Arc<str> = format!("topic {}", random.u32(0..20)).into();
        let client = random.u64(1..100);
        let user = || Arc::from(format!("user {}", client % 10));
        match random.u32(0..5) {
            0 | 1 => self.node.join(&topic, client, None),
            2 => self.node.join(&topic, client, Some(user())),
            3 => self.node.log_in(&topic, client, Some(user())),
            _ => self.node.leave(&topic, client),
        }
    }

    /// Returns the members that the other node knows.
    fn known(&self) -> Members {
        let state = self.other.lock();
        let replica = state.others.get(&NODE);
        members(replica.into_iter().flat_map(Replica::all))
    }

    /// Returns the members of the node.
    fn own(&self) -> Members {
        members(self.node.lock().own.all())
    }

    fn told(&self) -> Members {
        self.told.lock().unwrap().clone()
    }
}

fn members<'a>(all: impl Iterator<Item = (&'a Arc<str>, &'a Seat)>) -> Members {
    let members = all.map(|(topic, seat)| ((topic.clone(), seat.client), seat.user.clone()));
    members.collect()
}

/// Applies an event to the known members. It must be possible.
fn note(members: &mut Members, event: &PresenceEvent) {
    let PresenceEvent {
        topic,
        member,
        change,
    } = event;
    assert_eq!(member.id.node, NODE);
    let key = (topic.clone(), member.id.number);
    let user = member.user.clone();
    let before = match change {
        PresenceChange::Joined => members.insert(key, user).is_none(),
        PresenceChange::LoggedIn => members.insert(key, user.clone()) != Some(user),
        PresenceChange::Left | PresenceChange::NodeGone => members.remove(&key) == Some(user),
    };
    assert!(before, "{event:?}");
}

#[test]
fn what_is_known_converges_whatever_is_lost() {
    for seed in 0..200 {
        let mut random = Rng::with_seed(seed);
        let mut pair = Pair::new(usize::MAX);
        for _ in 0..random.u32(1..20) {
            // Sometimes more than is kept for those that have missed some.
            let most = if random.u32(0..10) == 0 {
                2 * MAX_CHANGES
            } else {
                50
            };
            for _ in 0..random.usize(0..most) {
                pair.change(&mut random);
            }
            let arrives = random.f64();
            pair.beat(&mut random, arrives);
            if random.u32(0..10) == 0 {
                pair.other.forget(NODE);
                assert_eq!(pair.told(), Members::new(), "seed {seed}");
            }
            assert_eq!(pair.told(), pair.known(), "seed {seed}");
        }
        for _ in 0..2 {
            pair.beat(&mut random, 1.0);
        }
        pair.settle(&mut random, seed);
    }
}

impl Pair {
    /// Checks that one more heartbeat is enough to know all.
    fn settle(&mut self, random: &mut Rng, seed: u64) {
        self.beat(random, 1.0);
        for gossip in std::iter::from_fn(|| self.node.take_unpublished()) {
            self.tell(&gossip);
        }
        assert_eq!(self.known(), self.own(), "seed {seed}");
        assert_eq!(self.told(), self.own(), "seed {seed}");
    }
}

#[test]
fn one_heartbeat_is_enough_for_a_node_that_knows_nothing() {
    let mut random = Rng::with_seed(1);
    let mut pair = Pair::new(usize::MAX);
    for client in 0..20_000 {
        pair.node.join("topic", client, None);
    }
    while pair.node.take_unpublished().is_some() {}
    pair.beat(&mut random, 1.0);
    // Beside the members that have come between the parts.
    assert!(pair.known().len() >= 20_000);
    pair.settle(&mut random, 1);
}

#[test]
fn changes_that_are_kept_are_told_instead_of_all_members() {
    let pair = Pair::new(usize::MAX);
    let join = |client| pair.node.join("topic", client, None);
    (0..10).for_each(join);
    let first = pair.node.take_unpublished().unwrap();
    pair.tell(&first);
    (10..13).for_each(join);
    // These are lost.
    pair.node.take_unpublished();
    pair.node
        .receive(OTHER, Gossip::Request { since: 10 }, pair.now)
        .unwrap();
    let (_, answer) = pair.node.take_answer().unwrap();
    let Gossip::Changes { since: 10, changes } = &answer else {
        panic!("{answer:?}");
    };
    assert_eq!(changes.len(), 3);
    pair.tell(&answer);
    assert_eq!(pair.known(), pair.own());
    assert_eq!(pair.node.take_answer(), None);
}

#[test]
fn an_answer_that_goes_on_is_not_asked_for_again() {
    let pair = Pair::new(usize::MAX);
    pair.node.join("topic", 1, None);
    let request = |after| pair.other.request(NODE, 1, pair.now + after, PATIENCE);
    assert_eq!(request(Duration::ZERO), Some(0));
    assert_eq!(request(PATIENCE / 2), None);
    // It was lost.
    assert_eq!(request(PATIENCE), Some(0));
    pair.node
        .receive(OTHER, Gossip::Request { since: 0 }, pair.now)
        .unwrap();
    let (_, answer) = pair.node.take_answer().unwrap();
    pair.tell(&answer);
    assert_eq!(request(3 * PATIENCE), None);
}

#[test]
fn members_beyond_the_limit_are_left_out() {
    for is_snapshot in [false, true] {
        let mut random = Rng::with_seed(1);
        let mut pair = Pair::new(10);
        for client in 0..20 {
            pair.node.join("topic", client, None);
        }
        if is_snapshot {
            pair.node.take_unpublished();
        }
        assert!(!pair.beat(&mut random, 1.0));
        assert_eq!(pair.known().len(), 10);
        // Those that leave make room.
        for client in 0..20 {
            pair.node.leave("topic", client);
        }
        pair.node.join("topic", 30, None);
        assert!(pair.beat(&mut random, 1.0));
        assert!(pair.known().contains_key(&("topic".into(), 30)));
    }
}
