//! Callbacks that wait for something outside of a simulation: a test that fails names them.

use std::env;
use std::process::Command;
use std::time::Duration;

use chat::*;
use messi::RequestError;
use messi::testing::Simulation;

use crate::Test;

mod chat {
    messi::protocol!("../../examples/chat/chat.proto");
}

pub(crate) const TESTS: &[Test] = &[(
    "foreign_waits::a_timeout_of_a_request_names_the_callback_that_waits_outside_of_the_simulation",
    a_timeout_of_a_request_names_the_callback_that_waits_outside_of_the_simulation,
)];

/// Set in the process that fails: where it panics.
const VARIABLE: &str = "MESSI_FOREIGN_WAIT";

const URI: &str = "tcp://room:1";

/// A handler with a callback that waits for a real timer.
struct Foreign;

impl ChatServerHandler for Foreign {
    async fn on_message_ind(&mut self, _: &ChatServerClient, _: MessageInd) {
        async_std::task::sleep(Duration::from_secs(3_600)).await;
    }
}

/// A handler of a client that receives nothing.
struct Ui;

impl ChatClientHandler for Ui {}

/// Fails if this process was started for that.
pub(crate) fn run_if_asked() -> bool {
    let Ok(place) = env::var(VARIABLE) else {
        return false;
    };
    let simulation = Simulation::new(7);
    match place.as_str() {
        "within the run" => {
            simulation.run(async { request(&simulation).await.unwrap() });
        }
        _ => {
            simulation.run(request(&simulation)).unwrap();
        }
    }
    true
}

/// Sends a request that is not handled, since the callback before it waits.
async fn request(simulation: &Simulation) -> Result<ConnectRsp, RequestError> {
    let server = ChatServer::builder(URI).runtime(simulation);
    let _server = server.start(|_| Foreign).await.unwrap();
    let client = ChatClient::builder(URI).runtime(simulation);
    let client = client.start(Ui).unwrap();
    client.connected().await.unwrap();
    let text = String::from("wait");
    client.send(MessageInd {
        text,
        ..MessageInd::default()
    });
    let user = String::from("Kalle");
    client.connect_req(ConnectReq { user }).await
}

fn a_timeout_of_a_request_names_the_callback_that_waits_outside_of_the_simulation() {
    for place in ["within the run", "after the run"] {
        let output = Command::new(env::current_exe().unwrap())
            .env(VARIABLE, place)
            .env("RUST_BACKTRACE", "0")
            .output()
            .unwrap();
        assert!(!output.status.success());
        let text = String::from_utf8(output.stderr).unwrap();
        assert!(text.contains("Timeout { limit: 10s }"), "{text}");
        let seed = "the simulation with the seed 7 ended 10s after its start\n";
        assert_eq!(text.matches(seed).count(), 1, "{text}");
        let callback = "client 1 of the chat server at tcp://room:1: since 0ns after the start, a \
                        callback has been waiting for something outside of the simulation";
        assert_eq!(text.matches(callback).count(), 1, "{text}");
    }
}
