//! Clients and servers with a runtime set in their builders, and the URIs of started servers.

use std::time::Duration;

use messi::testing::Simulation;
use messi::{Runtime, Uri};

use crate::common::chat::*;
use crate::common::*;

async fn serve(uri: &str, runtime: Runtime) -> (ChatServer, Events) {
    let (reporter, events) = reporter();
    let server = ChatServer::builder(uri).runtime(runtime);
    let server = server.start(move |_| reporter.clone()).await.unwrap();
    (server, events)
}

fn connect_to(uri: Uri, runtime: Runtime) -> (ChatClient, Events) {
    let (reporter, events) = reporter();
    let client = ChatClient::builder(uri).runtime(runtime);
    (client.start(reporter).unwrap(), events)
}

/// Checks that a client gets a response from a server.
async fn assert_served(client: &ChatClient, events: &mut Events, server_events: &mut Events) {
    assert_eq!(events.next().await, Event::Connected);
    assert_eq!(server_events.next().await, Event::Connected);
    let user = String::from("Kalle");
    client.send(ConnectReq { user: user.clone() });
    assert_eq!(server_events.next().await, Event::ConnectReq(user));
    assert_eq!(events.next().await, Event::ConnectRsp);
}

#[test]
fn sides_with_separate_runtimes_exchange_messages_and_pings() {
    run(async {
        let (server, mut server_events) = serve("tcp://127.0.0.1:0", Runtime::async_std()).await;
        let (client, mut events) = connect_to(server.uri(), Runtime::async_std());
        assert_served(&client, &mut events, &mut server_events).await;
        let is_pinged = async {
            while client.stats().round_trip_time.is_none() {
                async_std::task::sleep(Duration::from_millis(10)).await;
            }
        };
        within("a ping, by a timer of the runtime", is_pinged).await;
        client.stop().await;
        server.stop().await;
    });
}

#[test]
fn clients_connect_to_the_uri_that_a_server_returns() {
    run(async {
        for (uri, host) in [
            ("tcp://127.0.0.1:0", "127.0.0.1"),
            ("tcp://localhost:0", "localhost"),
            ("tcp://0.0.0.0:0", "127.0.0.1"),
            ("tcp://:0", ""),
        ] {
            let (server, mut server_events) = serve(uri, Runtime::default()).await;
            assert_eq!(server.uri().host(), Some(host));
            assert_eq!(server.uri().port(), server.local_addr().port());
            assert_ne!(server.uri().port(), Some(0));
            let (client, mut events) = connect_to(server.uri(), Runtime::default());
            assert_served(&client, &mut events, &mut server_events).await;
            client.stop().await;
            server.stop().await;
        }
    });
}

#[test]
fn a_simulation_can_be_set_as_the_runtime() {
    let simulation = Simulation::new(1);
    simulation.run(async {
        let (server, mut server_events) = serve("tcp://room:0", simulation.runtime()).await;
        assert_eq!(server.uri().host(), Some("room"));
        let (client, mut events) = connect_to(server.uri(), Runtime::from(&simulation));
        assert_served(&client, &mut events, &mut server_events).await;
        client.stop().await;
        server.stop().await;
    });
    assert_eq!(format!("{:?}", simulation.runtime()), "Runtime(simulation)");
}
