//! What a peer's certificate says of it.

use rustls::pki_types::CertificateDer;
use time::OffsetDateTime;
use x509_parser::prelude::{FromDer as _, X509Certificate};
use x509_parser::x509::AttributeTypeAndValue;

use super::record::Serial;

/// What a certificate that a peer showed says of it. Nothing here is verified.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct PeerCertificate {
    /// The first common name of its subject; text that isn't a string is left out.
    pub common_name: Option<String>,
    /// The organizational units of its subject, in its order.
    pub units: Vec<String>,
    /// Its serial number.
    pub serial: Serial,
    /// Its life ends after this second.
    pub not_after: OffsetDateTime,
    /// Its subject as text, for logs: `CN=laptop, OU=role:full`. It has no control characters.
    pub subject: String,
}

impl PeerCertificate {
    /// None: it isn't a certificate (RFC 5280).
    pub fn parse(certificate: &CertificateDer<'_>) -> Option<Self> {
        let (_, parsed) = X509Certificate::from_der(certificate).ok()?;
        let subject = parsed.subject();
        Some(Self {
            common_name: subject.iter_common_name().find_map(text),
            units: subject.iter_organizational_unit().filter_map(text).collect(),
            serial: Serial::from_bytes(parsed.raw_serial()),
            not_after: parsed.validity().not_after.to_datetime(),
            subject: printable(&subject.to_string()),
        })
    }

    /// The role of its unit `role:NAME`. It means something in a certificate of the directory's
    /// own authority alone.
    pub fn role(&self) -> Option<&str> {
        self.units.iter().find_map(|unit| unit.strip_prefix("role:"))
    }
}

fn text(attribute: &AttributeTypeAndValue<'_>) -> Option<String> {
    attribute.as_str().ok().map(str::to_owned)
}

/// Whoever makes a certificate chooses its subject, and must not write into a log what it likes.
pub(crate) fn printable(text: &str) -> String {
    text.chars().map(|c| if c.is_control() { char::REPLACEMENT_CHARACTER } else { c }).collect()
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;
    use rcgen::{CertificateParams, DnType, KeyPair};

    use super::*;

    fn named(name: &str) -> CertificateDer<'static> {
        let mut params = CertificateParams::default();
        params.distinguished_name.push(DnType::CommonName, name);
        let key = KeyPair::generate().unwrap();
        params.self_signed(&key).unwrap().der().clone()
    }

    #[test]
    fn a_subject_cannot_write_lines_into_a_log() {
        let peer = PeerCertificate::parse(&named("a\nb\u{1b}[31m")).unwrap();
        assert_eq!(peer.common_name.as_deref(), Some("a\nb\u{1b}[31m"));
        assert!(!peer.subject.contains(char::is_control), "{:?}", peer.subject);
    }

    #[test]
    fn a_certificate_without_units_names_no_role() {
        assert_eq!(PeerCertificate::parse(&named("a")).unwrap().role(), None);
    }

    #[test]
    fn a_damaged_certificate_is_read_or_refused() {
        let good = named("a");
        proptest!(|(at in 0..good.len(), byte: u8, end in 0..good.len())| {
            let mut bytes = good.to_vec();
            bytes[at] = byte;
            let _read_or_refused = PeerCertificate::parse(&CertificateDer::from(bytes.clone()));
            bytes.truncate(end);
            prop_assert!(PeerCertificate::parse(&CertificateDer::from(bytes)).is_none());
        });
    }
}
