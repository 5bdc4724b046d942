//! Clients and servers with a runtime set in their builders, handlers inside of it, and the URIs of started servers.

use std::sync::mpsc::{Receiver, channel};
use std::sync::{Arc, Mutex};
use std::thread;
use std::time::Duration;

use async_std::task;
use futures::StreamExt;
use futures::channel::mpsc::{UnboundedSender, unbounded};
use messi::testing::Simulation;
use messi::{ClientBuilder, Report, Runtime, ServerBuilder, Uri};
use tokio::runtime::{Builder, Handle};

use crate::common::chat::*;
use crate::common::runtime::{self, TOKIO, is_named};
use crate::common::*;

/// Returns a runtime of each kind, each with at least two threads where that can be set.
fn runtimes() -> [Runtime; 3] {
    [Runtime::threads(2), Runtime::async_std(), runtime::tokio()]
}

async fn serve(uri: &str, runtime: Runtime) -> (ChatServer, Events) {
    let (reporter, events) = reporter();
    let server = ChatServer::builder(uri).runtime(runtime);
    let server = server.start(move |_| reporter.clone()).await.unwrap();
    (server, events)
}

fn connect_to(uri: Uri, runtime: Runtime) -> (ChatClient, Events) {
    let (reporter, events) = reporter();
    let client = ChatClient::builder(uri).runtime(runtime);
    let client = client.keep_alive_interval(SECOND);
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
fn clients_and_servers_on_all_runtimes_exchange_messages_and_pings() {
    run(async {
        for of_server in runtimes() {
            let (server, mut server_events) = serve("tcp://localhost:0", of_server).await;
            let mut clients = Vec::new();
            for of_client in runtimes() {
                let (client, mut events) = connect_to(server.uri(), of_client);
                assert_served(&client, &mut events, &mut server_events).await;
                clients.push((client, events));
            }
            for (client, _events) in clients {
                let is_pinged = async {
                    while client.stats().round_trip_time.is_none() {
                        task::sleep(Duration::from_millis(10)).await;
                    }
                };
                within("a ping, by a timer of the runtime", is_pinged).await;
                client.stop().await;
                assert_eq!(server_events.next().await, CLOSED);
            }
            server.stop().await;
        }
    });
}

/// Sends the name of the thread that each callback runs on, and whether it is inside of tokio.
struct Places(UnboundedSender<(String, bool)>);

impl Places {
    async fn report(&self) {
        // Also after a wait for the runtime's own timer.
        let is_in_tokio = Handle::try_current().is_ok();
        if is_in_tokio {
            let task = tokio::spawn(tokio::time::sleep(Duration::from_millis(1)));
            task.await.unwrap();
        } else {
            task::spawn(task::sleep(Duration::from_millis(1))).await;
        }
        let thread = thread::current().name().unwrap_or_default().to_owned();
        let is_in_tokio = Handle::try_current().is_ok();
        self.0.unbounded_send((thread, is_in_tokio)).unwrap();
    }
}

impl ChatServerHandler for Places {
    async fn on_client_connected(&mut self, _: &ChatServerClient) {
        self.report().await;
    }
}

impl ChatClientHandler for Places {
    async fn on_connected(&mut self, _: &ChatClient) {
        self.report().await;
    }
}

/// Starts a client and a server with these builders, and returns the places of a callback of each.
async fn places(
    server: ServerBuilder<Chat>,
    client: impl FnOnce(Uri) -> ClientBuilder<Chat>,
) -> [(String, bool); 2] {
    let (sender, mut places) = unbounded();
    let of_server = sender.clone();
    let server = server
        .start(move |_| Places(of_server.clone()))
        .await
        .unwrap();
    let client = client(server.uri()).start(Places(sender)).unwrap();
    let mut next = async || {
        let place = places.next();
        within("a callback", place).await.unwrap()
    };
    let places = [next().await, next().await];
    client.stop().await;
    server.stop().await;
    places
}

#[test]
fn handlers_run_inside_of_the_runtime_that_is_set() {
    run(async {
        for runtime in runtimes() {
            let is_tokio = format!("{runtime:?}") == "Runtime(tokio)";
            let server = ChatServer::builder(LOOPBACK).runtime(runtime.clone());
            let client = |uri| ChatClient::builder(uri).runtime(runtime);
            for (thread, is_in_tokio) in places(server, client).await {
                assert_eq!(is_in_tokio, is_tokio, "{thread}");
            }
        }
    });
}

#[test]
fn handlers_run_inside_of_the_runtime_of_tokio_that_starts_them() {
    if is_named() {
        return;
    }
    let start = places(ChatServer::builder(LOOPBACK), |uri| {
        ChatClient::builder(uri)
    });
    for (thread, is_in_tokio) in TOKIO.block_on(start) {
        assert!(is_in_tokio, "{thread}");
    }
}

#[test]
fn a_runtime_of_tokio_with_one_thread_is_enough() {
    if is_named() {
        return;
    }
    let mut builder = Builder::new_current_thread();
    let runtime = builder.enable_all().build().unwrap();
    let start = places(ChatServer::builder(LOOPBACK), |uri| {
        ChatClient::builder(uri)
    });
    for (thread, is_in_tokio) in runtime.block_on(start) {
        assert!(is_in_tokio, "{thread}");
    }
}

#[test]
fn a_runtime_of_tokio_without_timers_or_sockets_is_an_error() {
    let mut builder = Builder::new_current_thread();
    let runtime = builder.enable_io().build().unwrap();
    let _inside = runtime.enter();
    assert!(Runtime::tokio().is_err());
    let mut builder = Builder::new_current_thread();
    let runtime = builder.enable_time().build().unwrap();
    let _inside = runtime.enter();
    let builder = ChatServer::builder(LOOPBACK).runtime(Runtime::tokio().unwrap());
    let error = runtime.block_on(builder.start(|_| Echo)).unwrap_err();
    let text = Report(&error).to_string();
    assert!(
        text.ends_with("the runtime of tokio was built without `enable_io`"),
        "{text}"
    );
}

/// The last callback of a client is not called, but whoever waits for the client learns of its end.
#[test]
fn clients_and_servers_end_with_their_runtime_of_tokio() {
    let mut builder = Builder::new_multi_thread();
    let runtime = builder.worker_threads(1).enable_all().build().unwrap();
    run(async {
        let (server, mut server_events, client, mut events);
        {
            let _inside = runtime.enter();
            let on_tokio = Runtime::tokio().unwrap();
            (server, server_events) = serve(LOOPBACK, on_tokio.clone()).await;
            (client, events) = connect_to(server.uri(), on_tokio);
        }
        assert_served(&client, &mut events, &mut server_events).await;
        runtime.shutdown_background();
        assert_eq!(events.rest().await, []);
        within("the end of the client", client.stop()).await;
        within("the end of the server", server.stop()).await;
        assert!(within("an error", client.connected()).await.is_err());
    });
}

/// Blocks its thread in a callback, until the test ends that.
struct Blocked {
    begun: UnboundedSender<()>,
    end: Arc<Mutex<Receiver<()>>>,
}

impl ChatServerHandler for Blocked {
    async fn on_message_ind(&mut self, _: &ChatServerClient, _: MessageInd) {
        self.begun.unbounded_send(()).unwrap();
        self.end.lock().unwrap().recv().unwrap();
    }
}

/// Not on tokio: if the thread that waits for events is the one that is blocked there, no other takes its place.
#[test]
fn a_callback_that_blocks_its_thread_delays_no_pong_of_others() {
    run(async {
        let (begun, mut has_begun) = unbounded();
        let (end, ends) = channel();
        let ends = Arc::new(Mutex::new(ends));
        let server = ChatServer::builder(LOOPBACK).runtime(Runtime::threads(2));
        let server = server.start(move |_| Blocked {
            begun: begun.clone(),
            end: ends.clone(),
        });
        let server = server.await.unwrap();
        let mut blocking = RawPeer::connect(server.local_addr()).await;
        let mut other = RawPeer::connect(server.local_addr()).await;
        let ping = async |peer: &mut RawPeer| {
            peer.send(b"\x03\x00\x00\x00").await;
            peer.expect(b"\x04\x00\x00\x00").await;
        };
        ping(&mut blocking).await;
        ping(&mut other).await;
        // An empty `message_ind`.
        blocking.send(b"\x01\x00\x00\x02\x12\x00").await;
        let begin = has_begun.next();
        within("the callback", begin).await.unwrap();
        for _ in 0..100 {
            ping(&mut other).await;
        }
        end.send(()).unwrap();
        ping(&mut blocking).await;
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
            let (server, mut server_events) = serve(uri, Runtime::current().unwrap()).await;
            assert_eq!(server.uri().host(), Some(host));
            assert_eq!(server.uri().port(), server.local_addr().port());
            assert_ne!(server.uri().port(), Some(0));
            let (client, mut events) = connect_to(server.uri(), Runtime::current().unwrap());
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
