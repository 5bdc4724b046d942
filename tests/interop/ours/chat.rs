//! What `messi::protocol!("../../examples/chat/chat.proto")` is to expand into, written by hand
//! until it does.

use messi::__private::{ConnectWith, Dispatch, Protocol, ServeWith};
use messi::{ConnectError, DisconnectReason, Retry};
#[derive(Debug)]
pub(crate) struct Chat;
pub(crate) type ChatClient = messi::Client<Chat>;
pub(crate) type ChatServer = messi::Server<Chat>;
pub(crate) type ChatServerClient = messi::ServerClient<Chat>;
#[derive(Clone, PartialEq, messi::prost::Message)]
#[prost(prost_path = "::messi::prost")]
pub(crate) struct ConnectReq {
    #[prost(string, tag = "1")]
    pub user: String,
}
#[derive(Clone, PartialEq, messi::prost::Message)]
#[prost(prost_path = "::messi::prost")]
pub(crate) struct ConnectRsp {}
#[derive(Clone, PartialEq, messi::prost::Message)]
#[prost(prost_path = "::messi::prost")]
pub(crate) struct MessageInd {
    #[prost(string, tag = "1")]
    pub user: String,
    #[prost(string, tag = "2")]
    pub text: String,
}
#[derive(Clone, PartialEq, messi::prost::Message)]
#[prost(prost_path = "::messi::prost")]
pub(crate) struct ClientToServer {
    #[prost(oneof = "C2s", tags = "1, 2")]
    pub messages: Option<C2s>,
}
#[derive(Clone, PartialEq, messi::prost::Message)]
#[prost(prost_path = "::messi::prost")]
pub(crate) struct ServerToClient {
    #[prost(oneof = "S2c", tags = "1, 2")]
    pub messages: Option<S2c>,
}
#[derive(Clone, PartialEq, messi::prost::Oneof)]
#[prost(prost_path = "::messi::prost")]
pub(crate) enum C2s {
    #[prost(message, tag = "1")]
    ConnectReq(ConnectReq),
    #[prost(message, tag = "2")]
    MessageInd(MessageInd),
}
#[derive(Clone, PartialEq, messi::prost::Oneof)]
#[prost(prost_path = "::messi::prost")]
pub(crate) enum S2c {
    #[prost(message, tag = "1")]
    ConnectRsp(ConnectRsp),
    #[prost(message, tag = "2")]
    MessageInd(MessageInd),
}
impl From<ConnectReq> for ClientToServer {
    fn from(m: ConnectReq) -> Self {
        Self {
            messages: Some(C2s::ConnectReq(m)),
        }
    }
}
impl From<MessageInd> for ClientToServer {
    fn from(m: MessageInd) -> Self {
        Self {
            messages: Some(C2s::MessageInd(m)),
        }
    }
}
impl From<ConnectRsp> for ServerToClient {
    fn from(m: ConnectRsp) -> Self {
        Self {
            messages: Some(S2c::ConnectRsp(m)),
        }
    }
}
impl From<MessageInd> for ServerToClient {
    fn from(m: MessageInd) -> Self {
        Self {
            messages: Some(S2c::MessageInd(m)),
        }
    }
}
impl Protocol for Chat {
    const NAME: &'static str = "chat";
    type ClientToServer = ClientToServer;
    type ServerToClient = ServerToClient;
}
pub(crate) trait ChatClientHandler: Send + 'static {
    fn on_connected(&mut self, _: &ChatClient) -> impl Future<Output = ()> + Send {
        async {}
    }
    fn on_disconnected(
        &mut self,
        _: &ChatClient,
        _: DisconnectReason,
    ) -> impl Future<Output = ()> + Send {
        async {}
    }
    fn on_connect_failure(
        &mut self,
        _: &ChatClient,
        _: &ConnectError,
    ) -> impl Future<Output = Retry> + Send {
        async { Retry::Backoff }
    }
    fn on_connect_rsp(&mut self, _: &ChatClient, _: ConnectRsp) -> impl Future<Output = ()> + Send {
        async {}
    }
    fn on_message_ind(&mut self, _: &ChatClient, _: MessageInd) -> impl Future<Output = ()> + Send {
        async {}
    }
}
pub(crate) trait ChatServerHandler: Send + 'static {
    fn on_client_connected(&mut self, _: &ChatServerClient) -> impl Future<Output = ()> + Send {
        async {}
    }
    fn on_client_disconnected(
        &mut self,
        _: &ChatServerClient,
        _: DisconnectReason,
    ) -> impl Future<Output = ()> + Send {
        async {}
    }
    fn on_connect_req(
        &mut self,
        _: &ChatServerClient,
        _: ConnectReq,
    ) -> impl Future<Output = ()> + Send {
        async {}
    }
    fn on_message_ind(
        &mut self,
        _: &ChatServerClient,
        _: MessageInd,
    ) -> impl Future<Output = ()> + Send {
        async {}
    }
}
impl<H: ChatClientHandler> ConnectWith<H> for Chat {
    async fn on_connected(h: &mut H, c: &ChatClient) {
        h.on_connected(c).await
    }
    async fn on_disconnected(h: &mut H, c: &ChatClient, r: DisconnectReason) {
        h.on_disconnected(c, r).await
    }
    async fn on_connect_failure(h: &mut H, c: &ChatClient, e: &ConnectError) -> Retry {
        h.on_connect_failure(c, e).await
    }
    async fn on_message(h: &mut H, c: &ChatClient, m: ServerToClient) -> Dispatch {
        match m.messages {
            Some(S2c::ConnectRsp(m)) => h.on_connect_rsp(c, m).await,
            Some(S2c::MessageInd(m)) => h.on_message_ind(c, m).await,
            None => return Dispatch::UnknownChoice,
        }
        Dispatch::Delivered
    }
}
impl<H: ChatServerHandler> ServeWith<H> for Chat {
    async fn on_client_connected(h: &mut H, c: &ChatServerClient) {
        h.on_client_connected(c).await
    }
    async fn on_client_disconnected(h: &mut H, c: &ChatServerClient, r: DisconnectReason) {
        h.on_client_disconnected(c, r).await
    }
    async fn on_message(h: &mut H, c: &ChatServerClient, m: ClientToServer) -> Dispatch {
        match m.messages {
            Some(C2s::ConnectReq(m)) => h.on_connect_req(c, m).await,
            Some(C2s::MessageInd(m)) => h.on_message_ind(c, m).await,
            None => return Dispatch::UnknownChoice,
        }
        Dispatch::Delivered
    }
}
