//! Client certificates that are optional, the names in them, and authorities that are renewed.

use rcgen::{CertificateParams, DistinguishedName, DnType, SanType};

use super::*;

/// Returns the settings of a client with an identity.
fn identified(authority: &Authority, name: &str) -> ClientTls {
    let tls = trusting(authority);
    tls.set_identity(authority.identity(name));
    tls
}

/// Returns the settings of a client that trusts an authority, with an identity of another.
fn foreign(authority: &Authority) -> ClientTls {
    let tls = trusting(authority);
    tls.set_identity(Authority::new().identity("device-7"));
    tls
}

fn roots(authority: &Authority) -> Roots {
    Roots::from_pem(authority.pem()).unwrap()
}

/// Connects a client that the server refuses after the client's own handshake, as in TLS 1.3.
async fn assert_refused(server: &ChatServer, tls: &ClientTls) {
    let (client, mut events) = connect(server, tls);
    let refused = |event: &Event| matches!(event, Event::Disconnected(DisconnectReason::Tls(_)));
    events.find(refused).await;
    client.stop().await;
}

/// Connects a client, and returns the first DNS name that the server has seen in its certificate.
async fn seen_name(
    server: &ChatServer,
    server_events: &mut Events,
    tls: &ClientTls,
) -> Option<String> {
    let (client, mut events) = connect(server, tls);
    let connected = |event: &Event| *event == Event::Connected;
    events.find(connected).await;
    // Refused clients are not among them.
    server_events.find(connected).await;
    let at_server = server.clients().pop().unwrap();
    client.stop().await;
    let certificate = at_server.peer_certificate()?;
    Some(certificate.dns_names()[0].clone())
}

#[test]
fn a_server_that_accepts_certificates_serves_clients_without_one_too() {
    let authority = Authority::new();
    let tls = ServerTls::new(authority.identity(HOST));
    let tls = tls.accept_client_certificates(roots(&authority)).unwrap();
    run(async {
        let (server, mut events) = start(&tls).await;
        let device = identified(&authority, "device-7");
        let name = seen_name(&server, &mut events, &device).await;
        assert_eq!(name.as_deref(), Some("device-7"));
        let name = seen_name(&server, &mut events, &trusting(&authority)).await;
        assert_eq!(name, None);
        assert_refused(&server, &foreign(&authority)).await;
        server.stop().await;
    });
}

#[test]
fn renewed_authorities_of_clients_count_for_the_next_connections() {
    let (old, new) = (Authority::new(), Authority::new());
    let tls = ServerTls::new(old.identity(HOST));
    let tls = tls.require_client_certificates(roots(&old)).unwrap();
    run(async {
        let (server, mut server_events) = start(&tls).await;
        let (first, mut events) = connect(&server, &identified(&old, "old"));
        assert_served(&first, &mut events, &mut server_events).await;
        tls.set_client_authorities(roots(&new)).unwrap();
        let renewed = trusting(&old);
        renewed.set_identity(new.identity("new"));
        let name = seen_name(&server, &mut server_events, &renewed).await;
        assert_eq!(name.as_deref(), Some("new"));
        assert_refused(&server, &identified(&old, "old")).await;
        assert_refused(&server, &trusting(&old)).await;
        first.send(message("still here"));
        let still_here = Event::Message("still here".into());
        server_events.find(|event| *event == still_here).await;
        // The identity of the server is another setting.
        tls.set_identity(new.identity(HOST));
        let renewed = identified(&new, "newer");
        let name = seen_name(&server, &mut server_events, &renewed).await;
        assert_eq!(name.as_deref(), Some("newer"));
        first.stop().await;
        server.stop().await;
    });
}

#[test]
fn renewed_authorities_of_a_client_count_for_its_next_attempt() {
    let (old, new) = (Authority::new(), Authority::new());
    run(async {
        let (server, mut server_events) = start_of(&new).await;
        let tls = trusting(&old);
        tls.set_identity(old.identity("device-7"));
        let (client, mut events) = connect(&server, &tls);
        failure(&mut events).await;
        tls.set_authorities(roots(&new)).unwrap();
        let connected = |event: &Event| *event == Event::Connected;
        events.find(connected).await;
        server_events.find(connected).await;
        client.stop().await;
        server.stop().await;
    });
}

#[test]
fn authorities_are_refused_by_a_server_that_asks_for_no_certificates() {
    let authority = Authority::new();
    let tls = ServerTls::new(authority.identity(HOST));
    let error = tls.set_client_authorities(roots(&authority)).unwrap_err();
    assert_eq!(
        Report(&error).to_string(),
        "can't use the certificates of authorities: the server does not ask for certificates"
    );
}

#[test]
fn handlers_can_read_all_names_in_a_certificate() {
    let authority = Authority::new();
    let device = authority.issue_with("device-7", |params: &mut CertificateParams| {
        params.distinguished_name = DistinguishedName::new();
        let names = &mut params.distinguished_name;
        names.push(DnType::OrganizationName, "Example");
        names.push(DnType::CommonName, "Device 7 å");
        let names = &mut params.subject_alt_names;
        names.push(SanType::DnsName("*.example.com".try_into().unwrap()));
        names.push(SanType::IpAddress([127, 0, 0, 1].into()));
        names.push(SanType::URI("spiffe://example.com/7".try_into().unwrap()));
    });
    let tls = ServerTls::new(authority.identity(HOST));
    let tls = tls.require_client_certificates(roots(&authority)).unwrap();
    run(async {
        let (server, mut server_events) = start(&tls).await;
        let tls = trusting(&authority);
        tls.set_identity(device.identity());
        let (client, mut events) = connect(&server, &tls);
        assert_served(&client, &mut events, &mut server_events).await;
        let certificate = server.clients()[0].peer_certificate().unwrap();
        assert_eq!(certificate.common_name(), Some("Device 7 å"));
        assert_eq!(certificate.dns_names(), ["device-7", "*.example.com"]);
        assert_eq!(certificate.uri_names(), ["spiffe://example.com/7"]);
        client.stop().await;
        server.stop().await;
    });
}
