//! Clients that send small frames as fast as they can.

use std::io::Write;
use std::net::{Shutdown, TcpStream};
use std::time::Duration;
use std::{iter, thread};

use crate::gauge::{Gauge, MIB};
use crate::honest::Caller;
use crate::target::Target;
use crate::{Test, by_form, raw};

pub(crate) const TESTS: &[Test] = &[
    (
        "floods::a_million_pings_get_few_pongs",
        a_million_pings_get_few_pongs,
    ),
    (
        "floods::a_million_empty_messages_are_ignored",
        a_million_empty_messages_are_ignored,
    ),
    (
        "floods::other_clients_are_served_during_a_flood",
        other_clients_are_served_during_a_flood,
    ),
];

const FRAMES: usize = 1_000_000;

fn a_million_pings_get_few_pongs() {
    let mut target = Target::start(&[]);
    let mut peer = raw::connect(target.port);
    target.expect_connected(1);
    let gauge = Gauge::new(&target.process);

    raw::flood(&mut peer, raw::PING, FRAMES);
    // All pongs arrive before the response to a later message.
    raw::send_message(&mut peer);
    let frames = iter::repeat_with(|| raw::read_frame(&mut peer));
    let pongs = frames.take_while(|&kind| kind == raw::PONG).count();
    assert!((1..FRAMES / 100).contains(&pongs), "{pongs}");
    let growth = gauge.peak_growth();
    assert!(growth <= MIB, "{growth}");
}

fn a_million_empty_messages_are_ignored() {
    let mut target = Target::start(&[]);
    let mut peer = raw::connect(target.port);
    target.expect_connected(1);
    let gauge = Gauge::new(&target.process);

    raw::flood(&mut peer, raw::MESSAGE, FRAMES);
    // A message after them is handled.
    raw::send_message(&mut peer);
    while raw::read_frame(&mut peer) != raw::MESSAGE_OF_SERVER {}
    assert_eq!(target.ignored_messages(), FRAMES as u64);
    let growth = gauge.peak_growth();
    assert!(growth <= 2 * MIB, "{growth}");
}

fn other_clients_are_served_during_a_flood() {
    let target = Target::start(&[]);
    for (name, kind) in [("pings", raw::PING), ("empty messages", raw::MESSAGE)] {
        let quiet = call(&target);
        let flooded = call_beside_flood(&target, kind);
        println!("{name}: 99 of 100 round trips took {flooded:?}, and {quiet:?} without them");
        // The short form runs without optimisations, and on a machine that may be busy.
        let bound = by_form(100, 2);
        assert!(flooded <= quiet * bound, "{name}: {flooded:?}, {quiet:?}");
    }
}

/// Measures round trips to a server, and returns the 99th percentile.
pub(crate) fn call(target: &Target) -> Duration {
    let mut caller = Caller::start(target.port);
    caller.expect_thousands(by_form(2, 20));
    caller.stop()
}

/// Measures round trips during a flood.
fn call_beside_flood(target: &Target, kind: u8) -> Duration {
    let peer = raw::connect(target.port);
    let ours = peer.try_clone().expect("a free descriptor");
    let flood = thread::spawn(move || flood_on(peer, kind));
    let time = call(target);
    ours.shutdown(Shutdown::Both).expect("a connected socket");
    flood.join().expect("a thread without a panic");
    time
}

/// Floods until the connection ends.
fn flood_on(mut peer: TcpStream, kind: u8) {
    let frames = raw::header(kind, 0).repeat(1_000);
    while peer.write_all(&frames).is_ok() {}
}
