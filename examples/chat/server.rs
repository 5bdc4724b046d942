//! The chat server: sends each message to all clients.
//!
//! Any number of clients can connect, including the C and Python clients of the original Messi:
//!
//! ```text
//! cargo run -p examples --example chat_server -- [uri]
//! cargo run -p examples --example chat_client -- <user> [uri]
//! ```

use std::env;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use messi::{DisconnectReason, Reply};

mod chat {
    messi::protocol!("chat.proto");
}

use chat::*;

/// The handler of one connection. The `Arc` holds the state that all connections share.
struct Session {
    users: Arc<AtomicUsize>,
    is_user: bool,
}

impl ChatServerHandler for Session {
    async fn on_client_disconnected(&mut self, _: &ChatServerClient, _: DisconnectReason) {
        if self.is_user {
            let users = self.users.fetch_sub(1, Ordering::Relaxed) - 1;
            println!("Number of connected clients: {users}");
        }
    }

    async fn on_connect_req(
        &mut self,
        _: &ChatServerClient,
        request: ConnectReq,
        reply: Reply<ConnectRsp>,
    ) {
        println!("Client <{}> connected.", request.user);
        if !self.is_user {
            self.is_user = true;
            self.users.fetch_add(1, Ordering::Relaxed);
        }
        println!(
            "Number of connected clients: {}",
            self.users.load(Ordering::Relaxed)
        );
        reply.send(ConnectRsp {});
    }

    async fn on_message_ind(&mut self, client: &ChatServerClient, message: MessageInd) {
        client.server().broadcast(message);
    }
}

fn main() -> Result<(), messi::Error> {
    async_std::task::block_on(run())
}

async fn run() -> Result<(), messi::Error> {
    let uri = env::args().nth(1).unwrap_or("tcp://127.0.0.1:6000".into());
    println!("Server URI: {uri}");
    let users = Arc::new(AtomicUsize::new(0));
    let server = ChatServer::builder(uri)
        .start(move |_client| Session {
            users: users.clone(),
            is_user: false,
        })
        .await?;
    println!("Server started.");
    server.wait().await;
    Ok(())
}
