//! `ready` and `flush` fail when the connection ends, whether they are awaited in a callback, which
//! must return before the connection can be closed, or outside of callbacks. A series that waits for `ready` lets other
//! tasks run.

use std::io::Write;
use std::net::Shutdown;
use std::time::Duration;

use crate::common::chat::*;
use crate::common::*;
use futures::future::{join, join_all};
use messi::prost::Message;
use messi::testing::{Clock, Simulation};
use messi::{DisconnectReason, NotConnected};

/// Far longer than the longest time limit in these tests.
const LONG: Duration = Duration::from_secs(100);

/// The method that is awaited.
#[derive(Clone, Copy, Debug)]
enum Wait {
    Ready,
    ReadyBelow,
    Flush,
}

const WAITS: [Wait; 3] = [Wait::Ready, Wait::ReadyBelow, Wait::Flush];

/// The size of the network's buffer in each direction, in bytes.
const BUFFER: usize = 1_000;

/// The size of the messages that fill queues, in bytes.
const LARGE: usize = 900_000;

impl Wait {
    /// Fills the send queue of a client at the server, and waits.
    async fn on_server(self, client: &ChatServerClient) -> Result<(), NotConnected> {
        while client.try_send(message("x".repeat(LARGE))).is_ok() {}
        match self {
            Self::Ready => client.ready().await,
            Self::ReadyBelow => client.ready_below(LARGE).await,
            Self::Flush => client.flush().await.map_err(|_| NotConnected),
        }
    }

    /// Fills the send queue of a client, and waits.
    async fn on_client(self, client: &ChatClient) -> Result<(), NotConnected> {
        while client.try_send(message("x".repeat(LARGE))).is_ok() {}
        match self {
            Self::Ready => client.ready().await,
            Self::ReadyBelow => client.ready_below(LARGE).await,
            Self::Flush => client.flush().await.map_err(|_| NotConnected),
        }
    }
}

/// A handler of either side that waits in its message callback, and reports the result.
#[derive(Clone)]
struct Waiting {
    wait: Wait,
    reporter: Reporter,
}

impl Waiting {
    fn new(wait: Wait) -> (Self, Events) {
        let (reporter, events) = reporter();
        (Self { wait, reporter }, events)
    }

    fn report(&self, result: Result<(), NotConnected>) {
        self.reporter.report(Event::Message(format!("{result:?}")));
    }
}

impl ChatServerHandler for Waiting {
    async fn on_client_connected(&mut self, _: &ChatServerClient) {
        self.reporter.report(Event::Connected);
    }

    async fn on_message_ind(&mut self, client: &ChatServerClient, _: MessageInd) {
        let result = self.wait.on_server(client).await;
        self.report(result);
    }

    async fn on_client_disconnected(&mut self, _: &ChatServerClient, reason: DisconnectReason) {
        self.reporter.report(Event::Disconnected(reason));
    }
}

impl ChatClientHandler for Waiting {
    async fn on_connected(&mut self, _: &ChatClient) {
        self.reporter.report(Event::Connected);
    }

    async fn on_message_ind(&mut self, client: &ChatClient, _: MessageInd) {
        let result = self.wait.on_client(client).await;
        self.report(result);
    }

    async fn on_disconnected(&mut self, _: &ChatClient, reason: DisconnectReason) {
        self.reporter.report(Event::Disconnected(reason));
    }
}

fn not_connected() -> Event {
    Event::Message("Err(NotConnected)".into())
}

/// The way in which a connection ends while no bytes reach the peer.
#[derive(Clone, Copy, Debug)]
enum End {
    PeerStops,
    Reset,
    /// The bytes of the peer are lost.
    NetworkLost,
    WriteTimeout,
    Overflow,
    /// Called by a server. Clients have no such method.
    Disconnect,
}

use End::*;

impl End {
    fn reason(self) -> DisconnectReason {
        match self {
            PeerStops | Reset => DisconnectReason::ConnectionClosed,
            NetworkLost => DisconnectReason::KeepAliveTimeout,
            WriteTimeout | Overflow => DisconnectReason::SlowConsumer,
            Disconnect => DisconnectReason::Disconnected,
        }
    }
}

impl End {
    /// Returns the keep-alive time of the waiting side. Unless keep-alive is the way in which the
    /// connection ends, it must not end it first.
    fn keep_alive(self) -> Duration {
        match self {
            NetworkLost => 2 * SECOND,
            _ => HOUR,
        }
    }
}

/// Waits for an event, and panics after [`LONG`].
async fn next(clock: &Clock, events: &mut Events, end: End, wait: Wait) -> Event {
    let timeout = clock.timeout(LONG, events.next()).await;
    timeout.unwrap_or_else(|| panic!("{end:?}: {wait:?} waits for ever"))
}

const ENDS_AT_SERVER: [End; 6] = [
    PeerStops,
    Reset,
    NetworkLost,
    WriteTimeout,
    Overflow,
    Disconnect,
];

const ENDS_AT_CLIENT: [End; 5] = [PeerStops, Reset, NetworkLost, WriteTimeout, Overflow];

/// Ends a connection at the server while its client does not read.
async fn end_on_server(end: End, pair: &Pair) {
    let client = &pair.server.clients()[0];
    match end {
        // Not awaited: the stop takes long, since no bytes reach the client.
        PeerStops => drop(futures::poll!(Box::pin(pair.client.stop()))),
        Reset => pair.connection.cut(),
        NetworkLost => pair.connection.to_server().lose(),
        WriteTimeout => {}
        Overflow => client.send(message("x".repeat(LARGE))),
        Disconnect => client.disconnect(),
    }
}

/// Ends a connection at the client while its server does not read.
async fn end_on_client(end: End, pair: &Pair) {
    match end {
        PeerStops => drop(futures::poll!(Box::pin(pair.server.stop()))),
        Reset => pair.connection.cut(),
        NetworkLost => pair.connection.to_client().lose(),
        WriteTimeout => {}
        Overflow => pair.client.send(message("x".repeat(LARGE))),
        Disconnect => unreachable!("clients have no `disconnect`"),
    }
}

#[test]
fn ready_and_flush_in_a_callback_of_a_server_fail_when_the_connection_ends() {
    for (end, wait) in combinations(&ENDS_AT_SERVER) {
        let simulation = Simulation::new(1);
        simulation.run(async {
            let (handler, mut events) = Waiting::new(wait);
            let server = ChatServer::builder(ROOM)
                .runtime(&simulation)
                .max_clients(1)
                .keep_alive_timeout(end.keep_alive())
                .start(move |_| handler.clone())
                .await
                .unwrap();
            let (client, client_events) = start_client(
                ChatClient::builder(ROOM)
                    .keep_alive_interval(HOUR)
                    .runtime(&simulation),
            );
            let clock = simulation.clock();
            assert_eq!(events.next().await, Event::Connected);
            let connection = simulation.connections().remove(0);
            connection.to_client().set_buffer(BUFFER);
            connection.to_client().stall();
            client.send(message("wait"));
            simulation.sleep(SECOND).await;
            let pair = Pair {
                client,
                client_events,
                server,
                server_events: reporter().1,
                connection,
            };
            end_on_server(end, &pair).await;
            assert_eq!(next(&clock, &mut events, end, wait).await, not_connected());
            let ended = Event::Disconnected(end.reason());
            assert_eq!(next(&clock, &mut events, end, wait).await, ended);
            // The server accepts a new client.
            pair.connection.to_client().resume();
            let other = ChatClient::builder(ROOM).runtime(&simulation);
            let other = other.start(reporter().0).unwrap();
            other.connected().await.unwrap();
            other.stop().await;
            pair.stop().await;
            assert_eq!((simulation.tasks(), simulation.sockets()), (0, 0));
        });
    }
}

#[test]
fn ready_and_flush_in_a_callback_of_a_client_fail_when_the_connection_ends() {
    for (end, wait) in combinations(&ENDS_AT_CLIENT) {
        let simulation = Simulation::new(1);
        simulation.run(async {
            let (server, mut server_events) = serve(
                ChatServer::builder(ROOM)
                    .keep_alive_timeout(HOUR)
                    .runtime(&simulation),
            )
            .await;
            let (handler, mut events) = Waiting::new(wait);
            let client = ChatClient::builder(ROOM)
                .keep_alive_interval(end.keep_alive())
                .runtime(&simulation)
                .start(handler)
                .unwrap();
            let clock = simulation.clock();
            assert_eq!(events.next().await, Event::Connected);
            assert_eq!(server_events.next().await, Event::Connected);
            let connection = simulation.connections().remove(0);
            connection.to_server().set_buffer(BUFFER);
            connection.to_server().stall();
            server.broadcast(message("wait"));
            simulation.sleep(SECOND).await;
            let pair = Pair {
                client,
                client_events: reporter().1,
                server,
                server_events,
                connection,
            };
            assert!(pair.client.is_connected());
            end_on_client(end, &pair).await;
            assert_eq!(next(&clock, &mut events, end, wait).await, not_connected());
            let ended = Event::Disconnected(end.reason());
            assert_eq!(next(&clock, &mut events, end, wait).await, ended);
            assert!(!pair.client.is_connected());
            pair.stop().await;
            assert_eq!((simulation.tasks(), simulation.sockets()), (0, 0));
        });
    }
}

fn combinations(ends: &[End]) -> Vec<(End, Wait)> {
    let pairs = ends.iter().flat_map(|&end| WAITS.map(|wait| (end, wait)));
    pairs.collect()
}

#[test]
fn ready_and_flush_outside_of_callbacks_fail_although_a_callback_of_the_server_is_stuck() {
    /// A handler that hangs in its message callback.
    struct Stuck;

    impl ChatServerHandler for Stuck {
        async fn on_message_ind(&mut self, _: &ChatServerClient, _: MessageInd) {
            std::future::pending().await
        }
    }

    for (end, wait) in combinations(&ENDS_AT_SERVER) {
        let simulation = Simulation::new(1);
        simulation.run(async {
            let server = ChatServer::builder(ROOM)
                .keep_alive_timeout(end.keep_alive())
                .runtime(&simulation);
            let server = server.start(|_| Stuck).await.unwrap();
            let (client, client_events) = start_client(
                ChatClient::builder(ROOM)
                    .keep_alive_interval(HOUR)
                    .runtime(&simulation),
            );
            client.connected().await.unwrap();
            let connection = simulation.connections().remove(0);
            connection.to_client().set_buffer(BUFFER);
            connection.to_client().stall();
            client.send(message("wait"));
            simulation.sleep(SECOND / 2).await;
            let pair = Pair {
                client,
                client_events,
                server,
                server_events: reporter().1,
                connection,
            };
            let waiting = pair.server.clients().remove(0);
            let mut waited = Box::pin(wait.on_server(&waiting));
            assert!(futures::poll!(&mut waited).is_pending());
            end_on_server(end, &pair).await;
            let result = simulation.timeout(LONG, waited).await;
            let result = result.unwrap_or_else(|| panic!("{end:?}: {wait:?} waits for ever"));
            assert_eq!(result, Err(NotConnected), "{end:?} {wait:?}");
            pair.stop().await;
        });
    }
}

#[test]
fn ready_and_flush_outside_of_callbacks_of_a_client_fail_when_the_connection_ends() {
    for (end, wait) in combinations(&ENDS_AT_CLIENT) {
        let simulation = Simulation::new(1);
        simulation.run(async {
            let pair = Pair::connect_with(
                &simulation,
                ChatServer::builder(ROOM).keep_alive_timeout(HOUR),
                ChatClient::builder(ROOM).keep_alive_interval(end.keep_alive()),
            )
            .await;
            pair.connection.to_server().set_buffer(BUFFER);
            pair.connection.to_server().stall();
            let mut waited = Box::pin(wait.on_client(&pair.client));
            assert!(futures::poll!(&mut waited).is_pending());
            end_on_client(end, &pair).await;
            let result = simulation.timeout(LONG, waited).await;
            let result = result.unwrap_or_else(|| panic!("{end:?}: {wait:?} waits for ever"));
            assert_eq!(result, Err(NotConnected), "{end:?} {wait:?}");
            pair.stop().await;
        });
    }
}

/// A message causes the end while no callback waits, over real sockets.
#[test]
fn ready_and_flush_outside_of_callbacks_fail_when_a_handler_panics() {
    /// A handler that panics in its message callback.
    struct Panicking(Reporter);

    impl ChatServerHandler for Panicking {
        async fn on_client_connected(&mut self, _: &ChatServerClient) {
            self.0.report(Event::Connected);
        }

        async fn on_message_ind(&mut self, _: &ChatServerClient, _: MessageInd) {
            panic_without_hook();
        }
    }

    let undecodable = b"\x01\0\0\x01\xff".to_vec();
    let rows = [undecodable, frame(message("panic"))];
    let rows = rows.iter().flat_map(|row| WAITS.map(|wait| (row, wait)));
    // At the same time, since each takes the seconds of its time limits.
    run(join_all(rows.map(async |(bytes, wait)| {
        let (reporter, mut events) = reporter();
        let server = ChatServer::builder(LOOPBACK)
            // Half of it is more than the operating system buffers.
            .max_queued_bytes(32 << 20)
            .start(move |_| Panicking(reporter.clone()))
            .await
            .unwrap();
        let mut peer = non_reading_client(server.local_addr().socket_addr().unwrap());
        assert_eq!(events.next().await, Event::Connected);
        let client = server.clients().remove(0);
        let mut waited = Box::pin(wait.on_server(&client));
        assert!(futures::poll!(&mut waited).is_pending());
        peer.write_all(bytes).unwrap();
        let result = within("the end", waited).await;
        assert_eq!(result, Err(NotConnected), "{wait:?}");
        server.stop().await;
    })));
}

/// Bytes that messi never sends cause the end, over real sockets.
#[test]
fn ready_and_flush_in_a_callback_fail_when_the_peer_violates_the_protocol() {
    let ends: [(&[u8], bool, DisconnectReason); 5] = [
        (
            b"\x07\0\0\0",
            false,
            DisconnectReason::UnexpectedMessageType(7),
        ),
        (
            b"\x01\xff\xff\xff",
            false,
            DisconnectReason::MessageTooBig {
                size: 0xff_ffff,
                limit: 1 << 20,
            },
        ),
        (
            b"\x01\0\0\x09begun",
            false,
            DisconnectReason::MessageTimeout,
        ),
        (b"", true, DisconnectReason::ConnectionClosed),
        (b"", false, DisconnectReason::KeepAliveTimeout),
    ];
    for (bytes, is_closed, reason) in ends {
        // At the same time, since each takes the seconds of its time limits.
        run(join_all(WAITS.map(async |wait| {
            let (handler, mut events) = Waiting::new(wait);
            let server = ChatServer::builder(LOOPBACK)
                // Half of it is more than the operating system buffers.
                .max_queued_bytes(32 << 20)
                .write_timeout(2 * SECOND)
                .message_timeout(SECOND / 2)
                .keep_alive_timeout(SECOND)
                .start(move |_| handler.clone())
                .await
                .unwrap();
            let mut peer = non_reading_client(server.local_addr().socket_addr().unwrap());
            assert_eq!(events.next().await, Event::Connected);
            peer.write_all(&frame(message("wait"))).unwrap();
            peer.write_all(bytes).unwrap();
            if is_closed {
                peer.shutdown(Shutdown::Write).unwrap();
            }
            assert_eq!(events.next().await, not_connected(), "{reason:?} {wait:?}");
            let ended = Event::Disconnected(reason.clone());
            assert_eq!(events.next().await, ended, "{wait:?}");
            server.stop().await;
        })));
    }
}

/// Encodes a client's message as a frame.
fn frame(message: MessageInd) -> Vec<u8> {
    let payload = ClientToServer::from(message).encode_to_vec();
    let size = u8::try_from(payload.len()).unwrap();
    [&[1, 0, 0, size], &payload[..]].concat()
}

/// A handler of either side without a method.
struct Silent;

impl ChatServerHandler for Silent {}

impl ChatClientHandler for Silent {}

#[test]
fn a_series_that_finds_room_each_time_keeps_nothing_else_waiting() {
    let simulation = Simulation::new(1);
    let server = ChatServer::builder(ROOM).runtime(&simulation);
    let server = simulation.run(server.start(|_| Silent)).unwrap();
    let client = ChatClient::builder(ROOM).runtime(&simulation);
    let client = client.start(Silent).unwrap();
    let series = async {
        for _ in 0..10_000 {
            client.ready().await.unwrap();
            client.send(message("x".repeat(100)));
        }
    };
    let queued = simulation.run(async {
        client.connected().await.unwrap();
        join(series, async { client.stats().queued_bytes }).await.1
    });
    assert!(
        queued < 128 * 1024,
        "{queued} bytes before anything else ran"
    );
    simulation.run(async {
        client.stop().await;
        server.stop().await;
    });
}
