//! A certificate of ours, as far as its keeper must know it.

use rustls::pki_types::CertificateDer;
use time::OffsetDateTime;
use x509_parser::extensions::GeneralName;
use x509_parser::prelude::{FromDer as _, X509Certificate};

use super::AuthorityId;
use super::names::Name;
use super::record::{Client, Serial};

/// What a certificate says of itself.
#[derive(Clone, Debug)]
pub(super) struct Leaf {
    pub(super) serial: Serial,
    pub(super) not_before: OffsetDateTime,
    pub(super) not_after: OffsetDateTime,
    /// Its DNS names and addresses, in its order.
    pub(super) names: Vec<Name>,
}

impl Leaf {
    /// None: it is no certificate.
    pub(super) fn parse(certificate: &CertificateDer<'_>) -> Option<Self> {
        let (_, parsed) = X509Certificate::from_der(certificate).ok()?;
        let validity = parsed.validity();
        let names = parsed.subject_alternative_name().ok().flatten();
        Some(Self {
            serial: Serial::from_bytes(parsed.raw_serial()),
            not_before: validity.not_before.to_datetime(),
            not_after: validity.not_after.to_datetime(),
            names: names
                .map(|names| names.value.general_names.iter().filter_map(name).collect())
                .unwrap_or_default(),
        })
    }

    /// Its entry in the record of clients.
    pub(super) fn into_client(self, name: &str, authority: AuthorityId) -> Client {
        Client {
            name: name.into(),
            serial: self.serial,
            role: None,
            not_before: self.not_before,
            not_after: self.not_after,
            revoked: None,
            authority,
        }
    }

    /// Whether a third of its life or less is left.
    pub(super) fn is_due(&self, now: OffsetDateTime) -> bool {
        self.not_after - now <= (self.not_after - self.not_before) / 3
    }
}

fn name(name: &GeneralName<'_>) -> Option<Name> {
    match name {
        GeneralName::DNSName(name) => Some(Name::Dns(name.to_ascii_lowercase())),
        GeneralName::IPAddress(bytes) => Name::from_octets(bytes),
        _ => None,
    }
}
