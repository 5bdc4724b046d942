//! Measures the engine with a running server: one link publishes, three receive.
//!
//! `cargo run --release -p messi-redis --example throughput -- redis://localhost [tokio] [streams] [seconds]`

use std::env;
use std::error::Error;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::thread;
use std::time::{Duration, Instant};

use futures::future::BoxFuture;
use messi_core::cluster::{Engine, EngineError, Inbox, Link, LinkReceiver, LinkSender, Order};
use messi_redis::Redis;

const RECEIVERS: u64 = 3;
const CHANNEL: &str = "messi:chat:room";
const SIZE: usize = 60;
const BATCH: u64 = 256;

/// Batches that may be under way to the slowest receiver.
const WINDOW: u64 = 16;

type Run = fn(BoxFuture<'static, Result<(), EngineError>>) -> Result<(), EngineError>;

fn main() -> Result<(), Box<dyn Error>> {
    let mut arguments = env::args().skip(1);
    let url = arguments.next().ok_or("the URL of a server is missing")?;
    let arguments: Vec<_> = arguments.collect();
    let is_tokio = arguments.iter().any(|it| it == "tokio");
    let seconds = arguments.iter().find_map(|it| it.parse().ok()).unwrap_or(5);
    let run: Run = if is_tokio {
        on_tokio
    } else {
        async_io::block_on
    };
    let mut engine = Redis::connect(url);
    if arguments.iter().any(|it| it == "streams") {
        engine = engine.streams(10_000);
    }
    run(Box::pin(measure(engine, run, seconds)))?;
    Ok(())
}

fn on_tokio(future: BoxFuture<'static, Result<(), EngineError>>) -> Result<(), EngineError> {
    let mut builder = tokio::runtime::Builder::new_multi_thread();
    let runtime = builder.enable_io().worker_threads(2).build();
    runtime.map_err(EngineError::new)?.block_on(future)
}

async fn measure(engine: Redis, run: Run, seconds: u64) -> Result<(), EngineError> {
    let mut received = Vec::new();
    for _ in 0..RECEIVERS {
        let Link {
            mut sender,
            receiver,
        } = engine.connect().await?;
        sender.send(vec![Order::Subscribe(CHANNEL.into())]).await?;
        let count = Arc::new(AtomicU64::new(0));
        received.push(count.clone());
        // Each link belongs to a server with a thread of its own.
        if run as *const () == on_tokio as *const () {
            tokio::spawn(count_received(sender, receiver, count));
        } else {
            thread::spawn(move || run(Box::pin(count_received(sender, receiver, count))));
        }
    }
    let mut sender = engine.connect().await?.sender;
    one_at_a_time(&mut sender, &received, seconds).await?;
    batches(&mut sender, &received, seconds).await
}

async fn count_received(
    _sender: Box<dyn LinkSender>,
    mut receiver: Box<dyn LinkReceiver>,
    count: Arc<AtomicU64>,
) -> Result<(), EngineError> {
    loop {
        let mut messages = 0;
        let mut deliver = |_: &str, _: &[u8]| messages += 1;
        receiver.receive(&mut Inbox::new(&mut deliver)).await?;
        count.fetch_add(messages, Ordering::Release);
    }
}

/// Publishes a message once all have the one before.
async fn one_at_a_time(
    sender: &mut Box<dyn LinkSender>,
    received: &[Arc<AtomicU64>],
    seconds: u64,
) -> Result<(), EngineError> {
    let begin = Instant::now();
    let mut times = Vec::new();
    while begin.elapsed() < Duration::from_secs(seconds) {
        let sent = Instant::now();
        sender.send(vec![publish()]).await?;
        while slowest(received) <= times.len() as u64 {
            thread::yield_now();
        }
        times.push(sent.elapsed());
    }
    times.sort();
    let quantile = |percent: usize| times[(times.len() * percent / 100).min(times.len() - 1)];
    println!(
        "one at a time: p50 {:?}, p99 {:?}, {} messages",
        quantile(50),
        quantile(99),
        times.len()
    );
    Ok(())
}

async fn batches(
    sender: &mut Box<dyn LinkSender>,
    received: &[Arc<AtomicU64>],
    seconds: u64,
) -> Result<(), EngineError> {
    let before = slowest(received);
    let begin = Instant::now();
    let mut published = 0;
    while begin.elapsed() < Duration::from_secs(seconds) {
        let orders = (0..BATCH).map(|_| publish()).collect();
        sender.send(orders).await?;
        published += BATCH;
        while published - (slowest(received) - before) > WINDOW * BATCH {
            thread::sleep(Duration::from_micros(20));
        }
    }
    while slowest(received) - before < published {
        thread::sleep(Duration::from_micros(50));
    }
    let rate = published as f64 / begin.elapsed().as_secs_f64();
    println!("batches of {BATCH}: {rate:.0} published/s to {RECEIVERS} receivers");
    Ok(())
}

fn publish() -> Order {
    Order::Publish {
        channel: CHANNEL.into(),
        payload: vec![b'x'; SIZE],
    }
}

fn slowest(received: &[Arc<AtomicU64>]) -> u64 {
    let counts = received.iter().map(|it| it.load(Ordering::Acquire));
    counts.min().unwrap_or(0)
}
