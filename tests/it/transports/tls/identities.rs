//! Certificates: their use by handlers, their renewal, and errors in them.

use std::sync::mpsc::channel;

use messi::tls::{Identity, TlsError};

use super::*;

#[test]
fn handlers_can_read_the_certificate_of_a_client() {
    let authority = Authority::new();
    let device = authority.issue("device-7");
    let roots = Roots::from_pem(authority.pem()).unwrap();
    let tls = ServerTls::new(authority.identity(HOST));
    let tls = tls.require_client_certificates(roots).unwrap();
    run(async {
        let (server_reporter, mut server_events) = reporter();
        let (seen_sender, seen) = channel();
        let server = ChatServer::builder("tls://127.0.0.1:0")
            .tls(tls)
            .start(move |client| {
                seen_sender
                    .send(client.peer_certificates().to_vec())
                    .unwrap();
                server_reporter.clone()
            })
            .await
            .unwrap();
        let tls = trusting(&authority);
        tls.set_identity(device.identity());
        let (client, mut events) = connect(&server, &tls);
        assert_served(&client, &mut events, &mut server_events).await;
        assert_eq!(seen.recv().unwrap(), [device.der]);
        client.stop().await;
        server.stop().await;
    });
}

#[test]
fn a_renewed_certificate_is_used_for_the_next_connection() {
    let (old, new) = (Authority::new(), Authority::new());
    let tls = ServerTls::new(old.identity(HOST));
    run(async {
        let (server, mut server_events) = start(&tls).await;
        let (first, mut first_events) = connect(&server, &trusting(&old));
        assert_served(&first, &mut first_events, &mut server_events).await;
        tls.set_identity(new.identity(HOST));
        let (second, mut second_events) = connect(&server, &trusting(&new));
        assert_served(&second, &mut second_events, &mut server_events).await;
        first.send(message("still here"));
        let still_here = Event::Message("still here".into());
        assert_eq!(server_events.next().await, still_here);
        first.stop().await;
        second.stop().await;
        server.stop().await;
    });
}

#[test]
fn an_unusable_certificate_or_key_is_an_error_with_the_reason() {
    let authority = Authority::new();
    let (one, other) = (authority.issue("one"), authority.issue("other"));
    let error = |certificate: &str, key: &str| {
        let result = Identity::from_pem(certificate, key);
        let error = result.expect_err("an invalid certificate or key");
        Report(&error).to_string()
    };
    assert_eq!(
        error(&one.certificate, &other.key),
        "can't use the certificate with its key: keys may not be consistent: KeyMismatch"
    );
    assert_eq!(
        error(&one.key, &one.key),
        "can't use the certificate with its key: there is no certificate"
    );
    assert_eq!(
        error(&one.certificate, &one.certificate),
        "can't read a private key in the given text: no items found"
    );
    let missing = Identity::from_pem_files("no/such.pem", "no/such.key").unwrap_err();
    let TlsError::Pem { what, origin, .. } = missing else {
        panic!("{missing}");
    };
    assert_eq!((what, origin.as_str()), ("certificates", "no/such.pem"));
    assert_eq!(
        Report(&Roots::from_pem("").unwrap_err()).to_string(),
        "can't use the certificates of authorities: there is none"
    );
}

#[test]
fn debug_output_contains_no_key() {
    let identity = Authority::new().identity("device-7");
    assert_eq!(format!("{identity:?}"), "Identity { .. }");
}
