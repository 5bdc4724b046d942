//! Configurations of rustls that the program has made.

use std::sync::Arc;

use messi::tls::rustls::crypto::ring::default_provider;
use messi::tls::rustls::pki_types::pem::PemObject;
use messi::tls::rustls::pki_types::{CertificateDer, PrivateKeyDer};
use messi::tls::rustls::{ClientConfig, RootCertStore, ServerConfig};

use super::*;

fn server_config(authority: &Authority) -> Arc<ServerConfig> {
    let pem = authority.issue(HOST);
    let key = PrivateKeyDer::from_pem_slice(pem.key.as_bytes()).unwrap();
    let mut config = ServerConfig::builder_with_provider(Arc::new(default_provider()))
        .with_safe_default_protocol_versions()
        .unwrap()
        .with_no_client_auth()
        .with_single_cert(vec![pem.der.into()], key)
        .unwrap();
    // Clients with another protocol are refused: so the test sees that this configuration is used.
    config.alpn_protocols = vec![b"chat".to_vec()];
    Arc::new(config)
}

fn client_config(authority: &Authority, protocol: &str) -> Arc<ClientConfig> {
    let mut roots = RootCertStore::empty();
    let certificate = CertificateDer::from_pem_slice(authority.pem().as_bytes()).unwrap();
    roots.add(certificate).unwrap();
    let mut config = ClientConfig::builder_with_provider(Arc::new(default_provider()))
        .with_safe_default_protocol_versions()
        .unwrap()
        .with_root_certificates(roots)
        .with_no_client_auth();
    config.alpn_protocols = vec![protocol.into()];
    Arc::new(config)
}

#[test]
fn both_sides_can_have_a_configuration_of_their_own() {
    let authority = Authority::new();
    run(async {
        let tls = ServerTls::from_config(server_config(&authority));
        let (server, mut server_events) = start(&tls).await;
        let other = ClientTls::from_config(client_config(&authority, "other"));
        let (client, mut events) = connect(&server, &other);
        failure(&mut events).await;
        client.stop().await;
        let tls = ClientTls::from_config(client_config(&authority, "chat"));
        let (client, mut events) = connect(&server, &tls);
        assert_served(&client, &mut events, &mut server_events).await;
        client.stop().await;
        server.stop().await;
    });
}

#[test]
fn an_identity_replaces_that_of_a_configuration() {
    let (old, new) = (Authority::new(), Authority::new());
    run(async {
        let tls = ServerTls::from_config(server_config(&old));
        let (server, mut server_events) = start(&tls).await;
        tls.set_identity(new.identity(HOST));
        let (client, mut events) = connect(&server, &trusting(&new));
        assert_served(&client, &mut events, &mut server_events).await;
        client.stop().await;
        server.stop().await;
    });
}

#[test]
fn authorities_are_left_to_a_configuration_of_the_program() {
    const EXPECTED: &str = "can't use the certificates of authorities: \
        it is a part of the configuration given to `from_config`";
    let authority = Authority::new();
    let roots = || Roots::from_pem(authority.pem()).unwrap();
    let tls = ServerTls::from_config(server_config(&authority));
    let error = tls.set_client_authorities(roots()).unwrap_err();
    assert_eq!(Report(&error).to_string(), EXPECTED);
    let error = tls.clone().accept_client_certificates(roots()).unwrap_err();
    assert_eq!(Report(&error).to_string(), EXPECTED);
    let error = tls.require_client_certificates(roots()).unwrap_err();
    assert_eq!(Report(&error).to_string(), EXPECTED);
    let tls = ClientTls::from_config(client_config(&authority, "chat"));
    let error = tls.set_authorities(roots()).unwrap_err();
    assert_eq!(Report(&error).to_string(), EXPECTED);
}
