//! Peers that flood with TLS records without data.
//!
//! rustls closes a connection after 32 empty records in a row, and after 32 key updates without data in
//! between. But each kind resets the count of the other, so that both together can go on for ever.

use std::io::{Read, Write};
use std::net::{SocketAddr, TcpStream};
use std::sync::{Arc, Mutex};
use std::time::{Duration, Instant};
use std::{iter, thread};

use super::*;
use futures_rustls::pki_types::pem::PemObject;
use futures_rustls::pki_types::{CertificateDer, ServerName};
use futures_rustls::rustls::crypto::CryptoProvider;
use futures_rustls::rustls::crypto::cipher::{AeadKey, Iv, OutboundChunks, OutboundPlainMessage};
use futures_rustls::rustls::crypto::ring::{self, cipher_suite};
use futures_rustls::rustls::crypto::tls13::OkmBlock;
use futures_rustls::rustls::{
    ClientConfig, ClientConnection, ContentType, KeyLog, ProtocolVersion, RootCertStore,
    Tls13CipherSuite,
};

/// The number of empty records before each key update.
const EMPTY_RECORDS: usize = 30;

/// The number of key updates. Reading all records takes seconds.
const KEY_UPDATES: usize = 10_000;

const LONG: Duration = Duration::from_secs(3_600);

/// A raw TLS connection after its handshake.
struct Peer {
    stream: TcpStream,
    /// The secret from which the next keys are derived.
    secret: [u8; 32],
}

impl Peer {
    fn connect(address: SocketAddr, authority: &Authority) -> Self {
        let mut stream = TcpStream::connect(address).unwrap();
        let secret = Arc::new(Secret::default());
        let name = ServerName::try_from(HOST).unwrap();
        let config = config(authority, secret.clone());
        let mut connection = ClientConnection::new(Arc::new(config), name).unwrap();
        connection.complete_io(&mut stream).unwrap();
        let secret = *secret.0.lock().unwrap();
        Self { stream, secret }
    }

    /// Encrypts [`EMPTY_RECORDS`] empty records and a key update, and switches to the next key.
    fn next_records(&mut self) -> Vec<u8> {
        let Self { secret, .. } = self;
        let iv = Iv::from(derive(secret, "iv"));
        let key = AeadKey::from(derive(secret, "key"));
        let mut encrypter = suite().aead_alg.encrypter(key, iv);
        *secret = derive(secret, "traffic upd");
        // The other side keeps its key.
        let update = (ContentType::Handshake, &[24, 0, 0, 1, 0][..]);
        let empty = (ContentType::ApplicationData, &[][..]);
        let records = iter::repeat_n(empty, EMPTY_RECORDS).chain([update]);
        let encrypt = |(sequence, (typ, payload)): (u64, (_, &[u8]))| {
            let message = OutboundPlainMessage {
                typ,
                version: ProtocolVersion::TLSv1_3,
                payload: OutboundChunks::Single(payload),
            };
            encrypter.encrypt(message, sequence).unwrap().encode()
        };
        (0..).zip(records).flat_map(encrypt).collect()
    }
}

/// Derives a key (HKDF-Expand-Label of RFC 8446, 7.1, without a context).
fn derive<const LENGTH: usize>(secret: &[u8], label: &str) -> [u8; LENGTH] {
    let label = format!("tls13 {label}");
    let length = |length: usize| u8::try_from(length).unwrap();
    let head = [0, length(LENGTH), length(label.len())];
    let mut output = [0; LENGTH];
    let hkdf = suite().hkdf_provider;
    hkdf.expander_for_okm(&OkmBlock::new(secret))
        .expand_slice(&[&head, label.as_bytes(), &[0]], &mut output)
        .unwrap();
    output
}

/// Returns the only cipher suite that the peer offers.
fn suite() -> &'static Tls13CipherSuite {
    let suite = cipher_suite::TLS13_CHACHA20_POLY1305_SHA256;
    suite.tls13().unwrap()
}

fn config(authority: &Authority, secret: Arc<Secret>) -> ClientConfig {
    let provider = CryptoProvider {
        cipher_suites: vec![cipher_suite::TLS13_CHACHA20_POLY1305_SHA256],
        ..ring::default_provider()
    };
    let mut store = RootCertStore::empty();
    let root = CertificateDer::from_pem_slice(authority.pem().as_bytes()).unwrap();
    store.add(root).unwrap();
    let mut config = ClientConfig::builder_with_provider(Arc::new(provider))
        .with_safe_default_protocol_versions()
        .unwrap()
        .with_root_certificates(store)
        .with_no_client_auth();
    config.key_log = secret;
    config
}

/// The traffic secret of the client's writing direction.
#[derive(Debug, Default)]
struct Secret(Mutex<[u8; 32]>);

impl KeyLog for Secret {
    fn log(&self, label: &str, _: &[u8], secret: &[u8]) {
        if label == "CLIENT_TRAFFIC_SECRET_0" {
            self.0.lock().unwrap().copy_from_slice(secret);
        }
    }
}

/// Reads until a connection is closed, and returns the longest time between two reads.
fn longest_silence(mut stream: TcpStream) -> Duration {
    let mut longest = Duration::ZERO;
    let mut last = Instant::now();
    while let Ok(1..) = stream.read(&mut [0; 4096]) {
        longest = longest.max(last.elapsed());
        last = Instant::now();
    }
    longest
}

/// The server polls busily, so that it never pauses to wait for the socket.
#[test]
fn a_server_keeps_sending_during_a_flood_of_empty_records() {
    let authority = Authority::new();
    run(async {
        let (reporter, mut events) = reporter();
        let server = ChatServer::builder("tls://127.0.0.1:0")
            .tls(ServerTls::new(authority.identity(HOST)))
            .busy_poll(LONG)
            .keep_alive_timeout(LONG)
            .start(move |_| reporter.clone())
            .await
            .unwrap();
        let address = server.local_addr().socket_addr().unwrap();
        let mut peer = Peer::connect(address, &authority);
        assert_eq!(events.next().await, Event::Connected);

        let start = Instant::now();
        let records: Vec<u8> = (0..KEY_UPDATES).flat_map(|_| peer.next_records()).collect();
        // Decrypting them takes about as long.
        let encryption = start.elapsed();

        let received = peer.stream.try_clone().unwrap();
        let reader = thread::spawn(|| longest_silence(received));
        let flood = thread::spawn(move || peer.stream.write_all(&records));
        let start = Instant::now();
        while start.elapsed() < encryption {
            server.broadcast(message("still here"));
            async_std::task::sleep(Duration::from_millis(5)).await;
        }
        server.stop().await;
        // Fails if the server has not read all records.
        let _ = flood.join().unwrap();
        let silence = reader.join().unwrap();
        assert!(silence < encryption / 4, "{silence:?} of {encryption:?}");
    });
}
