//! Messages, reconnecting, URIs and busy polling with TLS.

use std::sync::Arc;
use std::time::Duration;

use super::*;
use futures::{AsyncReadExt, AsyncWriteExt};
use futures_rustls::TlsConnector;
use futures_rustls::pki_types::pem::PemObject;
use futures_rustls::pki_types::{CertificateDer, ServerName};
use futures_rustls::rustls::crypto::ring;
use futures_rustls::rustls::{ClientConfig, RootCertStore};

#[test]
fn messages_of_any_size_go_both_ways() {
    let authority = Authority::new();
    run(async {
        let (server, mut server_events) = start_of(&authority).await;
        let (client, mut events) = connect(&server, &trusting(&authority));
        assert_served(&client, &mut events, &mut server_events).await;
        let texts = [0, 1, 16_384, 900_000].map(|size| "x".repeat(size));
        for text in &texts {
            client.send(message(text));
            server.broadcast(message(text));
        }
        for text in &texts {
            assert_eq!(server_events.next().await, Event::Message(text.clone()));
            assert_eq!(events.next().await, Event::Message(text.clone()));
        }
        client.stop().await;
        let closed = Event::Disconnected(DisconnectReason::ConnectionClosed);
        assert_eq!(server_events.next().await, closed);
        server.stop().await;
    });
}

#[test]
fn messages_that_exceed_all_buffers_arrive_in_order() {
    const MESSAGES: usize = 20_000;
    let authority = Authority::new();
    run(async {
        let (server, mut server_events) = start_of(&authority).await;
        let (client, mut events) = connect(&server, &trusting(&authority));
        assert_served(&client, &mut events, &mut server_events).await;
        let padding = "x".repeat(1_000);
        for number in 0..MESSAGES {
            within("room", client.ready()).await.unwrap();
            client.send(message(format!("{number} {padding}")));
        }
        within("the last byte", client.flush()).await.unwrap();
        client.stop().await;
        for number in 0..MESSAGES {
            let expected = Event::Message(format!("{number} {padding}"));
            assert_eq!(server_events.next().await, expected);
        }
        server.stop().await;
    });
}

#[test]
fn a_client_reconnects_to_a_restarted_server() {
    let authority = Authority::new();
    let tls = ServerTls::new(authority.identity(HOST));
    run(async {
        let (server, mut server_events) = start(&tls).await;
        let (reporter, mut events) = reporter();
        let client = ChatClient::builder(uri(&server))
            .tls(trusting(&authority))
            .reconnect_delay(Duration::from_millis(10), Duration::from_millis(10))
            .start(reporter.clone())
            .unwrap();
        assert_served(&client, &mut events, &mut server_events).await;
        let address = server.local_addr();
        server.stop().await;
        let server = ChatServer::builder(format!("tls://{address}"))
            .tls(tls)
            .start(move |_| reporter.clone())
            .await
            .unwrap();
        within("the client", client.connected()).await.unwrap();
        client.stop().await;
        server.stop().await;
    });
}

#[test]
fn clients_connect_to_the_uri_that_a_server_returns() {
    let authority = Authority::new();
    run(async {
        let (server_reporter, mut server_events) = reporter();
        let server = ChatServer::builder(format!("tls://{HOST}:0"))
            .tls(ServerTls::new(authority.identity(HOST)))
            .start(move |_| server_reporter.clone())
            .await
            .unwrap();
        let port = server.local_addr().port().unwrap();
        assert_eq!(server.uri().to_string(), format!("tls://{HOST}:{port}"));
        let (reporter, mut events) = reporter();
        let client = ChatClient::builder(server.uri()).tls(trusting(&authority));
        let client = client.start(reporter).unwrap();
        assert_served(&client, &mut events, &mut server_events).await;
        client.stop().await;
        server.stop().await;
    });
}

#[test]
fn messages_are_received_with_busy_polling() {
    let authority = Authority::new();
    let long = Duration::from_secs(3_600);
    run(async {
        let (server_reporter, mut server_events) = reporter();
        let server = ChatServer::builder("tls://127.0.0.1:0")
            .tls(ServerTls::new(authority.identity(HOST)))
            .busy_poll(long)
            .start(move |_| server_reporter.clone())
            .await
            .unwrap();
        let (reporter, mut events) = reporter();
        let client = ChatClient::builder(uri(&server))
            .tls(trusting(&authority))
            .busy_poll(long)
            .start(reporter)
            .unwrap();
        assert_served(&client, &mut events, &mut server_events).await;
        let text = "x".repeat(900_000);
        client.send(message(&text));
        assert_eq!(server_events.next().await, Event::Message(text));
        client.stop().await;
        let closed = Event::Disconnected(DisconnectReason::ConnectionClosed);
        assert_eq!(server_events.next().await, closed);
        server.stop().await;
    });
}

#[test]
fn encrypted_frames_are_those_of_plain_connections() {
    let authority = Authority::new();
    run(async {
        let (server, mut server_events) = start_of(&authority).await;
        let mut store = RootCertStore::empty();
        let root = CertificateDer::from_pem_slice(authority.pem().as_bytes()).unwrap();
        store.add(root).unwrap();
        let config = ClientConfig::builder_with_provider(Arc::new(ring::default_provider()))
            .with_safe_default_protocol_versions()
            .unwrap()
            .with_root_certificates(store)
            .with_no_client_auth();
        let plain = RawPeer::connect(server.local_addr()).await.0;
        let name = ServerName::try_from(HOST).unwrap();
        let handshake = TlsConnector::from(Arc::new(config)).connect(name, plain);
        let mut peer = within("the handshake", handshake).await.unwrap();
        assert_eq!(server_events.next().await, Event::Connected);
        // A connect_req with the user "Erik", and a ping.
        peer.write_all(b"\x01\0\0\x08\x0a\x06\x0a\x04Erik\x03\0\0\0")
            .await
            .unwrap();
        peer.flush().await.unwrap();
        let mut received = [0; 10];
        within("the response", peer.read_exact(&mut received))
            .await
            .unwrap();
        assert_eq!(&received, b"\x04\0\0\0\x02\0\0\x02\x0a\0");
        peer.close().await.unwrap();
        let _ = server_events
            .find(|event| matches!(event, Event::Disconnected(_)))
            .await;
        server.stop().await;
    });
}
