//! What a TLS server serves with.

use std::path::Path;

use rustls::pki_types::{CertificateDer, CertificateRevocationListDer, PrivateKeyDer};
use rustls::sign::CertifiedKey;
use rustls::{Error, InconsistentKeys, RootCertStore};
use time::OffsetDateTime;
use time::format_description::well_known::Rfc3339;

use super::authority::ODD_KEY;
use super::leaf::Leaf;
use super::names::Name;
use super::{AuthorityId, PkiError, Record, pem};
use crate::transport::tls::provider;

/// What a TLS server serves with, whole and checked: one of these becomes one `ServerConfig`.
#[derive(Debug)]
pub struct Material {
    /// The server's certificates, its own first.
    pub chain: Vec<CertificateDer<'static>>,
    /// The key of the first of the `chain`.
    pub key: PrivateKeyDer<'static>,
    /// Who signs clients; never empty.
    pub authorities: Vec<CertificateDer<'static>>,
    /// The lists of `--tlscrl`, each signed by one of the `authorities`.
    pub crls: Vec<CertificateRevocationListDer<'static>>,
    /// Who is revoked by `client revoke`; empty for certificates that the user manages.
    pub record: Record,
    /// Whether `authorities[0]` is the directory's own, in whose certificates a unit `role:NAME`
    /// means something.
    pub own_authority: bool,
    /// Whether the server's certificate is made anew before its end.
    pub renewed: bool,
    /// Which authority `authorities[0]` is.
    pub authority: AuthorityId,
    /// The names of the server's certificate.
    pub names: Vec<Name>,
    /// The first second in which the server's certificate and `authorities[0]` are valid both.
    pub not_before: OffsetDateTime,
    /// The last second of the server's certificate.
    pub not_after: OffsetDateTime,
    /// The last second of `authorities[0]`.
    pub authority_not_after: OffsetDateTime,
    /// What people should know, a line each. A keeper gives each line once.
    pub warnings: Vec<String>,
}

impl Material {
    /// Reads and checks the content of three files.
    pub(super) fn read(
        certificate: (&Path, &[u8]),
        key: (&Path, &[u8]),
        authority: (&Path, &[u8]),
    ) -> Result<Self, PkiError> {
        let chain = pem::certificates(certificate.0, certificate.1)?;
        let server = leaf(certificate.0, &chain)?;
        let private = pem::key(key.0, key.1)?;
        check_pair(certificate.0, &chain, key.0, &private)?;
        let authorities = pem::certificates(authority.0, authority.1)?;
        let own = leaf(authority.0, &authorities)?;
        let unusable = |why: String| PkiError::Unusable(authority.0.into(), why);
        let mut roots = RootCertStore::empty();
        for certificate in &authorities {
            roots
                .add(certificate.clone())
                .map_err(|error| unusable(format!("can't be an authority: {error}")))?;
        }
        let id = AuthorityId::of(&authorities[0]);
        Ok(Self {
            chain,
            key: private,
            authority: id.ok_or_else(|| unusable("is not a certificate".into()))?,
            authorities,
            crls: Vec::new(),
            record: Record::default(),
            own_authority: false,
            renewed: false,
            names: server.names,
            not_before: server.not_before.max(own.not_before),
            not_after: server.not_after,
            authority_not_after: own.not_after,
            warnings: Vec::new(),
        })
    }

    /// The certificates' beginnings and ends that people must know of.
    pub(super) fn warn_of_dates(&mut self, now: OffsetDateTime) {
        if self.not_after <= now && !self.renewed {
            self.warnings.push(format!(
                "the server's certificate has ended on {}: clients will refuse it",
                self.not_after.date()
            ));
        }
        if now < self.not_before {
            self.warnings.push(format!(
                "the certificates aren't valid before {}, and this machine's clock says {}: clients \
                 will refuse them (is the clock right?)",
                shown(self.not_before),
                shown(now)
            ));
        }
        let left = (self.authority_not_after - now).whole_days();
        if left < 365 {
            self.warnings.push(format!(
                "the authority ends on {}, in {left} days; everything that it signed ends with \
                 it: plan a new authority and new certificates for all clients",
                self.authority_not_after.date()
            ));
        }
    }
}

/// Whether a key belongs to the first certificate of a chain, and can be used at all.
pub(super) fn check_pair(
    certificate_path: &Path,
    chain: &[CertificateDer<'static>],
    key_path: &Path,
    key: &PrivateKeyDer<'static>,
) -> Result<(), PkiError> {
    match CertifiedKey::from_der(chain.to_vec(), key.clone_key(), &provider()) {
        Ok(_) => Ok(()),
        Err(Error::InconsistentKeys(InconsistentKeys::KeyMismatch)) => {
            Err(PkiError::Mismatch { certificate: certificate_path.into(), key: key_path.into() })
        }
        Err(Error::InvalidCertificate(error)) => Err(PkiError::Unusable(
            certificate_path.into(),
            format!("is not a certificate that can be used: {error:?}"),
        )),
        Err(_) => Err(PkiError::Unusable(key_path.into(), ODD_KEY.into())),
    }
}

fn shown(time: OffsetDateTime) -> String {
    let second = time.replace_nanosecond(0).unwrap_or(time);
    second.format(&Rfc3339).unwrap_or_else(|_| second.to_string())
}

fn leaf(path: &Path, chain: &[CertificateDer<'static>]) -> Result<Leaf, PkiError> {
    let leaf = chain.first().and_then(Leaf::parse);
    leaf.ok_or_else(|| PkiError::Unusable(path.into(), "is not a certificate".into()))
}
