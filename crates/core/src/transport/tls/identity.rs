//! Who a client is, and whether it still may be here.

use std::fmt;

use rustls::CertificateError;
use rustls::pki_types::CertificateDer;
use time::{Duration, OffsetDateTime};

use crate::pki::{AuthorityId, PeerCertificate, Record, Serial, printable, signed_certificate};

/// A client by its certificate: travels with its connection.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct Identity {
    /// The certificate's common name.
    pub name: String,
    /// Its serial number.
    pub serial: Serial,
    /// The role that it names, if this directory's own authority made it.
    pub role: Option<String>,
    /// Its last second (RFC 5280 section 4.1.2.5).
    pub not_after: OffsetDateTime,
}

/// What decides about a client's certificate, beside its signature and its dates.
#[derive(Debug)]
pub(super) struct Trust {
    /// Who is revoked.
    pub(super) record: Record,
    /// This directory's own authority, if it is trusted: the record is about its certificates, and
    /// their `role:` units mean something.
    pub(super) own: Option<AuthorityId>,
    /// All that are trusted, this directory's own first if there is one.
    pub(super) authorities: Vec<CertificateDer<'static>>,
}

/// Why a certificate that webpki accepts is refused all the same.
#[derive(Debug)]
pub(super) struct Refused {
    pub(super) alert: CertificateError,
    pub(super) reason: String,
}

/// Why a connection is cut whose certificate was good when it came.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum Lapse {
    /// By `client revoke`, or by a list of `--tlscrl`.
    Revoked,
    /// Its certificate's end.
    Expired,
}

impl Trust {
    /// `intermediates` are what came with it.
    pub(super) fn judge(
        &self,
        leaf: &CertificateDer<'_>,
        intermediates: &[CertificateDer<'_>],
    ) -> Result<Identity, Refused> {
        let shown = PeerCertificate::parse(leaf).ok_or_else(|| Refused {
            alert: CertificateError::BadEncoding,
            reason: "it can't be read".into(),
        })?;
        if self.is_revoked(&shown.serial) {
            return Err(Refused { alert: CertificateError::Revoked, reason: "revoked".into() });
        }
        let role = shown.role().filter(|_| self.made(leaf, intermediates)).map(str::to_owned);
        Ok(Identity {
            name: shown.common_name.unwrap_or_else(|| "without a name".into()),
            serial: shown.serial,
            role,
            not_after: shown.not_after,
        })
    }

    fn is_revoked(&self, serial: &Serial) -> bool {
        self.own.as_ref().is_some_and(|own| self.record.is_revoked(own, serial.as_bytes()))
    }

    /// Whether this directory's own authority made a certificate that is trusted.
    fn made(&self, leaf: &CertificateDer<'_>, intermediates: &[CertificateDer<'_>]) -> bool {
        let (Some(_), Some(own)) = (self.own, self.authorities.first()) else { return false };
        // webpki has found out already that somebody who is trusted made it.
        let alone = self.authorities.len() == 1 && intermediates.is_empty();
        alone || signed_certificate(own, leaf)
    }

    /// Whether a client that is in has to leave.
    pub(super) fn lapse(&self, identity: &Identity, now: OffsetDateTime) -> Option<Lapse> {
        if self.is_revoked(&identity.serial) {
            Some(Lapse::Revoked)
        } else if now >= identity.end() {
            Some(Lapse::Expired)
        } else {
            None
        }
    }
}

impl Identity {
    /// When it is over.
    pub(super) fn end(&self) -> OffsetDateTime {
        self.not_after + Duration::SECOND
    }
}

impl fmt::Display for Identity {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} (serial {}", printable(&self.name), self.serial)?;
        match &self.role {
            Some(role) => write!(f, ", role {role})"),
            None => f.write_str(")"),
        }
    }
}

impl fmt::Display for Lapse {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Revoked => "its certificate was revoked",
            Self::Expired => "its certificate has expired",
        })
    }
}
