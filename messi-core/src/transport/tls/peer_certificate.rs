//! The names in a certificate that a peer has shown.

use futures_rustls::pki_types::CertificateDer;
use webpki::EndEntityCert;

/// The names in the certificate of a client: see
/// [`ServerClient::peer_certificate`](crate::ServerClient::peer_certificate).
///
/// # Examples
///
/// Devices that log in by their certificates:
///
/// ```no_run
/// # use chat::*;
/// struct Session {
///     device: Option<String>,
/// }
///
/// impl ChatServerHandler for Session {}
///
/// fn session(client: &ChatServerClient) -> Session {
///     let certificate = client.peer_certificate();
///     let device = certificate.and_then(|it| it.common_name().map(str::to_owned));
///     Session { device }
/// }
/// ```
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PeerCertificate {
    common_name: Option<String>,
    dns_names: Vec<String>,
    uri_names: Vec<String>,
}

impl PeerCertificate {
    /// Reads the names in a certificate; `None` if it is not a certificate of X.509 version 3.
    pub(crate) fn read(der: &[u8]) -> Option<Self> {
        let der = CertificateDer::from(der);
        let certificate = EndEntityCert::try_from(&der).ok()?;
        Some(Self {
            common_name: common_name(certificate.subject()).map(str::to_owned),
            dns_names: certificate.valid_dns_names().map(str::to_owned).collect(),
            uri_names: certificate.valid_uri_names().map(str::to_owned).collect(),
        })
    }

    /// Returns the common name of the subject, if there is one.
    ///
    /// If there are several, it is the last one, which is the most specific. A name that is not in ASCII or
    /// UTF-8 is ignored.
    ///
    /// See [`PeerCertificate`] for an example.
    pub fn common_name(&self) -> Option<&str> {
        self.common_name.as_deref()
    }

    /// Returns the DNS names among the alternative names of the subject, such as `device-7.example.com` or
    /// `*.example.com`.
    ///
    /// # Examples
    ///
    /// ```no_run
    /// # use chat::*;
    /// # fn example(client: &ChatServerClient) {
    /// let certificate = client.peer_certificate();
    /// let is_device_7 = certificate.is_some_and(|it| it.dns_names().contains(&"device-7".into()));
    /// # }
    /// ```
    pub fn dns_names(&self) -> &[String] {
        &self.dns_names
    }

    /// Returns the URIs among the alternative names of the subject, such as `spiffe://example.com/device/7`.
    ///
    /// # Examples
    ///
    /// ```no_run
    /// # use chat::*;
    /// # fn example(client: &ChatServerClient) {
    /// if let Some(certificate) = client.peer_certificate() {
    ///     println!("{:?}", certificate.uri_names());
    /// }
    /// # }
    /// ```
    pub fn uri_names(&self) -> &[String] {
        &self.uri_names
    }
}

/// The tags of DER that occur in a subject (RFC 5280, section 4.1.2.4).
const SEQUENCE: u8 = 0x30;
const SET: u8 = 0x31;
const OBJECT_IDENTIFIER: u8 = 0x06;
const UTF8_STRING: u8 = 0x0c;
const PRINTABLE_STRING: u8 = 0x13;
const IA5_STRING: u8 = 0x16;

/// The object identifier of a common name, 2.5.4.3.
const COMMON_NAME: &[u8] = &[0x55, 0x04, 0x03];

/// Returns the last common name of a subject, given without its outer header.
fn common_name(subject: &[u8]) -> Option<&str> {
    let names = Values(subject).filter(|(tag, _)| *tag == SET);
    let attributes = names.flat_map(|(_, name)| Values(name));
    attributes.filter_map(common_name_of).last()
}

/// Returns the text of an attribute, if it is a common name.
fn common_name_of((tag, attribute): (u8, &[u8])) -> Option<&str> {
    let mut values = Values(attribute);
    let is_common_name = tag == SEQUENCE && values.next()? == (OBJECT_IDENTIFIER, COMMON_NAME);
    match values.next()? {
        (UTF8_STRING | PRINTABLE_STRING | IA5_STRING, text) if is_common_name => {
            std::str::from_utf8(text).ok()
        }
        _ => None,
    }
}

/// The values of DER in some bytes, each with its tag and its content, until one is not complete.
struct Values<'a>(&'a [u8]);

impl<'a> Iterator for Values<'a> {
    type Item = (u8, &'a [u8]);

    fn next(&mut self) -> Option<Self::Item> {
        let (&tag, rest) = self.0.split_first()?;
        let (size, rest) = read_size(rest)?;
        let (content, rest) = rest.split_at_checked(size)?;
        self.0 = rest;
        Some((tag, content))
    }
}

/// Reads the size of a value: one byte below 128, or the number of the bytes that hold it.
fn read_size(bytes: &[u8]) -> Option<(usize, &[u8])> {
    let (&first, rest) = bytes.split_first()?;
    let Some(count) = first.checked_sub(0x80) else {
        return Some((first.into(), rest));
    };
    let (size, rest) = rest.split_at_checked(count.into())?;
    // More than four bytes are more than any certificate has.
    let size =
        (size.len() <= 4).then(|| size.iter().fold(0, |sum, &it| sum << 8 | usize::from(it)))?;
    Some((size, rest))
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Encodes a value of DER.
    fn value(tag: u8, content: &[u8]) -> Vec<u8> {
        let size = content.len();
        let mut bytes = vec![tag];
        match u8::try_from(size) {
            Ok(size @ 0..0x80) => bytes.push(size),
            _ => bytes.extend([&[0x82], &u16::try_from(size).unwrap().to_be_bytes()[..]].concat()),
        }
        bytes.extend(content);
        bytes
    }

    /// Encodes a name of a subject with one attribute.
    fn name(kind: &[u8], tag: u8, text: &[u8]) -> Vec<u8> {
        let attribute = [value(OBJECT_IDENTIFIER, kind), value(tag, text)].concat();
        value(SET, &value(SEQUENCE, &attribute))
    }

    const ORGANIZATION: &[u8] = &[0x55, 0x04, 0x0a];

    #[test]
    fn the_last_common_name_of_a_subject_counts() {
        let long = "x".repeat(300);
        let subject = [
            name(ORGANIZATION, UTF8_STRING, b"Example"),
            name(COMMON_NAME, UTF8_STRING, b"devices"),
            name(COMMON_NAME, PRINTABLE_STRING, long.as_bytes()),
            name(ORGANIZATION, UTF8_STRING, b"Example"),
        ]
        .concat();
        assert_eq!(common_name(&subject), Some(long.as_str()));
        assert_eq!(
            common_name(&name(ORGANIZATION, UTF8_STRING, b"Example")),
            None
        );
        assert_eq!(common_name(&[]), None);
    }

    #[test]
    fn a_common_name_in_another_encoding_is_ignored() {
        const BMP_STRING: u8 = 0x1e;
        assert_eq!(common_name(&name(COMMON_NAME, BMP_STRING, b"\0a")), None);
        assert_eq!(common_name(&name(COMMON_NAME, UTF8_STRING, b"\xff")), None);
    }

    #[test]
    fn no_part_and_no_mutation_of_a_subject_panics() {
        let subject = name(COMMON_NAME, UTF8_STRING, &[b'x'; 200]);
        for end in 0..subject.len() {
            assert_eq!(common_name(&subject[..end]), None);
        }
        for index in 0..subject.len() {
            for byte in 0..=u8::MAX {
                let mut subject = subject.clone();
                subject[index] = byte;
                common_name(&subject);
            }
        }
    }
}
