//! The members that topics have on other nodes.

use messi::Member;
use messi::cluster::{Presence, PresenceChange};

use super::*;

/// Topics with presence.
const ROOMS: &str = "room/";

/// An event of a member, with the name of its user.
type Happened = (String, Option<String>, PresenceChange);

fn rooms() -> Presence {
    Presence::of(|topic| topic.starts_with(ROOMS))
}

/// Starts this number of nodes with presence, each with a client.
async fn start_with_presence(simulation: &Simulation, count: usize) -> (Vec<Node>, Vec<Guest>) {
    let engine = Memory::new();
    let mut nodes = Vec::new();
    for number in 0..count {
        let set = |cluster: Cluster| cluster.presence(rooms());
        nodes.push(Node::start_with(simulation, &engine, number, set).await);
    }
    let mut guests = Vec::new();
    for node in &nodes {
        guests.push(node.connect(simulation).await);
    }
    (nodes, guests)
}

impl Node {
    /// Returns the members of a topic as this node knows them.
    fn members(&self, topic: &str) -> Vec<Member> {
        let members = self.server.topic(topic).members();
        assert_eq!(self.server.topic(topic).member_count(), members.len());
        members
    }

    /// Returns the users that are members of a topic, as this node knows them.
    fn users(&self, topic: &str) -> Vec<String> {
        let users = self.members(topic).into_iter();
        let users = users.map(|it| it.user.map_or_else(|| "-".into(), |user| user.to_string()));
        let mut users: Vec<_> = users.collect();
        users.sort();
        users
    }
}

#[test]
fn members_are_known_on_all_nodes_within_a_heartbeat() {
    let simulation = Simulation::new(1);
    simulation.run(async {
        let (nodes, guests) = start_with_presence(&simulation, 3).await;
        guests[0].handle.log_in("Anna");
        for guest in &guests {
            guest.handle.join("room/42").unwrap();
            guest.handle.join("elsewhere").unwrap();
        }
        simulation.sleep(SECOND + MOMENT).await;
        for node in &nodes {
            assert_eq!(node.users("room/42"), ["-", "-", "Anna"]);
            // Without presence, they are those of this node.
            assert_eq!(node.users("elsewhere").len(), 1);
        }
        // Its own come first.
        let ids: Vec<_> = nodes[2].members("room/42").iter().map(|it| it.id).collect();
        assert_eq!(ids[0], guests[2].handle.id());
        assert!(ids.contains(&guests[0].handle.id()));
        assert_eq!(
            guests[0].handle.id().node(),
            nodes[0].server.cluster().unwrap().node
        );
        // A client that logs in later is known by name.
        guests[1].handle.log_in("Bertil");
        guests[2].handle.leave("room/42");
        simulation.sleep(SECOND + MOMENT).await;
        for node in &nodes {
            assert_eq!(node.users("room/42"), ["Anna", "Bertil"]);
        }
        // Ids of members are those of clients that messages reach.
        let ids: Vec<_> = nodes[2].members("room/42").iter().map(|it| it.id).collect();
        nodes[2].server.send_to(&ids, message("to the members"));
        let [mut anna, mut bertil, other] = <[Guest; 3]>::try_from(guests).ok().unwrap();
        anna.expect(&["to the members"]).await;
        bertil.expect(&["to the members"]).await;
        // A connection that ends leaves all topics.
        anna.client.stop().await;
        simulation.sleep(SECOND + MOMENT).await;
        for node in &nodes {
            assert_eq!(node.users("room/42"), ["Bertil"]);
        }
        stop(nodes, vec![bertil, other]).await;
    });
}

#[test]
fn a_node_that_starts_later_knows_the_members_at_once() {
    let simulation = Simulation::new(1);
    simulation.run(async {
        let engine = Memory::new();
        let set = |cluster: Cluster| cluster.presence(rooms());
        let first = Node::start_with(&simulation, &engine, 0, set).await;
        let guests = [
            first.connect(&simulation).await,
            first.connect(&simulation).await,
        ];
        // More than a few messages hold.
        let rooms: Vec<_> = (0..900).map(|it| format!("{ROOMS}{it:0>190}")).collect();
        for guest in &guests {
            rooms.iter().for_each(|it| guest.handle.join(it).unwrap());
        }
        simulation.sleep(10 * SECOND).await;
        let second = Node::start_with(&simulation, &engine, 1, set).await;
        simulation.sleep(MOMENT).await;
        assert!(rooms.iter().all(|it| second.members(it).len() == 2));
        stop(vec![first, second], guests.into()).await;
    });
}

#[test]
fn many_nodes_learn_many_members_at_once() {
    let simulation = Simulation::new(1);
    simulation.run(async {
        let (nodes, guests) = start_with_presence(&simulation, 40).await;
        nodes[0].engine.set_reachable(false);
        // Together, the answers are larger than the size that may wait for the engine.
        let rooms: Vec<_> = (0..900).map(|it| format!("{ROOMS}{it:0>190}")).collect();
        rooms
            .iter()
            .for_each(|it| guests[0].handle.join(it).unwrap());
        simulation.sleep(20 * SECOND).await;
        nodes[0].engine.set_reachable(true);
        while !nodes[0].is_up() {
            simulation.sleep(MOMENT).await;
        }
        simulation.sleep(MOMENT).await;
        for node in &nodes {
            assert!(rooms.iter().all(|it| node.members(it).len() == 1));
        }
        stop(nodes, guests).await;
    });
}

#[test]
fn members_of_a_killed_node_are_gone_after_a_while() {
    let simulation = Simulation::new(1);
    simulation.run(async {
        let (nodes, guests) = start_with_presence(&simulation, 3).await;
        for guest in &guests {
            guest.handle.join("room/42").unwrap();
        }
        simulation.sleep(2 * SECOND).await;
        // As if its process was killed: it does not say that it leaves.
        nodes[2].engine.set_reachable(false);
        simulation.sleep(4 * SECOND).await;
        assert_eq!(nodes[0].members("room/42").len(), 3);
        simulation.sleep(2 * SECOND).await;
        assert_eq!(nodes[0].members("room/42").len(), 2);
        assert_eq!(nodes[1].members("room/42").len(), 2);
        // It sees the others go as well.
        assert_eq!(nodes[2].members("room/42").len(), 1);
        stop(nodes, guests).await;
    });
}

#[test]
fn members_of_a_node_that_stops_are_gone_at_once() {
    let simulation = Simulation::new(1);
    simulation.run(async {
        let (mut nodes, mut guests) = start_with_presence(&simulation, 2).await;
        guests[1].handle.join("room/42").unwrap();
        simulation.sleep(2 * SECOND).await;
        assert_eq!(nodes[0].members("room/42").len(), 1);
        stop(nodes.split_off(1), guests.split_off(1)).await;
        simulation.sleep(MOMENT).await;
        assert_eq!(nodes[0].members("room/42"), []);
        stop(nodes, guests).await;
    });
}

#[test]
fn members_are_whole_again_one_heartbeat_after_an_outage() {
    let simulation = Simulation::new(1);
    simulation.run(async {
        // For longer than others wait for a silent node, and for less.
        for outage in [SECOND / 2, 20 * SECOND] {
            let (nodes, guests) = start_with_presence(&simulation, 3).await;
            for guest in &guests {
                guest.handle.join("room/before").unwrap();
            }
            simulation.sleep(2 * SECOND).await;
            for node in &nodes {
                node.engine.set_reachable(false);
            }
            simulation.sleep(MOMENT).await;
            for guest in &guests {
                guest.handle.leave("room/before");
                guest.handle.join("room/after").unwrap();
            }
            simulation.sleep(outage).await;
            for node in &nodes {
                assert!(!node.is_up());
                node.engine.set_reachable(true);
            }
            while !nodes.iter().all(Node::is_up) {
                simulation.sleep(MOMENT).await;
            }
            simulation.sleep(SECOND + MOMENT).await;
            for node in &nodes {
                assert_eq!(node.members("room/before"), []);
                assert_eq!(node.members("room/after").len(), 3);
            }
            stop(nodes, guests).await;
        }
    });
}

#[test]
fn what_happens_to_members_on_other_nodes_is_told() {
    let simulation = Simulation::new(1);
    simulation.run(async {
        let engine = Memory::new();
        let events = Arc::<Mutex<Vec<Happened>>>::default();
        let told = events.clone();
        let presence = rooms().on_change(move |event| {
            let user = event.member.user.as_ref().map(ToString::to_string);
            let happened = (event.topic.to_string(), user, event.change);
            told.lock().unwrap().push(happened);
        });
        let set = |cluster: Cluster| cluster.presence(presence.clone());
        let first = Node::start_with(&simulation, &engine, 0, set).await;
        let set = |cluster: Cluster| cluster.presence(rooms());
        let second = Node::start_with(&simulation, &engine, 1, set).await;
        let (own, other) = (
            first.connect(&simulation).await,
            second.connect(&simulation).await,
        );
        let expect = async |happened: &[(&str, Option<&str>, PresenceChange)]| {
            simulation.sleep(SECOND + MOMENT).await;
            let events: Vec<_> = events.lock().unwrap().drain(..).collect();
            let events = events.iter();
            let events = events.map(|(topic, user, it)| (&**topic, user.as_deref(), *it));
            assert_eq!(events.collect::<Vec<_>>(), happened);
        };
        // Those of this node are not reported.
        own.handle.join("room/42").unwrap();
        other.handle.join("room/42").unwrap();
        other.handle.join("elsewhere").unwrap();
        expect(&[("room/42", None, PresenceChange::Joined)]).await;
        other.handle.log_in("Kalle");
        expect(&[("room/42", Some("Kalle"), PresenceChange::LoggedIn)]).await;
        other.handle.leave("room/42");
        other.handle.join("room/43").unwrap();
        expect(&[
            ("room/42", Some("Kalle"), PresenceChange::Left),
            ("room/43", Some("Kalle"), PresenceChange::Joined),
        ])
        .await;
        second.engine.set_reachable(false);
        simulation.sleep(6 * SECOND).await;
        expect(&[("room/43", Some("Kalle"), PresenceChange::NodeGone)]).await;
        second.engine.set_reachable(true);
        simulation.sleep(6 * SECOND).await;
        expect(&[("room/43", Some("Kalle"), PresenceChange::Joined)]).await;
        stop(vec![first, second], vec![own, other]).await;
    });
}

#[test]
fn nodes_without_presence_do_no_harm() {
    let simulation = Simulation::new(1);
    simulation.run(async {
        let engine = Memory::new();
        let with = |cluster: Cluster| cluster.presence(rooms());
        let first = Node::start_with(&simulation, &engine, 0, with).await;
        let second = Node::start(&simulation, &engine, 1).await;
        let guests = [
            first.connect(&simulation).await,
            second.connect(&simulation).await,
        ];
        for guest in &guests {
            guest.handle.join("room/42").unwrap();
        }
        simulation.sleep(3 * SECOND).await;
        for node in [&first, &second] {
            assert_eq!(node.members("room/42").len(), 1);
            assert_eq!(node.server.stats().cluster.refused, 0);
        }
        stop(vec![first, second], guests.into()).await;
    });
}
