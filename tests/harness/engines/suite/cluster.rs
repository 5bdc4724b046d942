//! Servers of messi that are a cluster over a real server.

use std::time::Duration;

use futures::channel::mpsc::{UnboundedReceiver, UnboundedSender, unbounded};
use futures::{FutureExt, StreamExt};
use messi::cluster::{Cluster, ClusterState};

use super::{Scenario, scenarios};
use crate::engines::{Program, Server};
use crate::tested;

messi::protocol!("../../../../examples/chat/chat.proto");

pub(crate) const ALL: &[Scenario] = scenarios![
    messages_reach_the_clients_of_all_servers,
    a_server_does_not_start_without_its_engine,
    a_cluster_survives_a_killed_engine,
];

/// Takes seconds.
pub(crate) const SLOW: &[Scenario] = scenarios![a_frozen_engine_is_given_up];

/// The time between two looks at something that has no event.
const PERIOD: Duration = Duration::from_millis(20);

struct Session;

impl ChatServerHandler for Session {}

struct Ui(UnboundedSender<String>);

impl ChatClientHandler for Ui {
    async fn on_message_ind(&mut self, _: &ChatClient, message: MessageInd) {
        let _ = self.0.unbounded_send(message.text);
    }
}

/// A server with a client.
pub(crate) struct Node {
    pub(crate) server: ChatServer,
    client: ChatClient,
    texts: UnboundedReceiver<String>,
}

impl Node {
    pub(crate) async fn start(cluster: impl Into<Cluster>) -> Self {
        let builder = ChatServer::builder("tcp://127.0.0.1:0").cluster(cluster);
        let server = builder.start(|_client| Session).await.expect("a server");
        let (sender, texts) = unbounded();
        let client = ChatClient::builder(server.uri()).start(Ui(sender));
        let client = client.expect("a client");
        client.connected().await.expect("a connection");
        let node = Self {
            server,
            client,
            texts,
        };
        node.until(|node| node.server.client_count() == 1).await;
        node
    }

    /// Waits for a condition that has no event.
    pub(crate) async fn until(&self, is_so: impl Fn(&Self) -> bool) {
        while !is_so(self) {
            self.server.clock().sleep(PERIOD).await;
        }
    }

    pub(crate) fn is_up(&self) -> bool {
        self.server.cluster().expect("a cluster").state == ClusterState::Up
    }

    pub(crate) fn others(&self) -> usize {
        self.server.cluster().expect("a cluster").nodes.len()
    }

    pub(crate) async fn next(&mut self) -> String {
        self.texts.next().await.expect("a text")
    }

    pub(crate) async fn expect(&mut self, texts: &[&str]) {
        for text in texts {
            assert_eq!(self.next().await, *text);
        }
    }

    /// Waits for this text, and skips others.
    pub(crate) async fn find(&mut self, text: &str) {
        while self.next().await != text {}
    }

    pub(crate) async fn stop(self) {
        self.client.stop().await;
        self.server.stop().await;
    }
}

pub(crate) fn message(text: &str) -> MessageInd {
    MessageInd {
        user: "server".into(),
        text: text.into(),
    }
}

/// Starts nodes, and waits until they know each other.
pub(crate) async fn start<const COUNT: usize>(engine: &Server) -> [Node; COUNT] {
    let nodes = futures::future::join_all((0..COUNT).map(|_| Node::start(engine.engine()))).await;
    for node in &nodes {
        node.until(|node| node.others() == COUNT - 1).await;
    }
    nodes.try_into().unwrap_or_else(|_| panic!("{COUNT} nodes"))
}

async fn messages_reach_the_clients_of_all_servers(program: Program) {
    let engine = Server::start(&program);
    let [mut one, mut two, mut three] = start(&engine).await;
    for node in [&one, &three] {
        let client = &node.server.clients()[0];
        client.join("room 42\r\n*").expect("a member");
        client.log_in("Kalle");
    }
    // Behind the subscriptions of both, which are in effect once the messages after them have come back.
    for node in [&one, &three] {
        node.server.broadcast(message("joined"));
    }
    for node in [&mut one, &mut two, &mut three] {
        node.expect(&["joined", "joined"]).await;
    }
    for number in 0..1_000 {
        two.server.broadcast(message(&number.to_string()));
    }
    two.server.topic("room 42\r\n*").publish(message("topic"));
    two.server.user("Kalle").send(message("user"));
    let ids = [&one, &two].map(|node| node.server.clients()[0].id());
    two.server.send_to(&ids, message("ids"));
    two.server.broadcast(message("end"));
    let numbers: Vec<_> = (0..1_000).map(|number| number.to_string()).collect();
    let numbers: Vec<_> = numbers.iter().map(String::as_str).collect();
    for node in [&mut one, &mut two, &mut three] {
        node.expect(&numbers).await;
    }
    one.expect(&["topic", "user", "ids", "end"]).await;
    two.expect(&["ids", "end"]).await;
    three.expect(&["topic", "user", "end"]).await;
    let stats = one.server.stats().cluster;
    assert_eq!((stats.lost, stats.refused), (0, 0));
    for node in [one, two, three] {
        node.stop().await;
    }
}

async fn a_server_does_not_start_without_its_engine(program: Program) {
    let mut engine = Server::start(&program);
    engine.kill();
    let builder = ChatServer::builder("tcp://127.0.0.1:0").cluster(engine.engine());
    let error = builder
        .start(|_client| Session)
        .await
        .expect_err("an error");
    let text = messi::Report(&error).to_string();
    let expected = format!(
        "can't join the cluster: the engine failed: can't connect to the {} server",
        tested::NAME
    );
    assert!(text.starts_with(&expected), "{text}");
}

async fn a_cluster_survives_a_killed_engine(program: Program) {
    let mut engine = Server::start(&program);
    let [mut one, mut two] = start(&engine).await;
    engine.kill();
    one.until(|node| !node.is_up()).await;
    one.server.broadcast(message("alone"));
    one.expect(&["alone"]).await;
    engine.restart();
    for node in [&one, &two] {
        node.until(Node::is_up).await;
    }
    // All subscriptions are renewed.
    two.server.broadcast(message("again"));
    one.find("again").await;
    one.server.broadcast(message("and back"));
    two.find("and back").await;
    for node in [one, two] {
        node.stop().await;
    }
}

async fn a_frozen_engine_is_given_up(program: Program) {
    let engine = Server::start(&program);
    let [mut one, two] = start(&engine).await;
    engine.freeze();
    // A frozen server does not answer: there is no error but the silence.
    one.until(|node| !node.is_up()).await;
    one.server.broadcast(message("alone"));
    one.expect(&["alone"]).await;
    engine.thaw();
    for node in [&one, &two] {
        node.until(|node| node.is_up() && node.others() == 1).await;
    }
    two.server.broadcast(message("again"));
    one.find("again").await;
    for node in [one, two] {
        node.stop().await;
    }
}
