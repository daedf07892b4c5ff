//! Who signed what, with the algorithms that the TLS provider knows.

use rustls::pki_types::CertificateDer;
use x509_parser::prelude::{CertificateRevocationList, FromDer as _, X509Certificate};
use x509_parser::x509::{AlgorithmIdentifier, X509Name};

use crate::transport::tls::provider;

/// Whether `authority` signed `certificate`: its name is the issuer, and its key made the
/// signature (RFC 5280 section 6.1.3).
pub(crate) fn signed_certificate(
    authority: &CertificateDer<'_>,
    certificate: &CertificateDer<'_>,
) -> bool {
    let Ok((_, parsed)) = X509Certificate::from_der(certificate) else { return false };
    signed(
        authority,
        parsed.issuer(),
        parsed.tbs_certificate.as_ref(),
        &parsed.signature_algorithm,
        &parsed.signature_value.data,
    )
}

/// Whether `authority` signed the revocation list.
pub(super) fn signed_crl(
    authority: &CertificateDer<'_>,
    crl: &CertificateRevocationList<'_>,
) -> bool {
    signed(
        authority,
        crl.issuer(),
        crl.tbs_cert_list.as_ref(),
        &crl.signature_algorithm,
        &crl.signature_value.data,
    )
}

fn signed(
    authority: &CertificateDer<'_>,
    issuer: &X509Name<'_>,
    message: &[u8],
    algorithm: &AlgorithmIdentifier<'_>,
    signature: &[u8],
) -> bool {
    let Ok((_, authority)) = X509Certificate::from_der(authority) else { return false };
    if authority.subject().as_raw() != issuer.as_raw() {
        return false;
    }
    let key = &authority.public_key().subject_public_key.data;
    let oid = algorithm.algorithm.as_bytes();
    let algorithms = provider().signature_verification_algorithms.all;
    algorithms
        .iter()
        // Each identifier begins with its OID: a tag, a length, the bytes.
        .filter(|known| known.signature_alg_id().get(2..).is_some_and(|id| id.starts_with(oid)))
        .any(|known| known.verify_signature(key, message, signature).is_ok())
}
