//! Peers that flood with bytes that are not TLS.

use std::io::Write;
use std::net::{SocketAddr, TcpStream};
use std::thread::{self, JoinHandle};
use std::time::{Duration, Instant};

use super::*;

/// Bytes that are not TLS.
static GARBAGE: [u8; 64 * 1024] = [b'x'; 64 * 1024];

/// The time within which a refused peer must be disconnected, generous for a busy machine.
const LIMIT: Duration = Duration::from_secs(3);

/// Sends garbage until the connection is closed, and returns the time that took.
fn flood(mut stream: TcpStream) -> Duration {
    let start = Instant::now();
    while stream.write_all(&GARBAGE).is_ok() {}
    start.elapsed()
}

fn start_flood(address: SocketAddr) -> JoinHandle<Duration> {
    let stream = TcpStream::connect(address).unwrap();
    thread::spawn(move || flood(stream))
}

#[test]
fn a_server_disconnects_flooding_clients_without_tls_after_a_second() {
    let authority = Authority::new();
    run(async {
        let (server, mut server_events) = start_of(&authority).await;
        let address = server.local_addr().socket_addr().unwrap();
        let floods: Vec<_> = (0..2).map(|_| start_flood(address)).collect();
        // Another client is served meanwhile.
        let (client, mut events) = connect(&server, &trusting(&authority));
        assert_served(&client, &mut events, &mut server_events).await;
        for flood in floods {
            let taken = flood.join().unwrap();
            assert!(taken < LIMIT, "{taken:?}");
        }
        failed_handshakes(&server, 2).await;
        client.stop().await;
        server.stop().await;
    });
}

#[test]
fn a_client_disconnects_from_a_flooding_server_without_tls_after_a_second() {
    let authority = Authority::new();
    let listener = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
    let uri = format!("tls://{}", listener.local_addr().unwrap());
    let server = thread::spawn(move || flood(listener.accept().unwrap().0));
    run(async {
        let (reporter, mut events) = reporter();
        let client = ChatClient::builder(uri).tls(trusting(&authority));
        let client = client.start(reporter).unwrap();
        let text = failure(&mut events).await;
        assert_eq!(
            text,
            "TLS handshake with 127.0.0.1 failed: the peer does not speak TLS"
        );
        let taken = server.join().unwrap();
        assert!(taken < LIMIT, "{taken:?}");
        client.stop().await;
    });
}
