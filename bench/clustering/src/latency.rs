//! The time from node to node, one message at a time, beside that through the bare engine.

use std::io::{self, Read, Write};
use std::sync::mpsc::channel;
use std::time::{Duration, Instant};

use futures::executor::block_on;
use work::{Latency, fail};

use crate::chat::*;
use crate::engine::Engine;
use crate::node;
use crate::nodes::Nodes;
use crate::publisher::{self, PAYLOAD};
use crate::receivers::Receivers;
use crate::throughput::NODES;

/// The number of messages of one measurement.
const MESSAGES: usize = 2_000;

/// The number of messages before those that are measured.
const WARM_UP: usize = 200;

/// The time limit of the wait for one message.
const LIMIT: Duration = Duration::from_secs(5);

/// A measurement of one way.
pub(crate) type Measure = fn(&Engine) -> Latency;

/// Measures the time from a broadcast on a node of this process until a client in it has received it from a node
/// of another process.
pub(crate) fn from_node_to_node(engine: &Engine) -> Latency {
    let mut others = Nodes::start(engine, NODES - 1);
    let server = node::start(engine.kind, &engine.url);
    others.wait_for(&format!("nodes {}", NODES - 1));
    let (reports, times) = channel();
    let client = ChatClient::builder(format!("tcp://{}", others.addresses[0]));
    let client = client
        .start(Reporter(reports))
        .unwrap_or_else(|error| fail(error));
    block_on(client.connected()).unwrap_or_else(|error| fail(error));
    others.processes[0].ask("clients 1");
    let measured = measure(|| {
        let begin = Instant::now();
        server.broadcast(message());
        let end = times.recv_timeout(LIMIT).map_err(io::Error::other)?;
        Ok(end - begin)
    });
    measured.unwrap_or_else(|error| fail(error))
}

/// Measures the time from a write of this process to the engine until it has received the message.
pub(crate) fn through_the_engine(engine: &Engine) -> Latency {
    exchange_with(engine).unwrap_or_else(|error| fail(error))
}

fn exchange_with(engine: &Engine) -> io::Result<Latency> {
    let mut publisher = publisher::connect(engine.address())?;
    let mut subscribers = Receivers::subscribers(engine, NODES).connect()?;
    let publication = engine.kind.publication(PAYLOAD);
    let mut delivery = vec![0; engine.kind.delivery_size(PAYLOAD)];
    measure(|| {
        let begin = Instant::now();
        publisher.write_all(&publication)?;
        subscribers[0].read_exact(&mut delivery)?;
        let time = begin.elapsed();
        for subscriber in &mut subscribers[1..] {
            subscriber.read_exact(&mut delivery)?;
        }
        Ok(time)
    })
}

fn measure(mut exchange: impl FnMut() -> io::Result<Duration>) -> io::Result<Latency> {
    for _ in 0..WARM_UP {
        exchange()?;
    }
    let times = (0..MESSAGES).map(|_| exchange());
    let mut times = times.collect::<io::Result<Vec<_>>>()?;
    times.sort();
    let us = |part: f64| times[((MESSAGES - 1) as f64 * part) as usize].as_secs_f64() * 1e6;
    Ok(Latency {
        p50: us(0.5),
        p99: us(0.99),
        p999: us(0.999),
        max: us(1.0),
    })
}
