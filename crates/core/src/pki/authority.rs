//! The authority of a directory: what it is, and what it signs.

use std::fmt;
use std::path::Path;

use rcgen::{
    BasicConstraints, CertificateParams, CertificateRevocationListParams, DistinguishedName,
    DnType, ExtendedKeyUsagePurpose, IsCa, Issuer, KeyIdMethod, KeyPair, KeyUsagePurpose,
    PublicKeyData as _, RevokedCertParams, SanType, SerialNumber,
};
use rustls::pki_types::CertificateDer;
use serde::{Deserialize, Serialize};
use sha2::{Digest as _, Sha256};
use time::{Duration, OffsetDateTime};
use x509_parser::extensions::ParsedExtension;
use x509_parser::prelude::{FromDer as _, X509Certificate};

use super::names::Name;
use super::record::{Client, Record, Serial, from_hex, hex};
use super::{PkiError, Random, pem};

/// Which authority: the SHA-256 of its public key (`SubjectPublicKeyInfo`), so that it stays the
/// same when its certificate is renewed.
#[derive(Clone, Copy, Debug, Eq, Hash, PartialEq, Serialize, Deserialize)]
#[serde(into = "String", try_from = "String")]
pub struct AuthorityId([u8; 32]);

/// An authority and its key, at hand to sign.
#[derive(Debug)]
pub(super) struct Authority {
    pub(super) certificate: CertificateDer<'static>,
    pub(super) id: AuthorityId,
    pub(super) not_after: OffsetDateTime,
    key_id: Option<Vec<u8>>,
    issuer: Issuer<'static, KeyPair>,
}

/// A certificate that was just made, and its key.
pub(super) struct Issued {
    pub(super) certificate: String,
    pub(super) key: String,
    pub(super) serial: Serial,
    pub(super) not_before: OffsetDateTime,
    pub(super) not_after: OffsetDateTime,
}

impl AuthorityId {
    /// Of an authority's certificate. None: it isn't a certificate.
    pub fn of(authority: &CertificateDer<'_>) -> Option<Self> {
        let (_, parsed) = X509Certificate::from_der(authority).ok()?;
        Some(Self::of_key(parsed.public_key().raw))
    }

    pub(super) fn of_key(key: &[u8]) -> Self {
        Self(Sha256::digest(key).into())
    }
}

impl fmt::Display for AuthorityId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&hex(&self.0))
    }
}

impl TryFrom<String> for AuthorityId {
    type Error = &'static str;

    fn try_from(text: String) -> Result<Self, Self::Error> {
        let bytes = from_hex(&text).and_then(|bytes| bytes.try_into().ok());
        bytes.map(Self).ok_or("an authority is 64 hexadecimal digits")
    }
}

impl From<AuthorityId> for String {
    fn from(id: AuthorityId) -> Self {
        id.to_string()
    }
}

impl Authority {
    /// A self-signed certificate for `key`, in PEM.
    pub(super) fn make(
        key: &KeyPair,
        days: u32,
        now: OffsetDateTime,
        random: &dyn Random,
    ) -> Result<String, PkiError> {
        let id = Sha256::digest(spki(key));
        let name = format!("docker-api authority {}", hex(&id[..4]));
        let end = later(now.max(EARLIEST), days);
        let mut params = params(&name, now, end, random)?;
        params.is_ca = IsCa::Ca(BasicConstraints::Constrained(0));
        params.key_usages = vec![KeyUsagePurpose::KeyCertSign, KeyUsagePurpose::CrlSign];
        let made = params.self_signed(key);
        Ok(made.map_err(|error| PkiError::Make("an authority", error.to_string()))?.pem())
    }

    /// The authority of these files.
    ///
    /// # Errors
    /// When they don't belong together, or can't sign.
    pub(super) fn load(
        certificate: (&Path, &[u8]),
        key: (&Path, &[u8]),
        now: OffsetDateTime,
    ) -> Result<Self, PkiError> {
        let path = certificate.0;
        let unusable = |why: &str| PkiError::Unusable(path.into(), why.into());
        let pair = load_key(key.0, key.1)?;
        let certificate = pem::certificates(path, certificate.1)?.swap_remove(0);
        let (_, parsed) = X509Certificate::from_der(&certificate)
            .map_err(|error| unusable(&format!("is not a certificate: {error}")))?;
        if parsed.public_key().raw != spki(&pair) {
            return Err(PkiError::Mismatch { certificate: path.into(), key: key.0.into() });
        }
        if !parsed.is_ca() {
            return Err(unusable("is not the certificate of an authority (CA:TRUE)"));
        }
        let not_after = parsed.validity().not_after.to_datetime();
        if not_after <= now {
            let ended = not_after.date().to_string();
            return Err(PkiError::AuthorityEnded { path: path.into(), ended });
        }
        let key_id =
            parsed.iter_extensions().find_map(|extension| match extension.parsed_extension() {
                ParsedExtension::SubjectKeyIdentifier(id) => Some(id.0.to_vec()),
                _ => None,
            });
        let id = AuthorityId::of_key(parsed.public_key().raw);
        let subject = parsed.subject().as_raw().to_vec();
        // rcgen would panic at an empty one.
        let is_plain = parsed.subject().iter().all(|part| part.iter().count() == 1);
        let issuer = is_plain.then(|| Issuer::from_ca_cert_der(&certificate, pair));
        let issuer = match issuer {
            Some(Ok(issuer)) => issuer,
            Some(Err(error)) => return Err(unusable(&format!("can't be used to sign: {error}"))),
            None => return Err(unusable(ODD_NAME)),
        };
        let authority = Self { certificate, id, not_after, key_id, issuer };
        // rcgen keeps one attribute of a kind: it would sign in somebody else's name.
        if authority.writes_issuer(now)? == subject {
            Ok(authority)
        } else {
            Err(unusable(ODD_NAME))
        }
    }

    /// A server certificate.
    pub(super) fn issue_server(
        &self,
        names: &[Name],
        days: u32,
        now: OffsetDateTime,
        random: &dyn Random,
    ) -> Result<Issued, PkiError> {
        let mut params = params("docker-api server", now, self.end(now, days), random)?;
        params.subject_alt_names = names.iter().map(san).collect::<Result<_, _>>()?;
        params.extended_key_usages = vec![ExtendedKeyUsagePurpose::ServerAuth];
        self.issue(params, "a server certificate")
    }

    /// A client certificate.
    pub(super) fn issue_client(
        &self,
        name: &str,
        role: Option<&str>,
        days: u32,
        now: OffsetDateTime,
        random: &dyn Random,
    ) -> Result<Issued, PkiError> {
        let mut params = params(name, now, self.end(now, days), random)?;
        if let Some(role) = role {
            let unit = format!("role:{role}");
            params.distinguished_name.push(DnType::OrganizationalUnitName, unit);
        }
        params.extended_key_usages = vec![ExtendedKeyUsagePurpose::ClientAuth];
        self.issue(params, "a client certificate")
    }

    /// The revocation list of the record, in PEM, which lasts as long as the authority. None: the
    /// authority may not sign one.
    pub(super) fn crl(
        &self,
        record: &Record,
        now: OffsetDateTime,
    ) -> Result<Option<String>, PkiError> {
        let usages = self.issuer.key_usages();
        if !usages.is_empty() && !usages.contains(&KeyUsagePurpose::CrlSign) {
            return Ok(None);
        }
        let number = u64::try_from(now.unix_timestamp()).unwrap_or_default();
        let params = CertificateRevocationListParams {
            this_update: begin(now),
            next_update: self.not_after,
            crl_number: SerialNumber::from(number),
            issuing_distribution_point: None,
            revoked_certs: record.of(&self.id).filter_map(revoked).collect(),
            key_identifier_method: self
                .key_id
                .clone()
                .map_or(KeyIdMethod::Sha256, KeyIdMethod::PreSpecified),
        };
        let signed = params.signed_by(&self.issuer).and_then(|crl| crl.pem());
        signed.map(Some).map_err(|error| PkiError::Make("a revocation list", error.to_string()))
    }

    /// When a certificate of so many days ends: not after its authority.
    fn end(&self, now: OffsetDateTime, days: u32) -> OffsetDateTime {
        later(now, days).min(self.not_after)
    }

    fn issue(&self, mut params: CertificateParams, what: &'static str) -> Result<Issued, PkiError> {
        let fail = |error: rcgen::Error| PkiError::Make(what, error.to_string());
        params.is_ca = IsCa::ExplicitNoCa;
        params.key_usages = vec![KeyUsagePurpose::DigitalSignature];
        // It would name a key that the authority's certificate doesn't.
        params.use_authority_key_identifier_extension = self.key_id.is_some();
        let key = KeyPair::generate().map_err(fail)?;
        let certificate = params.signed_by(&key, &self.issuer).map_err(fail)?;
        Ok(Issued {
            certificate: certificate.pem(),
            key: key.serialize_pem(),
            serial: Serial::from_bytes(
                params.serial_number.as_ref().map(AsRef::as_ref).unwrap_or_default(),
            ),
            not_before: params.not_before,
            not_after: params.not_after,
        })
    }

    /// The name that stands in what it signs, found by signing something.
    fn writes_issuer(&self, now: OffsetDateTime) -> Result<Vec<u8>, PkiError> {
        let fail = |error: rcgen::Error| PkiError::Make("a test certificate", error.to_string());
        let mut params = CertificateParams::default();
        params.serial_number = Some(SerialNumber::from(1));
        params.not_before = now;
        params.not_after = now;
        let made = params.signed_by(self.issuer.key(), &self.issuer).map_err(fail)?;
        let (_, parsed) = X509Certificate::from_der(made.der())
            .map_err(|error| PkiError::Make("a test certificate", error.to_string()))?;
        Ok(parsed.issuer().as_raw().to_vec())
    }
}

impl Issued {
    pub(super) fn client(&self, name: &str, role: Option<&str>, authority: AuthorityId) -> Client {
        Client {
            name: name.into(),
            serial: self.serial.clone(),
            role: role.map(str::to_owned),
            not_before: self.not_before,
            not_after: self.not_after,
            revoked: None,
            authority,
        }
    }
}

/// The key of a file, of any kind that this program can sign with.
///
/// Parsed by rustls first: rcgen fails on `EC PARAMETERS` in front of a key.
pub(super) fn load_key(path: &Path, content: &[u8]) -> Result<KeyPair, PkiError> {
    let key = pem::key(path, content)?;
    KeyPair::try_from(&key).map_err(|_| PkiError::Unusable(path.into(), ODD_KEY.into()))
}

pub(super) const ODD_KEY: &str = "this kind of key can't be used; make one of RSA (2048 bits or more), P-256, P-384, P-521 or \
     Ed25519";

const ODD_NAME: &str = "its subject has an attribute twice, which can't be signed for here; sign \
                        with your own tools and give --tlscacert, --tlscert and --tlskey";

/// Clients whose clock is a little behind must not see a certificate from the future.
pub(super) const SKEW: Duration = Duration::minutes(5);

/// A machine whose clock stands still without power begins in 1970, until it has asked the network.
/// What an authority signs till then is made anew, but the authority itself never is.
const EARLIEST: OffsetDateTime = time::macros::datetime!(2026-01-01 00:00 UTC);

fn begin(now: OffsetDateTime) -> OffsetDateTime {
    (now - SKEW).replace_nanosecond(0).unwrap_or(now)
}

/// At least a day: what has ended already would be made anew again and again. X.509 ends with the year 9999 (RFC 5280 section 4.1.2.5).
fn later(now: OffsetDateTime, days: u32) -> OffsetDateTime {
    let end = time::macros::datetime!(9999-12-31 23:59:59 UTC);
    let now = now.replace_nanosecond(0).unwrap_or(now);
    now.checked_add(Duration::days(days.max(1).into())).map_or(end, |later| later.min(end))
}

/// Every field that rcgen would otherwise choose: its own dates run from 1975 to 4096, and its
/// serial is the key's hash, so that a renewal with the same key repeats it.
fn params(
    name: &str,
    now: OffsetDateTime,
    not_after: OffsetDateTime,
    random: &dyn Random,
) -> Result<CertificateParams, PkiError> {
    let mut params = CertificateParams::default();
    params.distinguished_name = DistinguishedName::new();
    params.distinguished_name.push(DnType::CommonName, name);
    params.not_before = begin(now);
    params.not_after = not_after;
    params.serial_number = Some(serial(random)?);
    params.use_authority_key_identifier_extension = true;
    Ok(params)
}

/// Sixteen bytes, always positive (RFC 5280 section 4.1.2.2).
fn serial(random: &dyn Random) -> Result<SerialNumber, PkiError> {
    let mut bytes = [0; 16];
    random.fill(&mut bytes)?;
    bytes[0] = bytes[0] & 0x3f | 0x40;
    Ok(SerialNumber::from(bytes.to_vec()))
}

fn san(name: &Name) -> Result<SanType, PkiError> {
    match name {
        Name::Ip(address) => Ok(SanType::IpAddress(*address)),
        Name::Dns(name) => {
            let name = name.as_str().try_into();
            name.map(SanType::DnsName)
                .map_err(|error: rcgen::Error| PkiError::Make("a name", error.to_string()))
        }
    }
}

fn revoked(client: &Client) -> Option<RevokedCertParams> {
    Some(RevokedCertParams {
        serial_number: SerialNumber::from(client.serial.as_bytes().to_vec()),
        revocation_time: client.revoked?,
        reason_code: None,
        invalidity_date: None,
    })
}

fn spki(key: &KeyPair) -> Vec<u8> {
    key.subject_public_key_info()
}
