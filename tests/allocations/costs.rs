//! System calls and allocations per message. Unlike times, they are the same in each run.

use std::time::Duration;

use crate::common::chat::*;
use crate::common::*;
use allocation_counter::measure;
use messi::testing::Simulation;

const MOMENT: Duration = Duration::from_millis(1);

/// A handler that returns each echo to the server, until it has sent the given number of messages.
struct Repeater {
    left: u32,
}

impl ChatClientHandler for Repeater {
    async fn on_message_ind(&mut self, client: &ChatClient, message: MessageInd) {
        if self.left > 0 {
            self.left -= 1;
            client.send(message);
        }
    }
}

#[test]
fn queued_messages_are_written_together() {
    let simulation = Simulation::new(1);
    simulation.run(async {
        let server = ChatServer::builder(ROOM)
            .runtime(&simulation)
            .start(|_| Echo)
            .await
            .unwrap();
        let client = ChatClient::builder(ROOM)
            .runtime(&simulation)
            .start(Repeater { left: 64_000 })
            .unwrap();
        client.connected().await.unwrap();
        simulation.sleep(MOMENT).await;
        for _ in 0..64 {
            client.send(message("x"));
        }
        simulation.sleep(MOMENT).await;
        assert_eq!(client.stats().received_messages, 64_064);
        let connection = &simulation.connections()[0];
        // One write for each 64 messages, and a few more.
        for direction in [connection.to_server(), connection.to_client()] {
            assert!(direction.writes() <= 64_000 / 64 + 10, "{direction:?}");
        }
        client.stop().await;
        server.stop().await;
    });
}

#[test]
fn a_stream_of_messages_is_written_in_large_blocks() {
    let simulation = Simulation::new(1);
    simulation.run(async {
        let pair = Pair::connect(&simulation).await;
        for _ in 0..100_000 {
            pair.client.ready().await.unwrap();
            pair.client.send(message("0123456789012345"));
        }
        pair.client.flush().await.unwrap();
        let direction = pair.connection.to_server();
        let bytes_a_write = direction.written() / direction.writes();
        assert!(bytes_a_write >= 16 * 1024, "{bytes_a_write}");
        pair.stop().await;
    });
}

#[test]
fn a_message_without_strings_is_sent_without_an_allocation() {
    let simulation = Simulation::new(1);
    simulation.run(async {
        let pair = Pair::connect(&simulation).await;
        let client = &pair.server.clients()[0];
        let send = || (0..1_000).for_each(|_| client.send(ConnectRsp {}));
        // Buffers grow at first, and keep their memory while they are in use.
        for _ in 0..3 {
            send();
            simulation.sleep(MOMENT).await;
        }
        assert_eq!(measure(send).count_total, 0);
        pair.stop().await;
    });
}

#[test]
fn a_broadcast_is_encoded_once() {
    let simulation = Simulation::new(1);
    simulation.run(async {
        let (server, _events) = serve(ChatServer::builder(ROOM).runtime(&simulation)).await;
        let clients: Vec<_> = (0..50)
            .map(|_| {
                let (handler, _events) = reporter();
                let client = ChatClient::builder(ROOM).runtime(&simulation);
                client.start(handler).unwrap()
            })
            .collect();
        simulation.sleep(MOMENT).await;
        let broadcast = || (0..100).for_each(|_| server.broadcast(ConnectRsp {}));
        for _ in 0..3 {
            broadcast();
            simulation.sleep(MOMENT).await;
        }
        // One frame each, for any number of clients.
        assert!(measure(broadcast).count_total <= 100);
        simulation.sleep(MOMENT).await;
        assert_eq!(clients[49].stats().received_messages, 400);
        server.stop().await;
    });
}

/// A handler without callbacks.
struct Sink;

impl ChatServerHandler for Sink {}

/// Connects a client to a server with handlers without callbacks.
fn connect_to_sink(simulation: &Simulation) -> (ChatServer, ChatClient) {
    simulation.run(async {
        let server = ChatServer::builder(ROOM)
            .runtime(simulation)
            .start(|_| Sink)
            .await
            .unwrap();
        let (client, _events) = start_client(ChatClient::builder(ROOM).runtime(simulation));
        client.connected().await.unwrap();
        (server, client)
    })
}

fn deliver(simulation: &Simulation, client: &ChatClient, messages: Vec<MessageInd>) {
    messages
        .into_iter()
        .for_each(|message| client.send(message));
    simulation.run(simulation.sleep(MOMENT));
}

#[test]
fn a_received_message_allocates_only_its_strings() {
    let simulation = Simulation::new(1);
    let (server, client) = connect_to_sink(&simulation);
    let messages = vec![message("0123456789"); 1_000];
    for _ in 0..3 {
        deliver(&simulation, &client, messages.clone());
    }
    let allocations = measure(|| deliver(&simulation, &client, messages)).count_total;
    // A user and a text for each message, and a few allocations of the simulation.
    assert!((2_000..2_100).contains(&allocations), "{allocations}");
    assert_eq!(server.stats().total.received_messages, 4_000);
    simulation.run(async {
        client.stop().await;
        server.stop().await;
    });
}

mod views {
    use super::*;

    messi::protocol!(
        "../../examples/chat/chat.proto",
        side = server,
        views = [MessageInd]
    );

    /// A handler that counts the bytes of all texts.
    struct Counter(u64);

    impl ChatServerHandler for Counter {
        async fn on_message_ind(&mut self, _: &ChatServerClient, message: MessageIndView<'_>) {
            self.0 += (message.user.len() + message.text.len()) as u64;
        }
    }

    #[test]
    fn a_received_view_allocates_nothing() {
        let simulation = Simulation::new(1);
        let (server, client) = simulation.run(async {
            let server = ChatServer::builder(ROOM).runtime(&simulation);
            let server = server.start(|_| Counter(0)).await.unwrap();
            let client = ChatClient::builder(ROOM).runtime(&simulation);
            let (client, _events) = start_client(client);
            client.connected().await.unwrap();
            (server, client)
        });
        let messages = vec![message("0123456789"); 1_000];
        for _ in 0..3 {
            deliver(&simulation, &client, messages.clone());
        }
        let allocations = measure(|| deliver(&simulation, &client, messages)).count_total;
        // Only those of the simulation.
        assert!(allocations < 100, "{allocations}");
        assert_eq!(server.stats().total.received_messages, 4_000);
        simulation.run(async {
            client.stop().await;
            server.stop().await;
        });
    }
}

/// Counts allocated bytes. Copies into memory that buffers keep are not counted: 72 KiB per buffer.
#[test]
fn a_large_message_is_copied_a_few_times_only() {
    const SIZE: u64 = 900_000;
    let simulation = Simulation::new(1);
    let (server, client) = connect_to_sink(&simulation);
    let large = || vec![message("x".repeat(SIZE as usize))];
    deliver(&simulation, &client, large());
    let messages = large();
    let allocated = measure(|| deliver(&simulation, &client, messages)).bytes_total;
    assert_eq!(server.stats().total.received_messages, 2);
    // The encoded message, the received one in a buffer that doubles as it grows, and its text.
    assert!(allocated <= 11 * SIZE / 2, "{allocated}");
    simulation.run(async {
        client.stop().await;
        server.stop().await;
    });
}

/// Defines a function that returns how many bytes are allocated to deliver a message with data of a given size,
/// with this type of `bytes` fields.
macro_rules! define_allocated {
    ($module:ident, $bytes:ident) => {
        mod $module {
            use std::sync::{Arc, Mutex};

            use super::*;

            messi::protocol!("../../docs/files.proto", bytes = $bytes);

            /// A client that keeps the received parts.
            struct Downloader(Arc<Mutex<Vec<PartInd>>>);

            impl FilesClientHandler for Downloader {
                async fn on_part_ind(&mut self, _: &FilesClient, part: PartInd) {
                    self.0.lock().unwrap().push(part);
                }
            }

            struct Storage;

            impl FilesServerHandler for Storage {}

            pub(super) fn allocated(size: usize) -> u64 {
                let simulation = Simulation::new(1);
                let parts = Arc::<Mutex<Vec<_>>>::default();
                let downloader = Downloader(parts.clone());
                let (server, client) = simulation.run(async {
                    let server = FilesServer::builder(ROOM).runtime(&simulation);
                    let server = server.start(|_| Storage).await.unwrap();
                    let client = FilesClient::builder(ROOM).runtime(&simulation);
                    let client = client.start(downloader).unwrap();
                    client.connected().await.unwrap();
                    simulation.sleep(MOMENT).await;
                    (server, client)
                });
                let data: Vec<u8> = (0..size).map(|number| number as u8).collect();
                server.broadcast(PartInd {
                    data: data.clone().into(),
                });
                let deliver = || simulation.run(simulation.sleep(MOMENT));
                let allocated = measure(deliver).bytes_total;
                assert!(parts.lock().unwrap().iter().all(|part| part.data == data));
                assert_eq!(parts.lock().unwrap().len(), 1);
                simulation.run(async {
                    client.stop().await;
                    server.stop().await;
                });
                allocated
            }
        }
    };
}

define_allocated!(copied, Vec);
define_allocated!(shared, Bytes);

#[test]
fn large_bytes_stay_in_the_memory_that_they_were_received_in() {
    const SIZE: u64 = 900_000;
    let copied = copied::allocated(SIZE as usize);
    let shared = shared::allocated(SIZE as usize);
    // prost copies a vector twice, and `Bytes` once where it can't share them.
    assert!(shared + SIZE * 19 / 10 < copied, "{shared} {copied}");
}
