//! TLS handshakes: how long they take, and why there is none.

use std::sync::atomic::{AtomicU64, Ordering};

use super::Histogram;

/// TLS handshakes that are over.
#[derive(Debug, Default)]
pub struct Handshakes {
    failures: [AtomicU64; Failure::ALL.len()],
    /// How long those took that made a connection.
    pub seconds: Histogram,
}

/// Why a handshake came to nothing.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum Failure {
    /// The certificate is past its end.
    Expired,
    /// By `client revoke`, or by a list of `--tlscrl`.
    Revoked,
    /// Somebody signed the certificate who isn't trusted here.
    UnknownAuthority,
    /// The certificate is no good otherwise.
    BadCertificate,
    /// None was shown.
    CertificateRequired,
    /// The client doesn't take ours.
    ServerRefused,
    /// The client speaks HTTP without TLS.
    PlainHttp,
    /// The client left in the middle.
    Left,
    /// It took too long.
    Timeout,
    /// Anything else: an old version of TLS, or none at all.
    Protocol,
}

impl Failure {
    /// Every reason.
    pub const ALL: [Self; 10] = [
        Self::Expired,
        Self::Revoked,
        Self::UnknownAuthority,
        Self::BadCertificate,
        Self::CertificateRequired,
        Self::ServerRefused,
        Self::PlainHttp,
        Self::Left,
        Self::Timeout,
        Self::Protocol,
    ];

    /// As metrics call it.
    pub fn word(self) -> &'static str {
        match self {
            Self::Expired => "expired",
            Self::Revoked => "revoked",
            Self::UnknownAuthority => "unknown-authority",
            Self::BadCertificate => "bad-certificate",
            Self::CertificateRequired => "certificate-required",
            Self::ServerRefused => "server-refused",
            Self::PlainHttp => "plain-http",
            Self::Left => "left",
            Self::Timeout => "timeout",
            Self::Protocol => "protocol",
        }
    }
}

impl Handshakes {
    /// Adds one that came to nothing.
    pub fn fail(&self, failure: Failure) {
        self.failures[failure as usize].fetch_add(1, Ordering::Relaxed);
    }

    /// How many came to nothing so.
    pub fn failures(&self, failure: Failure) -> u64 {
        self.failures[failure as usize].load(Ordering::Relaxed)
    }
}
