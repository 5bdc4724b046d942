//! Clients that leave while a callback streams to them.

use std::io::Write;
use std::time::{Duration, Instant};

use async_std::{future, task};

use crate::target::Target;
use crate::target::chat::*;
use crate::{Test, raw};

pub(crate) const TESTS: &[Test] = &[(
    "leavers::those_to_whom_a_callback_streams_make_room_when_they_leave",
    those_to_whom_a_callback_streams_make_room_when_they_leave,
)];

/// How long it may take until there is room.
const LIMIT: Duration = Duration::from_secs(5);

const RETRY: Duration = Duration::from_millis(100);

struct Guest;

impl ChatClientHandler for Guest {}

fn those_to_whom_a_callback_streams_make_room_when_they_leave() {
    let mut target = Target::start(&[("max_clients", 20)]);
    let mut peers = raw::connect_all(target.port, 20);
    target.expect_connected(peers.len());
    for peer in &mut peers {
        let message = raw::message("stream", "");
        peer.write_all(&message).expect("the server reads");
        assert_eq!(raw::read_frame(peer), raw::ANSWER);
    }
    drop(peers);

    let left = Instant::now();
    let request = ConnectReq {
        user: "honest".into(),
    };
    let client = ChatClient::builder(format!("tcp://127.0.0.1:{}", target.port))
        .reconnect_delay(RETRY, RETRY)
        .start(Guest)
        .expect("the URI is sound");
    let answered = async {
        // One that is refused is connected for a moment.
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
