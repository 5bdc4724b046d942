//! Engines and nodes that fail.

use messi::ListenError;
use messi::cluster::Channel;

use super::*;

#[test]
fn a_node_without_the_engine_serves_its_own_clients() {
    let simulation = Simulation::new(1);
    simulation.run(async {
        let (nodes, mut guests) = start_with_guests(&simulation, 2).await;
        nodes[0].cut_off(&simulation).await;
        assert!(!nodes[0].is_up());
        nodes[0].send("alone");
        guests[0].expect(&["alone"]).await;
        // Each takes the other for gone.
        simulation.sleep(6 * SECOND).await;
        assert_eq!((nodes[0].others(), nodes[1].others()), (0, 0));
        nodes[0].engine.set_reachable(true);
        simulation.sleep(6 * SECOND).await;
        assert!(nodes[0].is_up());
        assert_eq!((nodes[0].others(), nodes[1].others()), (1, 1));
        nodes[0].send("together");
        guests[0].expect(&["together"]).await;
        // That was dropped after 5 s.
        guests[1].expect(&["together"]).await;
        assert_eq!(nodes[0].server.stats().cluster.dropped, 1);
        stop(nodes, guests).await;
    });
}

#[test]
fn messages_of_a_short_failure_arrive_later() {
    let simulation = Simulation::new(1);
    simulation.run(async {
        let (nodes, mut guests) = start_with_guests(&simulation, 2).await;
        nodes[0].cut_off(&simulation).await;
        nodes[0].send("later");
        nodes[0].engine.set_reachable(true);
        guests[1].expect(&["later"]).await;
        assert_eq!(nodes[1].lost(), 0);
        stop(nodes, guests).await;
    });
}

#[test]
fn a_node_is_up_within_a_second_after_any_outage() {
    for seed in 0..20 {
        let simulation = Simulation::new(seed);
        simulation.run(async {
            let (nodes, guests) = start_with_guests(&simulation, 2).await;
            nodes[0].cut_off(&simulation).await;
            let outage = Duration::from_millis(937 * seed);
            simulation.sleep(outage).await;
            assert!(!nodes[0].is_up());
            nodes[0].engine.set_reachable(true);
            simulation.sleep(SECOND).await;
            assert!(nodes[0].is_up(), "after {outage:?}");
            stop(nodes, guests).await;
        });
    }
}

#[test]
fn messages_that_are_lost_are_counted_and_told() {
    let simulation = Simulation::new(1);
    simulation.run(async {
        let (nodes, mut guests) = start_with_guests(&simulation, 2).await;
        guests[1].handle.join("room").unwrap();
        simulation.sleep(MOMENT).await;
        for text in ["one", "two"] {
            nodes[0].send(text);
            nodes[0].server.topic("room").publish(message(text));
        }
        guests[1].expect(&["one", "one", "two", "two"]).await;
        nodes[1].cut_off(&simulation).await;
        for text in ["lost 1", "lost 2", "lost 3"] {
            nodes[0].send(text);
        }
        nodes[0].server.topic("room").publish(message("lost"));
        simulation.sleep(MOMENT).await;
        nodes[1].engine.set_reachable(true);
        // With the next heartbeat, without another message.
        simulation.sleep(2 * SECOND).await;
        assert_eq!(nodes[1].lost(), 3);
        nodes[0].server.topic("room").publish(message("end"));
        guests[1].expect(&["end"]).await;
        let gaps = nodes[1].gaps.lock().unwrap().clone();
        assert_eq!(gaps[1].channel, Channel::Topic("room".into()));
        assert_eq!(gaps[1].lost, 1);
        assert_eq!(nodes[1].server.stats().cluster.lost, 4);
        stop(nodes, guests).await;
    });
}

#[test]
fn a_server_that_needs_the_engine_does_not_start_without_it() {
    let simulation = Simulation::new(1);
    simulation.run(async {
        let engine = Memory::new();
        engine.set_reachable(false);
        let builder = ChatServer::builder(ROOM).runtime(&simulation);
        let start = builder.clone().cluster(engine.clone());
        let error = start.start(|_| reporter().0).await.unwrap_err();
        assert!(matches!(error, ListenError::Cluster { .. }), "{error}");
        assert_eq!(
            messi::Report(&error).to_string(),
            "can't join the cluster: the engine failed: connection refused"
        );
        assert_eq!(simulation.elapsed(), 5 * SECOND);
        // No task or socket of it is left: the address is free.
        simulation.sleep(MOMENT).await;
        assert_eq!((simulation.tasks(), simulation.sockets()), (0, 0));
        let (server, _) = serve(builder.cluster(Cluster::new(engine.clone()).optional())).await;
        assert_ne!(server.cluster().unwrap().state, ClusterState::Up);
        engine.set_reachable(true);
        simulation.sleep(6 * SECOND).await;
        assert_eq!(server.cluster().unwrap().state, ClusterState::Up);
        server.stop().await;
    });
}

#[test]
fn a_node_that_is_killed_is_gone_after_a_while() {
    let simulation = Simulation::new(1);
    simulation.run(async {
        let (_, nodes) = start(&simulation, 3).await;
        // As if its process was killed: it does not say that it leaves.
        nodes[2].engine.set_reachable(false);
        simulation.sleep(4 * SECOND).await;
        assert_eq!(nodes[0].others(), 2);
        simulation.sleep(2 * SECOND).await;
        assert_eq!((nodes[0].others(), nodes[1].others()), (1, 1));
        stop(nodes, Vec::new()).await;
    });
}

#[test]
fn the_queue_for_the_engine_is_bounded() {
    let simulation = Simulation::new(1);
    simulation.run(async {
        let engine = Memory::new();
        // Twice the largest message, which is 1 MiB.
        let cluster = Cluster::new(engine.clone()).max_queued_bytes(0);
        let builder = ChatServer::builder(ROOM).cluster(cluster);
        let (server, _) = serve(builder.runtime(&simulation)).await;
        engine.set_reachable(false);
        simulation.sleep(MOMENT).await;
        for _ in 0..300 {
            server.broadcast(message("x".repeat(10_000)));
        }
        let stats = server.stats().cluster;
        assert!((80..100).contains(&stats.dropped), "{stats:?}");
        // The others wait.
        assert_eq!(stats.published, 0);
        engine.set_reachable(true);
        simulation.sleep(SECOND).await;
        let published = server.stats().cluster.published;
        assert_eq!(published + stats.dropped, 300);
        server.stop().await;
    });
}

#[test]
fn a_sender_that_waits_for_room_loses_nothing() {
    let simulation = Simulation::new(1);
    simulation.run(async {
        let engine = Memory::new();
        let small = |cluster: Cluster| cluster.max_queued_bytes(0);
        let node = Node::start_with(&simulation, &engine, 0, small).await;
        let other = Node::start(&simulation, &engine, 1).await;
        let mut guest = other.connect(&simulation).await;
        let text = "x".repeat(10_000);
        for _ in 0..350 {
            node.server.cluster_ready().await;
            node.send(&text);
        }
        for _ in 0..350 {
            guest.expect(&[&text]).await;
        }
        assert_eq!(node.server.stats().cluster.dropped, 0);
        stop(vec![node, other], vec![guest]).await;
    });
}

#[test]
fn there_is_room_again_without_a_link() {
    let simulation = Simulation::new(1);
    simulation.run(async {
        let (_, nodes) = start(&simulation, 1).await;
        nodes[0].cut_off(&simulation).await;
        let begin = simulation.elapsed();
        for _ in 0..300 {
            nodes[0].send(&"x".repeat(10_000));
        }
        nodes[0].server.cluster_ready().await;
        // These have waited for too long.
        let waited = simulation.elapsed() - begin;
        assert!(waited > 4 * SECOND && waited <= 6 * SECOND, "{waited:?}");
        assert_eq!(nodes[0].server.stats().cluster.dropped, 300);
        // A server that stops lets no caller wait.
        nodes[0].engine.set_reachable(true);
        simulation.sleep(SECOND).await;
        nodes[0].cut_off(&simulation).await;
        for _ in 0..300 {
            nodes[0].send(&"x".repeat(10_000));
        }
        let ready = nodes[0].server.cluster_ready();
        let begin = simulation.elapsed();
        futures::join!(ready, nodes[0].server.stop());
        assert!(simulation.elapsed() - begin < 2 * SECOND);
    });
}

#[test]
fn a_server_alone_has_room() {
    let simulation = Simulation::new(1);
    simulation.run(async {
        let (server, _) = serve(ChatServer::builder(ROOM).runtime(&simulation)).await;
        server.cluster_ready().await;
        server.stop().await;
    });
}
