//! Peers that flood.

use std::io::Write;
use std::net::{SocketAddr, TcpStream};
use std::thread::{self, JoinHandle};
use std::time::{Duration, Instant};

use super::*;

/// Bytes that are no TLS.
static GARBAGE: [u8; 64 * 1024] = [b'x'; 64 * 1024];

/// The time that a refused peer is given, with much to spare for a machine that is busy.
const LIMIT: Duration = Duration::from_secs(3);

/// Sends garbage as fast as it is taken, and returns how long it was.
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
fn a_server_leaves_clients_that_flood_after_a_second() {
    let authority = Authority::new();
    run(async {
        let (server, mut server_events) = start_of(&authority).await;
        let address = server.local_addr().socket_addr().unwrap();
        let floods: Vec<_> = (0..2).map(|_| start_flood(address)).collect();
        // Others are served meanwhile.
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
fn a_client_leaves_a_server_that_floods_after_a_second() {
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
