//! Clients that are served through a proxy.

use async_std::net::{TcpListener, TcpStream};
use async_std::task::{self, JoinHandle};
use futures::future::select;
use futures::io::{AsyncWriteExt, copy};
use futures::pin_mut;
use log::LevelFilter;
use messi::tls::{ClientTls, Roots, ServerTls};
use messi::{Runtime, Session, Sessions};

use super::headers::{header_with, local, of_parts};
use super::*;
use crate::transports::tls::authority::Authority;

/// A proxy that sends a header for each of its clients.
struct Proxy {
    address: SocketAddr,
    task: JoinHandle<()>,
}

impl Proxy {
    /// Starts a proxy of a server. Its clients have this address.
    async fn start(server: &ChatServer, client: &'static str) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let address = listener.local_addr().unwrap();
        let server = server.local_addr().socket_addr().unwrap();
        let task = task::spawn(async move {
            while let Ok((down, _)) = listener.accept().await {
                task::spawn(async move { forward(client, &down, server).await });
            }
        });
        Self { address, task }
    }

    async fn stop(self) {
        self.task.cancel().await;
    }
}

/// Forwards one connection after its header, until either side closes.
async fn forward(client: &str, down: &TcpStream, server: SocketAddr) {
    let up = TcpStream::connect(server).await.unwrap();
    (&up).write_all(&header(client)).await.unwrap();
    let (mut to_server, mut to_client) = (&up, down);
    let to_server = copy(down, &mut to_server);
    let to_client = copy(&up, &mut to_client);
    pin_mut!(to_server, to_client);
    let _ = select(to_server, to_client).await;
}

#[test]
fn a_client_has_the_address_of_the_header_on_every_runtime() {
    run(async {
        for runtime in [Runtime::threads(2), Runtime::async_std(), runtime::tokio()] {
            let (server, mut events) = serve(behind_proxy().runtime(runtime)).await;
            for client in [CLIENT, "[2001:db8::7]:4660"] {
                let mut peer = RawPeer::connect(server.local_addr()).await;
                // The first message is in the same segment.
                peer.send(&[&header(client), CONNECT_REQ].concat()).await;
                assert_eq!(events.next().await, Event::Connected);
                assert_eq!(events.next().await, Event::ConnectReq("Erik".into()));
                assert_eq!(clients(&server), [address(client)]);
                drop(peer);
                assert_eq!(events.next().await, CLOSED);
            }
            assert_eq!(server.stats().failed_handshakes, 0);
            server.stop().await;
        }
    });
}

#[test]
fn the_log_has_the_address_of_the_header() {
    recorder::record(LevelFilter::Debug);
    run(async {
        let (server, mut events) = serve(behind_proxy()).await;
        let _peer = connect_for("192.0.2.99:99", &server).await;
        assert_eq!(events.next().await, Event::Connected);
        server.stop().await;
    });
    let line = "client 1 connected from 192.0.2.99:99";
    assert_eq!(recorder::lines_ending_with(line), 1);
}

#[test]
fn a_header_may_come_byte_by_byte_with_fields_that_are_skipped() {
    run(async {
        let (server, mut events) = serve(behind_proxy()).await;
        let mut peer = RawPeer::connect(server.local_addr()).await;
        peer.0.set_nodelay(true).unwrap();
        // A unique id of three bytes, and padding.
        let header = header_with(CLIENT, b"\x05\x00\x03abc\x04\x00\x02\x01\x01");
        for byte in [&header, CONNECT_REQ].concat() {
            peer.send(&[byte]).await;
        }
        assert_eq!(events.next().await, Event::Connected);
        assert_eq!(events.next().await, Event::ConnectReq("Erik".into()));
        assert_eq!(clients(&server), [address(CLIENT)]);
        server.stop().await;
    });
}

#[test]
fn connections_of_the_proxy_itself_have_its_own_address() {
    run(async {
        let (server, mut events) = serve(behind_proxy()).await;
        // A health check, and a client at a Unix socket of the proxy.
        for header in [local(), of_parts(0x21, 0x31, &[1; 216])] {
            let mut peer = RawPeer::connect(server.local_addr()).await;
            peer.send(&[&header, CONNECT_REQ].concat()).await;
            assert_eq!(events.next().await, Event::Connected);
            assert_eq!(events.next().await, Event::ConnectReq("Erik".into()));
            let own = peer.0.local_addr().unwrap();
            assert_eq!(clients(&server), [own.into()]);
            drop(peer);
            assert_eq!(events.next().await, CLOSED);
        }
        server.stop().await;
    });
}

#[test]
fn a_server_without_the_setting_takes_no_header() {
    run(async {
        let (server, mut events) = start_server().await;
        let mut peer = connect_for(CLIENT, &server).await;
        assert_eq!(events.next().await, Event::Connected);
        assert_eq!(clients(&server), [peer.0.local_addr().unwrap().into()]);
        assert!(matches!(events.next().await, Event::Disconnected(_)));
        peer.expect_end().await;
        server.stop().await;
    });
}

#[test]
fn a_header_comes_before_tls() {
    let authority = Authority::new();
    run(async {
        let tls = ServerTls::new(authority.identity("127.0.0.1"));
        let builder = ChatServer::builder("tls://127.0.0.1:0").tls(tls);
        let (server, mut events) = serve(builder.proxy_protocol(HERE)).await;
        let proxy = Proxy::start(&server, CLIENT).await;
        let tls = ClientTls::new(Roots::from_pem(authority.pem()).unwrap());
        let builder = ChatClient::builder(format!("tls://{}", proxy.address)).tls(tls);
        let (client, _client_events) = start_client(builder);
        client.connected().await.unwrap();
        client.send(message("up"));
        assert_eq!(events.next().await, Event::Connected);
        assert_eq!(events.next().await, Event::Message("up".into()));
        assert_eq!(clients(&server), [address(CLIENT)]);
        client.stop().await;
        server.stop().await;
        proxy.stop().await;
    });
}

#[test]
fn a_session_goes_on_through_a_proxy() {
    run(async {
        let builder = behind_proxy().sessions(Sessions::default());
        let (server, mut events) = serve(builder).await;
        let proxy = Proxy::start(&server, CLIENT).await;
        let builder = ChatClient::builder(uri(proxy.address)).session(Session::default());
        let (client, mut client_events) = start_client(builder);
        assert_eq!(client_events.next().await, Event::Connected);
        assert_eq!(events.next().await, Event::Connected);
        // With the response, the client has received the session.
        client.send(ConnectReq {
            user: "Erik".into(),
        });
        assert_eq!(client_events.next().await, Event::ConnectRsp);
        client.reconnect();
        let is_resumption = |event: &Event| matches!(event, Event::Resumed(_));
        events.find(is_resumption).await;
        client.send(message("later"));
        assert_eq!(events.next().await, Event::Message("later".into()));
        assert_eq!(clients(&server), [address(CLIENT)]);
        let total = server.stats().total;
        assert_eq!((total.resumed, total.lost_sessions), (1, 0));
        client.stop().await;
        server.stop().await;
        proxy.stop().await;
    });
}
