//! Random schedules of messages, partitions and clients.

use std::collections::BTreeMap;

use fastrand::Rng;

use super::*;

/// The number of seeds.
const SEEDS: u64 = 10_000;

/// The number of steps of a schedule.
const STEPS: u32 = 60;

/// Plays a schedule with three nodes, each with a client that is in one topic.
///
/// # Panics
///
/// If a client receives the messages of a node out of order or twice, or if a node does not report how many are lost.
fn play(seed: u64) {
    let simulation = Simulation::new(seed);
    let mut random = Rng::with_seed(seed);
    simulation.run(async {
        let (_, nodes) = start(&simulation, 3).await;
        let mut guests = connect(&simulation, &nodes).await;
        for guest in &guests {
            guest.handle.join("room").unwrap();
        }
        simulation.sleep(MOMENT).await;
        // The first message of a node in a topic may have any number.
        let mut sent = [1_u32; 3];
        for (index, node) in nodes.iter().enumerate() {
            let text = format!("{index} 1");
            node.server.topic("room").publish(message(text));
        }
        simulation.sleep(MOMENT).await;
        for _ in 0..STEPS {
            let index = random.usize(0..3);
            match random.u32(0..10) {
                0 => nodes[index].engine.set_reachable(false),
                1 | 2 => nodes[index].engine.set_reachable(true),
                3 => simulation.sleep(SECOND * random.u32(0..4)).await,
                _ => {
                    for _ in 0..random.u32(1..5) {
                        sent[index] += 1;
                        let text = format!("{index} {}", sent[index]);
                        if random.bool() {
                            nodes[index].send(&text);
                        } else {
                            nodes[index].server.topic("room").publish(message(text));
                        }
                    }
                }
            }
            simulation.sleep(MOMENT * random.u32(0..3)).await;
        }
        for node in &nodes {
            node.engine.set_reachable(true);
        }
        simulation.sleep(8 * SECOND).await;
        // So that gaps of the topic are noticed too.
        for (index, node) in nodes.iter().enumerate() {
            assert_eq!((node.is_up(), node.others()), (true, 2), "seed {seed}");
            sent[index] += 1;
            let text = format!("{index} {}", sent[index]);
            node.server.topic("room").publish(message(text));
        }
        simulation.sleep(SECOND).await;
        for (own, guest) in guests.iter_mut().enumerate() {
            let mut received = BTreeMap::<usize, Vec<u32>>::new();
            while let Some(Event::Message(text)) = guest.events.try_next() {
                let (index, number) = text.split_once(' ').unwrap();
                let numbers = received.entry(index.parse().unwrap()).or_default();
                numbers.push(number.parse().unwrap());
            }
            let mut missing = 0;
            for (index, numbers) in &received {
                let is_ordered = numbers.is_sorted_by(|one, two| one < two);
                assert!(
                    is_ordered,
                    "seed {seed}, node {index} at {own}: {numbers:?}"
                );
                missing += u64::from(sent[*index]) - numbers.len() as u64;
            }
            assert_eq!(missing, nodes[own].lost(), "seed {seed}, node {own}");
            let of_itself = received.get(&own).map_or(0, Vec::len);
            assert_eq!(of_itself, sent[own] as usize, "seed {seed}, node {own}");
        }
        stop(nodes, guests).await;
    });
    assert_eq!((simulation.tasks(), simulation.sockets()), (0, 0));
}

#[test]
fn messages_arrive_in_order_and_once_or_are_reported_as_lost() {
    for seed in 0..SEEDS {
        play(seed);
    }
}
