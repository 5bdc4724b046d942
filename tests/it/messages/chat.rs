//! Typed clients with a typed server, most of them over real sockets.

use crate::common::chat::*;
use crate::common::*;
use messi::DisconnectReason::{ConnectionClosed, Disconnected, Stopped};
use messi::SendError;
use messi::testing::Simulation;

#[test]
fn messages_arrive_in_order_both_ways() {
    run(async {
        let (server, mut server_events) = start_server().await;
        let (client, mut client_events) = connect(&server, &mut server_events).await;
        let at_server = server.clients().remove(0);
        for number in 0..1_000 {
            client.send(message(format!("up {number}")));
            at_server.send(message(format!("down {number}")));
        }
        for number in 0..1_000 {
            assert_eq!(
                server_events.next().await,
                Event::Message(format!("up {number}"))
            );
            assert_eq!(
                client_events.next().await,
                Event::Message(format!("down {number}"))
            );
        }
    });
}

#[test]
fn a_request_gets_its_response() {
    run(async {
        let (server, mut server_events) = start_server().await;
        let (client, mut client_events) = connect(&server, &mut server_events).await;
        client.send(ConnectReq {
            user: "Kalle".into(),
        });
        assert_eq!(
            server_events.next().await,
            Event::ConnectReq("Kalle".into())
        );
        assert_eq!(client_events.next().await, Event::ConnectRsp);
    });
}

#[test]
fn a_broadcast_reaches_every_client_in_the_same_order() {
    run(async {
        let (server, mut server_events) = start_server().await;
        let mut clients = Vec::new();
        for _ in 0..10 {
            clients.push(connect(&server, &mut server_events).await);
        }
        for number in 0..100 {
            server.broadcast(message(number.to_string()));
        }
        for (_, events) in &mut clients {
            for number in 0..100 {
                assert_eq!(events.next().await, Event::Message(number.to_string()));
            }
        }
    });
}

#[test]
fn connected_clients_are_listed() {
    run(async {
        let (server, mut server_events) = start_server().await;
        assert!(server.clients().is_empty());
        let (first, _events) = connect(&server, &mut server_events).await;
        let (_second, _events) = connect(&server, &mut server_events).await;
        let ids: Vec<_> = server.clients().iter().map(|client| client.id()).collect();
        assert_eq!(ids.len(), 2);
        assert!(ids[0] < ids[1]);
        first.stop().await;
        assert_eq!(
            server_events.next().await,
            Event::Disconnected(ConnectionClosed)
        );
        let left: Vec<_> = server.clients().iter().map(|client| client.id()).collect();
        assert_eq!(left, ids[1..]);
        let (_third, _events) = connect(&server, &mut server_events).await;
        assert!(
            !ids.contains(&server.clients()[1].id()),
            "an id was used again"
        );
    });
}

#[test]
fn a_disconnected_client_receives_earlier_messages_and_reconnects() {
    run(async {
        let (server, mut server_events) = start_server().await;
        let (_client, mut client_events) = connect(&server, &mut server_events).await;
        let at_server = server.clients().remove(0);
        at_server.send(message("goodbye"));
        at_server.disconnect();
        assert_eq!(
            at_server
                .try_send(message("too late"))
                .map_err(SendError::from),
            Err(SendError::NotConnected)
        );
        assert_eq!(client_events.next().await, Event::Message("goodbye".into()));
        assert_eq!(
            client_events.next().await,
            Event::Disconnected(ConnectionClosed)
        );
        assert_eq!(
            server_events.next().await,
            Event::Disconnected(Disconnected)
        );
        assert_eq!(client_events.next().await, Event::Connected);
        assert_eq!(server_events.next().await, Event::Connected);
    });
}

#[test]
fn messages_sent_before_a_stop_arrive() {
    run(async {
        let (server, mut server_events) = start_server().await;
        let (client, client_events) = connect(&server, &mut server_events).await;
        client.send(message("last words"));
        client.stop().await;
        assert_eq!(client_events.rest().await, [Event::Disconnected(Stopped)]);
        assert_eq!(
            server_events.next().await,
            Event::Message("last words".into())
        );
        assert_eq!(
            server_events.next().await,
            Event::Disconnected(ConnectionClosed)
        );
    });
}

#[test]
fn a_stopped_server_calls_on_client_disconnected_and_frees_its_port() {
    run(async {
        let uri = port::uri(port::free());
        let (server, mut server_events) = serve(ChatServer::builder(&uri)).await;
        let (_client, mut client_events) = connect(&server, &mut server_events).await;
        let address = server.local_addr();
        within("stop", server.stop()).await;
        within("wait", server.wait()).await;
        assert_eq!(server_events.rest().await, [Event::Disconnected(Stopped)]);
        assert_eq!(
            client_events.next().await,
            Event::Disconnected(ConnectionClosed)
        );
        let (reporter, _events) = reporter();
        let restarted = ChatServer::builder(uri)
            .start(move |_| reporter.clone())
            .await;
        assert_eq!(restarted.unwrap().local_addr(), address);
    });
}

#[test]
fn dropping_the_last_handle_stops_a_client_or_a_server() {
    run(async {
        let (server, mut server_events) = start_server().await;
        let (client, client_events) = connect(&server, &mut server_events).await;
        let other = client.clone();
        drop(client);
        other.send(message("still here"));
        assert_eq!(
            server_events.next().await,
            Event::Message("still here".into())
        );
        drop(other);
        assert_eq!(client_events.rest().await, [Event::Disconnected(Stopped)]);
        assert_eq!(
            server_events.next().await,
            Event::Disconnected(ConnectionClosed)
        );
        drop(server);
        assert!(server_events.rest().await.is_empty());
    });
}

#[test]
fn a_client_above_the_maximum_is_refused_until_another_disconnects() {
    run(async {
        let (server, mut server_events) = serve(ChatServer::builder(LOOPBACK).max_clients(1)).await;
        let (first, _first_events) = connect(&server, &mut server_events).await;
        let mut second = RawPeer::connect(server.local_addr()).await;
        assert!(second.expect_end().await.is_empty());
        first.stop().await;
        assert_eq!(
            server_events.next().await,
            Event::Disconnected(ConnectionClosed)
        );
        let (_third, _third_events) = connect(&server, &mut server_events).await;
    });
}

#[test]
fn flush_waits_until_all_messages_are_written() {
    run(async {
        let (server, mut server_events) = start_server().await;
        let (client, _client_events) = connect(&server, &mut server_events).await;
        for number in 0..100 {
            client.send(message(number.to_string()));
        }
        assert_eq!(within("flush", client.flush()).await, Ok(()));
        assert_eq!(within("ready", client.ready()).await, Ok(()));
        within("stop", client.stop()).await;
        assert!(client.flush().await.is_err());
        assert_eq!(
            client.try_send(message("late")).map_err(SendError::from),
            Err(SendError::NotConnected)
        );
        for number in 0..100 {
            assert_eq!(
                server_events.next().await,
                Event::Message(number.to_string())
            );
        }
    });
}

#[test]
fn try_send_gives_the_message_back_to_be_sent_again() {
    let simulation = Simulation::new(1);
    simulation.run(async {
        let mut pair = Pair::connect(&simulation).await;
        pair.server.stop().await;
        let closed = |event: &Event| *event == CLOSED;
        pair.client_events.find(closed).await;
        let refused = pair.client.try_send(message("again")).unwrap_err();
        assert_eq!(refused.error, SendError::NotConnected);
        assert_eq!(refused.message, ClientToServer::from(message("again")));
        let builder = ChatServer::builder(ROOM).runtime(&simulation);
        let (server, mut server_events) = serve(builder).await;
        pair.client.connected().await.unwrap();
        pair.client.try_send(refused.into_message()).unwrap();
        let again = Event::Message("again".into());
        server_events.find(|event| *event == again).await;
        let client = server.clients().remove(0);
        pair.client.stop().await;
        server.stop().await;
        let refused = client.try_send(message("late")).unwrap_err();
        assert_eq!(refused.message, ServerToClient::from(message("late")));
    });
}

#[test]
fn a_message_above_the_limit_is_not_sent() {
    run(async {
        let (server, mut server_events) = start_server().await;
        let (client, mut client_events) =
            start_client(ChatClient::builder(uri(server.local_addr())).max_message_size(100));
        assert_eq!(client_events.next().await, Event::Connected);
        assert_eq!(server_events.next().await, Event::Connected);
        let result = client.try_send(message("x".repeat(100)));
        assert_eq!(
            result.map_err(SendError::from),
            Err(SendError::MessageTooBig {
                size: 110,
                limit: 100
            })
        );
        client.send(message("x".repeat(100)));
        assert_eq!(client.stats().dropped.too_big, 2);
        client.send(message("small"));
        assert_eq!(server_events.next().await, Event::Message("small".into()));
    });
}

#[test]
fn handles_implement_debug_and_can_be_shared_between_threads() {
    fn assert_handle<T: Clone + Send + Sync + std::fmt::Debug + 'static>(_: &T) {}
    run(async {
        let (server, mut server_events) = start_server().await;
        let (client, _client_events) = connect(&server, &mut server_events).await;
        assert_handle(&server);
        assert_handle(&client);
        assert_handle(&server.clients()[0]);
        assert!(format!("{client:?}").contains(&uri(server.local_addr())));
    });
}

#[test]
fn futures_of_handles_run_on_any_executor() {
    futures::executor::block_on(async {
        let (server, _events) = serve(ChatServer::builder(LOOPBACK)).await;
        let (client, _events) = start_client(ChatClient::builder(uri(server.local_addr())));
        assert_eq!(client.connected().await, Ok(()));
        client.send(message("hello"));
        assert_eq!(client.flush().await, Ok(()));
        client.stop().await;
        server.stop().await;
    });
}
