//! Users: a message to a user reaches all of its clients.

use messi::Reply;
use messi::testing::Simulation;

use super::{connect_each, texts};
use crate::common::chat::*;
use crate::common::*;

/// A handler that logs a client in, and sends its messages to the user that they name.
struct Host;

impl ChatServerHandler for Host {
    async fn on_connect_req(
        &mut self,
        client: &ChatServerClient,
        request: ConnectReq,
        reply: Reply<ConnectRsp>,
    ) {
        assert!(client.log_in(request.user));
        reply.send(ConnectRsp {});
    }

    async fn on_message_ind(&mut self, client: &ChatServerClient, message: MessageInd) {
        client.server().user(&message.user).send(message.clone());
    }
}

#[test]
fn a_message_to_a_user_reaches_each_of_its_connections() {
    run(async {
        let builder = ChatServer::builder(LOOPBACK).login_timeout(HOUR);
        let server = builder.start(|_| Host).await.unwrap();
        let mut clients = Vec::new();
        for user in ["Kalle", "Erik", "Kalle"] {
            let builder = ChatClient::builder(uri(server.local_addr()));
            let (client, events) = start_client(builder);
            client.connected().await.unwrap();
            let request = ConnectReq { user: user.into() };
            client.connect_req(request).await.unwrap();
            clients.push((client, events));
        }
        let kalle = server.user("Kalle");
        let users: Vec<_> = kalle.clients();
        assert!(users.iter().all(|it| it.user() == Some("Kalle")));
        assert!(users.len() == 2 && users[0].id() < users[1].id());
        for user in ["Kalle", "nobody", "Erik"] {
            let text = format!("to {user}");
            clients[1].0.send(MessageInd {
                user: user.into(),
                text,
            });
        }
        for (client, expected) in clients.iter_mut().zip(["to Kalle", "to Erik", "to Kalle"]) {
            assert_eq!(client.1.next().await, Event::Connected);
            assert_eq!(texts(&mut client.1).await, [expected]);
        }
        assert_eq!(server.stats().total.dropped.not_connected, 1, "to nobody");
        for (client, _) in clients {
            client.stop().await;
        }
        server.stop().await;
    });
}

#[test]
fn a_user_has_the_connections_that_are_there() {
    let simulation = Simulation::new(1);
    simulation.run(async {
        let (server, mut events) = serve(ChatServer::builder(ROOM).runtime(&simulation)).await;
        let ([one, mut two], ids) = connect_each(&simulation, &server).await;
        let handles = ids.map(|id| server.client(id).unwrap());
        let kalle = server.user("Kalle");
        assert!(kalle.clients().is_empty());
        assert!(handles[0].log_in("Kalle"));
        assert!(handles[1].log_in("Kalle"));
        // The user is that of the first login.
        assert!(handles[1].log_in("Erik"));
        assert!(server.user("Erik").clients().is_empty());
        one.0.stop().await;
        events.find(|it| *it == CLOSED).await;
        let clients = kalle.clients();
        assert_eq!(clients.len(), 1);
        assert_eq!(clients[0].id(), ids[1]);
        kalle.send(message("1"));
        assert_eq!(texts(&mut two.1).await, ["1"]);
        assert_eq!(server.stats().total.dropped.not_connected, 0);
        two.0.stop().await;
        events.find(|it| *it == CLOSED).await;
        assert!(kalle.clients().is_empty());
        kalle.send(message("2"));
        kalle.send(message("3"));
        assert_eq!(server.stats().total.dropped.not_connected, 2);
        server.stop().await;
    });
}
