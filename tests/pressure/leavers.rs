//! Clients that disconnect while a callback streams to them.

use std::io::Write;
use std::time::{Duration, Instant};

use async_std::{future, task};

use crate::target::Target;
use crate::target::chat::*;
use crate::{Test, raw};

pub(crate) const TESTS: &[Test] = &[(
    "leavers::clients_that_leave_during_a_streaming_callback_make_room",
    clients_that_leave_during_a_streaming_callback_make_room,
)];

/// The time limit until another client is accepted.
const LIMIT: Duration = Duration::from_secs(5);

const RETRY: Duration = Duration::from_millis(100);

struct Guest;

impl ChatClientHandler for Guest {}

fn clients_that_leave_during_a_streaming_callback_make_room() {
    let mut target = Target::start(&[("max_clients", 20)]);
    let mut peers = raw::connect_all(target.port, 20);
    target.expect_connected(peers.len());
    for peer in &mut peers {
        let message = raw::message("stream", "");
        peer.write_all(&message).expect("a write to the server");
        assert_eq!(raw::read_frame(peer), raw::MESSAGE_OF_SERVER);
    }
    drop(peers);

    let left = Instant::now();
    let request = ConnectReq {
        user: "honest".into(),
    };
    let client = ChatClient::builder(format!("tcp://127.0.0.1:{}", target.port))
        .reconnect_delay(RETRY, RETRY)
        .start(Guest)
        .expect("a valid URI");
    let answered = async {
        // A refused client is connected for a moment.
        while client.connected().await.is_ok() {
            if client.connect_req(request.clone()).await.is_ok() {
                return;
            }
        }
    };
    let answered = task::block_on(future::timeout(LIMIT, answered));
    assert!(
        answered.is_ok(),
        "no room for an honest client after {:?}",
        left.elapsed()
    );
    println!("room after {:?}", left.elapsed());
    task::block_on(client.stop());
}
