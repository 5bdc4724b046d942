//! Reconnecting to servers that close at once, and to addresses without a reply, over real sockets.

use std::time::{Duration, Instant};

use crate::common::chat::*;
use crate::common::*;

const MIN_DELAY: Duration = Duration::from_millis(10);

#[test]
fn the_delay_grows_if_the_server_closes_each_connection_at_once() {
    run(async {
        let (listener, uri) = raw_server().await;
        let (_client, mut events) =
            start_client(ChatClient::builder(uri).reconnect_delay(MIN_DELAY, HOUR));
        let mut last: Option<Instant> = None;
        for attempt in 0..8 {
            let peer = RawPeer::accept(&listener).await;
            let now = Instant::now();
            if let Some(last) = last.replace(now) {
                assert!(now - last >= MIN_DELAY * 2_u32.pow(attempt - 1));
            }
            drop(peer);
            assert_eq!(events.next().await, Event::Connected);
            assert_eq!(events.next().await, CLOSED);
        }
    });
}

#[test]
fn a_pong_resets_the_delay_if_no_time_of_service_is_asked_for() {
    run(async {
        let (listener, uri) = raw_server().await;
        let (_client, mut events) = start_client(
            ChatClient::builder(uri)
                .reconnect_delay(MIN_DELAY, HOUR)
                .stable_after(Duration::ZERO),
        );
        // If the delay kept growing, the last one would be more than half an hour.
        for _ in 0..20 {
            let mut peer = RawPeer::accept(&listener).await;
            peer.send(b"\x04\x00\x00\x00").await;
            drop(peer);
            assert_eq!(events.next().await, Event::Connected);
            assert_eq!(events.next().await, CLOSED);
        }
    });
}

#[cfg(target_os = "linux")]
mod black_hole {
    use messi::ConnectError;

    use super::*;
    use crate::common::black_hole::BlackHole;

    #[test]
    fn an_attempt_without_a_reply_times_out_and_is_retried() {
        run(async {
            let hole = BlackHole::new();
            let limit = Duration::from_millis(100);
            let (_client, mut events) = start_client(
                ChatClient::builder(hole.uri())
                    .connect_timeout(limit)
                    .reconnect_delay(MIN_DELAY, MIN_DELAY),
            );
            for _ in 0..2 {
                let timeout = Event::ConnectFailure(ConnectError::Timeout { limit });
                assert_eq!(events.next().await, timeout);
            }
            hole.open();
            events.find(|event| *event == Event::Connected).await;
        });
    }

    #[test]
    fn a_client_stops_at_once_during_an_attempt_without_a_reply() {
        run(async {
            let hole = BlackHole::new();
            let (client, events) =
                start_client(ChatClient::builder(hole.uri()).connect_timeout(HOUR));
            hole.wait_for_attempt().await;
            within("stop", client.stop()).await;
            assert!(events.rest().await.is_empty());
        });
    }
}
