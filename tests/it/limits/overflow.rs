//! Messages for which a send queue has no room, in simulated time.

use std::time::Duration;

use crate::common::chat::*;
use crate::common::*;
use messi::testing::Simulation;
use messi::{DisconnectReason, Overflow, RequestError, SendError};

/// A client and a server that queue 64 KiB for each other.
async fn connect(simulation: &Simulation, overflow: Overflow) -> Pair {
    let server = ChatServer::builder(ROOM).max_queued_bytes(64 * KIB);
    let client = ChatClient::builder(ROOM).max_queued_bytes(64 * KIB);
    Pair::connect_with(
        simulation,
        server.overflow(overflow),
        client.overflow(overflow),
    )
    .await
}

/// Returns the number of a message of [`numbered`].
fn number(event: &Event) -> u32 {
    match event {
        Event::Message(text) => text.split(' ').next().unwrap().parse().unwrap(),
        other => panic!("{other:?}"),
    }
}

fn numbered(number: u32) -> MessageInd {
    message(format!("{number} {}", "x".repeat(KIB)))
}

/// Broadcasts a thousand messages on a stalled network, and returns the numbers of those that the
/// client receives when it resumes.
fn received(overflow: Overflow) -> Vec<u32> {
    let simulation = Simulation::new(1);
    simulation.run(async {
        let mut pair = connect(&simulation, overflow).await;
        pair.connection.to_client().stall();
        for number in 0..1_000 {
            pair.server.broadcast(numbered(number));
        }
        simulation.sleep(Duration::from_millis(1)).await;
        pair.connection.to_client().resume();
        let mut numbers = Vec::new();
        // The queue has room again.
        simulation.sleep(SECOND).await;
        pair.server.broadcast(numbered(1_000));
        while numbers.last() != Some(&1_000) {
            numbers.push(number(&pair.client_events.next().await));
        }
        let stats = pair.server.stats().total;
        assert_eq!(
            stats.dropped.queue_full + numbers.len() as u64,
            1_001,
            "dropped messages are counted"
        );
        assert!(stats.peak_queued_bytes <= 64 * KIB);
        numbers
    })
}

fn is_consecutive(numbers: &[u32]) -> bool {
    numbers.windows(2).all(|pair| pair[0] + 1 == pair[1])
}

#[test]
fn drop_newest_drops_the_newest_messages() {
    let numbers = received(Overflow::DropNewest);
    let (last, first) = numbers.split_last().unwrap();
    assert_eq!((first[0], *last), (0, 1_000));
    assert!(is_consecutive(first));
    assert!((40..100).contains(&first.len()), "{}", first.len());
}

#[test]
fn drop_oldest_drops_the_oldest_messages() {
    let numbers = received(Overflow::DropOldest);
    assert!(is_consecutive(&numbers));
    assert!((40..100).contains(&numbers.len()), "{}", numbers.len());
}

#[test]
fn by_default_an_overflow_closes_the_connection() {
    let simulation = Simulation::new(1);
    simulation.run(async {
        let mut pair = connect(&simulation, Overflow::Disconnect).await;
        pair.connection.to_client().stall();
        for number in 0..1_000 {
            pair.server.broadcast(numbered(number));
        }
        assert_eq!(
            pair.server_events.next().await,
            Event::Disconnected(DisconnectReason::SlowConsumer)
        );
    });
}

#[test]
fn a_message_that_is_being_written_is_not_dropped() {
    let simulation = Simulation::new(1);
    simulation.run(async {
        let mut pair = connect(&simulation, Overflow::DropOldest).await;
        pair.connection.to_client().set_buffer(1);
        pair.connection.to_client().stall();
        pair.server.broadcast(numbered(0));
        simulation.sleep(Duration::from_millis(1)).await;
        for number in 1..1_000 {
            pair.server.broadcast(numbered(number));
        }
        pair.connection.to_client().resume();
        assert_eq!(number(&pair.client_events.next().await), 0);
        assert!(number(&pair.client_events.next().await) > 900);
    });
}

#[test]
fn a_dropped_request_fails_and_the_others_get_their_own_responses() {
    let simulation = Simulation::new(1);
    simulation.run(async {
        let pair = connect(&simulation, Overflow::DropOldest).await;
        pair.connection.to_server().set_buffer(1);
        pair.connection.to_server().stall();
        let ask = |user: &str| {
            let user = format!("{user} {}", "x".repeat(20 * KIB));
            pair.client.connect_req(ConnectReq { user })
        };
        let first = ask("being written");
        simulation.sleep(Duration::from_millis(1)).await;
        let (second, third, fourth) = (ask("dropped"), ask("kept"), ask("kept"));
        assert_eq!(
            second.await,
            Err(RequestError::NotSent(SendError::QueueFull))
        );
        pair.connection.to_server().set_buffer(64 * KIB);
        pair.connection.to_server().resume();
        for response in [first, third, fourth] {
            assert_eq!(response.await, Ok(ConnectRsp {}));
        }
    });
}

#[test]
fn drop_oldest_applies_to_the_offline_queue() {
    let simulation = Simulation::new(1);
    simulation.run(async {
        let (client, _events) = start_client(
            ChatClient::builder(ROOM)
                .runtime(&simulation)
                .offline_queue(64 * KIB, 3_600 * SECOND)
                .overflow(Overflow::DropOldest),
        );
        for number in 0..1_000 {
            client.send(numbered(number));
        }
        let (_server, mut events) = serve(ChatServer::builder(ROOM).runtime(&simulation)).await;
        assert_eq!(events.next().await, Event::Connected);
        let first = number(&events.next().await);
        assert!(first > 900);
        for expected in first + 1..1_000 {
            assert_eq!(number(&events.next().await), expected);
        }
        assert_eq!(client.stats().dropped.queue_full, u64::from(first));
    });
}

#[test]
fn clients_that_do_not_read_leave_shared_memory_for_others() {
    let simulation = Simulation::new(1);
    simulation.run(async {
        let (server, _events) = serve(
            ChatServer::builder(ROOM)
                .runtime(&simulation)
                .max_total_queued_bytes(1_000 * KIB)
                .overflow(Overflow::DropNewest),
        )
        .await;
        let start_client = || {
            let (reporter, events) = reporter();
            let client = ChatClient::builder(ROOM).runtime(&simulation);
            (client.start(reporter).unwrap(), events)
        };
        let (client, mut events) = start_client();
        client.connected().await.unwrap();
        simulation.later_connections().to_client().stall();
        let _others: Vec<_> = (0..50).map(|_| start_client()).collect();
        simulation.sleep(Duration::from_millis(1)).await;
        assert_eq!(server.stats().clients, 51);
        for number in 0..1_000 {
            server.broadcast(numbered(number));
            simulation.sleep(Duration::from_millis(1)).await;
        }
        assert_eq!(events.next().await, Event::Connected);
        for expected in 0..1_000 {
            assert_eq!(number(&events.next().await), expected);
        }
        let stats = server.stats().total;
        // Each queue has 4 KiB of its own.
        assert!(stats.queued_bytes <= (1_000 + 51 * 4) * KIB);
        // Two thirds are for queued bytes, as a buffer is up to one and a half times its content.
        assert!(stats.queued_bytes >= 430 * KIB, "{}", stats.queued_bytes);
    });
}

#[test]
fn the_slowest_clients_are_disconnected_first_if_the_shared_memory_is_exhausted() {
    let simulation = Simulation::new(1);
    simulation.run(async {
        let (server, mut server_events) = serve(
            ChatServer::builder(ROOM)
                .runtime(&simulation)
                .keep_alive_timeout(3_600 * SECOND)
                .write_timeout(3_600 * SECOND)
                .max_total_queued_bytes(1_000 * KIB),
        )
        .await;
        simulation.later_connections().to_client().set_buffer(KIB);
        simulation.later_connections().to_client().stall();
        let start_client = || {
            let (reporter, events) = reporter();
            let client = ChatClient::builder(ROOM)
                .keep_alive_interval(3_600 * SECOND)
                .reconnect_delay(3_600 * SECOND, 3_600 * SECOND)
                .runtime(&simulation);
            (client.start(reporter).unwrap(), events)
        };
        let slow: Vec<_> = (0..50).map(|_| start_client()).collect();
        simulation.sleep(SECOND).await;
        simulation.later_connections().to_client().resume();
        let later = simulation.later_connections().to_client();
        later.set_buffer(64 * KIB);
        let (client, mut events) = start_client();
        client.connected().await.unwrap();
        assert_eq!(events.next().await, Event::Connected);
        for _ in 0..51 {
            assert_eq!(server_events.next().await, Event::Connected);
        }
        // Each batch exceeds the share of one client.
        for batch in 0..50 {
            for number in 0..20 {
                server.broadcast(numbered(batch * 20 + number));
            }
            simulation.sleep(Duration::from_millis(1)).await;
        }
        for expected in 0..1_000 {
            assert_eq!(number(&events.next().await), expected);
        }
        let gone = 51 - server.stats().clients;
        assert!((1..=50).contains(&gone), "{gone}");
        for _ in 0..gone {
            let slow = Event::Disconnected(DisconnectReason::SlowConsumer);
            assert_eq!(server_events.next().await, slow);
        }
        drop(slow);
    });
}
