//! Closures that other tasks run in a handler, in simulated time.

use std::future::pending;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use crate::common::chat::*;
use crate::common::*;
use futures::FutureExt;
use futures::future::join_all;
use messi::testing::{Clock, Simulation};
use messi::{DisconnectReason, WithHandlerError};

/// The time that a message takes in its callback.
const WORK: Duration = Duration::from_secs(2);

/// A handler that works on each message, and notes its work.
struct Worker {
    clock: Clock,
    notes: Vec<String>,
    reporter: Reporter,
}

impl Worker {
    async fn work(&mut self, message: MessageInd) {
        self.notes.push(format!("begin {}", message.text));
        match message.text.as_str() {
            "hang" => pending().await,
            _ => self.clock.sleep(WORK).await,
        }
        self.notes.push(format!("end {}", message.text));
    }
}

impl ChatServerHandler for Worker {
    async fn on_message_ind(&mut self, _: &ChatServerClient, message: MessageInd) {
        self.work(message).await;
    }

    async fn on_client_disconnected(&mut self, _: &ChatServerClient, reason: DisconnectReason) {
        self.reporter.report(Event::Disconnected(reason));
    }
}

impl ChatClientHandler for Worker {
    async fn on_message_ind(&mut self, _: &ChatClient, message: MessageInd) {
        self.work(message).await;
    }

    async fn on_disconnected(&mut self, _: &ChatClient, reason: DisconnectReason) {
        self.reporter.report(Event::Disconnected(reason));
    }
}

/// A connection with workers as handlers.
struct Workers {
    client: ChatClient,
    server: ChatServer,
    /// The server's handle of the client.
    peer: ChatServerClient,
    events: Events,
}

async fn start(simulation: &Simulation) -> Workers {
    let (reporter, events) = reporter();
    let clock = simulation.clock();
    let worker = move || Worker {
        clock: clock.clone(),
        notes: Vec::new(),
        reporter: reporter.clone(),
    };
    let of_client = worker();
    let builder = ChatServer::builder(ROOM).runtime(simulation);
    let server = builder.start(move |_| worker()).await.unwrap();
    let builder = ChatClient::builder(ROOM).reconnect_delay(HOUR, HOUR);
    let client = builder.runtime(simulation).start(of_client).unwrap();
    client.connected().await.unwrap();
    simulation.sleep(Duration::from_millis(10)).await;
    let peer = server.clients().remove(0);
    Workers {
        client,
        server,
        peer,
        events,
    }
}

fn notes(worker: &mut Worker) -> Vec<String> {
    worker.notes.clone()
}

#[test]
fn a_closure_runs_between_two_callbacks() {
    let simulation = Simulation::new(1);
    simulation.run(async {
        let workers = start(&simulation).await;
        assert_eq!(workers.peer.with_handler(notes).await.unwrap(), [""; 0]);
        workers.client.send(message("a"));
        workers.client.send(message("b"));
        simulation.sleep(WORK / 2).await;
        let begin = simulation.elapsed();
        let noted = workers.peer.with_handler(notes).await.unwrap();
        assert_eq!(noted, ["begin a", "end a"]);
        let waited = simulation.elapsed() - begin;
        assert!((WORK / 4..WORK).contains(&waited), "{waited:?}");
        workers.client.stop().await;
        workers.server.stop().await;
    });
}

#[test]
fn closures_run_in_the_order_of_their_calls_in_the_handler_of_a_client_too() {
    let simulation = Simulation::new(1);
    simulation.run(async {
        let workers = start(&simulation).await;
        workers.server.broadcast(message("a"));
        simulation.sleep(WORK / 2).await;
        let calls = (0..100).map(|number| {
            workers.client.with_handler(move |worker: &mut Worker| {
                worker.notes.push(number.to_string());
            })
        });
        // Awaited in another order.
        let calls: Vec<_> = calls.collect();
        for call in calls.into_iter().rev() {
            call.await.unwrap();
        }
        let noted = workers.client.with_handler(notes).await.unwrap();
        let numbers: Vec<_> = (0..100).map(|number| number.to_string()).collect();
        assert_eq!(noted[..2], ["begin a", "end a"]);
        assert_eq!(noted[2..], numbers);
        workers.client.stop().await;
        workers.server.stop().await;
    });
}

#[test]
fn a_closure_for_another_handler_is_an_error() {
    let simulation = Simulation::new(1);
    simulation.run(async {
        let workers = start(&simulation).await;
        let called = workers.peer.with_handler(|_: &mut Reporter| ()).await;
        assert!(
            matches!(called, Err(WithHandlerError::WrongType { expected }) if expected.ends_with("Reporter"))
        );
        assert!(workers.client.is_connected());
        workers.client.stop().await;
        workers.server.stop().await;
    });
}

#[test]
fn a_closure_that_waits_when_the_connection_ends_is_an_error() {
    let simulation = Simulation::new(1);
    simulation.run(async {
        let mut workers = start(&simulation).await;
        workers.client.send(message("hang"));
        simulation.sleep(SECOND).await;
        let waiting = workers.peer.with_handler(notes);
        let start = simulation.elapsed();
        workers.peer.disconnect();
        // At once, though the callback still hangs.
        assert_eq!(waiting.await, Err(WithHandlerError::NotConnected));
        assert_eq!(simulation.elapsed(), start);
        let later = workers.peer.with_handler(notes).await;
        assert_eq!(later, Err(WithHandlerError::NotConnected));
        assert_eq!(workers.events.next().await, CLOSED);
        let later = workers.client.with_handler(notes).await;
        assert_eq!(later, Err(WithHandlerError::NotConnected));
        workers.client.stop().await;
        workers.server.stop().await;
    });
}

#[test]
fn closures_that_wait_are_bounded() {
    let simulation = Simulation::new(1);
    simulation.run(async {
        let workers = start(&simulation).await;
        workers.client.send(message("a"));
        simulation.sleep(WORK / 2).await;
        let calls: Vec<_> = (0..1_025)
            .map(|_| workers.peer.with_handler(notes))
            .collect();
        let results = join_all(calls).await;
        assert!(results[..1_024].iter().all(Result::is_ok));
        assert_eq!(results[1_024], Err(WithHandlerError::Busy));
        assert!(workers.peer.with_handler(notes).await.is_ok());
        workers.client.stop().await;
        workers.server.stop().await;
    });
}

#[test]
fn a_closure_that_panics_ends_the_connection() {
    let simulation = Simulation::new(1);
    simulation.run(async {
        let mut workers = start(&simulation).await;
        let called = workers
            .peer
            .with_handler(|_: &mut Worker| -> () { panic_without_hook() });
        assert_eq!(called.await, Err(WithHandlerError::NotConnected));
        let panicked = Event::Disconnected(DisconnectReason::HandlerPanicked);
        workers.events.find(|event| *event == panicked).await;
        workers.client.stop().await;
        workers.server.stop().await;
    });
}

#[test]
fn a_closure_whose_future_is_dropped_is_not_run() {
    let simulation = Simulation::new(1);
    simulation.run(async {
        let workers = start(&simulation).await;
        let has_run = Arc::new(AtomicBool::new(false));
        let seen = has_run.clone();
        let call = workers
            .peer
            .with_handler(move |_: &mut Worker| seen.store(true, Ordering::Relaxed));
        assert!(call.now_or_never().is_none());
        workers.peer.with_handler(notes).await.unwrap();
        assert!(!has_run.load(Ordering::Relaxed));
        assert_eq!(Arc::strong_count(&has_run), 1);
        workers.client.stop().await;
        workers.server.stop().await;
    });
}

#[test]
fn no_message_follows_a_closure_that_disconnects() {
    let simulation = Simulation::new(1);
    simulation.run(async {
        let mut workers = start(&simulation).await;
        workers.client.send(message("a"));
        workers.client.send(message("b"));
        simulation.sleep(WORK / 2).await;
        let peer = workers.peer.clone();
        let disconnect = workers
            .peer
            .with_handler(move |_: &mut Worker| peer.disconnect());
        disconnect.await.unwrap();
        let start = simulation.elapsed();
        let disconnected = Event::Disconnected(DisconnectReason::Disconnected);
        workers.events.find(|event| *event == disconnected).await;
        // The other message would take as long.
        assert!(simulation.elapsed() - start < WORK);
        workers.client.stop().await;
        workers.server.stop().await;
    });
}
