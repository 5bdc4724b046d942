//! Callbacks that wait for something outside of the simulation: a failed test names them.

use std::env;
use std::process::Command;

use crate::common::chat::*;
use crate::common::*;
use messi::RequestError;
use messi::testing::Simulation;

/// Set in the process that runs the failing test: where it panics.
const VARIABLE: &str = "MESSI_FOREIGN_WAIT";

/// A handler with a callback that waits for a real timer.
struct Foreign;

impl ChatServerHandler for Foreign {
    async fn on_message_ind(&mut self, _: &ChatServerClient, _: MessageInd) {
        async_std::task::sleep(HOUR).await;
    }
}

/// Sends a request that is not handled, since the callback before it waits.
async fn request(simulation: &Simulation) -> Result<ConnectRsp, RequestError> {
    let server = ChatServer::builder(ROOM).runtime(simulation);
    let _server = server.start(|_| Foreign).await.unwrap();
    let (client, _events) = start_client(ChatClient::builder(ROOM).runtime(simulation));
    client.connected().await.unwrap();
    client.send(message("wait"));
    let user = String::from("Kalle");
    client.connect_req(ConnectReq { user }).await
}

#[test]
fn fails_if_another_test_has_started_it() {
    let simulation = Simulation::new(7);
    match env::var(VARIABLE).as_deref() {
        Ok("within the run") => {
            simulation.run(async { request(&simulation).await.unwrap() });
        }
        Ok(_) => {
            simulation.run(request(&simulation)).unwrap();
        }
        Err(_) => {}
    }
}

#[test]
fn a_timeout_of_a_request_names_the_callback_that_waits_outside_of_the_simulation() {
    for place in ["within the run", "after the run"] {
        let name = "lifecycle::foreign_waits::fails_if_another_test_has_started_it";
        let output = Command::new(env::current_exe().unwrap())
            .args([name, "--exact", "--nocapture"])
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
