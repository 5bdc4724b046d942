//! The chat client: sends each line of the standard input to the room, and prints all messages of the
//! room, including its own. It reconnects automatically, and stops at the end of the input.
//!
//! ```text
//! cargo run -p examples --example chat_client -- <user> [uri]
//! ```

use std::env;
use std::process::ExitCode;

use async_std::io::{BufReader, prelude::BufReadExt, stdin};
use futures::StreamExt;
use messi::{DisconnectReason, Report};

mod chat {
    messi::protocol!("chat.proto");
}

use chat::*;

/// Prints events on the terminal.
struct Ui {
    user: String,
}

impl ChatClientHandler for Ui {
    async fn on_connected(&mut self, client: &ChatClient) {
        client.send(ConnectReq {
            user: self.user.clone(),
        });
    }

    async fn on_disconnected(&mut self, _: &ChatClient, _: DisconnectReason) {
        println!("Disconnected from the server.");
    }

    async fn on_connect_rsp(&mut self, _: &ChatClient, _: ConnectRsp) {
        println!("Connected to the server.");
    }

    async fn on_message_ind(&mut self, _: &ChatClient, message: MessageInd) {
        println!("<{}> {}", message.user, message.text);
    }
}

fn main() -> ExitCode {
    async_std::task::block_on(run())
}

async fn run() -> ExitCode {
    let mut arguments = env::args().skip(1);
    let Some(user) = arguments.next() else {
        eprintln!("usage: chat_client <user> [uri]");
        return ExitCode::FAILURE;
    };
    let uri = arguments.next().unwrap_or("tcp://127.0.0.1:6000".into());
    match chat(user, uri).await {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("chat_client: {}", Report(&*error));
            ExitCode::FAILURE
        }
    }
}

async fn chat(user: String, uri: String) -> Result<(), Box<dyn std::error::Error>> {
    println!("Server URI: {uri}");
    let client = ChatClient::builder(uri).start(Ui { user: user.clone() })?;
    let mut lines = BufReader::new(stdin()).lines();
    while let Some(text) = lines.next().await {
        client.send(MessageInd {
            user: user.clone(),
            text: text?,
        });
    }
    client.stop().await;
    Ok(())
}
