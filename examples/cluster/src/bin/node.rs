//! A node of a chat: one of several servers that act as one. The people in a room may be on different nodes.
//!
//! ```text
//! cargo run -p cluster --bin node -- <uri> <engine> <name> [network]
//! ```
//!
//! The engine is a URL of Redis or Valkey, such as `redis://localhost`. If connections come from load balancers, `network` is where
//! these are, such as `10.0.0.0/8`.

use std::env;
use std::error::Error;

use futures::future::pending;
use messi::cluster::{Cluster, Presence};
use messi::{DisconnectReason, Reply};
use messi_redis::Redis;

mod rooms {
    messi::protocol!("../../rooms.proto", side = server);
}

use rooms::*;

/// The names of rooms begin with it, apart from other topics.
const ROOM: &str = "room/";

/// One person.
struct Session {
    /// The name of this node.
    node: String,
    /// The topic of the room that the person has entered.
    room: Option<String>,
}

impl RoomsServerHandler for Session {
    async fn on_enter_req(
        &mut self,
        client: &RoomsServerClient,
        request: EnterReq,
        reply: Reply<EnterRsp>,
    ) {
        let room = format!("{ROOM}{}", request.room);
        client.log_in(&request.user);
        if let Err(error) = client.join(&room) {
            println!("{} can't enter {room}: {error}.", request.user);
            return client.disconnect();
        }
        reply.send(EnterRsp {
            node: self.node.clone(),
        });
        let text = format!("{} has come.", request.user);
        // To the others in the room, on all nodes.
        client
            .server()
            .topic(&room)
            .except(client)
            .publish(LineInd { text });
        self.room = Some(room);
    }

    async fn on_say_ind(&mut self, client: &RoomsServerClient, SayInd { text }: SayInd) {
        let (Some(user), Some(room)) = (client.user(), &self.room) else {
            return client.disconnect();
        };
        let text = format!("<{user}> {text}");
        client.server().topic(room).publish(LineInd { text });
    }

    async fn on_who_req(&mut self, client: &RoomsServerClient, _: WhoReq, reply: Reply<WhoRsp>) {
        let Some(room) = &self.room else {
            return client.disconnect();
        };
        // Those on other nodes are known within a second.
        let members = client.server().topic(room).members().into_iter();
        let users = members.filter_map(|member| member.user);
        let mut users: Vec<_> = users.map(|user| user.to_string()).collect();
        users.sort();
        reply.send(WhoRsp { users });
    }

    async fn on_client_disconnected(&mut self, client: &RoomsServerClient, _: DisconnectReason) {
        if let (Some(user), Some(room)) = (client.user(), &self.room) {
            let text = format!("{user} has left.");
            client.server().topic(room).publish(LineInd { text });
        }
    }
}

fn main() -> Result<(), Box<dyn Error>> {
    let mut arguments = env::args().skip(1);
    let mut next = |name| arguments.next().ok_or(format!("missing: {name}"));
    let (uri, engine, name) = (next("uri")?, next("engine")?, next("name")?);
    async_std::task::block_on(run(&uri, &engine, name, arguments.next()))
}

async fn run(
    uri: &str,
    engine: &str,
    name: String,
    balancers: Option<String>,
) -> Result<(), Box<dyn Error>> {
    let rooms = Presence::of(|topic| topic.starts_with(ROOM));
    let cluster = Cluster::new(Redis::connect(engine))
        .name(&name)
        .on_gap(|gap| println!("{gap}"))
        .presence(rooms);
    let mut builder = RoomsServer::builder(uri).cluster(cluster);
    if let Some(network) = balancers {
        builder = builder.proxy_protocol([network]);
    }
    let node = name.clone();
    let server = builder
        .start(move |_client| Session {
            node: node.clone(),
            room: None,
        })
        .await?;
    println!("Node {name} started at {}.", server.uri());
    pending().await
}
