//! Clients and nodes that do not read.

use std::net::{Ipv4Addr, SocketAddr};

use socket2::{Domain, Socket, Type};

use crate::Test;
use crate::channel::{self, ALL};
use crate::cluster::{Cluster, NODES};
use crate::engine::Engine;
use crate::engines::Program;
use crate::member::Settings;

pub(crate) const TESTS: &[Test] = &[
    (
        "slow::a_slow_client_is_disconnected_and_delays_no_other",
        a_slow_client_is_disconnected_and_delays_no_other,
    ),
    (
        "slow::a_slow_node_is_cut_off_and_all_losses_are_told",
        a_slow_node_is_cut_off_and_all_losses_are_told,
    ),
];

/// The queue of a client that is to be disconnected soon.
const QUEUE: usize = 1024 * 1024;

/// The padding of large notes.
const LARGE: usize = 16 * 1024;

/// Large notes that are sent at once: less than the queue of a client.
const BURST: u64 = 20;

/// Bursts of more than the 38 MiB that systems and the engine keep for a node or a client.
const BURSTS: u64 = 160;

fn a_slow_client_is_disconnected_and_delays_no_other(engine: Engine, program: &Program) {
    let server = engine.start(program);
    let url = server.url();
    let settings = (0..NODES).map(|index| Settings {
        max_queued_bytes: QUEUE,
        ..Settings::new(engine, &url, index)
    });
    let mut cluster = Cluster::of(engine, server, settings);
    let _slow = connect_narrow(cluster.nodes[1].settings.port);
    for _ in 0..BURSTS {
        cluster.nodes[0].send_sized(BURST, LARGE, ALL);
        for guest in cluster.guests.iter_mut().flatten() {
            guest.until_last(&cluster.nodes[0], ALL);
        }
        cluster.nodes[1].stats();
        if !cluster.nodes[1].left.is_empty() {
            break;
        }
    }
    assert_eq!(cluster.nodes[1].left, ["SlowConsumer"]);
    cluster.settle();
    cluster.check_accounts();
    assert!(cluster.losses().values().all(|lost| *lost == 0));
}

/// Connects a client that never reads, and has a small buffer.
fn connect_narrow(port: u16) -> Socket {
    let socket = Socket::new(Domain::IPV4, Type::STREAM, None).expect("a free descriptor");
    socket
        .set_recv_buffer_size(64 * 1024)
        .expect("a valid size");
    let address = SocketAddr::from((Ipv4Addr::LOCALHOST, port));
    socket.connect(&address.into()).expect("a listening node");
    socket
}

fn a_slow_node_is_cut_off_and_all_losses_are_told(engine: Engine, program: &Program) {
    let server = engine.start_impatient(program);
    let url = server.url();
    let settings = (0..NODES).map(|index| Settings::new(engine, &url, index));
    let mut cluster = Cluster::of(engine, server, settings);
    let channel = channel::topic("large");
    for guests in &mut cluster.guests {
        guests[2].join_and_leave(&["large".into()], &[]);
    }
    cluster.mark();
    cluster.nodes[0].send(1, &channel);
    cluster.mark();
    cluster.nodes[2].process.suspend();
    for _ in 0..BURSTS {
        cluster.nodes[0].send_sized(BURST, LARGE, &channel);
        cluster.guests[1][2].until_last(&cluster.nodes[0], &channel);
    }
    cluster.nodes[2].process.resume();
    if !engine.keeps_messages() {
        cluster.nodes[2].until(|node| node.failures > 0 && node.is_up);
    }
    cluster.nodes[0].send(1, &channel);
    cluster.settle();
    cluster.check_accounts();
    let [sender, _, slow] = &cluster.nodes[..] else {
        unreachable!("three nodes");
    };
    assert_eq!(slow.lost(sender, &channel) == 0, engine.keeps_messages());
}
