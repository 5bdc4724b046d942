//! Members of topics, and clients of users, with interrupted sessions.

use messi::JoinError;

use super::*;

#[test]
fn an_interrupted_client_stays_a_member_and_of_its_user() {
    for seed in 0..20 {
        let simulation = Simulation::new(seed);
        simulation.run(async {
            let mut pair = connect(&simulation).await;
            let member = pair.server.clients().remove(0);
            member.join("a").unwrap();
            assert!(member.log_in("Kalle"));
            let (topic, user) = (pair.server.topic("a"), pair.server.user("Kalle"));
            topic.publish(message("0"));
            expect_messages(&mut pair.client_events, 0..1).await;
            simulation.set_host("room", Host::Unknown);
            pair.connection.cut();
            assert!(is_interruption(&pair.server_events.next().await));
            assert!(is_interruption(&pair.client_events.next().await));
            assert_eq!(topic.members()[0].id, member.id());
            assert_eq!(user.clients().len(), 1);
            topic.publish(message("1"));
            user.send(message("2"));
            // It joins and leaves as if it were there.
            member.join("b").unwrap();
            pair.server.topic("b").publish(message("3"));
            assert!(member.leave("b"));
            pair.server.topic("b").publish(message("not a member"));
            simulation.sleep(10 * SECOND).await;
            topic.publish(message("4"));
            simulation.set_host("room", Host::Reachable);
            pair.client_events.find(is_resumption).await;
            expect_messages(&mut pair.client_events, 1..5).await;
            topic.publish(message("5"));
            expect_messages(&mut pair.client_events, 5..6).await;
            assert_eq!(member.topics(), ["a"]);
            assert_eq!(pair.server.stats().total.dropped, Default::default());
            pair.stop().await;
            assert_eq!(topic.member_count(), 0);
        });
    }
}

#[test]
fn memberships_end_with_the_session() {
    let simulation = Simulation::new(1);
    simulation.run(async {
        let sessions = Sessions::default().lifetime(5 * SECOND);
        let mut pair = connect_with(&simulation, sessions).await;
        let member = pair.server.clients().remove(0);
        member.join("a").unwrap();
        member.log_in("Kalle");
        simulation.set_host("room", Host::Unknown);
        pair.connection.cut();
        assert!(is_interruption(&pair.server_events.next().await));
        assert_eq!(pair.server.topic("a").member_count(), 1);
        expect_lost(&mut pair.server_events).await;
        assert_eq!(pair.server.topic("a").member_count(), 0);
        assert!(pair.server.user("Kalle").clients().is_empty());
        assert_eq!(member.join("a"), Err(JoinError::NotConnected));
        simulation.set_host("room", Host::Reachable);
        pair.client_events.find(|it| *it == Event::Connected).await;
        simulation.sleep(SECOND).await;
        // The new session is a new client.
        assert_eq!(pair.server.clients().len(), 1);
        assert_eq!(pair.server.topic("a").member_count(), 0);
        pair.stop().await;
    });
}
