//! Plays random schedules of messages, requests, faults, restarts and stops with clients and a server,
//! in simulated time, and checks that the promises of the documentation hold.
//!
//! A seed determines a schedule. If one fails, the command that replays it is printed:
//! `MESSI_SEED=123 cargo test --test simulation`. `MESSI_SEEDS` sets the number of seeds.
//!
//! A crate of its own, since it uses all processors for minutes.

mod cluster;
mod journal;
mod parties;
mod schedule;

use std::env;
use std::panic::{RefUnwindSafe, catch_unwind};
use std::sync::atomic::{AtomicU64, Ordering};
use std::thread;

mod protocol {
    messi::protocol!("../proto/requests.proto");
}

/// The number of seeds, unless `MESSI_SEEDS` is set.
const SEEDS: u64 = 10_000;

fn variable(name: &str) -> Option<u64> {
    let value = env::var(name).ok()?;
    Some(value.parse().expect("a number"))
}

/// Plays the schedule of a seed, and returns its events.
///
/// # Panics
///
/// If a promise was broken.
fn play(seed: u64) -> Vec<String> {
    schedule::play(seed).check()
}

/// Plays all seeds, on all processors.
///
/// # Panics
///
/// If a promise was broken, with the seed.
fn play_all(play: impl Fn(u64) + Sync + RefUnwindSafe) {
    let seeds = match variable("MESSI_SEED") {
        Some(seed) => seed..seed + 1,
        None => 0..variable("MESSI_SEEDS").unwrap_or(SEEDS),
    };
    let next = AtomicU64::new(seeds.start);
    let failed = AtomicU64::new(u64::MAX);
    thread::scope(|scope| {
        for _ in 0..thread::available_parallelism().map_or(1, usize::from) {
            scope.spawn(|| {
                while failed.load(Ordering::Relaxed) == u64::MAX {
                    let seed = next.fetch_add(1, Ordering::Relaxed);
                    if seed >= seeds.end {
                        break;
                    }
                    if catch_unwind(|| play(seed)).is_err() {
                        failed.fetch_min(seed, Ordering::Relaxed);
                    }
                }
            });
        }
    });
    let failed = failed.into_inner();
    assert!(
        failed == u64::MAX,
        "to replay it: MESSI_SEED={failed} cargo test --test simulation"
    );
}

#[test]
fn promises_hold_in_every_schedule() {
    play_all(|seed| drop(play(seed)));
}

#[test]
fn promises_hold_in_every_schedule_of_a_cluster() {
    play_all(cluster::play);
}

#[test]
fn a_seed_replays_the_same_events() {
    for seed in 0..20 {
        let events = play(seed);
        assert!(events.len() > 10, "{events:?}");
        assert_eq!(events, play(seed), "seed {seed}");
    }
}
