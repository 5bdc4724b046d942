//! Connections with TLS.

use futures::FutureExt;
use messi_redis::Redis;
use rcgen::CertifiedKey;

use crate::engines::{Program, Server};
use crate::parties::{connect, publish, receive, refusal, send, subscribe};
use crate::scenarios::Scenario;

pub(crate) const ALL: &[Scenario] = &[
    Scenario {
        name: "tls_is_spoken_with_a_trusted_server",
        run: |program| trusted(program).boxed(),
    },
    Scenario {
        name: "a_server_that_is_not_trusted_is_an_error",
        run: |program| not_trusted(program).boxed(),
    },
];

/// Starts a server for `localhost`. Returns its certificate, which it has signed itself.
fn start(program: &Program) -> (Server, String) {
    let names = ["localhost".to_owned()];
    let CertifiedKey { cert, signing_key } =
        rcgen::generate_simple_self_signed(names).expect("a certificate");
    let directory = std::env::temp_dir();
    let write = |name: &str, text: String| {
        let name = format!(
            "messi-redis-{}-{:x}.{name}",
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
    let options = [
        ["--tls-cert-file", &certificate],
        ["--tls-key-file", &key],
        ["--tls-ca-cert-file", &certificate],
        ["--tls-auth-clients", "no"],
    ];
    let server = Server::configured(program, |command, port| {
        command.args(["--port", "0", "--tls-port", &port.to_string()]);
        command.args(options.as_flattened());
    });
    // It has read them.
    for path in [certificate, key] {
        let _ = std::fs::remove_file(path);
    }
    (server, cert.pem())
}

fn engine(server: &Server, host: &str) -> Redis {
    Redis::connect(format!("rediss://{host}:{}", server.port()))
}

async fn trusted(program: Program) {
    let (server, certificate) = start(&program);
    let engine = engine(&server, "localhost").tls_authorities(certificate);
    let mut link = connect(&engine).await;
    send(&mut link, [subscribe("a")]).await;
    let large = vec![7; 1 << 20];
    let orders: Vec<_> = (0..4).map(|_| publish("a", &*large)).collect();
    send(&mut link, orders).await;
    let received = receive(&mut link.receiver, 4).await;
    assert!(received.iter().all(|(_, payload)| *payload == large));
}

async fn not_trusted(program: Program) {
    let (server, certificate) = start(&program);
    let (_, other) = start(&program);
    for (engine, reason) in [
        (engine(&server, "localhost").tls_authorities(other), ""),
        // By the authorities of the operating system.
        (engine(&server, "localhost"), ""),
        // It has no certificate for this name.
        (
            engine(&server, "127.0.0.1").tls_authorities(certificate),
            "not valid for",
        ),
    ] {
        let error = refusal(&engine).await;
        assert!(
            error.contains("TLS handshake with the Redis server"),
            "{error}"
        );
        assert!(error.contains(reason), "{error}");
    }
    let error = refusal(&engine(&server, "localhost").tls_authorities("no certificate")).await;
    assert!(error.contains("no certificate of an authority"), "{error}");
    // Without TLS.
    let error = refusal(&server.engine()).await;
    assert!(error.contains("refused the connection"), "{error}");
}
