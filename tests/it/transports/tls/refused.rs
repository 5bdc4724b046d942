//! Handshakes that fail, each with its reason, while other clients are served.

use std::io;

use super::*;
use log::LevelFilter;

/// Connects a client and returns the failure of its handshake. Then checks that the server serves an
/// honest client.
async fn refused(
    uri: String,
    server: &ServerTls,
    refused: &ClientTls,
    honest: &ClientTls,
) -> Event {
    let (server, mut server_events) = start(server).await;
    let port = server.local_addr().port().unwrap();
    let (reporter, mut events) = reporter();
    let client = ChatClient::builder(uri.replace("PORT", &port.to_string())).tls(refused.clone());
    let client = client.start(reporter).unwrap();
    let mut event = events.next().await;
    if event == Event::Connected {
        event = events.next().await;
    }
    failed_handshake(&server).await;
    client.stop().await;
    let (client, mut events) = connect(&server, honest);
    assert_served(&client, &mut events, &mut server_events).await;
    client.stop().await;
    server.stop().await;
    event
}

/// Returns the event of a connection that has ended for this reason.
fn tls_failed(explanation: String) -> Event {
    Event::Disconnected(DisconnectReason::Tls(io::Error::other(explanation).into()))
}

fn assert_failure(event: Event, expected: &str) {
    match event {
        Event::ConnectFailure(error) => assert_eq!(explanation(&error), expected),
        other => panic!("{other:?}"),
    }
}

#[test]
fn a_client_refuses_a_server_of_an_untrusted_authority() {
    let (authority, other) = (Authority::new(), Authority::new());
    let tls = ServerTls::new(authority.identity(HOST));
    let event = run(refused(
        format!("tls://{HOST}:PORT"),
        &tls,
        &trusting(&other),
        &trusting(&authority),
    ));
    assert_failure(
        event,
        "TLS handshake with localhost failed: the certificate of the peer is of no authority that is trusted here",
    );
}

#[test]
fn a_client_refuses_a_server_with_a_certificate_for_another_host() {
    let authority = Authority::new();
    let tls = ServerTls::new(authority.identity(HOST));
    let event = run(refused(
        "tls://127.0.0.1:PORT".into(),
        &tls,
        &trusting(&authority),
        &trusting(&authority),
    ));
    assert_failure(
        event,
        "TLS handshake with 127.0.0.1 failed: the certificate of the peer is not for 127.0.0.1, but for: DnsName(\"localhost\")",
    );
}

#[test]
fn a_client_refuses_a_server_with_an_expired_certificate() {
    let authority = Authority::new();
    run(async {
        let tls = ServerTls::new(authority.expired(HOST));
        let (server, mut server_events) = start(&tls).await;
        let (client, mut events) = connect(&server, &trusting(&authority));
        let text = failure(&mut events).await;
        let expected =
            "TLS handshake with localhost failed: the certificate of the peer has expired ";
        assert!(text.starts_with(expected), "{text}");
        // The client connects by itself once the certificate is renewed.
        tls.set_identity(authority.identity(HOST));
        let connected = |event: &Event| *event == Event::Connected;
        events.find(connected).await;
        server_events.find(connected).await;
        client.stop().await;
        server.stop().await;
    });
}

#[test]
fn a_server_refuses_clients_without_a_trusted_certificate() {
    let (authority, other) = (Authority::new(), Authority::new());
    let roots = Roots::from_pem(authority.pem()).unwrap();
    let tls = ServerTls::new(authority.identity(HOST));
    let tls = tls.require_client_certificates(roots).unwrap();
    let honest = trusting(&authority);
    honest.set_identity(authority.identity("device-7"));
    let expired = trusting(&authority);
    expired.set_identity(authority.expired("device-7"));
    let untrusted = trusting(&authority);
    untrusted.set_identity(other.identity("device-7"));
    for (client, expected) in [
        (
            trusting(&authority),
            "it requires a certificate of this side",
        ),
        (
            untrusted,
            "the certificate of this side is of no authority it trusts",
        ),
        (expired, "the certificate of this side has expired"),
    ] {
        let event = run(refused(
            format!("tls://{HOST}:PORT"),
            &tls,
            &client,
            &honest,
        ));
        assert_eq!(
            event,
            tls_failed(format!("the peer has refused: {expected}"))
        );
    }
}

#[test]
fn a_server_logs_the_reason_of_each_refusal() {
    const ATTEMPTS: u64 = 20;
    recorder::record(LevelFilter::Debug);
    let authority = Authority::new();
    // Other tests of this program log other reasons.
    let tls = ServerTls::new(authority.for_clients_only(HOST));
    run(async {
        let (server, _server_events) = start(&tls).await;
        for attempt in 1..=ATTEMPTS {
            let (client, mut events) = connect(&server, &trusting(&authority));
            failure(&mut events).await;
            // The client is stopped before its second attempt.
            client.stop().await;
            failed_handshakes(&server, attempt).await;
        }
        server.stop().await;
    });
    let reason = "the peer has refused: received fatal alert: UnsupportedCertificate";
    assert_eq!(recorder::lines_ending_with(reason), ATTEMPTS as usize);
}

#[test]
fn a_server_refuses_a_client_that_does_not_speak_tls() {
    let authority = Authority::new();
    run(async {
        let (server, mut server_events) = start_of(&authority).await;
        let (reporter, mut events) = reporter();
        let plain = format!("tcp://{}", server.local_addr());
        let client = ChatClient::builder(plain).start(reporter).unwrap();
        assert_eq!(events.next().await, Event::Connected);
        client.send(message("in the clear"));
        let disconnected = |event: &Event| matches!(event, Event::Disconnected(_));
        let event = events.find(disconnected).await;
        let reason = "the peer speaks TLS, and this side does not: see tls:// in URIs";
        assert_eq!(event, tls_failed(reason.into()));
        failed_handshake(&server).await;
        client.stop().await;
        let (client, mut events) = connect(&server, &trusting(&authority));
        // No event of the refused client has reached a handler.
        assert_served(&client, &mut events, &mut server_events).await;
        client.stop().await;
        server.stop().await;
    });
}

#[test]
fn a_client_refuses_a_server_that_does_not_speak_tls() {
    let authority = Authority::new();
    run(async {
        let (server, mut server_events) = start_server().await;
        let (client, mut events) = connect(&server, &trusting(&authority));
        assert_eq!(
            failure(&mut events).await,
            "TLS handshake with localhost failed: the peer has closed the connection: it may not speak TLS"
        );
        client.stop().await;
        let disconnected = |event: &Event| matches!(event, Event::Disconnected(_));
        // The first byte of TLS is not a type of frame.
        let expected = Event::Disconnected(DisconnectReason::UnexpectedMessageType(22));
        assert_eq!(server_events.find(disconnected).await, expected);
        server.stop().await;
    });
}

#[test]
fn tls_settings_that_contradict_the_uri_are_errors() {
    let authority = Authority::new();
    let (reporter, _events) = reporter();
    let error = ChatClient::builder("tls://localhost:1")
        .start(reporter.clone())
        .unwrap_err();
    let expected = "TLS is not configured: see the method `tls` of the builder";
    assert!(error.to_string().ends_with(expected), "{error}");
    let client = ChatClient::builder("tls://localhost:1")
        .alternative_uri("tcp://localhost:2")
        .tls(trusting(&authority));
    let error = client.start(reporter.clone()).unwrap_err();
    let expected = "'tcp://localhost:2': TLS is configured, but the URI is not `tls://`";
    assert!(error.to_string().ends_with(expected), "{error}");
    let server =
        ChatServer::builder("tcp://127.0.0.1:0").tls(ServerTls::new(authority.identity(HOST)));
    let error = run(server.start(move |_| reporter.clone())).unwrap_err();
    assert!(
        error.to_string().ends_with("the URI is not `tls://`"),
        "{error}"
    );
}
