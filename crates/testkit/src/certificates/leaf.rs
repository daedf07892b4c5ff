//! What stands in a certificate of a client or server.

use rcgen::{
    CertificateParams, DistinguishedName, DnType, ExtendedKeyUsagePurpose, KeyUsagePurpose,
};
use time::{Duration, OffsetDateTime};

use super::Key;

/// A certificate to be signed: valid from yesterday on for a month, with a P-256 key.
#[derive(Clone, Debug)]
pub struct Leaf {
    pub(super) key: Key,
    name: String,
    unit: Option<String>,
    names: Vec<String>,
    usage: ExtendedKeyUsagePurpose,
    not_before: OffsetDateTime,
    not_after: OffsetDateTime,
}

impl Leaf {
    /// A client's, by its common name.
    pub fn client(name: &str) -> Self {
        let now = OffsetDateTime::now_utc();
        Self {
            key: Key::P256,
            name: name.to_owned(),
            unit: None,
            names: Vec::new(),
            usage: ExtendedKeyUsagePurpose::ClientAuth,
            not_before: now - Duration::days(1),
            not_after: now + Duration::days(30),
        }
    }

    /// A server's, for these names and addresses.
    pub fn server(names: &[&str]) -> Self {
        let leaf = Self::client("server");
        let names = names.iter().map(ToString::to_string).collect();
        Self { names, usage: ExtendedKeyUsagePurpose::ServerAuth, ..leaf }
    }

    /// The same with this organizational unit, such as `role:monitor`.
    pub fn unit(self, unit: &str) -> Self {
        Self { unit: Some(unit.to_owned()), ..self }
    }

    /// The same with another kind of key.
    pub fn key(self, key: Key) -> Self {
        Self { key, ..self }
    }

    /// The same, valid until a minute ago.
    pub fn expired(self) -> Self {
        let now = OffsetDateTime::now_utc();
        self.valid(now - Duration::days(30), now - Duration::minutes(1))
    }

    /// The same, valid from tomorrow on.
    pub fn not_yet_valid(self) -> Self {
        let now = OffsetDateTime::now_utc();
        self.valid(now + Duration::days(1), now + Duration::days(30))
    }

    /// The same with these dates.
    pub fn valid(self, not_before: OffsetDateTime, not_after: OffsetDateTime) -> Self {
        Self { not_before, not_after, ..self }
    }

    pub(super) fn params(&self) -> CertificateParams {
        let mut params = CertificateParams::new(self.names.clone()).expect("names of a server");
        params.distinguished_name = DistinguishedName::new();
        params.distinguished_name.push(DnType::CommonName, &self.name);
        if let Some(unit) = &self.unit {
            params.distinguished_name.push(DnType::OrganizationalUnitName, unit);
        }
        params.not_before = self.not_before;
        params.not_after = self.not_after;
        params.key_usages = vec![KeyUsagePurpose::DigitalSignature];
        params.extended_key_usages = vec![self.usage.clone()];
        params.use_authority_key_identifier_extension = true;
        params
    }
}
