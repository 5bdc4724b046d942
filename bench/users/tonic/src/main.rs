//! Sends an order to a server, and ends after the response.

mod shop {
    tonic::include_proto!("shop");
}

mod shop_service {
    tonic::include_proto!("shop_service");
}

use shop::client_to_server::Messages as FromClient;
use shop::server_to_client::Messages as FromServer;
use shop::{ClientToServer, Order, SaveOrderReq, SaveOrderRsp, ServerToClient};
use shop_service::shop_client::ShopClient;
use shop_service::shop_server::{Shop, ShopServer};
use tokio::net::TcpListener;
use tokio::sync::mpsc;
use tokio_stream::wrappers::{ReceiverStream, TcpListenerStream};
use tonic::transport::Server;
use tonic::{Request, Response, Status, Streaming};

struct Desk;

#[tonic::async_trait]
impl Shop for Desk {
    type TalkStream = ReceiverStream<Result<ServerToClient, Status>>;

    async fn talk(
        &self,
        request: Request<Streaming<ClientToServer>>,
    ) -> Result<Response<Self::TalkStream>, Status> {
        let mut requests = request.into_inner();
        let (responses, stream) = mpsc::channel(16);
        tokio::spawn(async move {
            while let Ok(Some(message)) = requests.message().await {
                if let Some(FromClient::SaveOrderReq(request)) = message.messages {
                    let id = request.order.map_or(0, |order| order.id);
                    let response = FromServer::SaveOrderRsp(SaveOrderRsp { id });
                    let response = ServerToClient {
                        messages: Some(response),
                    };
                    let _ = responses.send(Ok(response)).await;
                }
            }
        });
        Ok(Response::new(ReceiverStream::new(stream)))
    }
}

#[tokio::main]
async fn main() -> Result<(), Box<dyn std::error::Error>> {
    let listener = TcpListener::bind("127.0.0.1:0").await?;
    let address = format!("http://{}", listener.local_addr()?);
    let server = Server::builder().add_service(ShopServer::new(Desk));
    tokio::spawn(server.serve_with_incoming(TcpListenerStream::new(listener)));
    let mut client = ShopClient::connect(address).await?;
    let (requests, stream) = mpsc::channel(16);
    let order = Order {
        id: 1,
        ..Order::default()
    };
    let request = FromClient::SaveOrderReq(SaveOrderReq {
        order: Some(order),
        is_new: true,
    });
    let request = ClientToServer {
        messages: Some(request),
    };
    requests.send(request).await?;
    let responses = client.talk(ReceiverStream::new(stream)).await?;
    let response = responses.into_inner().message().await?;
    if let Some(FromServer::SaveOrderRsp(response)) = response.and_then(|it| it.messages) {
        println!("saved {}", response.id);
    }
    Ok(())
}
