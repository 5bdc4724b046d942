//! Topics that clients of different nodes join.

use std::collections::{BTreeMap, BTreeSet};

use fastrand::Rng;

use crate::Test;
use crate::channel;
use crate::cluster::Cluster;
use crate::engine::Engine;
use crate::engines::Program;
use crate::guest::Guest;

pub(crate) const TESTS: &[Test] = &[
    (
        "topics::names_are_not_restricted_but_in_size",
        names_are_not_restricted_but_in_size,
    ),
    (
        "topics::members_receive_what_a_model_says",
        members_receive_what_a_model_says,
    ),
];

/// Names that mean something to an engine, a line protocol, a terminal or a text of C.
const HOSTILE: [&str; 21] = [
    " ",
    "*",
    ">",
    "?",
    "[a-z]",
    "a.*",
    "a.>",
    "a.b",
    ".",
    "..",
    "\r\n",
    "\r\nPUBLISH all x\r\n",
    "$SYS.REQ",
    "\0",
    "\\",
    "\"'`",
    "%00",
    "messi:Room:all",
    "/",
    "\u{202e}abc",
    "🦀",
];

fn names_are_not_restricted_but_in_size(engine: Engine, program: &Program) {
    let mut cluster = Cluster::start(engine, program);
    let longest = ["é".repeat(100), "*".repeat(200), "\n".repeat(200)];
    let names: Vec<_> = HOSTILE
        .into_iter()
        .map(String::from)
        .chain(longest)
        .collect();
    // Some have all, and others every second one: no name is a pattern for another.
    let half: Vec<_> = names.iter().step_by(2).cloned().collect();
    for (node, guest, topics) in [(0, 3, &names), (2, 4, &names), (0, 5, &half), (1, 6, &half)] {
        cluster.guests[node][guest].join_and_leave(topics, &[]);
    }
    for name in ["x".repeat(201), format!("é{}", "x".repeat(199))] {
        let error = cluster.guests[1][0].try_join(&name);
        assert_eq!(
            error,
            "the name of the topic has 201 bytes, and may have 200"
        );
    }
    cluster.mark();
    for name in &names {
        for node in &mut cluster.nodes {
            node.send(2, &channel::topic(name));
        }
    }
    cluster.mark();
    cluster.check_accounts();
}

/// The number of topics.
const TOPICS: usize = 1_000;

/// The topics that each client has joined at first.
const JOINED: usize = 100;

/// The rounds in which some are joined and left, and messages are published.
const ROUNDS: u32 = 10;

/// The topics that each client joins in a round, or leaves if it has joined them.
const CHANGES: usize = 20;

/// The messages of each node in a round.
const MESSAGES: usize = 200;

/// How many notes of a node a client must have received in a channel, by the places of the two.
type Model = BTreeMap<((usize, usize), usize, String), u64>;

fn members_receive_what_a_model_says(engine: Engine, program: &Program) {
    let mut cluster = Cluster::start(engine, program);
    let seed = fastrand::u64(..);
    let mut random = Rng::with_seed(seed);
    let mut model = Model::new();
    for guest in cluster.guests.iter_mut().flatten() {
        let topics: BTreeSet<_> = (0..JOINED).map(|_| topic(&mut random)).collect();
        guest.join_and_leave(&topics.into_iter().collect::<Vec<_>>(), &[]);
    }
    for _ in 0..ROUNDS {
        change_topics(&mut cluster, &mut random);
        cluster.mark();
        publish(&mut cluster, &mut random, &mut model);
        cluster.mark();
        check(&cluster, &model, seed);
    }
}

fn topic(random: &mut Rng) -> String {
    random.usize(0..TOPICS).to_string()
}

fn change_topics(cluster: &mut Cluster, random: &mut Rng) {
    for guest in cluster.guests.iter_mut().flatten() {
        let topics: BTreeSet<_> = (0..CHANGES).map(|_| topic(random)).collect();
        let topics = topics.into_iter();
        let (left, joined): (Vec<_>, Vec<_>) =
            topics.partition(|topic| guest.channels.contains(&channel::topic(topic)));
        guest.join_and_leave(&joined, &left);
    }
}

fn publish(cluster: &mut Cluster, random: &mut Rng, model: &mut Model) {
    for (index, node) in cluster.nodes.iter_mut().enumerate() {
        for _ in 0..MESSAGES {
            let channel = channel::topic(&topic(random));
            node.send(1, &channel);
            for (place, guest) in places(&cluster.guests) {
                if guest.channels.contains(&channel) {
                    *model.entry((place, index, channel.clone())).or_default() += 1;
                }
            }
        }
    }
}

/// Checks that each client has received the notes of the model, and no others.
fn check(cluster: &Cluster, model: &Model, seed: u64) {
    let mut received = Model::new();
    for (place, guest) in places(&cluster.guests) {
        for channel in guest
            .received_channels()
            .into_iter()
            .filter(|it| is_of_model(it))
        {
            for (index, node) in cluster.nodes.iter().enumerate() {
                let count = guest.received(node, channel).count;
                if count > 0 {
                    received.insert((place, index, channel.into()), count);
                }
            }
        }
    }
    let wrong = received
        .iter()
        .filter(|(key, count)| model.get(key) != Some(count));
    let missing = model.iter().filter(|(key, _)| !received.contains_key(key));
    let wrong: Vec<_> = wrong.chain(missing).take(5).collect();
    assert!(wrong.is_empty(), "with the seed {seed}: {wrong:?}");
}

fn is_of_model(channel: &str) -> bool {
    let name = channel.strip_prefix("topic/");
    name.is_some_and(|name| name.parse::<usize>().is_ok())
}

/// Returns all clients with their places.
fn places(guests: &[Vec<Guest>]) -> impl Iterator<Item = ((usize, usize), &Guest)> {
    guests.iter().enumerate().flat_map(|(node, guests)| {
        let guests = guests.iter().enumerate();
        guests.map(move |(number, guest)| ((node, number), guest))
    })
}
