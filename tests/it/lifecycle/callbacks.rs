//! The order of callbacks and the reasons they are given, whatever a handler does in one of them, in
//! simulated time.

use std::future::pending;
use std::sync::{Arc, Mutex};
use std::time::Duration;

use crate::common::chat::*;
use crate::common::*;
use messi::testing::{Clock, Host, Simulation};
use messi::{ConnectError, DisconnectReason, Retry, SendError};

use self::At::*;
use Event::{Connected, Disconnected};

const PANICKED: Event = Disconnected(DisconnectReason::HandlerPanicked);
const LEFT: Event = Disconnected(DisconnectReason::Disconnected);

/// A callback, of either side.
#[derive(Clone, Copy, Debug, PartialEq)]
enum At {
    Connecting,
    Message,
    Disconnecting,
    Failure,
}

/// What a handler does in that callback, once.
#[derive(Clone, Copy, Debug, PartialEq)]
enum Act {
    Panic,
    /// Waits for ever.
    Hang,
    /// Waits for ever, with a future that panics when it is dropped.
    HangAndPanic,
    Disconnect,
    /// Stops its own side, and waits for that.
    Stop,
}

/// A handler, for either side, that reports its callbacks, and does something in one of them.
struct Scripted {
    reporter: Reporter,
    script: Option<(At, Act)>,
}

impl Scripted {
    /// Reports a callback, and returns what to do in it.
    fn enter(&mut self, at: At, event: Event) -> Option<Act> {
        self.reporter.report(event);
        let (_, act) = self.script.take_if(|(wanted, _)| *wanted == at)?;
        if act == Act::Panic {
            panic_quietly();
        }
        Some(act)
    }

    async fn at_client(&mut self, client: &ChatClient, at: At, event: Event) {
        match self.enter(at, event) {
            Some(Act::Hang) => pending().await,
            Some(Act::HangAndPanic) => hang_and_panic().await,
            Some(Act::Stop) => client.stop().await,
            _ => {}
        }
    }

    async fn at_server(&mut self, client: &ChatServerClient, at: At, event: Event) {
        match self.enter(at, event) {
            Some(Act::Hang) => pending().await,
            Some(Act::HangAndPanic) => hang_and_panic().await,
            Some(Act::Stop) => client.server().stop().await,
            Some(Act::Disconnect) => client.disconnect(),
            _ => {}
        }
    }
}

/// Waits for ever, and panics when it is dropped.
async fn hang_and_panic() {
    struct Panics;

    impl Drop for Panics {
        fn drop(&mut self) {
            panic_quietly();
        }
    }

    let _panics = Panics;
    pending().await
}

impl ChatClientHandler for Scripted {
    async fn on_connected(&mut self, client: &ChatClient) {
        self.at_client(client, Connecting, Connected).await;
    }

    async fn on_disconnected(&mut self, client: &ChatClient, reason: DisconnectReason) {
        self.at_client(client, Disconnecting, Disconnected(reason))
            .await;
    }

    async fn on_connect_failure(&mut self, client: &ChatClient, error: &ConnectError) -> Retry {
        let event = Event::ConnectFailure(error.clone());
        self.at_client(client, Failure, event).await;
        Retry::Backoff
    }

    async fn on_message_ind(&mut self, client: &ChatClient, message: MessageInd) {
        self.at_client(client, Message, Event::Message(message.text))
            .await;
    }
}

impl ChatServerHandler for Scripted {
    async fn on_client_connected(&mut self, client: &ChatServerClient) {
        self.at_server(client, Connecting, Connected).await;
    }

    async fn on_client_disconnected(
        &mut self,
        client: &ChatServerClient,
        reason: DisconnectReason,
    ) {
        self.at_server(client, Disconnecting, Disconnected(reason))
            .await;
    }

    async fn on_message_ind(&mut self, client: &ChatServerClient, message: MessageInd) {
        self.at_server(client, Message, Event::Message(message.text))
            .await;
    }
}

type Script = Option<(At, Act)>;

/// A server whose first handler follows the script.
async fn server(simulation: &Simulation, mut script: Script) -> (ChatServer, Events) {
    let (reporter, events) = reporter();
    let server = ChatServer::builder(ROOM)
        .runtime(simulation)
        .start(move |_| Scripted {
            reporter: reporter.clone(),
            script: script.take(),
        })
        .await
        .unwrap();
    (server, events)
}

fn client(simulation: &Simulation, script: Script) -> (ChatClient, Events) {
    let (reporter, events) = reporter();
    let client = ChatClient::builder(ROOM)
        .runtime(simulation)
        .start(Scripted { reporter, script })
        .unwrap();
    (client, events)
}

fn text(text: &str) -> Event {
    Event::Message(text.into())
}

/// The callbacks of both sides.
struct Seen {
    client: Vec<Event>,
    server: Vec<Event>,
}

/// Lets a client and a server connect, send two messages each and be disconnected by the server; 10 s
/// later, when they have connected again if they could, both are stopped.
fn play(client_script: Script, server_script: Script) -> Seen {
    let simulation = Simulation::new(1);
    let seen = simulation.run(async {
        let (server, server_events) = server(&simulation, server_script).await;
        let (client, client_events) = client(&simulation, client_script);
        simulation.sleep(Duration::from_millis(1)).await;
        for text in ["a", "b"] {
            client.send(message(text));
            server.broadcast(message(text));
        }
        simulation.sleep(Duration::from_millis(1)).await;
        if let Some(at_server) = server.clients().first() {
            at_server.disconnect();
        }
        simulation.sleep(10 * SECOND).await;
        let start = simulation.elapsed();
        client.stop().await;
        server.stop().await;
        assert!(simulation.elapsed() - start <= 2 * SECOND);
        Seen {
            client: client_events.rest().await,
            server: server_events.rest().await,
        }
    });
    assert_eq!((simulation.tasks(), simulation.sockets()), (0, 0));
    seen
}

#[test]
fn a_connection_has_its_callbacks_in_order_and_the_next_one_has_its_own() {
    let seen = play(None, None);
    let client = [Connected, text("a"), text("b"), CLOSED, Connected, STOPPED];
    assert_eq!(seen.client, client);
    let server = [Connected, text("a"), text("b"), LEFT, Connected, CLOSED];
    assert_eq!(seen.server, server);
}

#[test]
fn a_panic_of_a_clients_callback_ends_the_connection_and_the_client_goes_on() {
    for (at, first) in [
        (Connecting, vec![Connected, PANICKED]),
        (Message, vec![Connected, text("a"), PANICKED]),
        (Disconnecting, vec![Connected, text("a"), text("b"), CLOSED]),
    ] {
        let seen = play(Some((at, Act::Panic)), None);
        assert_eq!(seen.client, [first, vec![Connected, STOPPED]].concat());
    }
}

#[test]
fn a_panic_of_a_servers_callback_ends_its_connection_and_the_server_goes_on() {
    for (at, first) in [
        (Connecting, vec![Connected, PANICKED]),
        (Message, vec![Connected, text("a"), PANICKED]),
        (Disconnecting, vec![Connected, text("a"), text("b"), LEFT]),
    ] {
        let seen = play(None, Some((at, Act::Panic)));
        assert_eq!(seen.server, [first, vec![Connected, CLOSED]].concat());
        assert!(seen.client.ends_with(&[CLOSED, Connected, STOPPED]));
    }
}

#[test]
fn a_handler_that_disconnects_gets_no_more_messages() {
    for (at, first) in [
        (Connecting, vec![Connected, LEFT]),
        (Message, vec![Connected, text("a"), LEFT]),
        (Disconnecting, vec![Connected, text("a"), text("b"), LEFT]),
    ] {
        let seen = play(None, Some((at, Act::Disconnect)));
        assert_eq!(seen.server, [first, vec![Connected, CLOSED]].concat());
    }
}

/// A handler of a server that does something a second after its first message.
struct Late {
    reporter: Reporter,
    clock: Clock,
    act: Act,
}

impl ChatServerHandler for Late {
    async fn on_message_ind(&mut self, client: &ChatServerClient, message: MessageInd) {
        self.reporter.report(Event::Message(message.text));
        self.clock.sleep(SECOND).await;
        match self.act {
            Act::Panic => panic_quietly(),
            Act::Disconnect => client.disconnect(),
            other => unreachable!("{other:?}"),
        }
    }

    async fn on_client_disconnected(&mut self, _: &ChatServerClient, reason: DisconnectReason) {
        self.reporter.report(Disconnected(reason));
    }
}

/// Returns the events of such a handler when the connection ends while it handles the first of two
/// messages.
fn seen_late(act: Act, is_drained: bool) -> Vec<Event> {
    let simulation = Simulation::new(1);
    simulation.run(async {
        let (reporter, mut events) = reporter();
        let clock = simulation.clock();
        let server = ChatServer::builder(ROOM)
            .runtime(&simulation)
            .start(move |_| Late {
                reporter: reporter.clone(),
                clock: clock.clone(),
                act,
            })
            .await
            .unwrap();
        let (client, _client_events) = client(&simulation, None);
        client.connected().await.unwrap();
        client.send(message("a"));
        client.send(message("b"));
        simulation.sleep(SECOND / 2).await;
        if is_drained {
            server.drain(60 * SECOND).await;
        } else {
            client.stop().await;
        }
        vec![events.next().await, events.next().await]
    })
}

#[test]
fn a_handler_that_panics_or_disconnects_gets_no_more_though_the_connection_had_ended() {
    for act in [Act::Panic, Act::Disconnect] {
        assert_eq!(seen_late(act, false), [text("a"), CLOSED]);
        assert_eq!(seen_late(act, true), [text("a"), STOPPED]);
    }
}

#[test]
fn a_handler_may_stop_its_own_side_in_any_callback() {
    for (at, events) in [
        (Connecting, vec![Connected, STOPPED]),
        (Message, vec![Connected, text("a"), STOPPED]),
    ] {
        assert_eq!(play(Some((at, Act::Stop)), None).client, events);
        assert_eq!(play(None, Some((at, Act::Stop))).server, events);
    }
    let stop = Some((Disconnecting, Act::Stop));
    let messages = [Connected, text("a"), text("b")];
    assert_eq!(play(stop, None).client, [&messages[..], &[CLOSED]].concat());
    assert_eq!(play(None, stop).server, [&messages[..], &[LEFT]].concat());
}

#[test]
fn a_callback_that_never_returns_keeps_neither_side_from_stopping() {
    let messages = [Connected, text("a"), text("b")];
    let places = [(Connecting, 1), (Message, 2), (Disconnecting, 3)];
    let acts = [Act::Hang, Act::HangAndPanic];
    for ((at, count), act) in places.into_iter().flat_map(|it| acts.map(|act| (it, act))) {
        let first = &messages[..count];
        let seen = play(Some((at, act)), None);
        assert_eq!(seen.client, [first, &[CLOSED]].concat());
        // The server has another connection meanwhile. Only a stop ends the wait on the first.
        let rest = match at {
            Disconnecting => [LEFT, Connected, CLOSED],
            _ => [Connected, CLOSED, LEFT],
        };
        let seen = play(None, Some((at, act)));
        assert_eq!(seen.server, [first, &rest].concat());
    }
}

#[test]
fn a_failure_to_connect_that_panics_or_hangs_ends_nothing_but_itself() {
    for act in [Act::Panic, Act::Hang, Act::Stop] {
        let simulation = Simulation::new(1);
        simulation.run(async {
            let (client, mut events) = client(&simulation, Some((Failure, act)));
            assert!(matches!(events.next().await, Event::ConnectFailure(_)));
            if act == Act::Panic {
                assert!(matches!(events.next().await, Event::ConnectFailure(_)));
            }
            client.stop().await;
            assert!(events.rest().await.is_empty());
        });
        assert_eq!((simulation.tasks(), simulation.sockets()), (0, 0));
    }
}

#[test]
fn a_server_that_fails_to_make_a_handler_closes_that_connection_and_goes_on() {
    let simulation = Simulation::new(1);
    simulation.run(async {
        let (server_reporter, mut server_events) = reporter();
        let kept = Arc::new(Mutex::new(None));
        let keep = kept.clone();
        let server = ChatServer::builder(ROOM)
            .runtime(&simulation)
            .max_clients(1)
            .start(move |client| {
                if keep.lock().unwrap().is_none() {
                    client.send(message("never sent"));
                    *keep.lock().unwrap() = Some(client.clone());
                    panic_quietly();
                }
                server_reporter.clone()
            })
            .await
            .unwrap();
        let (client, mut client_events) = client(&simulation, None);
        for event in [Connected, CLOSED, Connected] {
            assert_eq!(client_events.next().await, event);
        }
        assert_eq!(server_events.next().await, Connected);
        // A handle that was kept knows that its connection has ended.
        let kept: ChatServerClient = kept.lock().unwrap().take().unwrap();
        assert_eq!(kept.flush().await, Err(SendError::NotConnected));
        let late = kept.try_send(message("late"));
        assert_eq!(late, Err(SendError::NotConnected));
        let stats = kept.stats();
        assert_eq!((stats.queued_bytes, stats.dropped.unsent), (0, 1));
        client.stop().await;
        server.stop().await;
    });
}

#[test]
fn a_message_that_is_cut_off_ends_both_sides_and_is_not_handed_out() {
    let simulation = Simulation::new(1);
    simulation.run(async {
        let (server, server_events) = server(&simulation, None).await;
        let (client, client_events) = client(&simulation, None);
        client.connected().await.unwrap();
        let connection = &simulation.connections()[0];
        client.send(message("whole"));
        client.flush().await.unwrap();
        simulation.sleep(Duration::from_millis(1)).await;
        connection.to_server().cut_after(7);
        client.send(message("cut"));
        simulation.sleep(SECOND / 2).await;
        client.stop().await;
        server.stop().await;
        assert_eq!(client_events.rest().await, [Connected, CLOSED]);
        assert_eq!(
            server_events.rest().await,
            [Connected, text("whole"), CLOSED]
        );
    });
}

#[test]
fn a_stop_while_an_address_does_not_answer_has_no_callback() {
    let simulation = Simulation::new(1);
    simulation.run(async {
        simulation.set_host("room", Host::BlackHole);
        let (client, events) = client(&simulation, None);
        simulation.sleep(SECOND).await;
        client.stop().await;
        assert_eq!(simulation.elapsed(), SECOND);
        assert!(events.rest().await.is_empty());
    });
    assert_eq!((simulation.tasks(), simulation.sockets()), (0, 0));
}
