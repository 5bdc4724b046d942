//! A large transfer beside small messages, over a slow line.

use std::time::Duration;

use crate::common::chat::*;
use crate::common::*;
use messi::testing::Simulation;
use messi::{Clock, NotConnected, RequestError};

/// 1 Mbit/s, in bytes a second.
const RATE: usize = 125_000;

/// The size of a part of the download.
const PART: usize = 64 * KIB;

/// The parts of the download: 4 MiB.
const PARTS: usize = 64;

/// The condition that the download waits for before each part.
#[derive(Clone, Copy, Debug)]
enum Wait {
    Ready,
    ReadyBelow(usize),
}

impl Wait {
    async fn wait(self, client: &ChatServerClient) -> Result<(), NotConnected> {
        match self {
            Self::Ready => client.ready().await,
            Self::ReadyBelow(bytes) => client.ready_below(bytes).await,
        }
    }
}

/// Sends a download.
async fn download(client: ChatServerClient, wait: Wait) {
    for _ in 0..PARTS {
        wait.wait(&client).await.unwrap();
        client.send(message("x".repeat(PART)));
    }
}

/// Returns the time from now until the end of a download.
async fn receive(clock: Clock, mut events: Events) -> Duration {
    let start = clock.now();
    for _ in 0..PARTS {
        events
            .find(|event| matches!(event, Event::Message(_)))
            .await;
    }
    clock.now() - start
}

/// Downloads over a slow line, and sends a request three seconds later. Returns the times until its response,
/// or the error, and until the end of the download.
fn request_beside_download(wait: Wait) -> (Result<Duration, RequestError>, Duration) {
    let simulation = Simulation::new(1);
    let later = simulation.later_connections();
    later.set_rate(RATE as u64);
    later.set_delay(Duration::from_millis(30));
    simulation.run(async {
        let server = ChatServer::builder(ROOM);
        let pair = Pair::connect_with(&simulation, server, ChatClient::builder(ROOM)).await;
        let client = pair.server.clients().remove(0);
        let sending = simulation.spawn(download(client, wait));
        let received = simulation.spawn(receive(simulation.clock(), pair.client_events));
        simulation.sleep(3 * SECOND).await;
        let start = simulation.elapsed();
        let user = String::from("Erik");
        let response = pair.client.connect_req(ConnectReq { user }).await;
        let response = response.map(|_| simulation.elapsed() - start);
        sending.await;
        let download = received.await;
        pair.client.stop().await;
        pair.server.stop().await;
        assert_eq!(pair.client.stats().connections, 1);
        (response, download)
    })
}

#[test]
fn a_request_is_answered_within_two_seconds_beside_a_download_over_a_slow_line() {
    for bytes in [0, 32 * KIB, PART] {
        let (response, download) = request_beside_download(Wait::ReadyBelow(bytes));
        assert!(response.clone().unwrap() < 2 * SECOND, "{response:?}");
        // The line is busy all the time.
        let shortest = Duration::from_secs((PARTS * PART / RATE) as u64);
        assert!(download >= shortest, "{download:?}");
        assert!(download < shortest.mul_f64(1.05), "{download:?}");
    }
}

#[test]
fn a_download_that_only_waits_for_room_holds_a_request_up() {
    let (response, _) = request_beside_download(Wait::Ready);
    let limit = 10 * SECOND;
    assert_eq!(response, Err(RequestError::Timeout { limit }));
}

#[test]
fn below_zero_bytes_waits_until_everything_is_written() {
    let simulation = Simulation::new(1);
    simulation.run(async {
        let pair = Pair::connect(&simulation).await;
        let to_server = pair.connection.to_server();
        to_server.set_buffer(1);
        to_server.stall();
        pair.client.send(message("last words"));
        let mut empty = Box::pin(pair.client.ready_below(0));
        assert!(futures::poll!(&mut empty).is_pending());
        assert_eq!(pair.client.ready_below(KIB).await, Ok(()));
        to_server.resume();
        assert_eq!(empty.await, Ok(()));
        assert_eq!(pair.client.stats().queued_bytes, 0);
        pair.stop().await;
    });
}

#[test]
fn below_any_number_of_bytes_waits_for_room_like_ready() {
    let simulation = Simulation::new(1);
    simulation.run(async {
        let server = ChatServer::builder(ROOM).max_queued_bytes(64 * KIB);
        let pair = Pair::connect_with(&simulation, server, ChatClient::builder(ROOM)).await;
        let client = pair.server.clients().remove(0);
        pair.connection.to_client().set_buffer(1);
        pair.connection.to_client().stall();
        while client.try_send(message("x".repeat(KIB))).is_ok() {}
        let mut ready = Box::pin(client.ready_below(usize::MAX));
        assert!(futures::poll!(&mut ready).is_pending());
        pair.connection.to_client().resume();
        assert_eq!(ready.await, Ok(()));
        assert!(client.stats().queued_bytes <= 32 * KIB);
        pair.stop().await;
    });
}
