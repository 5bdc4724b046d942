//! Clients with sessions that a server does not serve.

use messi::{Bye, ByeReason, Refusal};

use super::*;

fn bye() -> Bye {
    Bye {
        text: "the room is full".into(),
        retry_after: Some(60 * SECOND),
        ..Bye::new(ByeReason::Refused)
    }
}

fn said(bye: Bye) -> Event {
    Event::Disconnected(DisconnectReason::Bye(Box::new(bye)))
}

/// Starts a server that refuses the clients before this one.
async fn refuse_until(simulation: &Simulation, number: u64) -> (ChatServer, Events) {
    let (reporter, events) = reporter();
    let server = ChatServer::builder(ROOM)
        .sessions(Sessions::default())
        .max_clients(1)
        .runtime(simulation)
        .start(move |client| {
            if u64::from(client.id()) < number {
                return Err(Refusal::new("the table of seats has no row left").bye(bye()));
            }
            Ok(reporter.clone())
        })
        .await;
    (server.unwrap(), events)
}

#[test]
fn a_client_that_the_program_refuses_learns_why_and_when_to_come_back() {
    let simulation = Simulation::new(1);
    simulation.run(async {
        let (server, mut server_events) = refuse_until(&simulation, 2).await;
        let (client, mut events) = start_client(client().runtime(&simulation));
        assert_eq!(events.next().await, Event::Connected);
        assert_eq!(events.next().await, said(bye()));
        let refused_at = simulation.clock().now();
        assert_eq!(events.next().await, Event::Connected);
        assert!(simulation.clock().now() - refused_at >= 60 * SECOND);
        // The place of the first attempt is free.
        assert_eq!(server_events.next().await, Event::Connected);
        assert_eq!(server.stats().refused_by_application, 1);
        client.stop().await;
        server.stop().await;
        assert_eq!((simulation.tasks(), simulation.sockets()), (0, 0));
    });
}

#[test]
fn a_client_beyond_the_limit_learns_why() {
    let simulation = Simulation::new(1);
    simulation.run(async {
        let (server, _server_events) = refuse_until(&simulation, 0).await;
        let (first, mut events) = start_client(client().runtime(&simulation));
        assert_eq!(events.next().await, Event::Connected);
        let (second, mut events) = start_client(client().runtime(&simulation));
        assert_eq!(events.next().await, Event::Connected);
        let bye = Bye {
            text: "too many clients".into(),
            ..Bye::new(ByeReason::Refused)
        };
        assert_eq!(events.next().await, said(bye));
        assert_eq!(server.stats().refused, 1);
        second.stop().await;
        first.stop().await;
        server.stop().await;
        assert_eq!((simulation.tasks(), simulation.sockets()), (0, 0));
    });
}

#[test]
fn a_session_is_lost_if_its_client_is_refused() {
    let simulation = Simulation::new(1);
    simulation.run(async {
        let mut pair = connect(&simulation).await;
        pair.connection.lose();
        pair.server.stop().await;
        let (server, _server_events) = refuse_until(&simulation, u64::MAX).await;
        assert!(is_interruption(&pair.client_events.next().await));
        let lost = expect_lost(&mut pair.client_events).await;
        assert_eq!(lost.why, SessionLost::Refused);
        assert_eq!(pair.client_events.next().await, Event::Connected);
        assert_eq!(pair.client_events.next().await, said(bye()));
        pair.client.stop().await;
        server.stop().await;
    });
}

#[test]
fn a_client_without_a_session_is_closed_at_once() {
    let simulation = Simulation::new(1);
    simulation.run(async {
        let (server, _server_events) = refuse_until(&simulation, u64::MAX).await;
        let plain = ChatClient::builder(ROOM).runtime(&simulation);
        let (client, mut events) = start_client(plain);
        assert_eq!(events.next().await, Event::Connected);
        assert_eq!(events.next().await, CLOSED);
        client.stop().await;
        server.stop().await;
    });
}
