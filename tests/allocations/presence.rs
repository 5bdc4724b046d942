//! Memory of the members that all nodes of a cluster know.

use crate::common::chat::*;
use crate::common::*;
use allocation_counter::measure;
use messi::cluster::{Cluster, Memory, Presence};
use messi::testing::Simulation;

struct Silent;

impl ChatServerHandler for Silent {}
impl ChatClientHandler for Silent {}

/// Returns the memory of two nodes for members on one of them, in bytes: this number of clients, which each join so many
/// topics of their own, or the same ones.
fn memory_of_members(clients: usize, topics: usize, is_own: bool, has_presence: bool) -> i64 {
    let simulation = Simulation::new(1);
    let engine = Memory::new();
    let (servers, clients) = simulation.run(async {
        let mut servers = Vec::new();
        for node in 0..2 {
            let mut cluster = Cluster::new(engine.clone());
            if has_presence {
                cluster = cluster.presence(Presence::of(|_| true));
            }
            let builder = ChatServer::builder(format!("tcp://node-{node}:1")).cluster(cluster);
            let server = builder.runtime(&simulation).start(|_| Silent).await;
            servers.push(server.unwrap());
        }
        let clients = (0..clients).map(|_| {
            let client = ChatClient::builder("tcp://node-0:1").runtime(&simulation);
            client.start(Silent).unwrap()
        });
        let clients: Vec<_> = clients.collect();
        simulation.sleep(2 * SECOND).await;
        (servers, clients)
    });
    let members = servers[0].clients();
    for member in &members {
        member.log_in(format!("user {}", member.id()));
    }
    let memory = measure(|| {
        for member in &members {
            for topic in 0..topics {
                let owner = if is_own { u64::from(member.id()) } else { 0 };
                member.join(format!("room/{owner}/{topic}")).unwrap();
            }
        }
        simulation.run(simulation.sleep(3 * SECOND));
    });
    if has_presence {
        let topic = servers[1].topic(if is_own { "room/1/0" } else { "room/0/0" });
        assert_eq!(topic.member_count(), if is_own { 1 } else { members.len() });
    }
    simulation.run(async {
        for client in clients {
            client.stop().await;
        }
        for server in servers {
            server.stop().await;
        }
    });
    memory.bytes_current
}

#[test]
fn members_take_little_memory_on_each_node() {
    // Members that are alone in their topics, with the names of these, and those that are many.
    for (clients, topics, is_own, most) in [(100, 1_000, true, 180), (1_000, 100, false, 60)] {
        let memory = |has_presence| memory_of_members(clients, topics, is_own, has_presence);
        let members = (clients * topics) as i64;
        let each = (memory(true) - memory(false)) / members / 2;
        println!("{clients} clients with {topics} topics: {each} bytes for each member and node");
        assert!(each <= most, "{each} bytes for a member");
    }
}
