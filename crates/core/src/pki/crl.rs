//! Revocation lists: the user's, and whether ours says what the record says.

use std::collections::HashSet;
use std::path::Path;
use std::sync::Arc;

use rustls::RootCertStore;
use rustls::pki_types::pem::PemObject as _;
use rustls::pki_types::{CertificateDer, CertificateRevocationListDer};
use rustls::server::{VerifierBuilderError, WebPkiClientVerifier};
use x509_parser::prelude::{CertificateRevocationList, FromDer as _};

use super::record::{Record, Serial};
use super::signature::signed_crl;
use super::{AuthorityId, PkiError};
use crate::transport::tls::provider;

/// The lists of a file, PEM or DER, each signed by one of `authorities`.
pub(super) fn read(
    path: &Path,
    content: &[u8],
    authorities: &[CertificateDer<'_>],
) -> Result<Vec<CertificateRevocationListDer<'static>>, PkiError> {
    let fail = |why: String| PkiError::Crl(path.into(), why);
    let lists = if content.windows(11).any(|bytes| bytes == b"-----BEGIN ") {
        CertificateRevocationListDer::pem_slice_iter(content)
            .collect::<Result<Vec<_>, _>>()
            .map_err(|error| fail(format!("it is not PEM: {error}")))?
    } else {
        vec![CertificateRevocationListDer::from(content.to_vec())]
    };
    if lists.is_empty() {
        return Err(fail("it holds none (a PEM file has -----BEGIN X509 CRL-----)".into()));
    }
    for list in &lists {
        let parsed = match CertificateRevocationList::from_der(list) {
            Ok(([], parsed)) => parsed,
            Ok(_) => return Err(fail("it goes on behind its end".into())),
            Err(_) => return Err(fail("it is neither PEM nor DER of a revocation list".into())),
        };
        if !authorities.iter().any(|authority| signed_crl(authority, &parsed)) {
            return Err(fail(format!(
                "{} made it, an authority that isn't trusted here; give the list of the \
                 authority that signs your clients",
                parsed.issuer()
            )));
        }
        if parsed.version().is_none() {
            return Err(fail(
                "it is of version 1, and version 2 is needed (openssl ca makes one where its \
                 configuration has crl_extensions)"
                    .into(),
            ));
        }
    }
    usable(&lists, authorities).map_err(|why| fail(format!("it can't be used: {why}")))?;
    Ok(lists)
}

/// Whether clients can be judged by the lists: not by one of changes alone, for example.
fn usable(
    lists: &[CertificateRevocationListDer<'static>],
    authorities: &[CertificateDer<'_>],
) -> Result<(), String> {
    let mut roots = RootCertStore::empty();
    roots.add_parsable_certificates(authorities.iter().map(|one| one.clone().into_owned()));
    let judge = WebPkiClientVerifier::builder_with_provider(Arc::new(roots), provider());
    match judge.with_crls(lists.iter().cloned()).build() {
        Err(error @ VerifierBuilderError::InvalidCrl(_)) => Err(error.to_string()),
        Ok(_) | Err(_) => Ok(()),
    }
}

/// Whether `content` is the list of `authority` with just those that the record says are revoked.
pub(super) fn is_current(
    content: &[u8],
    authority: &CertificateDer<'_>,
    id: &AuthorityId,
    record: &Record,
) -> bool {
    let Ok(list) = CertificateRevocationListDer::from_pem_slice(content) else { return false };
    let Ok((_, parsed)) = CertificateRevocationList::from_der(&list) else { return false };
    let listed: HashSet<Serial> = parsed
        .iter_revoked_certificates()
        .map(|entry| Serial::from_bytes(entry.raw_serial()))
        .collect();
    let revoked = record.of(id).filter(|client| client.revoked.is_some());
    listed == revoked.map(|client| client.serial.clone()).collect()
        && signed_crl(authority, &parsed)
}
