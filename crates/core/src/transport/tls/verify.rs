//! Who may come in: webpki's judgement of a client's certificate, then ours.

use std::cell::RefCell;
use std::sync::Arc;
use std::time::Duration;

use rustls::client::danger::HandshakeSignatureValid;
use rustls::pki_types::{CertificateDer, CertificateRevocationListDer, UnixTime};
use rustls::server::WebPkiClientVerifier;
use rustls::server::danger::{ClientCertVerified, ClientCertVerifier};
use rustls::{
    CertificateError, DigitallySignedStruct, DistinguishedName, Error, RootCertStore,
    SignatureScheme,
};
use time::OffsetDateTime;

use super::identity::{Identity, Lapse, Trust};
use super::provider;
use crate::metrics::Failure;
use crate::pki::PeerCertificate;

tokio::task_local! {
    /// What the certificate of the handshake under way comes to. rustls hands on neither who it is
    /// nor, in its errors, the subject and our reason.
    pub(super) static VERDICT: RefCell<Option<Result<Identity, RefusedCertificate>>>;
}

/// A certificate that was shown and refused.
#[derive(Clone, Debug)]
pub(super) struct RefusedCertificate {
    pub(super) subject: String,
    pub(super) reason: String,
    pub(super) failure: Failure,
}

/// webpki's verifier, and revocation and roles by our own record.
#[derive(Debug)]
pub(super) struct ClientVerifier {
    webpki: Arc<dyn ClientCertVerifier>,
    has_lists: bool,
    trust: Trust,
}

impl ClientVerifier {
    pub(super) fn new(
        crls: &[CertificateRevocationListDer<'static>],
        trust: Trust,
    ) -> Result<Self, String> {
        let mut roots = RootCertStore::empty();
        for authority in &trust.authorities {
            roots.add(authority.clone()).map_err(|error| error.to_string())?;
        }
        let mut builder = WebPkiClientVerifier::builder_with_provider(Arc::new(roots), provider())
            // With authorities' names, a Go client that holds another's certificate sends none.
            .clear_root_hint_subjects();
        if !crls.is_empty() {
            // A list of one authority must not lock the clients of another out.
            builder = builder.with_crls(crls.iter().cloned()).allow_unknown_revocation_status();
        }
        let webpki = builder.build().map_err(|error| error.to_string())?;
        Ok(Self { webpki, has_lists: !crls.is_empty(), trust })
    }

    /// Whether a client that is in has to leave, by the record or the clock.
    pub(super) fn lapse(&self, identity: &Identity, now: OffsetDateTime) -> Option<Lapse> {
        self.trust.lapse(identity, now)
    }

    /// Whether a list of `--tlscrl` has a certificate of the chain that a client has shown.
    pub(super) fn lists(
        &self,
        chain: impl FnOnce() -> Vec<CertificateDer<'static>>,
        now: OffsetDateTime,
    ) -> bool {
        if !self.has_lists {
            return false;
        }
        let chain = chain();
        let Some((leaf, intermediates)) = chain.split_first() else { return false };
        let now = Duration::try_from(now - OffsetDateTime::UNIX_EPOCH).unwrap_or_default();
        let now = UnixTime::since_unix_epoch(now);
        let verified = self.webpki.verify_client_cert(leaf, intermediates, now);
        matches!(verified, Err(Error::InvalidCertificate(CertificateError::Revoked)))
    }

    fn judge(
        &self,
        leaf: &CertificateDer<'_>,
        intermediates: &[CertificateDer<'_>],
        now: UnixTime,
    ) -> Result<Identity, (Error, String)> {
        self.webpki.verify_client_cert(leaf, intermediates, now).map_err(|error| {
            let error = unless_a_namesake(error);
            (error.clone(), told(&error))
        })?;
        self.trust
            .judge(leaf, intermediates)
            .map_err(|refused| (refused.alert.into(), refused.reason))
    }
}

impl ClientCertVerifier for ClientVerifier {
    fn root_hint_subjects(&self) -> &[DistinguishedName] {
        &[]
    }

    fn verify_client_cert(
        &self,
        leaf: &CertificateDer<'_>,
        intermediates: &[CertificateDer<'_>],
        now: UnixTime,
    ) -> Result<ClientCertVerified, Error> {
        let (verdict, verified) = match self.judge(leaf, intermediates, now) {
            Ok(identity) => (Ok(identity), Ok(ClientCertVerified::assertion())),
            Err((error, reason)) => {
                let subject = PeerCertificate::parse(leaf)
                    .map_or_else(|| "nobody that can be read".into(), |shown| shown.subject);
                let failure = in_a_word(&error);
                (Err(RefusedCertificate { subject, reason, failure }), Err(error))
            }
        };
        // Outside a handshake of ours nobody wants to know.
        let _no_handshake: Result<(), _> =
            VERDICT.try_with(|slot| *slot.borrow_mut() = Some(verdict));
        verified
    }

    fn verify_tls12_signature(
        &self,
        message: &[u8],
        certificate: &CertificateDer<'_>,
        signed: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, Error> {
        self.webpki.verify_tls12_signature(message, certificate, signed)
    }

    fn verify_tls13_signature(
        &self,
        message: &[u8],
        certificate: &CertificateDer<'_>,
        signed: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, Error> {
        self.webpki.verify_tls13_signature(message, certificate, signed)
    }

    fn supported_verify_schemes(&self) -> Vec<SignatureScheme> {
        self.webpki.supported_verify_schemes()
    }
}

/// Whoever bears the name of a trusted authority and has another key is another authority: every
/// docker:dind calls its own the same.
fn unless_a_namesake(error: Error) -> Error {
    match error {
        Error::InvalidCertificate(
            CertificateError::BadSignature
            | CertificateError::UnsupportedSignatureAlgorithmForPublicKeyContext { .. },
        ) => CertificateError::UnknownIssuer.into(),
        other => other,
    }
}

fn in_a_word(error: &Error) -> Failure {
    let Error::InvalidCertificate(error) = error else { return Failure::BadCertificate };
    match error {
        CertificateError::Expired | CertificateError::ExpiredContext { .. } => Failure::Expired,
        CertificateError::Revoked => Failure::Revoked,
        CertificateError::UnknownIssuer => Failure::UnknownAuthority,
        _ => Failure::BadCertificate,
    }
}

/// The words of the contract for webpki's errors.
fn told(error: &Error) -> String {
    let Error::InvalidCertificate(error) = error else { return error.to_string() };
    match error {
        CertificateError::Expired | CertificateError::ExpiredContext { .. } => "expired".into(),
        CertificateError::NotValidYet | CertificateError::NotValidYetContext { .. } => {
            "not valid yet (is this machine's clock right?)".into()
        }
        CertificateError::UnknownIssuer => "of an authority that isn't trusted here".into(),
        CertificateError::InvalidPurpose | CertificateError::InvalidPurposeContext { .. } => {
            "not for clients (its extended key usage lacks clientAuth)".into()
        }
        CertificateError::Revoked => "revoked by the list of --tlscrl".into(),
        other => other.to_string(),
    }
}
