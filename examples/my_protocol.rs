//! Shows each kind of event between a client and a server: connections, requests in both directions,
//! keep-alive, and a network failure.
//!
//! ```text
//! cargo run -p examples --example my_protocol
//! ```
//!
//! Both run in one process. They are connected through a [`Cable`], which prints each frame and is
//! unplugged at the end.

mod cable;

use cable::Cable;
use futures::StreamExt;
use futures::channel::mpsc::{UnboundedReceiver, UnboundedSender, unbounded};
use messi::{DisconnectReason, Reply};

mod my_protocol {
    messi::protocol!("my_protocol.proto");
}

use my_protocol::*;

/// An event that the main function waits for.
#[derive(Debug, PartialEq)]
enum Milestone {
    ClientHasFooRsp,
    ServerHasFieRsp,
    ClientDisconnected,
    ServerDisconnected,
}

struct Server {
    milestones: UnboundedSender<Milestone>,
    bars: u32,
}

impl MyProtocolServerHandler for Server {
    async fn on_client_connected(&mut self, client: &MyProtocolServerClient) {
        println!("server: client {} connected", client.id());
    }

    async fn on_foo_req(&mut self, _: &MyProtocolServerClient, _: FooReq, reply: Reply<FooRsp>) {
        println!("server: got FooReq, responding with FooRsp");
        reply.send(FooRsp {});
    }

    async fn on_bar_ind(&mut self, client: &MyProtocolServerClient, _: BarInd) {
        self.bars += 1;
        println!("server: got BarInd number {}", self.bars);
        if self.bars == 2 {
            println!("server: sending FieReq");
            client.send(FieReq {});
        }
    }

    async fn on_fie_rsp(&mut self, _: &MyProtocolServerClient, _: FieRsp) {
        println!("server: got FieRsp");
        let _ = self.milestones.unbounded_send(Milestone::ServerHasFieRsp);
    }

    async fn on_client_disconnected(
        &mut self,
        client: &MyProtocolServerClient,
        reason: DisconnectReason,
    ) {
        println!("server: client {} disconnected: {reason}", client.id());
        let _ = self
            .milestones
            .unbounded_send(Milestone::ServerDisconnected);
    }
}

struct Client {
    milestones: UnboundedSender<Milestone>,
}

impl MyProtocolClientHandler for Client {
    async fn on_connected(&mut self, client: &MyProtocolClient) {
        println!("client: connected, sending FooReq");
        client.send(FooReq {});
    }

    async fn on_foo_rsp(&mut self, _: &MyProtocolClient, _: FooRsp) {
        println!("client: got FooRsp");
        let _ = self.milestones.unbounded_send(Milestone::ClientHasFooRsp);
    }

    async fn on_fie_req(&mut self, _: &MyProtocolClient, _: FieReq, reply: Reply<FieRsp>) {
        println!("client: got FieReq, responding with FieRsp");
        reply.send(FieRsp {});
    }

    async fn on_disconnected(&mut self, _: &MyProtocolClient, reason: DisconnectReason) {
        println!("client: disconnected: {reason}");
        let _ = self
            .milestones
            .unbounded_send(Milestone::ClientDisconnected);
    }
}

fn main() -> Result<(), Box<dyn std::error::Error>> {
    async_std::task::block_on(run())
}

async fn run() -> Result<(), Box<dyn std::error::Error>> {
    let (milestones, mut reached) = unbounded();

    let server_milestones = milestones.clone();
    let server = MyProtocolServer::builder("tcp://127.0.0.1:0")
        .start(move |_client| Server {
            milestones: server_milestones.clone(),
            bars: 0,
        })
        .await?;
    println!("server: started");

    let address = server
        .local_addr()
        .socket_addr()
        .expect("the server has a TCP address");
    let mut cable = Cable::new(address).await?;
    let client = MyProtocolClient::builder(format!("tcp://{}", cable.local_addr()))
        .start(Client { milestones })?;

    wait_for(&mut reached, &[Milestone::ClientHasFooRsp]).await;
    println!("client: sending BarInd twice");
    client.send(BarInd {});
    client.send(BarInd {});
    wait_for(&mut reached, &[Milestone::ServerHasFieRsp]).await;

    println!("(idle: the client sends a ping)");
    cable.next_pong().await;

    println!("(the cable is unplugged: neither side receives anything)");
    cable.unplug();
    wait_for(
        &mut reached,
        &[Milestone::ClientDisconnected, Milestone::ServerDisconnected],
    )
    .await;

    client.stop().await;
    println!("client: stopped");
    server.stop().await;
    println!("server: stopped");
    Ok(())
}

/// Waits until all of the milestones have been reached, in any order.
async fn wait_for(reached: &mut UnboundedReceiver<Milestone>, milestones: &[Milestone]) {
    let mut missing: Vec<_> = milestones.iter().collect();
    while !missing.is_empty() {
        let Some(milestone) = reached.next().await else {
            return;
        };
        missing.retain(|&other| *other != milestone);
    }
}
