//! Tests of the registry without tasks.

use std::task::{Wake, Waker};
use std::thread;

use futures::FutureExt;
use futures::executor::block_on;
use messi_wire::frame::{self, HEADER_SIZE};
use messi_wire::session::RequestKinds;
use messi_wire::{Ending, Role};

use super::*;
use crate::Runtime;

pub(super) const ALL: Recipients = Recipients::All { except: None };

pub(super) fn registry() -> Registry {
    let config = SessionConfig {
        role: Role::Server,
        kinds: RequestKinds::default(),
        members: &[],
        limits: Arc::default(),
    };
    Registry::new(
        Limits::default(),
        SendBudget::new(1 << 24),
        ReceiveBudget::new(1 << 20),
        None,
        None,
        config,
        Runtime::current().unwrap().0,
    )
}

fn address() -> Address {
    Address::from(([127, 0, 0, 1], 1))
}

pub(super) fn register(registry: &Registry) -> Arc<Peer> {
    assert!(registry.admit(&address()));
    registry.register(address(), Box::default()).unwrap()
}

#[test]
fn a_client_that_can_be_seen_can_be_asked_to_leave() {
    const CLIENTS: usize = 20_000;
    let registry = registry();
    thread::scope(|scope| {
        let entering = scope.spawn(|| {
            for _ in 0..CLIENTS {
                let peer = register(&registry);
                registry.deregister(peer.id);
                registry.remove(peer.id);
            }
        });
        while !entering.is_finished() {
            let mut peers = registry.peers().into_iter();
            assert!(peers.all(|peer| peer.mailbox.is_connected()));
        }
    });
}

/// Takes the broadcasts out of the queue of a client.
pub(super) fn take(peer: &Peer, received: &mut Vec<u64>) {
    let mut frames = Vec::new();
    peer.mailbox.take(&mut frames);
    peer.mailbox.handle_written(0);
    let payloads = frame::split(&frames).map(|it| &it[HEADER_SIZE..]);
    received.extend(payloads.map(|it| u64::decode(it).unwrap()));
}

#[test]
fn all_clients_receive_the_broadcasts_of_several_threads_in_one_order() {
    const THREADS: u64 = 2;
    const BROADCASTS: u64 = 5_000;
    const CLIENTS: usize = 3;
    let registry = registry();
    let peers = [(); CLIENTS].map(|()| register(&registry));
    peers.iter().for_each(|peer| peer.mailbox.open());
    let mut received = [const { Vec::new() }; CLIENTS];
    thread::scope(|scope| {
        let threads: Vec<_> = (1..=THREADS)
            .map(|thread| {
                let registry = &registry;
                scope.spawn(move || {
                    for number in 0..BROADCASTS {
                        registry.broadcast(&(thread << 32 | number), None, ALL);
                    }
                })
            })
            .collect();
        while !threads.iter().all(|thread| thread.is_finished()) {
            // Clients that come and go, and statistics.
            let peer = register(&registry);
            registry.deregister(peer.id);
            registry.remove(peer.id);
            assert_eq!(registry.stats().clients, CLIENTS);
            for (peer, received) in peers.iter().zip(&mut received) {
                take(peer, received);
            }
        }
    });
    for (peer, received) in peers.iter().zip(&mut received) {
        take(peer, received);
    }
    assert_eq!(received[0].len() as u64, THREADS * BROADCASTS);
    for thread in 1..=THREADS {
        let of_thread = received[0].iter().filter(|it| **it >> 32 == thread);
        assert!(of_thread.is_sorted());
    }
    assert!(received.iter().all(|it| *it == received[0]));
}

#[test]
fn broadcasts_to_some_clients_keep_the_order_of_those_to_all() {
    const BROADCASTS: u64 = 5_000;
    let registry = registry();
    let peers = [(); 3].map(|()| register(&registry));
    peers.iter().for_each(|peer| peer.mailbox.open());
    let ids = peers.each_ref().map(|peer| peer.id);
    let [first, second, third] = ids;
    let recipients = [
        ALL,
        Recipients::All {
            except: Some(first),
        },
        Recipients::only(&[third, second, third]),
    ];
    let mut received = [const { Vec::new() }; 3];
    thread::scope(|scope| {
        let threads = recipients.map(|recipients| {
            let registry = &registry;
            scope.spawn(move || {
                for number in 0..BROADCASTS {
                    registry.broadcast(
                        &(number << 2 | rank(&recipients)),
                        None,
                        recipients.clone(),
                    );
                }
            })
        });
        while !threads.iter().all(|thread| thread.is_finished()) {
            for (peer, received) in peers.iter().zip(&mut received) {
                take(peer, received);
            }
        }
    });
    for (peer, received) in peers.iter().zip(&mut received) {
        take(peer, received);
    }
    assert_eq!(received[1].len() as u64, 3 * BROADCASTS);
    assert_eq!(received[1], received[2]);
    let mut of_all = received[1].clone();
    of_all.retain(|number| number & 3 == rank(&ALL));
    assert_eq!(received[0], of_all);
}

/// Returns a number that differs between the kinds of recipients of a test.
fn rank(recipients: &Recipients) -> u64 {
    match recipients {
        Recipients::All { except: None } => 0,
        Recipients::All { .. } => 1,
        _ => 2,
    }
}

#[test]
fn a_poll_flushes_the_broadcasts_to_others_first() {
    let registry = registry();
    let peers = [(); 2].map(|()| register(&registry));
    peers.iter().for_each(|peer| peer.mailbox.open());
    let ids = peers.each_ref().map(|peer| peer.id);
    let poll = poll_scope::Scoped::new(
        registry.scope_id(),
        async {
            registry.broadcast(&1_u64, None, ALL);
            registry.broadcast(&2_u64, None, Recipients::only(&ids[1..]));
            registry.broadcast(
                &3_u64,
                None,
                Recipients::All {
                    except: Some(ids[1]),
                },
            );
            registry.broadcast(&4_u64, None, ALL);
        },
        || registry.flush(),
    );
    block_on(poll);
    let mut received = [const { Vec::new() }; 2];
    for (peer, received) in peers.iter().zip(&mut received) {
        take(peer, received);
    }
    assert_eq!(received, [vec![1, 3, 4], vec![1, 2, 4]]);
}

/// Locks the registry when it is woken. Under the lock that would be a deadlock.
struct Foreign {
    registry: Arc<Registry>,
    is_woken: AtomicBool,
}

impl Wake for Foreign {
    fn wake(self: Arc<Self>) {
        assert!(
            self.registry.state.try_lock().is_ok(),
            "woken under the lock"
        );
        self.is_woken.store(true, Ordering::Relaxed);
    }
}

#[test]
fn tasks_are_woken_without_the_lock() {
    let registry = Arc::new(registry());
    let peer = register(&registry);
    peer.mailbox.open();
    let foreign = Arc::new(Foreign {
        registry: registry.clone(),
        is_woken: AtomicBool::new(false),
    });
    let waker = Waker::from(foreign.clone());
    let mut frames = Vec::new();
    for message in [1_u64, u64::MAX] {
        assert!(peer.mailbox.park(&waker, false, 0));
        registry.broadcast(&message, None, ALL);
        assert!(foreign.is_woken.swap(false, Ordering::Relaxed));
        frames.clear();
        peer.mailbox.take(&mut frames);
    }
    assert!(peer.mailbox.park(&waker, false, 0));
    for _ in 0..1_000 {
        // Above the limit of the queue, which closes the connection.
        registry.broadcast(&"x".repeat(10_000), None, ALL);
    }
    assert!(foreign.is_woken.load(Ordering::Relaxed));
}

/// Broadcasts a message of one step when it is woken.
struct Broadcaster(Arc<Registry>);

impl Wake for Broadcaster {
    fn wake(self: Arc<Self>) {
        self.0.broadcast(&of_one_step(2), None, ALL);
    }
}

/// Returns a message that fills a step of a flush, after `number`.
pub(super) fn of_one_step(number: u8) -> Vec<u8> {
    vec![number; 64 * 1024]
}

#[test]
fn a_broadcast_between_two_steps_comes_after_the_first_at_all_clients() {
    let registry = Arc::new(registry());
    let peers = [(); 3].map(|()| register(&registry));
    peers.iter().for_each(|peer| peer.mailbox.open());
    let waker = Waker::from(Arc::new(Broadcaster(registry.clone())));
    assert!(peers[0].mailbox.park(&waker, false, 0));
    // In a poll, in which the batch is flushed in steps.
    let broadcasts = async {
        registry.broadcast(&of_one_step(1), None, ALL);
        registry.broadcast(&of_one_step(3), None, ALL);
    };
    let poll = poll_scope::Scoped::new(registry.scope_id(), broadcasts, || registry.flush());
    block_on(poll);
    for peer in &peers {
        let mut frames = Vec::new();
        peer.mailbox.take(&mut frames);
        let numbers = frame::split(&frames).filter_map(|it| it.last());
        assert_eq!(numbers.collect::<Vec<_>>(), [&1, &2, &3]);
    }
}

#[test]
fn a_poll_leaves_the_broadcasts_of_another_to_that_one() {
    let registry = registry();
    let peer = register(&registry);
    peer.mailbox.open();
    let scoped = |task| poll_scope::Scoped::new(registry.scope_id(), task, || registry.flush());
    let mut received = Vec::new();
    let other = scoped(async {}.boxed());
    let task = async {
        registry.broadcast(&1_u64, None, ALL);
        other.await;
        take(&peer, &mut received);
        assert_eq!(received, []);
    };
    block_on(scoped(task.boxed()));
    take(&peer, &mut received);
    assert_eq!(received, [1]);
}

#[test]
fn messages_to_a_client_that_has_left_count_as_dropped() {
    let registry = registry();
    let peer = register(&registry);
    let ending = Ending::default();
    peer.mailbox
        .detach(&DisconnectReason::ConnectionClosed, ending);
    registry.deregister(peer.id);
    registry.remove(peer.id);
    let sent = peer.mailbox.push(&1_u64, None);
    assert_eq!(sent, Err(SendError::NotConnected));
    assert_eq!(registry.stats().total.dropped.not_connected, 1);
}
