//! Clients in the process of the server, to which it streams.

use futures::future::join_all;
use std::sync::mpsc::{Sender, channel};

use super::chat::*;

/// Starts clients, and waits until each has received a message.
pub(super) fn start(server: &ChatServer, count: usize) -> Vec<ChatClient> {
    let (sender, receiver) = channel();
    let start = |_| {
        let builder = ChatClient::builder(format!("tcp://{}", server.local_addr()));
        let sender = Some(sender.clone());
        builder.start(Audience(sender)).expect("a valid URI")
    };
    let clients = (0..count).map(start).collect();
    for _ in 0..count {
        receiver.recv().expect("a message of each client");
    }
    clients
}

/// Stops the clients.
pub(super) async fn stop(clients: Vec<ChatClient>) {
    join_all(clients.iter().map(ChatClient::stop)).await;
}

/// A handler that requests a stream, and reports its first message.
struct Audience(Option<Sender<()>>);

impl ChatClientHandler for Audience {
    async fn on_connected(&mut self, client: &ChatClient) {
        client.send(MessageInd {
            user: "stream".into(),
            text: String::new(),
        });
    }

    async fn on_message_ind(&mut self, _: &ChatClient, _: MessageInd) {
        if let Some(sender) = self.0.take() {
            let _ = sender.send(());
        }
    }
}
