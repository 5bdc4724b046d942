//! Closing connections while peers keep writing.

use std::time::Duration;

use async_std::task;
use futures::future::join_all;

use crate::target::Target;
use crate::target::chat::*;
use crate::{Test, flooders};

pub(crate) const TESTS: &[Test] = &[
    (
        "closing::a_server_stops_in_time_while_clients_flood_it",
        a_server_stops_in_time_while_clients_flood_it,
    ),
    (
        "closing::flooding_clients_are_disconnected_in_time",
        flooding_clients_are_disconnected_in_time,
    ),
    (
        "closing::a_server_is_drained_in_time_while_clients_flood_it",
        a_server_is_drained_in_time_while_clients_flood_it,
    ),
    (
        "closing::clients_stop_in_time_while_a_server_streams_to_them",
        clients_stop_in_time_while_a_server_streams_to_them,
    ),
    (
        "closing::a_drain_responds_to_all_requests_flushed_before",
        a_drain_responds_to_all_requests_flushed_before,
    ),
];

/// The time limit for writing the send queue and for the peer to read it.
const CLOSING: Duration = Duration::from_secs(1);

/// The time limit of a stop: closing, and the last callback.
const STOPPING: Duration = Duration::from_secs(2);

/// The time limit of the last callbacks after a drain.
const LAST_CALLBACKS: Duration = Duration::from_millis(100);

fn a_server_stops_in_time_while_clients_flood_it() {
    let mut target = Target::start(&[]);
    flooders::start(&mut target);
    target.expect_within(STOPPING, "stop", "stopped");
}

fn flooding_clients_are_disconnected_in_time() {
    let mut target = Target::start(&[]);
    flooders::start(&mut target);
    let expected = ("Disconnected", flooders::COUNT);
    target.expect_all_disconnected_within(CLOSING, "disconnect_all", expected);
}

fn a_server_is_drained_in_time_while_clients_flood_it() {
    let limit = Duration::from_secs(2);
    let mut target = Target::start(&[]);
    flooders::start(&mut target);
    let command = format!("drain {}", limit.as_millis());
    target.expect_within(limit + LAST_CALLBACKS, &command, "drained");
}

fn clients_stop_in_time_while_a_server_streams_to_them() {
    let mut target = Target::start(&[]);
    target.process.command("host 100");
    target.process.events().wait_for_kind("hosting");
    target.expect_within(STOPPING, "dismiss", "dismissed");
}

/// A handler without callbacks.
struct NoCallbacks;

impl ChatClientHandler for NoCallbacks {}

fn a_drain_responds_to_all_requests_flushed_before() {
    const REQUESTS: usize = 100;
    let mut target = Target::start(&[]);
    let client = ChatClient::builder(format!("tcp://127.0.0.1:{}", target.port));
    let client = client.start(NoCallbacks).expect("a valid URI");
    let user = format!("slow {}", "x".repeat(30_000));
    let answers = task::block_on(async {
        client.connected().await.expect("the server listens");
        let request = |_| client.connect_req(ConnectReq { user: user.clone() });
        let answers: Vec<_> = (0..REQUESTS).map(request).collect();
        client.flush().await.expect("the server reads");
        target.process.command("drain 20000");
        join_all(answers).await
    });
    let lost: Vec<_> = answers.iter().filter_map(|it| it.as_ref().err()).collect();
    let count = lost.len();
    assert!(
        lost.is_empty(),
        "{count} of {REQUESTS} have no response: {:?}",
        lost[0]
    );
    target.process.events().wait_for_kind("drained");
    task::block_on(client.stop());
}
