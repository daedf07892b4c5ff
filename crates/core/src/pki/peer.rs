//! What a peer's certificate says of it.

use rustls::pki_types::CertificateDer;
use time::OffsetDateTime;
use x509_parser::extensions::ParsedExtension;
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
    /// Its life begins with this second.
    pub not_before: OffsetDateTime,
    /// Its life ends after this second.
    pub not_after: OffsetDateTime,
    /// The key identifier of who signed it (RFC 5280 section 4.2.1.1).
    pub authority_key_id: Option<Vec<u8>>,
    /// Its subject as text, for logs: `CN=laptop, OU=role:full`.
    pub subject: String,
    /// Whether it may be a TLS client: no extended key usages, or one of them says so.
    pub for_clients: bool,
    /// Whether it may be a TLS server.
    pub for_servers: bool,
}

impl PeerCertificate {
    /// None: it isn't a certificate (RFC 5280).
    pub fn parse(certificate: &CertificateDer<'_>) -> Option<Self> {
        let (_, parsed) = X509Certificate::from_der(certificate).ok()?;
        let subject = parsed.subject();
        let usages = parsed.extended_key_usage().ok()?.map(|usages| usages.value);
        Some(Self {
            common_name: subject.iter_common_name().find_map(text),
            units: subject.iter_organizational_unit().filter_map(text).collect(),
            serial: Serial::from_bytes(parsed.raw_serial()),
            not_before: parsed.validity().not_before.to_datetime(),
            not_after: parsed.validity().not_after.to_datetime(),
            authority_key_id: parsed.iter_extensions().find_map(|extension| {
                match extension.parsed_extension() {
                    ParsedExtension::AuthorityKeyIdentifier(id) => {
                        Some(id.key_identifier.as_ref()?.0.to_vec())
                    }
                    _ => None,
                }
            }),
            subject: subject.to_string(),
            for_clients: usages.is_none_or(|usages| usages.any || usages.client_auth),
            for_servers: usages.is_none_or(|usages| usages.any || usages.server_auth),
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
