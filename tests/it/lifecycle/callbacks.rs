//! The order of callbacks and the reasons of disconnects, for handlers that panic, hang, stop or
//! disconnect in one of their callbacks, in simulated time.

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
const DISCONNECTED: Event = Disconnected(DisconnectReason::Disconnected);

/// A callback, of either side.
#[derive(Clone, Copy, Debug, PartialEq)]
enum At {
    Connecting,
    Message,
    Disconnecting,
    Failure,
}

/// An action of a handler in a callback.
#[derive(Clone, Copy, Debug, PartialEq)]
enum Act {
    Panic,
    /// Waits for ever.
    Hang,
    /// Waits for ever in a future that panics when dropped.
    HangAndPanic,
    Disconnect,
    /// Stops its own side, and waits until it has stopped.
    Stop,
}

/// A handler of either side that reports its callbacks, and performs an action in one of them.
struct Scripted {
    reporter: Reporter,
    script: Option<(At, Act)>,
}

impl Scripted {
    /// Reports a callback, and returns its action, which is performed once.
    fn enter(&mut self, at: At, event: Event) -> Option<Act> {
        self.reporter.report(event);
        let (_, act) = self.script.take_if(|(wanted, _)| *wanted == at)?;
        if act == Act::Panic {
            panic_without_hook();
        }
        Some(act)
    }

    async fn at_client(&mut self, client: &ChatClient, at: At, event: Event) {
        match self.enter(at, event) {
            Some(Act::Hang) => pending().await,
            Some(Act::HangAndPanic) => hang_and_panic().await,
            Some(Act::Stop) => _ = client.stop().await,
            _ => {}
        }
    }

    async fn at_server(&mut self, client: &ChatServerClient, at: At, event: Event) {
        match self.enter(at, event) {
            Some(Act::Hang) => pending().await,
            Some(Act::HangAndPanic) => hang_and_panic().await,
            Some(Act::Stop) => _ = client.server().stop().await,
            Some(Act::Disconnect) => client.disconnect(),
            _ => {}
        }
    }
}

/// Waits for ever, and panics when dropped.
async fn hang_and_panic() {
    struct Panics;

    impl Drop for Panics {
        fn drop(&mut self) {
            panic_without_hook();
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

/// Starts a server. Its first handler follows the script.
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

/// Connects a client to a server, sends two messages each way, and disconnects the client. Stops
/// both sides 10 s later: by then the client has reconnected if it could.
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
fn callbacks_of_a_connection_are_called_in_order_and_again_for_the_next_one() {
    let seen = play(None, None);
    let client = [Connected, text("a"), text("b"), CLOSED, Connected, STOPPED];
    assert_eq!(seen.client, client);
    let server = [
        Connected,
        text("a"),
        text("b"),
        DISCONNECTED,
        Connected,
        CLOSED,
    ];
    assert_eq!(seen.server, server);
}

#[test]
fn a_panic_in_a_callback_of_a_client_closes_the_connection_and_the_client_reconnects() {
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
fn a_panic_in_a_callback_of_a_server_closes_its_connection_and_the_server_runs_on() {
    for (at, first) in [
        (Connecting, vec![Connected, PANICKED]),
        (Message, vec![Connected, text("a"), PANICKED]),
        (
            Disconnecting,
            vec![Connected, text("a"), text("b"), DISCONNECTED],
        ),
    ] {
        let seen = play(None, Some((at, Act::Panic)));
        assert_eq!(seen.server, [first, vec![Connected, CLOSED]].concat());
        assert!(seen.client.ends_with(&[CLOSED, Connected, STOPPED]));
    }
}

#[test]
fn a_handler_that_disconnects_receives_no_more_messages() {
    for (at, first) in [
        (Connecting, vec![Connected, DISCONNECTED]),
        (Message, vec![Connected, text("a"), DISCONNECTED]),
        (
            Disconnecting,
            vec![Connected, text("a"), text("b"), DISCONNECTED],
        ),
    ] {
        let seen = play(None, Some((at, Act::Disconnect)));
        assert_eq!(seen.server, [first, vec![Connected, CLOSED]].concat());
    }
}

/// A handler of a server that performs an action a second after its first message.
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
            Act::Panic => panic_without_hook(),
            Act::Disconnect => client.disconnect(),
            other => unreachable!("{other:?}"),
        }
    }

    async fn on_client_disconnected(&mut self, _: &ChatServerClient, reason: DisconnectReason) {
        self.reporter.report(Disconnected(reason));
    }
}

/// Ends the connection while [`Late`] handles the first of two messages, and returns its events.
fn events_of_late_action(act: Act, is_drained: bool) -> Vec<Event> {
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
fn a_handler_that_panics_or_disconnects_after_the_end_receives_no_more_messages() {
    for act in [Act::Panic, Act::Disconnect] {
        assert_eq!(events_of_late_action(act, false), [text("a"), CLOSED]);
        assert_eq!(events_of_late_action(act, true), [text("a"), STOPPED]);
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
    assert_eq!(
        play(None, stop).server,
        [&messages[..], &[DISCONNECTED]].concat()
    );
}

#[test]
fn each_side_stops_although_a_callback_never_returns() {
    let messages = [Connected, text("a"), text("b")];
    let places = [(Connecting, 1), (Message, 2), (Disconnecting, 3)];
    let acts = [Act::Hang, Act::HangAndPanic];
    for ((at, count), act) in places.into_iter().flat_map(|it| acts.map(|act| (it, act))) {
        let first = &messages[..count];
        let seen = play(Some((at, act)), None);
        assert_eq!(seen.client, [first, &[CLOSED]].concat());
        // The server has accepted a second connection. Only a stop ends the callback of the first.
        let rest = match at {
            Disconnecting => [DISCONNECTED, Connected, CLOSED],
            _ => [Connected, CLOSED, DISCONNECTED],
        };
        let seen = play(None, Some((at, act)));
        assert_eq!(seen.server, [first, &rest].concat());
    }
}

#[test]
fn a_client_stops_although_on_connect_failure_panics_or_hangs() {
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
fn a_panic_while_creating_a_handler_closes_only_that_connection() {
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
                    panic_without_hook();
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
        // A handle of the closed connection reports the end.
        let kept: ChatServerClient = kept.lock().unwrap().take().unwrap();
        assert!(kept.flush().await.is_err());
        let late = kept.try_send(message("late")).map_err(SendError::from);
        assert_eq!(late, Err(SendError::NotConnected));
        let stats = kept.stats();
        assert_eq!((stats.queued_bytes, stats.dropped.unsent), (0, 1));
        client.stop().await;
        server.stop().await;
    });
}

#[test]
fn a_connection_cut_within_a_message_closes_and_the_message_is_not_handled() {
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
fn a_client_stopped_while_connecting_has_no_callback() {
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
