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
        "floods::a_million_pings_are_answered_by_few_pongs",
        a_million_pings_are_answered_by_few_pongs,
    ),
    (
        "floods::a_million_empty_messages_are_ignored",
        a_million_empty_messages_are_ignored,
    ),
    (
        "floods::others_are_served_meanwhile",
        others_are_served_meanwhile,
    ),
];

const FRAMES: usize = 1_000_000;

fn a_million_pings_are_answered_by_few_pongs() {
    let mut target = Target::start(&[]);
    let mut peer = raw::connect(target.port);
    target.expect_connected(1);
    let gauge = Gauge::new(&target.process);

    raw::flood(&mut peer, raw::PING, FRAMES);
    // What comes before the answer to a message is the answer to all pings.
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
    // What comes after them is handled.
    raw::send_message(&mut peer);
    while raw::read_frame(&mut peer) != raw::ANSWER {}
    assert_eq!(target.ignored_messages(), FRAMES as u64);
    let growth = gauge.peak_growth();
    assert!(growth <= 2 * MIB, "{growth}");
}

fn others_are_served_meanwhile() {
    let target = Target::start(&[]);
    for (name, kind) in [("pings", raw::PING), ("empty messages", raw::MESSAGE)] {
        let quiet = call(&target);
        let flooded = call_beside_flood(&target, kind);
        println!("{name}: 99 of 100 round trips took {flooded:?}, and {quiet:?} without them");
        // The short form runs beside whatever else the machine does, and without optimisations.
        let bound = by_form(100, 2);
        assert!(flooded <= quiet * bound, "{name}: {flooded:?}, {quiet:?}");
    }
}

/// Calls a server, and tells how long 99 of 100 round trips took at most.
pub(crate) fn call(target: &Target) -> Duration {
    let mut caller = Caller::start(target.port);
    caller.expect_thousands(by_form(2, 20));
    caller.stop()
}

/// Does so while it is flooded.
fn call_beside_flood(target: &Target, kind: u8) -> Duration {
    let peer = raw::connect(target.port);
    let ours = peer.try_clone().expect("there are descriptors");
    let flood = thread::spawn(move || flood_on(peer, kind));
    let time = call(target);
    ours.shutdown(Shutdown::Both).expect("it is connected");
    flood.join().expect("it does not panic");
    time
}

/// Floods for as long as there is a connection.
fn flood_on(mut peer: TcpStream, kind: u8) {
    let frames = raw::header(kind, 0).repeat(1_000);
    while peer.write_all(&frames).is_ok() {}
}
