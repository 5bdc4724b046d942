//! Sends an order to a server, and ends after the response.

mod shop {
    messi::protocol!("../../proto/shop.proto");
}

use async_std::channel::{self, Sender};
use shop::*;

struct Desk;

impl ShopServerHandler for Desk {
    async fn on_save_order_req(
        &mut self,
        _: &ShopServerClient,
        request: SaveOrderReq,
        reply: messi::Reply<SaveOrderRsp>,
    ) {
        let id = request.order.map_or(0, |order| order.id);
        reply.send(SaveOrderRsp { id });
    }
}

struct Buyer(Sender<u64>);

impl ShopClientHandler for Buyer {
    async fn on_connected(&mut self, client: &ShopClient) {
        client.send(SaveOrderReq {
            order: Some(Order {
                id: 1,
                ..Order::default()
            }),
            is_new: true,
        });
    }

    async fn on_save_order_rsp(&mut self, _: &ShopClient, response: SaveOrderRsp) {
        let _ = self.0.send(response.id).await;
    }
}

fn main() -> Result<(), Box<dyn std::error::Error>> {
    async_std::task::block_on(run())
}

async fn run() -> Result<(), Box<dyn std::error::Error>> {
    let server = ShopServer::builder("tcp://127.0.0.1:0").start(|_| Desk).await?;
    let (saved, ids) = channel::bounded(1);
    let address = format!("tcp://{}", server.local_addr());
    let client = ShopClient::builder(address).start(Buyer(saved))?;
    println!("saved {}", ids.recv().await?);
    client.stop().await;
    server.stop().await;
    Ok(())
}
