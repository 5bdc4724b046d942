//! The server with a handler that gets chat messages as views.

use messi::Reply;
use work::{Action, Session};

messi::protocol!(
    "../../../proto/chat.proto",
    side = server,
    views = [MessageInd],
);

/// The server side of a connection.
pub(crate) struct Connection(pub(crate) Session);

impl ChatServerHandler for Connection {
    async fn on_connect_req(
        &mut self,
        _: &ChatServerClient,
        _: ConnectReq,
        reply: Reply<ConnectRsp>,
    ) {
        reply.send(ConnectRsp {});
    }

    async fn on_message_ind(&mut self, client: &ChatServerClient, message: MessageIndView<'_>) {
        match self.0.receive(message.user, message.text) {
            Action::Nothing => {}
            Action::Reply => client.send(message),
            Action::Broadcast => client.server().broadcast(message),
        }
    }
}
