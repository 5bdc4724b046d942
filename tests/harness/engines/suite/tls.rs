//! Connections with TLS.

use futures::FutureExt;
use rcgen::CertifiedKey;

use super::parties::{connect, publish, receive, refusal, send, subscribe};
use super::{Scenario, scenarios};
use crate::engines::{Program, Server};
use crate::tested;

pub(crate) const ALL: &[Scenario] = scenarios![
    tls_is_spoken_with_a_trusted_server,
    a_server_that_is_not_trusted_is_an_error,
];

/// Starts a server for `localhost`. Returns its certificate, which it has signed itself.
fn start(program: &Program) -> (Server, String) {
    let names = ["localhost".to_owned()];
    let CertifiedKey { cert, signing_key } =
        rcgen::generate_simple_self_signed(names).expect("a certificate");
    let directory = std::env::temp_dir();
    let write = |name: &str, text: String| {
        let name = format!(
            "messi-engine-{}-{:x}.{name}",
            std::process::id(),
            fastrand::u64(..)
        );
        let path = directory.join(name);
        std::fs::write(&path, text).expect("a file");
        path.to_str().expect("UTF-8").to_owned()
    };
    let (certificate, key) = (
        write("pem", cert.pem()),
        write("key", signing_key.serialize_pem()),
    );
    let server = Server::configured(program, |command, port| {
        tested::set_tls(command, port, &certificate, &key);
    });
    // It has read them.
    for path in [certificate, key] {
        let _ = std::fs::remove_file(path);
    }
    (server, cert.pem())
}

async fn tls_is_spoken_with_a_trusted_server(program: Program) {
    let (server, certificate) = start(&program);
    let engine = server.tls_engine("localhost").tls_authorities(certificate);
    let mut link = connect(&engine).await;
    send(&mut link, [subscribe("a")]).await;
    let large = vec![7; 1 << 20];
    let orders: Vec<_> = (0..4).map(|_| publish("a", &*large)).collect();
    send(&mut link, orders).await;
    let received = receive(&mut link.receiver, 4).await;
    assert!(received.iter().all(|(_, payload)| *payload == large));
}

async fn a_server_that_is_not_trusted_is_an_error(program: Program) {
    let (server, certificate) = start(&program);
    let (_, other) = start(&program);
    for (engine, reason) in [
        (server.tls_engine("localhost").tls_authorities(other), ""),
        // By the authorities of the operating system.
        (server.tls_engine("localhost"), ""),
        // It has no certificate for this name.
        (
            server.tls_engine("127.0.0.1").tls_authorities(certificate),
            "not valid for",
        ),
    ] {
        let error = refusal(&engine).await;
        let handshake = format!("TLS handshake with the {} server", tested::NAME);
        assert!(error.contains(&handshake), "{error}");
        assert!(error.contains(reason), "{error}");
    }
    let error = refusal(
        &server
            .tls_engine("localhost")
            .tls_authorities("no certificate"),
    )
    .await;
    assert!(error.contains("certificates of authorities"), "{error}");
    // Without TLS.
    let error = refusal(&server.engine()).await;
    assert!(error.contains(tested::WITHOUT_TLS), "{error}");
}
