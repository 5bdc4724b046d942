// A program for the protocol `chat`, which is in the module of that name.

use std::collections::HashMap;

use chat::packages::geo::Position;
use chat::*;
use messi::{Reply, StartError};

struct User {
    chats: Vec<Chat>,
}

impl ChatClientHandler for User {
    async fn on_connected(&mut self, client: &ChatClient) {
        let mut request = ConnectReq {
            user: "eve".into(),
            color: Color::Red as i32,
            position: Some(Position { x: 1.0, y: 2.0 }),
            colors: HashMap::new(),
        };
        request.colors.insert("hair".into(), Color::None.into());
        if let Ok(response) = client.connect_req(request).await {
            self.chats.extend(response.chats);
        }
    }

    async fn on_connect_rsp(&mut self, _: &ChatClient, message: ConnectRsp) {
        for chat in &message.chats {
            println!("{}", chat.name.len());
        }
    }

    async fn on_message_ind(&mut self, client: &ChatClient, message: MessageInd) {
        match message.content {
            Some(message_ind::Content::Html(html)) => println!("{html}"),
            Some(message_ind::Content::Image(image)) => println!("{}", image.data.len()),
            None => {}
        }
        client.send(Position { x: 1.0, ..Position::default() });
    }

    async fn on_chat_ind(&mut self, _: &ChatClient, message: Chat) {
        self.chats.push(message);
    }
}

struct Room {
    positions: Vec<Position>,
}

impl ChatServerHandler for Room {
    async fn on_connect_req(
        &mut self,
        client: &ChatServerClient,
        message: ConnectReq,
        reply: Reply<ConnectRsp>,
    ) {
        if message.color() == Color::Red && message.position.is_some_and(|it| it.x > 0.0) {
            client.send(MessageInd {
                content: Some(message_ind::Content::Image(message_ind::Image {
                    data: message.user.into_bytes(),
                })),
                ..MessageInd::default()
            });
        }
        reply.send(ConnectRsp { chats: Vec::new() });
    }

    async fn on_message_ind(&mut self, client: &ChatServerClient, message: MessageInd) {
        client.send(message);
        client.send(Chat { name: "all".into(), parent: None });
    }

    async fn on_position_ind(&mut self, _: &ChatServerClient, message: Position) {
        self.positions.push(message);
    }
}

async fn start() -> Result<(), StartError> {
    let uri = "tcp://127.0.0.1:6000";
    let client = ChatClient::builder(uri).start(User { chats: Vec::new() })?;
    client.send(ConnectReq::default());
    let server = ChatServer::builder(uri).start(|_| Room {
        positions: Vec::new(),
    });
    if let Ok(server) = server.await {
        server.broadcast(MessageInd::default());
    }
    Ok(())
}

fn main() {
    drop(start());
}
