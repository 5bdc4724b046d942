//! Logins, and clients that the application refuses, in simulated time.

use std::sync::{Arc, Mutex};
use std::time::Duration;

use crate::common::chat::*;
use crate::common::*;
use messi::testing::Simulation;
use messi::{DisconnectReason, Refusal, Reply};

const LIMIT: Duration = Duration::from_secs(5);

const TIMED_OUT: Event = Event::Disconnected(DisconnectReason::LoginTimeout);

/// A handler that logs a client in by its `connect_req`, and reports the outcome.
struct Gate(Reporter);

impl ChatServerHandler for Gate {
    async fn on_connect_req(
        &mut self,
        client: &ChatServerClient,
        request: ConnectReq,
        reply: Reply<ConnectRsp>,
    ) {
        let is_logged_in = client.log_in(&request.user);
        self.0
            .report(Event::Message(format!("{} {is_logged_in}", request.user)));
        reply.send(ConnectRsp {});
    }

    async fn on_client_disconnected(
        &mut self,
        client: &ChatServerClient,
        reason: DisconnectReason,
    ) {
        assert!(!client.log_in("too late"));
        self.0.report(Event::Disconnected(reason));
    }
}

/// Starts a server at which clients must log in.
async fn guarded(simulation: &Simulation) -> (ChatServer, Events) {
    let (reporter, events) = reporter();
    let server = ChatServer::builder(ROOM)
        .runtime(simulation)
        .login_timeout(LIMIT)
        .start(move |_| Gate(reporter.clone()));
    (server.await.unwrap(), events)
}

/// Connects a client that does not reconnect.
async fn connect(simulation: &Simulation) -> (ChatClient, Events) {
    let builder = ChatClient::builder(ROOM).reconnect_delay(HOUR, HOUR);
    let (client, mut events) = start_client(builder.runtime(simulation));
    assert_eq!(events.next().await, Event::Connected);
    simulation.sleep(Duration::from_millis(1)).await;
    (client, events)
}

fn login(user: &str) -> ConnectReq {
    ConnectReq { user: user.into() }
}

#[test]
fn a_client_that_does_not_log_in_is_disconnected_after_the_limit() {
    let simulation = Simulation::new(1);
    simulation.run(async {
        let (server, mut server_events) = guarded(&simulation).await;
        let start = simulation.elapsed();
        let (client, mut events) = connect(&simulation).await;
        assert_eq!(server.stats().logging_in, 1);
        // Other messages do not prolong the time.
        client.send(message("hello"));
        assert_eq!(server_events.next().await, TIMED_OUT);
        let taken = simulation.elapsed() - start;
        assert!((LIMIT..LIMIT + SECOND / 10).contains(&taken), "{taken:?}");
        assert_eq!(events.next().await, CLOSED);
        let stats = server.stats();
        assert_eq!(
            (stats.logging_in, stats.clients, stats.login_timeouts),
            (0, 0, 1)
        );
        client.stop().await;
        server.stop().await;
        assert_eq!((simulation.tasks(), simulation.sockets()), (0, 0));
    });
}

#[test]
fn a_client_that_has_logged_in_stays() {
    let simulation = Simulation::new(1);
    simulation.run(async {
        let (server, mut server_events) = guarded(&simulation).await;
        let (client, _events) = connect(&simulation).await;
        assert_eq!(server.clients().len(), 0);
        client.connect_req(login("Kalle")).await.unwrap();
        assert_eq!(
            server_events.next().await,
            Event::Message("Kalle true".into())
        );
        assert_eq!(server.clients()[0].user(), Some("Kalle"));
        assert_eq!((server.stats().logging_in, server.stats().clients), (0, 1));
        simulation.sleep(10 * LIMIT).await;
        assert!(client.is_connected());
        // The user is that of the first login.
        client.connect_req(login("Erik")).await.unwrap();
        assert_eq!(
            server_events.next().await,
            Event::Message("Erik true".into())
        );
        assert_eq!(server.clients()[0].user(), Some("Kalle"));
        client.stop().await;
        assert_eq!(server_events.next().await, CLOSED);
        assert_eq!(
            (server.stats().clients, server.stats().login_timeouts),
            (0, 0)
        );
        server.stop().await;
    });
}

#[test]
fn broadcasts_reach_a_client_from_its_login_on() {
    let simulation = Simulation::new(1);
    simulation.run(async {
        let (server, _server_events) = guarded(&simulation).await;
        let (client, mut events) = connect(&simulation).await;
        server.broadcast(message("before"));
        client.connect_req(login("Kalle")).await.unwrap();
        server.broadcast(message("after"));
        assert_eq!(events.next().await, Event::Message("after".into()));
        client.stop().await;
        server.stop().await;
    });
}

#[test]
fn a_drain_reaches_clients_that_have_not_logged_in() {
    let simulation = Simulation::new(1);
    simulation.run(async {
        let (server, mut server_events) = guarded(&simulation).await;
        let (client, _events) = connect(&simulation).await;
        server.drain(HOUR).await;
        assert_eq!(server_events.next().await, STOPPED);
        assert!(simulation.elapsed() < SECOND);
        client.stop().await;
    });
}

#[test]
fn a_login_without_a_limit_names_the_client() {
    let simulation = Simulation::new(1);
    simulation.run(async {
        let (reporter, _events) = reporter();
        let builder = ChatServer::builder(ROOM).runtime(&simulation);
        let server = builder
            .start(move |_| Gate(reporter.clone()))
            .await
            .unwrap();
        let (client, mut events) = connect(&simulation).await;
        server.broadcast(message("before"));
        assert_eq!(events.next().await, Event::Message("before".into()));
        assert_eq!(server.clients()[0].user(), None);
        client.connect_req(login("Kalle")).await.unwrap();
        assert_eq!(server.clients()[0].user(), Some("Kalle"));
        assert_eq!(server.stats().clients, 1);
        client.stop().await;
        server.stop().await;
    });
}

#[test]
fn a_refused_client_is_counted_and_leaves_its_place() {
    let simulation = Simulation::new(1);
    simulation.run(async {
        let (reporter, server_events) = reporter();
        let is_open = Arc::new(Mutex::new(false));
        let opened = is_open.clone();
        let server = ChatServer::builder(ROOM)
            .runtime(&simulation)
            .max_clients(1)
            .start(move |_| {
                if *opened.lock().unwrap() {
                    Ok(reporter.clone())
                } else {
                    Err(Refusal::new("closed for today"))
                }
            })
            .await
            .unwrap();
        let (refused, mut events) = connect(&simulation).await;
        assert_eq!(events.next().await, CLOSED);
        let stats = server.stats();
        assert_eq!(
            (stats.clients, stats.refused, stats.refused_by_application),
            (0, 0, 1)
        );
        *is_open.lock().unwrap() = true;
        let (client, _events) = connect(&simulation).await;
        assert_eq!(server.stats().clients, 1);
        refused.stop().await;
        client.stop().await;
        server.stop().await;
        assert_eq!(server_events.rest().await, [Event::Connected, CLOSED]);
        assert_eq!((simulation.tasks(), simulation.sockets()), (0, 0));
    });
}
