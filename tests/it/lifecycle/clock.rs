//! The clock and the tasks of handlers, with the same handler in real and in pretended time.

use std::time::{Duration, Instant};

use messi::testing::Simulation;
use messi::{Runtime, ServerBuilder};

use crate::common::chat::*;
use crate::common::*;

/// A handler of either side that waits before it sends a message back.
#[derive(Clone)]
struct Slow {
    delay: Duration,
    reporter: Reporter,
}

impl ChatServerHandler for Slow {
    async fn on_message_ind(&mut self, client: &ChatServerClient, message: MessageInd) {
        client.clock().sleep(self.delay).await;
        client.send(message);
    }
}

impl ChatClientHandler for Slow {
    async fn on_message_ind(&mut self, client: &ChatClient, message: MessageInd) {
        client.clock().sleep(self.delay).await;
        self.reporter.report(Event::Message(message.text));
    }
}

/// Sends a message that both handlers delay, and returns the time of the client's clock until its arrival.
async fn send_delayed(delay: Duration, server: ServerBuilder<Chat>, runtime: Runtime) -> Duration {
    let (reporter, mut events) = reporter();
    let slow = Slow { delay, reporter };
    let ui = slow.clone();
    let server = server.runtime(runtime.clone());
    let server = server.start(move |_| slow.clone()).await.unwrap();
    let client = ChatClient::builder(server.uri()).runtime(runtime);
    let client = client.start(ui).unwrap();
    client.connected().await.unwrap();
    let start = client.clock().now();
    client.send(message("delayed"));
    assert_eq!(events.next().await, Event::Message("delayed".into()));
    let passed = client.clock().now() - start;
    client.stop().await;
    server.stop().await;
    passed
}

#[test]
fn an_hour_of_a_handler_passes_at_once_in_a_simulation() {
    let begin = Instant::now();
    let simulation = Simulation::new(1);
    let server = ChatServer::builder(ROOM);
    let passed = simulation.run(send_delayed(HOUR, server, simulation.runtime()));
    assert_eq!(passed, 2 * HOUR);
    assert!(simulation.elapsed() >= 2 * HOUR);
    assert!(begin.elapsed() < 60 * SECOND);
}

#[test]
fn the_time_of_a_handler_is_real_outside_of_a_simulation() {
    let begin = Instant::now();
    let delay = Duration::from_millis(20);
    let server = ChatServer::builder(LOOPBACK);
    let passed = run(send_delayed(delay, server, Runtime::current().unwrap()));
    assert!(passed >= 2 * delay, "{passed:?}");
    assert!(passed <= begin.elapsed());
}

#[test]
fn servers_and_clients_share_the_clock_of_their_runtime() {
    let simulation = Simulation::new(1);
    simulation.run(async {
        let pair = Pair::connect(&simulation).await;
        simulation.sleep(SECOND).await;
        let now = simulation.clock().now();
        assert_eq!(pair.client.clock().now(), now);
        assert_eq!(pair.server.clock().now(), now);
        assert_eq!(pair.server.clients()[0].clock().now(), now);
        pair.stop().await;
    });
}

#[test]
fn a_timeout_of_the_clock_drops_its_future() {
    run(async {
        let clock = Runtime::current().unwrap().clock();
        let (sender, receiver) = futures::channel::oneshot::channel::<()>();
        let limit = Duration::from_millis(1);
        assert_eq!(clock.timeout(limit, receiver).await, None);
        assert!(sender.is_canceled());
        assert_eq!(clock.timeout(HOUR, async { 7 }).await, Some(7));
    });
}

/// A handler that answers in a task, and so handles the next message at once.
struct Spawning;

impl ChatServerHandler for Spawning {
    async fn on_message_ind(&mut self, client: &ChatServerClient, message: MessageInd) {
        let client = client.clone();
        client.runtime().spawn(async move {
            client.clock().sleep(HOUR).await;
            client.send(message);
        });
    }
}

#[test]
fn a_handler_goes_on_while_its_tasks_wait() {
    let simulation = Simulation::new(1);
    simulation.run(async {
        let server = ChatServer::builder(ROOM).runtime(&simulation);
        let server = server.start(|_| Spawning).await.unwrap();
        let (client, mut events) = start_client(ChatClient::builder(ROOM).runtime(&simulation));
        assert_eq!(events.next().await, Event::Connected);
        for number in 0..10 {
            client.send(message(number.to_string()));
        }
        for _ in 0..10 {
            assert!(matches!(events.next().await, Event::Message(_)));
        }
        assert_eq!(simulation.elapsed(), HOUR);
        client.stop().await;
        server.stop().await;
        assert_eq!(simulation.tasks(), 0);
    });
}

#[test]
fn a_task_returns_its_output_and_its_panic_to_whoever_awaits_it() {
    run(async {
        let runtime = Runtime::current().unwrap();
        assert_eq!(runtime.spawn(async { 7 }).await, 7);
        let failed = runtime.spawn(async { panic_without_hook() });
        let panic = futures::FutureExt::catch_unwind(std::panic::AssertUnwindSafe(failed));
        assert!(panic.await.is_err());
        assert_eq!(runtime.spawn(async { 8 }).await, 8);
    });
}
