//! Tests of topics and users without tasks.

use std::thread;

use futures::executor::block_on;
use messi_wire::frame;
use messi_wire::{DisconnectReason, Ending};

use crate::server::poll_scope::Scoped;
use crate::server::recipients::Recipients;
use crate::server::registry::tests::{ALL, of_one_step, register, registry, take};

use super::*;

fn topic(name: &str) -> Recipients {
    Recipients::Topic {
        name: name.into(),
        except: Vec::new(),
    }
}

fn topic_except(name: &str, except: &[ClientId]) -> Recipients {
    Recipients::Topic {
        name: name.into(),
        except: except.to_vec(),
    }
}

fn user(name: &str) -> Recipients {
    Recipients::User(name.into())
}

fn register_open<const N: usize>(registry: &Registry) -> [Arc<Peer>; N] {
    let peers = [(); N].map(|()| register(registry));
    peers.iter().for_each(|peer| peer.mailbox.open());
    peers
}

/// Runs a task as one poll of a client's task of this server.
fn poll(registry: &Registry, task: impl Future<Output = ()>) {
    block_on(Scoped::new(registry.scope_id(), task, || registry.flush()));
}

/// Takes the messages out of the queue of a client.
fn received(peer: &Peer) -> Vec<u64> {
    let mut received = Vec::new();
    take(peer, &mut received);
    received
}

fn deregister(registry: &Registry, peer: &Peer) {
    let reason = DisconnectReason::ConnectionClosed;
    peer.mailbox.detach(&reason, Ending::default());
    registry.deregister(peer.id);
    registry.remove(peer.id);
}

#[test]
fn members_receive_what_is_published_while_they_are_members() {
    let registry = registry();
    let [one, two, three] = register_open(&registry);
    registry.join("a", &one).unwrap();
    registry.join("a", &two).unwrap();
    // In one poll: its messages are one batch where nothing changes.
    poll(&registry, async {
        registry.broadcast(&1_u64, None, topic("a"));
        registry.join("a", &three).unwrap();
        registry.broadcast(&2_u64, None, topic("a"));
        registry.broadcast(&3_u64, None, topic_except("a", &[two.id]));
        assert!(registry.leave("a", one.id));
        registry.broadcast(&4_u64, None, topic("a"));
        registry.broadcast(&5_u64, None, ALL);
        registry.broadcast(&6_u64, None, topic("b"));
        deregister(&registry, &two);
        registry.broadcast(&7_u64, None, topic("a"));
    });
    assert_eq!(received(&one), [1, 2, 3, 5]);
    assert_eq!(received(&three), [2, 3, 4, 5, 7]);
}

#[test]
fn a_client_that_has_left_is_no_member_and_of_no_user() {
    let registry = registry();
    let [one, two] = register_open(&registry);
    for peer in [&one, &two] {
        registry.join("a", peer).unwrap();
        assert!(registry.log_in(peer, "kalle"));
    }
    assert_eq!(registry.joined(one.id), ["a".into()]);
    let reason = DisconnectReason::ConnectionClosed;
    one.mailbox.detach(&reason, Ending::default());
    // The end is known to the mailbox alone.
    assert_eq!(registry.join("b", &one), Err(JoinError::NotConnected));
    registry.deregister(one.id);
    // Its last callback runs.
    assert_eq!(registry.join("b", &one), Err(JoinError::NotConnected));
    assert!(!registry.leave("a", one.id));
    assert!(!registry.log_in(&one, "kalle"));
    assert!(registry.joined(one.id).is_empty());
    assert_eq!(registry.members("a"), [two.member()]);
    assert_eq!(registry.clients_of("kalle")[0].id, two.id);
    registry.remove(one.id);
    deregister(&registry, &two);
    assert_eq!(registry.member_count("a"), 0);
    assert!(registry.clients_of("kalle").is_empty());
    let state = registry.lock();
    assert_eq!(state.directory.users.len(), 0);
}

#[test]
fn a_message_to_a_user_reaches_all_its_clients() {
    let registry = registry();
    let [one, two, three] = register_open(&registry);
    poll(&registry, async {
        registry.broadcast(&1_u64, None, user("kalle"));
        assert!(registry.log_in(&one, "kalle"));
        registry.broadcast(&2_u64, None, user("kalle"));
        assert!(registry.log_in(&three, "kalle"));
        // It stays the user of the first login.
        assert!(registry.log_in(&three, "erik"));
        registry.broadcast(&3_u64, None, user("kalle"));
        registry.broadcast(&4_u64, None, user("erik"));
    });
    assert_eq!(received(&one), [2, 3]);
    assert_eq!(received(&two), []);
    assert_eq!(received(&three), [3]);
    // Before the first login, and to one that is the name of no client.
    assert_eq!(registry.stats().total.dropped.not_connected, 2);
}

#[test]
fn a_topic_without_members_loses_nothing() {
    let registry = registry();
    let [one] = register_open(&registry);
    registry.broadcast(&1_u64, None, topic("a"));
    registry.join("a", &one).unwrap();
    registry.broadcast(&2_u64, None, topic_except("a", &[one.id]));
    assert_eq!(received(&one), []);
    assert_eq!(registry.stats().total.dropped, Default::default());
}

#[test]
fn a_message_that_takes_several_steps_reaches_each_of_a_group_once() {
    let registry = registry();
    let peers: [_; 3] = register_open(&registry);
    for peer in &peers {
        registry.join("a", peer).unwrap();
        registry.log_in(peer, "kalle");
    }
    for recipients in [topic("a"), user("kalle")] {
        registry.broadcast(&of_one_step(1), None, recipients);
    }
    for peer in &peers {
        let mut frames = Vec::new();
        peer.mailbox.take(&mut frames);
        assert_eq!(frame::split(&frames).count(), 2);
    }
}

/// Sends messages to groups and to single clients, in polls or outside of them. Each has the number of the thread, and
/// a larger one than that before.
fn send_all(registry: &Registry, peers: &[Arc<Peer>], thread: u64, is_in_polls: bool) {
    const MESSAGES: u64 = 6_000;
    let recipients = [
        ALL,
        topic("a"),
        user("kalle"),
        topic_except("a", &[peers[0].id]),
    ];
    for first in (0..MESSAGES).step_by(10) {
        let messages = async {
            for number in first..first + 10 {
                let kind = (number + thread) as usize % 7;
                let message = thread << 32 | number << 4 | kind as u64;
                match recipients.get(kind) {
                    Some(recipients) => registry.broadcast(&message, None, recipients.clone()),
                    None => {
                        // As the handle of a client does it.
                        registry.flush();
                        peers[kind - 4].mailbox.push(&message, None).unwrap();
                    }
                }
            }
        };
        if is_in_polls {
            poll(registry, messages);
        } else {
            block_on(messages);
        }
    }
}

#[test]
fn all_members_see_broadcasts_publications_and_messages_in_one_order() {
    let registry = registry();
    let peers: [_; 3] = register_open(&registry);
    for peer in &peers {
        registry.join("a", peer).unwrap();
        registry.log_in(peer, "kalle");
    }
    let mut received = [const { Vec::new() }; 3];
    thread::scope(|scope| {
        let threads = [(1, true), (2, false)].map(|(thread, is_in_polls)| {
            let (registry, peers) = (&registry, &peers);
            scope.spawn(move || send_all(registry, peers, thread, is_in_polls))
        });
        while !threads.iter().all(|thread| thread.is_finished()) {
            // A member and a client of the user that comes and goes, in the middle of a batch or between two.
            let [other] = register_open(&registry);
            registry.join("a", &other).unwrap();
            registry.log_in(&other, "kalle");
            registry.leave("a", other.id);
            deregister(&registry, &other);
            for (peer, received) in peers.iter().zip(&mut received) {
                take(peer, received);
            }
        }
    });
    for (peer, received) in peers.iter().zip(&mut received) {
        take(peer, received);
    }
    for (place, received) in received.iter().enumerate() {
        for thread in [1, 2] {
            let of_thread = received.iter().filter(|it| **it >> 32 == thread);
            assert!(of_thread.is_sorted(), "the order of thread {thread}");
        }
        let single = received.iter().filter(|it| **it & 15 >= 4);
        assert!(single.clone().count() > 0);
        assert!(single.map(|it| it & 15).all(|it| it == place as u64 + 4));
    }
    // Those to single clients have their place among the others, of which all have the same.
    let [first, second, third] = received.map(|mut it| {
        it.retain(|message| message & 15 < 4);
        it
    });
    assert_eq!(second, third);
    let except_first = second.iter().filter(|it| **it & 15 < 3);
    assert!(except_first.eq(&first));
    assert!(first.len() > 4_000, "{}", first.len());
}
