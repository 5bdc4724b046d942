//! A client that sends its name to a server, with code that `build.rs` generates.
//!
//! `cargo run -p build-script`

use chat::{
    ChatClient, ChatClientHandler, ChatClientRequests, ChatServer, ChatServerClient,
    ChatServerHandler, ConnectReq, ConnectRsp,
};

mod chat {
    #![allow(
        dead_code,
        unreachable_pub,
        reason = "not every generated item is used"
    )]

    include!(concat!(env!("OUT_DIR"), "/chat.rs"));
}

struct Session;

impl ChatServerHandler for Session {
    async fn on_connect_req(
        &mut self,
        _: &ChatServerClient,
        request: ConnectReq,
        reply: messi::Reply<ConnectRsp>,
    ) {
        println!("{} is here", request.user);
        reply.send(ConnectRsp {});
    }
}

struct Ui;

impl ChatClientHandler for Ui {}

fn main() -> Result<(), messi::Error> {
    async_std::task::block_on(run())
}

async fn run() -> Result<(), messi::Error> {
    let server = ChatServer::builder("tcp://127.0.0.1:0");
    let server = server.start(|_| Session).await?;
    let client = ChatClient::builder(server.uri()).start(Ui)?;
    client.connected().await?;
    let ConnectRsp {} = client
        .connect_req(ConnectReq {
            user: "Kalle".into(),
        })
        .await?;
    client.stop().await;
    server.stop().await;
    Ok(())
}

#[test]
fn the_server_responds() {
    main().unwrap();
}
