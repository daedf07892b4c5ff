//! Why a handshake came to nothing, in words for the log.

use std::io;
use std::time::Duration;

use rustls::{AlertDescription, Error, PeerIncompatible};

use super::verify::RefusedCertificate;
use crate::metrics::Failure;

/// Why a client isn't let in.
#[derive(Clone, Debug, Eq, PartialEq, thiserror::Error)]
pub enum Refusal {
    /// It showed a certificate that isn't accepted.
    #[error("certificate of {subject} refused: {reason}")]
    Certificate {
        /// Whose it says it is.
        subject: String,
        /// What is wrong with it.
        reason: String,
        /// The same in one word.
        failure: Failure,
    },
    /// It showed none.
    #[error(
        "certificate required, and it sent none: a client needs ca.pem, cert.pem and key.pem in \
         DOCKER_CERT_PATH"
    )]
    NoCertificate,
    /// It refuses our certificate.
    #[error(
        "the client refuses this server's certificate ({0:?}): it doesn't trust its authority, or \
         it dials a name or an address that the certificate lacks (--san adds one)"
    )]
    ByClient(AlertDescription),
    /// It left in the middle.
    #[error("it left in the middle of the handshake")]
    Left,
    /// It took too long.
    #[error("no end of the handshake within {0:?}")]
    Late(Duration),
    /// Anything else.
    #[error("{0}")]
    Handshake(String),
}

impl Refusal {
    pub(super) fn new(error: &io::Error, refused: Option<RefusedCertificate>) -> Self {
        if let Some(RefusedCertificate { subject, reason, failure }) = refused {
            return Self::Certificate { subject, reason, failure };
        }
        let cause = error.get_ref().and_then(|cause| cause.downcast_ref::<Error>());
        match cause {
            Some(Error::NoCertificatesPresented) => Self::NoCertificate,
            Some(Error::AlertReceived(alert)) if is_about_our_certificate(*alert) => {
                Self::ByClient(*alert)
            }
            Some(Error::PeerIncompatible(
                PeerIncompatible::Tls12NotOfferedOrEnabled
                // The extension came with TLS 1.2 (RFC 5246 section 7.4.1.4.1).
                | PeerIncompatible::SignatureAlgorithmsExtensionRequired,
            )) => Self::Handshake("it offers TLS 1.1 or older; 1.2 is needed".into()),
            Some(Error::NoApplicationProtocol) => {
                Self::Handshake("it offers protocols by ALPN, and http/1.1 is none of them".into())
            }
            Some(other) => Self::Handshake(other.to_string()),
            None if is_gone(error.kind()) => Self::Left,
            None => Self::Handshake(error.to_string()),
        }
    }

    /// The same in one word.
    pub fn failure(&self) -> Failure {
        match self {
            Self::Certificate { failure, .. } => *failure,
            Self::NoCertificate => Failure::CertificateRequired,
            Self::ByClient(_) => Failure::ServerRefused,
            Self::Left => Failure::Left,
            Self::Late(_) => Failure::Timeout,
            Self::Handshake(_) => Failure::Protocol,
        }
    }
}

/// What clients say of a server's certificate (RFC 8446 section 6.2).
fn is_about_our_certificate(alert: AlertDescription) -> bool {
    matches!(
        alert,
        AlertDescription::BadCertificate
            | AlertDescription::CertificateExpired
            | AlertDescription::CertificateRevoked
            | AlertDescription::CertificateUnknown
            | AlertDescription::UnknownCA
            | AlertDescription::UnsupportedCertificate
    )
}

fn is_gone(kind: io::ErrorKind) -> bool {
    matches!(
        kind,
        io::ErrorKind::UnexpectedEof | io::ErrorKind::ConnectionReset | io::ErrorKind::BrokenPipe
    )
}
