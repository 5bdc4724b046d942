//! The messages that the clients of all nodes receive.

use super::*;

#[test]
fn a_broadcast_reaches_the_clients_of_all_nodes_in_order() {
    let simulation = Simulation::new(1);
    simulation.run(async {
        let (nodes, mut guests) = start_with_guests(&simulation, 3).await;
        let texts: Vec<_> = (0..100).map(|number| number.to_string()).collect();
        for text in &texts {
            nodes[1].send(text);
        }
        let texts: Vec<_> = texts.iter().map(String::as_str).collect();
        for guest in &mut guests {
            guest.expect(&texts).await;
        }
        let stats = nodes[0].server.stats().cluster;
        assert_eq!((stats.received, stats.lost, stats.refused), (100, 0, 0));
        assert_eq!(nodes[1].server.stats().cluster.published, 100);
        stop(nodes, guests).await;
        assert_eq!((simulation.tasks(), simulation.sockets()), (0, 0));
    });
}

#[test]
fn a_local_broadcast_stays_on_its_node() {
    let simulation = Simulation::new(1);
    simulation.run(async {
        let (nodes, mut guests) = start_with_guests(&simulation, 2).await;
        nodes[0].send("all 1");
        nodes[0].server.local_broadcast(message("local"));
        nodes[0].send("all 2");
        guests[0].expect(&["all 1", "local", "all 2"]).await;
        guests[1].expect(&["all 1", "all 2"]).await;
        stop(nodes, guests).await;
    });
}

#[test]
fn a_topic_has_its_members_on_all_nodes() {
    let simulation = Simulation::new(1);
    simulation.run(async {
        let (nodes, mut guests) = start_with_guests(&simulation, 3).await;
        guests[0].handle.join("room/42").unwrap();
        guests[1].handle.join("room/42").unwrap();
        simulation.sleep(MOMENT).await;
        // From a node without a member, and from one with the exception.
        let topic = nodes[2].server.topic("room/42");
        topic.publish(message("one"));
        simulation.sleep(MOMENT).await;
        let topic = nodes[0].server.topic("room/42");
        topic.except(&guests[0].handle).publish(message("two"));
        simulation.sleep(MOMENT).await;
        assert!(guests[0].handle.leave("room/42"));
        nodes[1].server.topic("room/42").publish(message("three"));
        nodes[1].send("end");
        guests[0].expect(&["one", "end"]).await;
        guests[1].expect(&["one", "two", "three", "end"]).await;
        guests[2].expect(&["end"]).await;
        stop(nodes, guests).await;
    });
}

#[test]
fn a_user_is_reached_wherever_they_are() {
    let simulation = Simulation::new(1);
    simulation.run(async {
        let (nodes, mut guests) = start_with_guests(&simulation, 3).await;
        let long = "é".repeat(1_000);
        for (guest, user) in guests.iter().zip(["Kalle", &long, "Kalle"]) {
            assert!(guest.handle.log_in(user));
        }
        simulation.sleep(MOMENT).await;
        nodes[1].server.user("Kalle").send(message("for Kalle"));
        nodes[2].server.user(&long).send(message("for the other"));
        // No node can know that there is no such user.
        nodes[0].server.user("Erik").send(message("for Erik"));
        simulation.sleep(MOMENT).await;
        nodes[0].send("end");
        guests[0].expect(&["for Kalle", "end"]).await;
        guests[1].expect(&["for the other", "end"]).await;
        guests[2].expect(&["for Kalle", "end"]).await;
        let dropped = nodes[0].server.stats().total.dropped;
        assert_eq!(dropped.total(), 0);
        stop(nodes, guests).await;
    });
}

#[test]
fn clients_are_reached_by_their_ids_from_any_node() {
    let simulation = Simulation::new(1);
    simulation.run(async {
        let (nodes, mut guests) = start_with_guests(&simulation, 3).await;
        // They have the same number, on different nodes.
        let ids: Vec<_> = guests.iter().map(|guest| guest.handle.id()).collect();
        let numbers: Vec<_> = ids.iter().map(|id| u64::from(*id)).collect();
        assert_eq!(numbers, [1, 1, 1]);
        nodes[0].send("first");
        nodes[0].server.send_to(&ids[..2], message("for two"));
        nodes[0]
            .server
            .broadcast_except(ids[1], message("for the others"));
        nodes[0].send("end");
        guests[0]
            .expect(&["first", "for two", "for the others", "end"])
            .await;
        guests[1].expect(&["first", "for two", "end"]).await;
        guests[2].expect(&["first", "for the others", "end"]).await;
        assert!(nodes[0].server.client(ids[0]).is_some());
        assert!(nodes[0].server.client(ids[1]).is_none());
        stop(nodes, guests).await;
    });
}

#[test]
fn what_is_sent_in_a_callback_leaves_together() {
    let simulation = Simulation::new(1);
    simulation.run(async {
        let (nodes, mut guests) = start_with_guests(&simulation, 2).await;
        for number in 0..10 {
            guests[0].client.send(message(number.to_string()));
        }
        // The handler broadcasts received messages.
        let texts: Vec<_> = (0..10).map(|number| number.to_string()).collect();
        let texts: Vec<_> = texts.iter().map(String::as_str).collect();
        guests[1].expect(&texts).await;
        stop(nodes, guests).await;
    });
}

#[test]
fn a_node_that_leaves_is_gone_at_once() {
    let simulation = Simulation::new(1);
    simulation.run(async {
        let (engine, mut nodes) = start(&simulation, 2).await;
        let first = nodes[0].server.cluster().unwrap();
        assert_eq!(first.nodes[0].name, "node 1");
        assert_eq!(first.nodes[0].id, nodes[1].server.cluster().unwrap().node);
        let leaving = nodes.pop().unwrap();
        leaving.send("good-bye");
        leaving.server.stop().await;
        simulation.sleep(MOMENT).await;
        assert_eq!(nodes[0].others(), 0);
        assert_eq!(nodes[0].server.stats().cluster.received, 1);
        // A server that is started again is another node.
        nodes.push(Node::start(&simulation, &engine, 1).await);
        simulation.sleep(MOMENT).await;
        assert_ne!(first.nodes[0].id, nodes[1].server.cluster().unwrap().node);
        assert_eq!((nodes[0].others(), nodes[1].others()), (1, 1));
        stop(nodes, Vec::new()).await;
    });
}
