//! The behaviour of successive links of one node.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;
use std::{fs, thread};

use futures::FutureExt;
use futures::future::{join, try_join};
use messi_core::cluster::{Engine, EngineError, Inbox, Link, LinkReceiver, LinkSender};
use messi_redis::Redis;

use crate::commands::{connections, run};
use crate::engines::redis::SOCKET;
use crate::engines::{Program, Server};
use crate::suite::parties::{
    self, connect, publish, receive, refusal, send, subscribe, text, unsubscribe,
};
use crate::suite::{Scenario, scenarios};

pub(crate) const ALL: &[Scenario] = scenarios![
    the_next_link_receives_what_came_between,
    subscriptions_of_a_link_end_with_it,
    a_subscription_holds_for_what_follows_it,
    links_that_are_cut_lose_and_double_nothing,
    a_call_that_was_cut_is_sent_again,
    what_is_read_too_late_is_a_gap,
    a_server_that_has_lost_its_data_is_used_again,
    a_server_whose_clock_went_back_is_used_again,
    what_the_server_has_refused_is_sent_again,
    a_number_that_does_not_fit_is_an_error,
    these_permissions_are_enough,
    a_key_of_another_kind_is_an_error,
    unix_sockets_work,
];

fn node(server: &Server) -> Arc<dyn Engine> {
    server.engine().for_node().expect("an engine for a node")
}

fn numbers(received: &[parties::Received]) -> Vec<u32> {
    let number = |(_, payload): &parties::Received| str::from_utf8(payload).ok()?.parse().ok();
    received
        .iter()
        .map(|it| number(it).expect("a number"))
        .collect()
}

async fn the_next_link_receives_what_came_between(program: Program) {
    let server = Server::start(&program);
    let engine = node(&server);
    let mut other = connect(&server.engine()).await;
    let mut link = connect(&*engine).await;
    send(&mut link, [subscribe("a")]).await;
    for round in 0..20 {
        let batch = |from: u32| (from..from + 50).map(|it| publish("a", it.to_string()));
        send(&mut other, batch(100 * round).collect::<Vec<_>>()).await;
        // Not all of it is read.
        let mut received = receive(&mut link.receiver, 1).await;
        drop(link);
        send(&mut other, batch(100 * round + 50).collect::<Vec<_>>()).await;
        // A link that fails before it has subscriptions.
        drop(connect(&*engine).await);
        link = connect(&*engine).await;
        send(&mut link, [subscribe("a")]).await;
        let missing = 100 - received.len();
        received.extend(receive(&mut link.receiver, missing).await);
        assert!(
            numbers(&received)
                .into_iter()
                .eq(100 * round..100 * round + 100)
        );
    }
}

async fn subscriptions_of_a_link_end_with_it(program: Program) {
    let server = Server::start(&program);
    let engine = node(&server);
    let mut other = connect(&server.engine()).await;
    let mut link = connect(&*engine).await;
    send(&mut link, [subscribe("a"), subscribe("b")]).await;
    drop(link);
    send(&mut other, [publish("b", "1"), publish("c", "2")]).await;
    let mut link = connect(&*engine).await;
    send(&mut link, [subscribe("a"), subscribe("c")]).await;
    send(&mut other, [publish("b", "3"), publish("c", "4")]).await;
    // `c` was not a subscription before, and `b` is no longer one.
    assert_eq!(numbers(&receive(&mut link.receiver, 2).await), [1, 4]);
}

async fn a_subscription_holds_for_what_follows_it(program: Program) {
    let server = Server::start(&program);
    let mut link = connect(&server.engine()).await;
    let sending = async {
        for channel in (0..500).map(|it| it.to_string()) {
            let orders = vec![subscribe(&channel), publish(&channel, &*channel)];
            link.sender
                .send(orders)
                .await
                .map_err(text)
                .expect("the orders are taken");
        }
    };
    // Messages may come before the answer to the subscription.
    let ((), received) = join(sending, receive(&mut link.receiver, 500)).await;
    assert!(numbers(&received).into_iter().eq(0..500));
}

/// How often connections are cut.
const CUTS: usize = 50;

async fn links_that_are_cut_lose_and_double_nothing(program: Program) {
    let server = Server::start(&program);
    // No entry is removed from the stream while a node is away.
    let engine = server.engine().streams(1_000_000);
    let nodes = [engine.for_node(), engine.for_node()];
    let nodes = nodes.map(|it| it.expect("an engine for a node"));
    for node in &nodes {
        // All that follows is for both.
        send(&mut connect(&**node).await, [subscribe("a")]).await;
    }
    let are_cut = Arc::new(AtomicBool::new(true));
    let cutter = thread::spawn({
        let are_cut = are_cut.clone();
        move || {
            cut_links(&server);
            are_cut.store(false, Ordering::Release);
            server
        }
    });
    let mut users = [0, 1].map(|node| User::new(node, are_cut.clone()));
    let [first, second] = &mut users;
    join(first.run(&*nodes[0]), second.run(&*nodes[1])).await;
    drop(cutter.join().expect("the server"));
    let published = users.each_ref().map(|user| user.published.count);
    for user in users {
        for node in 0..2 {
            let of_node = user.received.numbers.iter().filter(|it| *it % 2 == node);
            let expected = (0..published[node as usize]).map(|it| 2 * it + node);
            assert!(of_node.copied().eq(expected), "of node {node}");
        }
    }
}

/// Cuts random connections.
fn cut_links(server: &Server) {
    let mut cuts = 0;
    while cuts < CUTS {
        if let Some(id) = fastrand::choice(&connections(server)) {
            // It may have been closed meanwhile.
            let answers = run(server, &format!("CLIENT KILL ID {id} SKIPME yes"));
            cuts += usize::from(answers[0] == ":1");
        }
        thread::sleep(Duration::from_millis(fastrand::u64(..30)));
    }
}

/// Uses links as a node does: it gives no link the messages that it has given to one that has failed.
struct User {
    published: Published,
    received: Received,
}

impl User {
    fn new(node: u32, are_cut: Arc<AtomicBool>) -> Self {
        Self {
            published: Published {
                node,
                count: 0,
                are_cut,
                has_ended: false,
            },
            received: Received::default(),
        }
    }

    async fn run(&mut self, engine: &dyn Engine) {
        while self.received.ends < 2 {
            // It may be cut as well.
            if let Ok(link) = engine.connect().await {
                let _ = self.use_link(link).await;
            }
        }
    }

    async fn use_link(&mut self, mut link: Link) -> Result<(), EngineError> {
        link.sender.send(vec![subscribe("a")]).await?;
        let publishing = self.published.publish(&mut *link.sender);
        let receiving = self.received.receive(&mut *link.receiver);
        try_join(publishing, receiving).await.map(drop)
    }
}

/// The numbers that a node has published: even ones, or odd ones.
struct Published {
    node: u32,
    count: u32,
    /// Whether links are cut.
    are_cut: Arc<AtomicBool>,
    has_ended: bool,
}

impl Published {
    /// Publishes as long as links are cut.
    async fn publish(&mut self, sender: &mut dyn LinkSender) -> Result<(), EngineError> {
        while self.are_cut.load(Ordering::Acquire) {
            let numbers = self.count..self.count + fastrand::u32(1..500);
            self.count = numbers.end;
            let orders = numbers.map(|it| publish("a", (2 * it + self.node).to_string()));
            sender.send(orders.collect()).await?;
        }
        if !self.has_ended {
            self.has_ended = true;
            sender.send(vec![publish("a", "end")]).await?;
        }
        Ok(())
    }
}

/// The messages that a node has received of both.
#[derive(Default)]
struct Received {
    numbers: Vec<u32>,
    ends: u32,
}

impl Received {
    async fn receive(&mut self, receiver: &mut dyn LinkReceiver) -> Result<(), EngineError> {
        while self.ends < 2 {
            let mut deliver = |_: &str, payload: &[u8]| match payload {
                b"end" => self.ends += 1,
                number => {
                    let number = str::from_utf8(number).expect("text");
                    self.numbers.push(number.parse().expect("a number"));
                }
            };
            receiver.receive(&mut Inbox::new(&mut deliver)).await?;
        }
        Ok(())
    }
}

async fn a_call_that_was_cut_is_sent_again(program: Program) {
    let server = Server::start(&program);
    let engine = node(&server);
    let mut other = connect(&server.engine()).await;
    send(&mut other, [subscribe("a")]).await;
    for round in 0..20 {
        let mut link = connect(&*engine).await;
        server.freeze();
        let orders = (0..1_000).map(|it| publish("a", (1_000 * round + it).to_string()));
        let mut sent = link.sender.send(orders.collect());
        assert!(sent.as_mut().now_or_never().is_none());
        // The server may find it in its socket, before or after it is sent again.
        drop(sent);
        drop(link);
        server.thaw();
    }
    drop(connect(&*engine).await);
    let received = receive(&mut other.receiver, 20_000).await;
    assert!(numbers(&received).into_iter().eq(0..20_000));
}

async fn what_is_read_too_late_is_a_gap(program: Program) {
    let server = Server::start(&program);
    let engine = node(&server);
    let mut other = connect(&server.engine()).await;
    let mut link = connect(&*engine).await;
    send(&mut link, [subscribe("a")]).await;
    drop(link);
    for number in 0..5_000_u32 {
        send(&mut other, [publish("a", number.to_string())]).await;
    }
    let mut link = connect(&*engine).await;
    send(&mut link, [subscribe("a")]).await;
    let mut received = receive(&mut link.receiver, 1).await;
    while *numbers(&received[received.len() - 1..])
        .last()
        .expect("one")
        < 4_999
    {
        received.extend(receive(&mut link.receiver, 1).await);
    }
    // The server removes some at a time.
    assert!(
        (1_000..1_500).contains(&received.len()),
        "{}",
        received.len()
    );
    let first = 5_000 - received.len() as u32;
    assert!(numbers(&received).into_iter().eq(first..5_000));
}

async fn a_server_that_has_lost_its_data_is_used_again(program: Program) {
    let mut server = Server::start(&program);
    let engines = [node(&server), node(&server)];
    let mut first = connect(&*engines[0]).await;
    let mut second = connect(&*engines[1]).await;
    send(&mut second, [subscribe("a")]).await;
    send(&mut first, [publish("a", "1")]).await;
    assert_eq!(numbers(&receive(&mut second.receiver, 1).await), [1]);
    // The server may have this, and may have given it to the other.
    server.freeze();
    let sent = first.sender.send(vec![publish("a", "2")]).now_or_never();
    assert!(sent.is_none());
    drop(first);
    server.kill();
    server.restart();
    let mut second = connect(&*engines[1]).await;
    send(&mut second, [subscribe("a")]).await;
    let mut first = connect(&*engines[0]).await;
    send(&mut first, [publish("a", "3")]).await;
    assert_eq!(numbers(&receive(&mut second.receiver, 1).await), [3]);
}

async fn a_server_whose_clock_went_back_is_used_again(program: Program) {
    let server = Server::start(&program);
    let engine = node(&server);
    let mut link = connect(&*engine).await;
    send(&mut link, [subscribe("a")]).await;
    run(&server, "XADD messi:stream 9999999999999-0 a 1");
    assert_eq!(numbers(&receive(&mut link.receiver, 1).await), [1]);
    run(&server, "FLUSHALL");
    let mut link = connect(&*engine).await;
    send(&mut link, [subscribe("a")]).await;
    let mut other = connect(&server.engine()).await;
    send(&mut other, [publish("a", "2")]).await;
    assert_eq!(numbers(&receive(&mut link.receiver, 1).await), [2]);
}

async fn what_the_server_has_refused_is_sent_again(program: Program) {
    let server = Server::start(&program);
    let engine = node(&server);
    let mut other = connect(&server.engine()).await;
    send(&mut other, [subscribe("a")]).await;
    let mut link = connect(&*engine).await;
    send(&mut link, [publish("a", "0")]).await;
    run(&server, "CONFIG SET maxmemory 1");
    let orders = (1..1_000).map(|it| publish("a", it.to_string()));
    let error = text(
        link.sender
            .send(orders.collect())
            .await
            .expect_err("an error"),
    );
    assert!(error.contains("maxmemory"), "{error}");
    let error = refusal(&*engine).await;
    assert!(error.contains("maxmemory"), "{error}");
    run(&server, "CONFIG SET maxmemory 0");
    let mut link = connect(&*engine).await;
    send(&mut link, [publish("a", "1000")]).await;
    let received = receive(&mut other.receiver, 1_001).await;
    assert!(numbers(&received).into_iter().eq(0..1_001));
}

async fn a_number_that_does_not_fit_is_an_error(program: Program) {
    let server = Server::start(&program);
    let mut link = connect(&server.engine()).await;
    send(
        &mut link,
        [publish("a", "1"), subscribe("a"), publish("a", "2")],
    )
    .await;
    let keys = run(&server, "KEYS messi:stream:*");
    let key = keys
        .iter()
        .find(|it| it.starts_with("messi:"))
        .expect("a key");
    run(&server, &format!("DECR {key}"));
    let sent = link.sender.send(vec![publish("a", "3")]).await;
    let error = text(sent.expect_err("an error"));
    assert!(error.contains("the entry before is missing"), "{error}");
}

/// The permissions in the documentation.
const PERMISSIONS: &str = "~messi:* +eval +get +set +xadd +xread +xrevrange";

fn with_permissions(program: &Program, permissions: &str) -> (Server, Redis) {
    let mut options = vec!["--user", "node", "on", ">secret"];
    options.extend(permissions.split(' '));
    let server = Server::with(program, &options);
    let url = format!("redis://node:secret@127.0.0.1:{}", server.port());
    let engine = crate::in_mode(Redis::connect(url));
    (server, engine)
}

async fn these_permissions_are_enough(program: Program) {
    let (_server, engine) = with_permissions(&program, PERMISSIONS);
    let mut link = connect(&engine).await;
    send(&mut link, [subscribe("a"), publish("a", "1")]).await;
    send(&mut link, [unsubscribe("b"), publish("a", "2")]).await;
    assert_eq!(numbers(&receive(&mut link.receiver, 2).await), [1, 2]);
    for missing in PERMISSIONS.split(' ') {
        let rest = PERMISSIONS.replace(missing, "");
        let rest = rest.split_whitespace().collect::<Vec<_>>().join(" ");
        let (_server, engine) = with_permissions(&program, &rest);
        let error = first_error(&engine).await;
        assert!(error.contains("refused a command"), "{missing}: {error}");
    }
}

/// Returns the first error of a link that is connected, publishes and receives.
async fn first_error(engine: &Redis) -> String {
    let used = async {
        let mut link = engine.connect().await?;
        link.sender.send(vec![publish("a", "1")]).await?;
        link.receiver.receive(&mut Inbox::new(&mut |_, _| {})).await
    };
    text(used.await.expect_err("an error"))
}

async fn a_key_of_another_kind_is_an_error(program: Program) {
    let server = Server::start(&program);
    run(&server, "SET messi:stream x");
    let error = refusal(&server.engine()).await;
    assert!(error.contains("wrong kind of value"), "{error}");
}

async fn unix_sockets_work(program: Program) {
    let server = Server::start(&program);
    let socket = fs::canonicalize(server.directory().join(SOCKET)).expect("a socket");
    let url = format!("redis+unix://{}", socket.display());
    let mut link = connect(&crate::in_mode(Redis::connect(url))).await;
    send(&mut link, [subscribe("a"), publish("a", "1")]).await;
    assert_eq!(receive(&mut link.receiver, 1).await.len(), 1);
}
