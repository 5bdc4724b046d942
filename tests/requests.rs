//! Requests and their answers, on the pretended clock.

use std::sync::{Arc, Mutex};
use std::time::Duration;

use futures::future::{join, join3};
use messi::testing::{Clock, Simulation};
use messi::{DisconnectReason, Overflow, RequestError, SendError, ServerBuilder};

mod requests {
    messi::protocol!("proto/requests.proto");
}

use requests::*;

const SECOND: Duration = Duration::from_secs(1);
const MOMENT: Duration = Duration::from_millis(1);

/// What handlers have seen, in order.
#[derive(Clone, Default)]
struct Seen(Arc<Mutex<Vec<String>>>);

impl Seen {
    fn note(&self, text: impl Into<String>) {
        self.0.lock().unwrap().push(text.into());
    }

    fn all(&self) -> Vec<String> {
        self.0.lock().unwrap().clone()
    }
}

/// Answers as the text of a request says.
struct Session {
    clock: Clock,
    seen: Seen,
}

impl RequestsServerHandler for Session {
    async fn on_echo_req(&mut self, client: &RequestsServerClient, request: EchoReq) {
        let text = request.text;
        match text.as_str() {
            "silence" => return,
            "leave" => return client.disconnect(),
            "slow" => self.clock.sleep(5 * SECOND).await,
            "who" => {
                let answer = client.name_req(NameReq { number: 1 }).await;
                let text = answer.map_or_else(|error| error.to_string(), |answer| answer.name);
                return client.reply(EchoRsp { text });
            }
            _ => {}
        }
        client.reply(EchoRsp { text });
    }

    async fn on_shout_req(&mut self, client: &RequestsServerClient, text: String) {
        client.reply(server_to_client::Messages::ShoutRsp(text.to_uppercase()));
    }

    async fn on_name_rsp(&mut self, _: &RequestsServerClient, answer: NameRsp) {
        self.seen.note(format!("name {}", answer.name));
    }

    async fn on_client_disconnected(&mut self, _: &RequestsServerClient, reason: DisconnectReason) {
        self.seen.note(format!("disconnected {reason:?}"));
    }
}

/// Has a name, and may ask for an echo when it has connected.
struct Ui {
    seen: Seen,
    asks: Option<&'static str>,
}

impl RequestsClientHandler for Ui {
    async fn on_connected(&mut self, client: &RequestsClient) {
        if let Some(text) = self.asks {
            let answer = client.echo_req(echo(text)).await;
            self.seen.note(format!("connected {answer:?}"));
        }
    }

    async fn on_disconnected(&mut self, _: &RequestsClient, reason: DisconnectReason) {
        self.seen.note(format!("disconnected {reason:?}"));
    }

    async fn on_echo_rsp(&mut self, _: &RequestsClient, answer: EchoRsp) {
        self.seen.note(format!("echo {}", answer.text));
    }

    async fn on_name_req(&mut self, client: &RequestsClient, request: NameReq) {
        client.send(NameRsp {
            name: format!("Kalle {}", request.number),
        });
    }

    async fn on_note(&mut self, _: &RequestsClient, note: Note) {
        self.seen.note(format!("note {}", note.text));
    }
}

fn echo(text: &str) -> EchoReq {
    EchoReq { text: text.into() }
}

/// A note with a text of this size.
fn note(size: usize) -> Note {
    Note {
        text: "x".repeat(size),
    }
}

fn answer(text: &str) -> Result<EchoRsp, RequestError> {
    Ok(EchoRsp { text: text.into() })
}

/// A server with one client, in a simulation.
struct World {
    simulation: Simulation,
    server: RequestsServer,
    client: RequestsClient,
    server_seen: Seen,
    client_seen: Seen,
}

impl World {
    /// Both ends, connected. The client asks for this when it has connected.
    fn with_question(asks: Option<&'static str>) -> Self {
        Self::with(asks, |server| server)
    }

    /// The same with a server that is set up so.
    fn with(
        asks: Option<&'static str>,
        set_up: impl FnOnce(ServerBuilder<Requests>) -> ServerBuilder<Requests>,
    ) -> Self {
        let simulation = Simulation::new(1);
        let (server_seen, client_seen) = (Seen::default(), Seen::default());
        let (server, client) = simulation.run(async {
            let (clock, seen) = (simulation.clock(), server_seen.clone());
            let server = set_up(RequestsServer::builder("tcp://server:1"))
                .simulated(&simulation)
                .start(move |_| Session {
                    clock: clock.clone(),
                    seen: seen.clone(),
                })
                .await
                .unwrap();
            let client = RequestsClient::builder("tcp://server:1")
                .simulated(&simulation)
                .start(Ui {
                    seen: client_seen.clone(),
                    asks,
                })
                .unwrap();
            client.connected().await.unwrap();
            (server, client)
        });
        Self {
            simulation,
            server,
            client,
            server_seen,
            client_seen,
        }
    }

    fn new() -> Self {
        Self::with_question(None)
    }

    fn run<T>(&self, test: impl Future<Output = T>) -> T {
        self.simulation.run(test)
    }

    /// The client as its server sees it.
    fn peer(&self) -> RequestsServerClient {
        self.server.clients().remove(0)
    }
}

#[test]
fn an_answer_goes_to_who_asked_and_not_to_the_handler() {
    let world = World::new();
    world.run(async {
        assert_eq!(world.client.echo_req(echo("hello")).await, answer("hello"));
        let shouted = world.client.shout_req("hello".into()).await;
        assert_eq!(shouted, Ok("HELLO".into()));
    });
    assert!(world.client_seen.all().is_empty());
    assert_eq!(world.simulation.elapsed(), Duration::ZERO);
}

#[test]
fn requests_under_way_together_get_each_its_own_answer() {
    let world = World::new();
    world.run(async {
        let answers = join3(
            world.client.echo_req(echo("slow")),
            world.client.shout_req("b".into()),
            world.client.echo_req(echo("c")),
        );
        assert_eq!(answers.await, (answer("slow"), Ok("B".into()), answer("c")));
    });
}

#[test]
fn a_server_asks_its_clients() {
    let world = World::new();
    world.run(async {
        let name = world.peer().name_req(NameReq { number: 7 }).await;
        assert_eq!(
            name,
            Ok(NameRsp {
                name: "Kalle 7".into()
            })
        );
    });
    assert!(world.server_seen.all().is_empty());
}

#[test]
fn a_callback_may_wait_for_an_answer() {
    let world = World::with_question(Some("hello"));
    world.run(async {
        assert_eq!(world.client.echo_req(echo("who")).await, answer("Kalle 1"));
    });
    assert_eq!(
        world.client_seen.all(),
        [r#"connected Ok(EchoRsp { text: "hello" })"#]
    );
}

#[test]
fn callbacks_that_wait_for_each_other_time_out() {
    let world = World::with_question(Some("who"));
    world.run(world.simulation.sleep(30 * SECOND));
    // The handler gets what came too late.
    assert_eq!(
        world.client_seen.all(),
        [
            "connected Err(Timeout { limit: 10s })",
            "echo no answer within 10 s"
        ]
    );
    assert!(world.client.is_connected(), "nothing else is lost");
}

#[test]
fn an_answer_to_a_plain_message_goes_to_the_handler() {
    let world = World::new();
    world.run(async {
        world.client.send(echo("plain"));
        assert_eq!(world.client.echo_req(echo("asked")).await, answer("asked"));
    });
    assert_eq!(world.client_seen.all(), ["echo plain"]);
}

#[test]
fn a_broadcast_request_counts_for_every_client() {
    let world = World::new();
    world.run(async {
        world.server.broadcast(NameReq { number: 1 });
        let name = world.peer().name_req(NameReq { number: 2 }).await;
        assert_eq!(
            name,
            Ok(NameRsp {
                name: "Kalle 2".into()
            })
        );
    });
    assert_eq!(world.server_seen.all(), ["name Kalle 1"]);
}

#[test]
fn a_late_answer_is_not_taken_for_the_next() {
    let world = World::new();
    world.run(async {
        let late = world.client.echo_req(echo("slow")).timeout(SECOND).await;
        assert_eq!(late, Err(RequestError::Timeout { limit: SECOND }));
        assert_eq!(world.simulation.elapsed(), SECOND);
        assert_eq!(world.client.echo_req(echo("next")).await, answer("next"));
        assert_eq!(world.simulation.elapsed(), 5 * SECOND);
    });
    assert_eq!(world.client_seen.all(), ["echo slow"]);
}

#[test]
fn an_answer_that_is_dropped_goes_to_the_handler() {
    let world = World::new();
    world.run(async {
        drop(world.client.echo_req(echo("dropped")));
        assert_eq!(world.client.echo_req(echo("kept")).await, answer("kept"));
    });
    assert_eq!(world.client_seen.all(), ["echo dropped"]);
}

#[test]
fn the_time_limit_counts_from_the_request() {
    let world = World::new();
    world.run(async {
        let answer = world.client.echo_req(echo("silence"));
        world.simulation.sleep(4 * SECOND).await;
        assert_eq!(
            answer.timeout(5 * SECOND).await,
            Err(RequestError::Timeout { limit: 5 * SECOND })
        );
        assert_eq!(world.simulation.elapsed(), 5 * SECOND);
        let error = world.client.echo_req(echo("silence")).await;
        assert_eq!(error, Err(RequestError::Timeout { limit: 10 * SECOND }));
    });
}

#[test]
fn a_disconnect_fails_all_that_wait_at_once() {
    let world = World::new();
    world.run(async {
        let closed = || RequestError::Disconnected(DisconnectReason::ConnectionClosed);
        let answers = join3(
            world.client.echo_req(echo("silence")),
            world.client.echo_req(echo("leave")),
            world.client.shout_req("never".into()),
        );
        assert_eq!(answers.await, (Err(closed()), Err(closed()), Err(closed())));
        assert!(world.simulation.elapsed() < SECOND);
    });
}

#[test]
fn a_lost_server_fails_what_waits_when_it_is_given_up() {
    let world = World::new();
    world.run(async {
        world.simulation.connections()[0].lose();
        let answer = world
            .client
            .echo_req(echo("lost"))
            .timeout(60 * SECOND)
            .await;
        let reason = DisconnectReason::KeepAliveTimeout;
        assert_eq!(answer, Err(RequestError::Disconnected(reason)));
        assert_eq!(world.simulation.elapsed(), 4 * SECOND);
    });
}

#[test]
fn answers_of_an_old_connection_are_not_waited_for_on_the_next() {
    let world = World::new();
    world.run(async {
        let unanswered = world.client.echo_req(echo("slow"));
        world.simulation.sleep(SECOND).await;
        world.simulation.connections()[0].cut();
        assert!(matches!(
            unanswered.await,
            Err(RequestError::Disconnected(
                DisconnectReason::ConnectionClosed
            ))
        ));
        world.client.connected().await.unwrap();
        assert_eq!(world.client.echo_req(echo("new")).await, answer("new"));
    });
}

/// What all get who have asked, when one of them can't be answered.
const CLOSED: Result<EchoRsp, RequestError> = Err(RequestError::Disconnected(
    DisconnectReason::ConnectionClosed,
));

#[test]
fn an_answer_above_the_limit_ends_the_connection_and_later_ones_go_to_nobody_else() {
    let world = World::with(None, |server| server.max_sent_message_size(100));
    world.run(async {
        let (long, short) = (&"long".repeat(100), "short");
        let answers = join(
            world.client.echo_req(echo(long)),
            world.client.echo_req(echo(short)),
        );
        assert_eq!(answers.await, (CLOSED, CLOSED));
        world.simulation.sleep(SECOND).await;
        let too_big = "disconnected MessageTooBig { size: 406, limit: 100 }";
        assert_eq!(world.server_seen.all(), [too_big]);
    });
}

#[test]
fn an_answer_without_room_ends_the_connection_and_later_ones_go_to_nobody_else() {
    for overflow in [Overflow::DropNewest, Overflow::DropOldest] {
        let world = World::with(None, |server| {
            server.overflow(overflow).max_queued_bytes(100)
        });
        world.run(async {
            let link = world.simulation.connections()[0].to_client();
            link.set_buffer(1);
            link.stall();
            world.peer().send(note(40));
            world.simulation.sleep(MOMENT).await;
            let (long, short) = (&"long".repeat(20), "short");
            let answers = join(
                world.client.echo_req(echo(long)),
                world.client.echo_req(echo(short)),
            );
            let resume = async {
                world.simulation.sleep(MOMENT).await;
                link.resume();
            };
            assert_eq!(join(answers, resume).await.0, (CLOSED, CLOSED));
            world.simulation.sleep(SECOND).await;
            assert_eq!(world.server_seen.all(), ["disconnected SlowConsumer"]);
        });
    }
}

#[test]
fn an_answer_that_has_waited_for_longest_is_not_dropped_for_others() {
    let world = World::with(None, |server| {
        server.overflow(Overflow::DropOldest).max_queued_bytes(100)
    });
    world.run(async {
        let link = world.simulation.connections()[0].to_client();
        link.set_buffer(1);
        link.stall();
        world.peer().send(note(10));
        world.simulation.sleep(MOMENT).await;
        let waiting = world.client.echo_req(echo("waiting"));
        world.simulation.sleep(MOMENT).await;
        world.peer().send(note(80));
        link.resume();
        assert_eq!(waiting.await, answer("waiting"));
        world.simulation.sleep(SECOND).await;
        assert_eq!(world.server_seen.all(), ["disconnected SlowConsumer"]);
    });
}

/// Keeps the handles that it is to answer with.
#[derive(Clone, Default)]
struct Later(Arc<Mutex<Vec<RequestsClient>>>);

impl Later {
    fn send_name(&self, index: usize, name: &str) {
        let name = name.into();
        self.0.lock().unwrap()[index].send(NameRsp { name });
    }
}

impl RequestsClientHandler for Later {
    async fn on_name_req(&mut self, client: &RequestsClient, _: NameReq) {
        self.0.lock().unwrap().push(client.clone());
    }
}

#[test]
fn an_answer_that_comes_too_late_for_its_connection_is_not_taken_for_one_on_the_next() {
    let world = World::new();
    world.run(async {
        world.client.stop().await;
        let later = Later::default();
        let client = RequestsClient::builder("tcp://server:1")
            .simulated(&world.simulation)
            .start(later.clone())
            .unwrap();
        client.connected().await.unwrap();
        world.simulation.sleep(MOMENT).await;
        let first = world.peer().name_req(NameReq { number: 1 });
        world.simulation.sleep(MOMENT).await;
        for connection in world.simulation.connections() {
            connection.cut();
        }
        assert!(matches!(first.await, Err(RequestError::Disconnected(_))));
        world.simulation.sleep(MOMENT).await;
        client.connected().await.unwrap();
        world.simulation.sleep(MOMENT).await;
        let second = world.peer().name_req(NameReq { number: 2 });
        world.simulation.sleep(MOMENT).await;
        later.send_name(0, "late");
        later.send_name(1, "in time");
        let name = "in time".into();
        assert_eq!(second.await, Ok(NameRsp { name }));
    });
}

#[test]
fn a_request_that_can_not_be_sent_fails_at_once() {
    let world = World::new();
    world.run(async {
        let too_big = world.client.echo_req(echo(&"x".repeat(2_000_000))).await;
        assert!(matches!(
            too_big,
            Err(RequestError::NotSent(SendError::MessageTooBig { .. }))
        ));
        world.client.stop().await;
        let stopped = world.client.echo_req(echo("late")).await;
        assert_eq!(stopped, Err(RequestError::NotSent(SendError::NotConnected)));
    });
}

#[test]
fn answers_overtake_messages_that_wait_for_the_handler() {
    /// Waits in its first message until its own request is answered.
    struct Asking(Seen);

    impl RequestsClientHandler for Asking {
        async fn on_note(&mut self, client: &RequestsClient, note: Note) {
            let answer = client.echo_req(echo(&note.text)).await;
            self.0.note(format!("{answer:?}"));
        }
    }

    let world = World::new();
    let seen = Seen::default();
    world.run(async {
        let client = RequestsClient::builder("tcp://server:1")
            .simulated(&world.simulation)
            .start(Asking(seen.clone()))
            .unwrap();
        client.connected().await.unwrap();
        assert_eq!(client.echo_req(echo("here")).await, answer("here"));
        for text in ["a", "b"] {
            world.server.broadcast(Note { text: text.into() });
        }
        world.simulation.sleep(SECOND).await;
        client.stop().await;
    });
    assert_eq!(
        seen.all(),
        [
            r#"Ok(EchoRsp { text: "a" })"#,
            r#"Ok(EchoRsp { text: "b" })"#
        ]
    );
}
