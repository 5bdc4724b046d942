//! Connections with busy polling, over real sockets.

use std::time::Duration;

use crate::common::chat::*;
use crate::common::*;

/// Longer than the test takes, so that connections poll all the time.
const LONG: Duration = Duration::from_secs(3_600);

#[test]
fn messages_requests_and_keep_alive_work_with_busy_polling() {
    run(async {
        let (server, mut server_events) =
            serve(ChatServer::builder(LOOPBACK).busy_poll(LONG)).await;
        let (client, mut client_events) = start_client(
            ChatClient::builder(uri(server.local_addr()))
                .busy_poll(LONG)
                .keep_alive_interval(Duration::from_secs(1)),
        );
        assert_eq!(client_events.next().await, Event::Connected);
        assert_eq!(server_events.next().await, Event::Connected);
        for number in 0..100 {
            let user = number.to_string();
            let response = client.connect_req(ConnectReq { user: user.clone() });
            assert_eq!(within("a response", response).await, Ok(ConnectRsp {}));
            assert_eq!(server_events.next().await, Event::ConnectReq(user));
            server.broadcast(message("from another thread"));
            let text = Event::Message("from another thread".into());
            assert_eq!(client_events.next().await, text);
        }
        // Keep-alive goes on: a pong has been received.
        while client.stats().round_trip_time.is_none() {
            async_std::task::yield_now().await;
        }
        within("stop", client.stop()).await;
        within("stop", server.stop()).await;
    });
}
