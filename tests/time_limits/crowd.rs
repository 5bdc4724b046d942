//! The time limit of a drain with a thousand clients.
//!
//! The test is exact to a quarter of a second, so that it must run alone, and takes 2,000 descriptors.

use std::collections::HashMap;
use std::ffi::OsString;
use std::fs;
use std::net::TcpStream;

use futures::future::{join, join_all};

use super::*;
use crate::common::{LOOPBACK, RawPeer, STOPPED, message, non_reading_client, serve, within};

/// The size of a long text, in bytes.
const LONG: usize = 100_000;

/// Returns the time that each thread of this process has waited for a processor.
///
/// Only Linux counts it. On other systems the result is empty, so that no waiting is subtracted.
fn processor_waits() -> HashMap<OsString, Duration> {
    let threads = fs::read_dir("/proc/self/task").into_iter().flatten();
    let waits = threads.filter_map(|thread| {
        let thread = thread.ok()?;
        // Nanoseconds running, nanoseconds waiting, and the number of time slices.
        let counts = fs::read_to_string(thread.path().join("schedstat")).ok()?;
        let waited = counts.split(' ').nth(1)?.parse().ok()?;
        Some((thread.file_name(), Duration::from_nanos(waited)))
    });
    waits.collect()
}

/// Returns the longest time that a thread has waited for a processor since these counts.
fn waited_since(before: &HashMap<OsString, Duration>) -> Duration {
    let waits = processor_waits();
    let waits = waits.iter().map(|(thread, &waited)| {
        let before = before.get(thread).copied().unwrap_or_default();
        waited.saturating_sub(before)
    });
    waits.max().unwrap_or_default()
}

#[test]
fn a_drain_of_a_thousand_clients_ends_at_its_limit_although_some_never_read() {
    const CLIENTS: usize = 1_000;
    const NON_READING: usize = CLIENTS / 10;
    const LIMIT: Duration = Duration::from_secs(3);

    let _alone = machine::alone();
    run(async {
        let builder = ChatServer::builder(LOOPBACK)
            .keep_alive_timeout(Duration::from_secs(600))
            // Room for all messages to clients that do not read.
            .max_total_queued_bytes(NON_READING * 8_000_000);
        let (server, mut events) = serve(builder).await;
        let address = server.local_addr().socket_addr().unwrap();
        let _deaf: Vec<TcpStream> = (0..NON_READING)
            .map(|_| non_reading_client(address))
            .collect();
        let mut peers = Vec::new();
        for _ in NON_READING..CLIENTS {
            peers.push(RawPeer::connect(address).await);
        }
        for _ in 0..CLIENTS {
            assert_eq!(events.next().await, Event::Connected);
        }
        server.broadcast(message("x".repeat(LONG)));
        // More than the operating system buffers for a client that does not read.
        for client in server.clients().iter().take(NON_READING) {
            for _ in 0..30 {
                client.send(message("x".repeat(LONG)));
            }
        }
        let reading = peers
            .into_iter()
            .map(async |mut peer| peer.expect_end().await.len());
        let reading = async_std::task::spawn(join_all(reading));
        let start = Instant::now();
        let drain = within("drain", server.drain(LIMIT));
        let limit_reached = async {
            async_std::task::sleep(LIMIT).await;
            processor_waits()
        };
        let (_, before) = join(drain, limit_reached).await;
        let time = start.elapsed();
        let waited = waited_since(&before);
        // The drain took its whole limit but no longer, apart from the processor time of other programs.
        assert!(time >= LIMIT, "{time:?}");
        let slack = Duration::from_millis(250) + waited;
        assert!(
            time < LIMIT + slack,
            "{time:?}, of which {waited:?} without a processor"
        );
        assert_eq!(server.stats().clients, 0);
        drop(server);
        assert_eq!(events.rest().await, vec![STOPPED; CLIENTS]);
        let received = within("the clients", reading).await;
        assert!(received.iter().all(|&bytes| bytes > LONG));
    });
}
