//! A certificate authority for one test.

use std::sync::atomic::{AtomicUsize, Ordering};

use messi::tls::Identity;
use rcgen::{
    BasicConstraints, CertificateParams, CertifiedIssuer, DnType, ExtendedKeyUsagePurpose, IsCa,
    KeyPair, date_time_ymd,
};

static AUTHORITIES: AtomicUsize = AtomicUsize::new(1);

pub(crate) struct Authority(CertifiedIssuer<'static, KeyPair>);

/// A certificate and its key, in PEM.
pub(crate) struct Pem {
    pub(crate) certificate: String,
    pub(crate) key: String,
    pub(crate) der: Vec<u8>,
}

impl Authority {
    pub(crate) fn new() -> Self {
        let mut params = CertificateParams::new([]).unwrap();
        // Authorities with the same name could be confused.
        let number = AUTHORITIES.fetch_add(1, Ordering::Relaxed);
        let name = format!("Authority {number}");
        params.distinguished_name.push(DnType::CommonName, name);
        params.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
        let key = KeyPair::generate().unwrap();
        Self(CertifiedIssuer::self_signed(params, key).unwrap())
    }

    pub(crate) fn pem(&self) -> String {
        self.0.pem()
    }

    /// Issues an identity for a host, or for a client with a name.
    pub(crate) fn identity(&self, name: &str) -> Identity {
        self.issue(name).identity()
    }

    pub(crate) fn issue(&self, name: &str) -> Pem {
        self.issue_with(name, |_| {})
    }

    /// Issues an identity that was valid in the year 2000 only.
    pub(crate) fn expired(&self, name: &str) -> Identity {
        let pem = self.issue_with(name, |params| {
            params.not_before = date_time_ymd(2000, 1, 1);
            params.not_after = date_time_ymd(2001, 1, 1);
        });
        pem.identity()
    }

    /// Issues an identity that only clients may use.
    pub(crate) fn for_clients_only(&self, name: &str) -> Identity {
        let pem = self.issue_with(name, |params| {
            params.extended_key_usages = vec![ExtendedKeyUsagePurpose::ClientAuth];
        });
        pem.identity()
    }

    pub(crate) fn issue_with(
        &self,
        name: &str,
        change: impl FnOnce(&mut CertificateParams),
    ) -> Pem {
        let mut params = CertificateParams::new([name.to_string()]).unwrap();
        change(&mut params);
        let key = KeyPair::generate().unwrap();
        let certificate = params.signed_by(&key, &self.0).unwrap();
        Pem {
            certificate: certificate.pem(),
            key: key.serialize_pem(),
            der: certificate.der().to_vec(),
        }
    }
}

impl Pem {
    pub(crate) fn identity(&self) -> Identity {
        Identity::from_pem(&self.certificate, &self.key).unwrap()
    }
}
