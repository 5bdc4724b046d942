//! Memory of topics, of which clients may join many, and allocations of published messages.

use crate::common::chat::*;
use crate::common::*;
use allocation_counter::measure;
use messi::testing::Simulation;

/// The most memory of a topic with one member, in bytes: 40 MB for 100,000 of them.
const MAX_BYTES: i64 = 400;

struct Silent;

impl ChatServerHandler for Silent {}
impl ChatClientHandler for Silent {}

/// Starts a server with this number of clients, and returns the server's handles of them too.
async fn connect(
    simulation: &Simulation,
    count: usize,
) -> (ChatServer, Vec<ChatClient>, Vec<ChatServerClient>) {
    let server = ChatServer::builder(ROOM).runtime(simulation);
    let server = server.start(|_| Silent).await.unwrap();
    let clients = (0..count).map(|_| {
        let client = ChatClient::builder(ROOM).runtime(simulation);
        client.start(Silent).unwrap()
    });
    let clients = clients.collect();
    simulation.sleep(SECOND).await;
    let members = server.clients();
    assert_eq!(members.len(), count);
    (server, clients, members)
}

/// Returns the memory of each topic where this number of clients each join so many of their own, in bytes.
fn memory_of_topic(clients: usize, topics: usize) -> i64 {
    let simulation = Simulation::new(1);
    simulation.run(async {
        let (server, clients, members) = connect(&simulation, clients).await;
        let memory = measure(|| {
            for member in &members {
                for topic in 0..topics {
                    member
                        .join(format!("room/{}/{topic}", member.id()))
                        .unwrap();
                }
            }
        });
        let topics = (members.len() * topics) as i64;
        for client in clients {
            client.stop().await;
        }
        server.stop().await;
        memory.bytes_current / topics
    })
}

#[test]
fn a_topic_with_one_member_takes_little_memory() {
    // 100,000 topics of some clients, and one of each of many.
    for (clients, topics) in [(100, 1_000), (1_000, 1)] {
        let each = memory_of_topic(clients, topics);
        println!("{clients} clients with {topics} topics: {each} bytes for each");
        assert!(each <= MAX_BYTES, "{each} bytes for a topic");
    }
}

#[test]
fn memory_of_topics_is_given_back() {
    let simulation = Simulation::new(1);
    simulation.run(async {
        let (server, clients, members) = connect(&simulation, 10).await;
        let names: Vec<_> = (0..1_000).map(|it| format!("room/{it}")).collect();
        let memory = measure(|| {
            for member in &members {
                names.iter().for_each(|name| member.join(name).unwrap());
            }
            for member in &members {
                names.iter().for_each(|name| assert!(member.leave(name)));
            }
        });
        assert!(memory.bytes_max > 100_000, "{memory:?}");
        assert!(memory.bytes_current < 1_000, "{memory:?}");
        for client in clients {
            client.stop().await;
        }
        server.stop().await;
    });
}

#[test]
fn publishing_does_not_copy_the_list_of_members() {
    let simulation = Simulation::new(1);
    simulation.run(async {
        let (server, clients, members) = connect(&simulation, 100).await;
        members.iter().for_each(|it| it.join("room").unwrap());
        let room = server.topic("room");
        let publish = || (0..100).for_each(|_| room.publish(ConnectRsp {}));
        // Queues grow at first.
        publish();
        let before = server.stats().total.sent_messages;
        let memory = measure(publish);
        assert_eq!(server.stats().total.sent_messages - before, 100 * 100);
        assert!(memory.count_total < 1_000, "{memory:?}");
        for client in clients {
            client.stop().await;
        }
        server.stop().await;
    });
}
