//! Nodes that start.

use std::time::{Duration, Instant};

use crate::Test;
use crate::channel::ALL;
use crate::cluster::{Cluster, NODES, NOISE};
use crate::engine::Engine;
use crate::engines::Program;
use crate::guest::Guest;
use crate::member::Settings;
use crate::node::Node;

pub(crate) const TESTS: &[Test] = &[
    (
        "start::a_node_does_not_start_without_the_engine",
        a_node_does_not_start_without_the_engine,
    ),
    (
        "start::an_optional_node_starts_alone_and_joins_later",
        an_optional_node_starts_alone_and_joins_later,
    ),
    (
        "start::a_wrong_password_is_named_but_not_shown",
        a_wrong_password_is_named_but_not_shown,
    ),
    (
        "start::nodes_may_have_the_same_name",
        nodes_may_have_the_same_name,
    ),
];

/// How long the start of a node waits for the engine.
const LIMIT: Duration = Duration::from_secs(5);

fn a_node_does_not_start_without_the_engine(engine: Engine, program: &Program) {
    let mut server = engine.start(program);
    server.kill();
    let begin = Instant::now();
    let error = Settings::new(engine, &server.url(), 0).refusal();
    assert!(
        error.starts_with("can't join the cluster: the engine failed: "),
        "{error}"
    );
    assert!(error.contains(&server.port().to_string()), "{error}");
    let elapsed = begin.elapsed();
    assert!((LIMIT..LIMIT + NOISE).contains(&elapsed), "{elapsed:?}");
}

fn an_optional_node_starts_alone_and_joins_later(engine: Engine, program: &Program) {
    let mut server = engine.start(program);
    server.kill();
    let mut settings = Settings::new(engine, &server.url(), 0);
    settings.is_optional = true;
    let mut node = Node::start(settings);
    let mut guest = Guest::connect(&node, &[]);
    node.send(1, ALL);
    guest.until_last(&node, ALL);
    assert!(!node.is_up);
    engine.restart(&mut server);
    node.until(|node| node.is_up);
    let mut other = Node::start(Settings::new(engine, &server.url(), 1));
    for node in [&mut node, &mut other] {
        node.until(|node| node.others.len() == 1);
    }
    other.send(1, ALL);
    guest.until_last(&other, ALL);
}

fn a_wrong_password_is_named_but_not_shown(engine: Engine, program: &Program) {
    let wrong = "wr0ng-pa55word";
    let (server, url) = engine.start_with_password(program, wrong);
    let error = Settings::new(engine, &url, 0).refusal();
    assert!(error.contains(&server.port().to_string()), "{error}");
    assert!(error.contains(engine.wrong_password()), "{error}");
    assert!(!error.contains(wrong), "{error}");
}

fn nodes_may_have_the_same_name(engine: Engine, program: &Program) {
    let server = engine.start(program);
    let url = server.url();
    let settings = (0..NODES).map(|index| Settings {
        name: "same".into(),
        ..Settings::new(engine, &url, index)
    });
    let mut cluster = Cluster::of(engine, server, settings);
    cluster.send_everywhere(10);
    cluster.settle();
    cluster.check_accounts();
    for node in &cluster.nodes {
        // They have different ids.
        assert_eq!(node.others.len(), 2);
        assert!(!node.others.contains_key(&node.id));
        assert!(node.others.values().all(|name| name == "same"));
    }
}
