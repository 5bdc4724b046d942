//! A person in a chat room. Sends each line of the standard input to the room, and prints those of others. `/who` prints who is in
//! the room. If a node is away, the client goes to another one.
//!
//! ```text
//! cargo run -p cluster --bin client -- <user> <room> <uri of a node>...
//! ```

use std::env;
use std::error::Error;

use async_std::io::{BufReader, prelude::BufReadExt, stdin};
use futures::StreamExt;
use messi::{DisconnectReason, Report};

mod rooms {
    messi::protocol!("../../rooms.proto", side = client);
}

use rooms::*;

struct Person {
    user: String,
    room: String,
}

impl RoomsClientHandler for Person {
    async fn on_connected(&mut self, client: &RoomsClient) {
        let request = EnterReq {
            user: self.user.clone(),
            room: self.room.clone(),
        };
        match client.enter_req(request).await {
            Ok(response) => println!("In the room, on node {}.", response.node),
            Err(error) => println!("Not in the room: {}.", Report(&error)),
        }
    }

    async fn on_disconnected(&mut self, _: &RoomsClient, reason: DisconnectReason) {
        println!("Disconnected: {reason}.");
    }

    async fn on_line_ind(&mut self, _: &RoomsClient, LineInd { text }: LineInd) {
        println!("{text}");
    }
}

async fn print_members(client: &RoomsClient) {
    match client.who_req(WhoReq {}).await {
        Ok(response) => println!("In the room: {}", response.users.join(", ")),
        Err(error) => println!("{}.", Report(&error)),
    }
}

fn main() -> Result<(), Box<dyn Error>> {
    let mut arguments = env::args().skip(1);
    let mut next = |name| arguments.next().ok_or(format!("missing: {name}"));
    let (user, room, uri) = (next("user")?, next("room")?, next("uri")?);
    let mut builder = RoomsClient::builder(uri);
    for other in arguments {
        builder = builder.alternative_uri(other);
    }
    async_std::task::block_on(run(builder.start(Person { user, room })?))
}

async fn run(client: RoomsClient) -> Result<(), Box<dyn Error>> {
    let mut lines = BufReader::new(stdin()).lines();
    while let Some(line) = lines.next().await {
        let text = line?;
        if text == "/who" {
            print_members(&client).await;
        } else {
            client.send(SayInd { text });
        }
    }
    client.stop().await;
    Ok(())
}
