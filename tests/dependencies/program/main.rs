//! Sends a message from a client to a server, outside and inside of tokio, and prints on which runtime.

use futures::StreamExt;
use futures::channel::mpsc::{UnboundedSender, unbounded};
use futures::executor::block_on;
use messi::{Error, Report};

mod chat {
    messi::protocol!("chat.proto");
}

use chat::*;

/// Sends the texts of messages to the test.
#[derive(Clone)]
struct Texts(UnboundedSender<String>);

impl ChatServerHandler for Texts {
    async fn on_message_ind(&mut self, client: &ChatServerClient, message: MessageInd) {
        let text = format!("{:?}: {}", client.runtime(), message.text);
        self.0.unbounded_send(text).unwrap();
    }
}

impl ChatClientHandler for Texts {}

async fn send() -> Result<String, Error> {
    let (sender, mut received) = unbounded();
    let texts = Texts(sender);
    let of_server = texts.clone();
    let server = ChatServer::builder("tcp://localhost:0")
        .start(move |_| of_server.clone())
        .await?;
    let client = ChatClient::builder(server.uri()).start(texts)?;
    client.connected().await?;
    client.send(MessageInd {
        user: "Kalle".into(),
        text: "Hello!".into(),
    });
    let text = received.next().await.unwrap();
    client.stop().await;
    server.stop().await;
    Ok(text)
}

fn print(place: &str, result: Result<String, Error>) {
    let text = result.unwrap_or_else(|error| Report(&error).to_string());
    println!("{place}: {text}");
}

fn main() {
    print("outside", block_on(send()));
    #[cfg(feature = "tokio")]
    {
        let runtime = tokio::runtime::Builder::new_multi_thread()
            .enable_all()
            .build()
            .unwrap();
        print("inside", runtime.block_on(send()));
    }
}
