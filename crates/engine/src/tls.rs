//! TLS towards an Engine: the handshake, what it showed, and why it failed.

use std::error::Error;
use std::fmt;
use std::io;
use std::pin::Pin;
use std::sync::Arc;
use std::time::{Duration, SystemTime, UNIX_EPOCH};

use docker_api_core::address::UpstreamAddress;
use rustls::pki_types::ServerName;
use rustls::{AlertDescription as Alert, CertificateError, ClientConfig, ProtocolVersion};
use tokio_rustls::TlsConnector;
use tokio_rustls::client::TlsStream;
use x509_parser::prelude::{FromDer as _, X509Certificate};

use crate::dial::Stream;
use crate::exchange::cause;
use crate::{Fault, State};

/// What a TLS connection showed.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub struct TlsFacts {
    /// `TLSv1.3` or `TLSv1.2`.
    pub version: &'static str,
    /// When the first certificate of the server's chain ends, in seconds since 1970.
    pub not_after: i64,
}

impl TlsFacts {
    /// Whole days from `now` to the end; negative once it is past.
    pub fn days_left(&self, now: SystemTime) -> i64 {
        let now = now.duration_since(UNIX_EPOCH).unwrap_or(Duration::ZERO).as_secs();
        let now = i64::try_from(now).unwrap_or(i64::MAX);
        self.not_after.saturating_sub(now).div_euclid(24 * 60 * 60)
    }
}

/// How TLS is spoken: whom to trust and what to show.
///
/// It is behind a trait so that a program which never makes one has no line of TLS in its binary.
#[derive(Clone, Debug)]
pub struct Tls(pub(crate) Arc<dyn Client>);

impl From<Arc<ClientConfig>> for Tls {
    fn from(config: Arc<ClientConfig>) -> Self {
        Self(Arc::new(Rustls(config)))
    }
}

/// The same for all that are clones of one.
impl fmt::Pointer for Tls {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Pointer::fmt(&self.0, f)
    }
}

/// A client of TLS.
pub(crate) trait Client: fmt::Debug + Send + Sync {
    /// Speaks TLS on a socket from here on.
    fn handshake<'a>(&'a self, address: &'a UpstreamAddress, socket: Box<dyn Stream>) -> Shake<'a>;

    /// What an error means, if it is one of TLS.
    fn refusal(&self, error: &(dyn Error + 'static)) -> Option<Fault>;
}

type Shake<'a> =
    Pin<Box<dyn Future<Output = Result<(Box<dyn Stream>, TlsFacts), Fault>> + Send + 'a>>;

#[derive(Debug)]
struct Rustls(Arc<ClientConfig>);

impl Client for Rustls {
    fn handshake<'a>(&'a self, address: &'a UpstreamAddress, socket: Box<dyn Stream>) -> Shake<'a> {
        Box::pin(handshake(address, &self.0, socket))
    }

    fn refusal(&self, error: &(dyn Error + 'static)) -> Option<Fault> {
        let shows_certificate = self.0.client_auth_cert_resolver.has_certs();
        cause::<rustls::Error>(error).map(|error| refusal(error, shows_certificate))
    }
}

async fn handshake(
    address: &UpstreamAddress,
    config: &Arc<ClientConfig>,
    socket: Box<dyn Stream>,
) -> Result<(Box<dyn Stream>, TlsFacts), Fault> {
    let host = match address {
        UpstreamAddress::Tcp(to) => to.host.as_str(),
        UpstreamAddress::Unix(_) => "localhost",
    };
    let name = ServerName::try_from(host.to_owned()).map_err(|_| {
        let why = format!("`{host}` can't be in a certificate; write a name or an IP address");
        failure("name mismatch", &why)
    })?;
    let shows_certificate = config.client_auth_cert_resolver.has_certs();
    let connector = TlsConnector::from(Arc::clone(config));
    let stream = connector.connect(name, socket).await.map_err(|error| {
        let inner = error.get_ref().and_then(|inner| inner.downcast_ref::<rustls::Error>());
        match inner {
            Some(error) => refusal(error, shows_certificate),
            None => closed(&error),
        }
    })?;
    let facts = facts(&stream);
    Ok((Box::new(stream), facts))
}

fn facts(stream: &TlsStream<Box<dyn Stream>>) -> TlsFacts {
    let (_, connection) = stream.get_ref();
    let ends = connection.peer_certificates().unwrap_or_default().iter().filter_map(|der| {
        let (_, certificate) = X509Certificate::from_der(der).ok()?;
        Some(certificate.validity().not_after.timestamp())
    });
    let version = match connection.protocol_version() {
        Some(ProtocolVersion::TLSv1_2) => "TLSv1.2",
        _ => "TLSv1.3",
    };
    TlsFacts { version, not_after: ends.min().unwrap_or(0) }
}

/// A server that hangs up during the handshake says nothing about why.
fn closed(error: &io::Error) -> Fault {
    let why = "closed during the TLS handshake: a bridge is there that lets this machine not in, or \
               a port without TLS";
    Fault::new(State::EngineDown, format!("{error}; {why}"))
}

/// The address was asked without TLS, and speaks nothing else.
pub(crate) fn asked_plainly() -> Fault {
    failure(
        "this port speaks TLS",
        "write https://HOST:PORT, with --cert-dir for the client's certificate",
    )
}

/// What an error of TLS means: each side can refuse the other.
fn refusal(error: &rustls::Error, shows_certificate: bool) -> Fault {
    match error {
        rustls::Error::AlertReceived(alert) => refused_by_server(*alert, shows_certificate),
        rustls::Error::InvalidCertificate(why) => refused_server(why),
        rustls::Error::InvalidMessage(_) => failure(
            "this port doesn't speak TLS",
            "write http://HOST:PORT, and no certificates, for an Engine without TLS",
        ),
        other => failure(&other.to_string(), "do both sides speak TLS 1.2 or newer?"),
    }
}

/// The server's words about this client (RFC 8446 section 6.2).
fn refused_by_server(alert: Alert, shows_certificate: bool) -> Fault {
    // TLS 1.2 has no alert of its own for this; servers take one of these two.
    let none_shown =
        !shows_certificate && matches!(alert, Alert::HandshakeFailure | Alert::BadCertificate);
    match alert {
        Alert::CertificateRequired | Alert::NoCertificate => required(),
        _ if none_shown => required(),
        Alert::CertificateRevoked => failure(
            "revoked",
            "the server refuses this client's certificate: it was revoked; ask for a new one",
        ),
        Alert::CertificateExpired => failure(
            "expired",
            "the server refuses this client's certificate: it has expired; ask for a new one",
        ),
        Alert::UnknownCA => failure(
            "unknown authority",
            "the server doesn't know who made this client's certificate; use the one that its \
             authority made",
        ),
        Alert::UnrecognisedName => {
            failure("name mismatch", "the server doesn't go by this name; use another of its names")
        }
        Alert::ProtocolVersion => {
            failure("no common version", "the server speaks neither TLS 1.2 nor 1.3; it is too old")
        }
        Alert::BadCertificate
        | Alert::UnsupportedCertificate
        | Alert::CertificateUnknown
        | Alert::AccessDenied
        | Alert::DecryptError => failure(
            "certificate refused",
            "the server refuses this client's certificate; its log says why",
        ),
        other => failure(&format!("the server says {other:?}"), "its log says why"),
    }
}

fn required() -> Fault {
    failure(
        "certificate required",
        "the server wants a client certificate; name its directory with --cert-dir (ca.pem, \
         cert.pem, key.pem)",
    )
}

/// Our own verdict on the server.
fn refused_server(why: &CertificateError) -> Fault {
    match why {
        CertificateError::Expired => failure("expired", RENEW),
        CertificateError::ExpiredContext { time, not_after } => {
            let days = time.as_secs().saturating_sub(not_after.as_secs()) / (24 * 60 * 60);
            failure("expired", &format!("{RENEW} (it ended {days} days ago)"))
        }
        CertificateError::NotValidYet | CertificateError::NotValidYetContext { .. } => failure(
            "not yet valid",
            "the server's certificate begins later; are the clocks of both machines right?",
        ),
        CertificateError::NotValidForName => failure("name mismatch", NAMES),
        CertificateError::NotValidForNameContext { expected, presented } => {
            let names: Vec<_> = presented.iter().take(5).map(|name| bare(name)).collect();
            let names = if names.is_empty() { "no names".into() } else { names.join(", ") };
            failure(
                "name mismatch",
                &format!("{NAMES}; it has {names} but not {}", expected.to_str()),
            )
        }
        CertificateError::Revoked => failure("revoked", "the server's certificate was revoked"),
        CertificateError::UnknownIssuer | CertificateError::BadSignature => failure(
            "unknown authority",
            "the server's certificate is not of an authority that is trusted here; name the right \
             one with --tlscacert, or --cert-dir",
        ),
        other => failure(&other.to_string(), "the server's certificate can't be used"),
    }
}

/// rustls shows `DnsName("docker")` and `IpAddress(127.0.0.1)`.
fn bare(presented: &str) -> &str {
    let inner = presented.split_once('(').and_then(|(_, rest)| rest.strip_suffix(')'));
    inner.map_or(presented, |name| name.trim_matches('"'))
}

/// `reason` stands first, in the words that reports are searched for.
fn failure(reason: &str, advice: &str) -> Fault {
    Fault::new(State::Tls, format!("tls: {reason}: {advice}"))
}

const RENEW: &str = "the server's certificate has expired; renew it there";
const NAMES: &str = "the server's certificate is not for this name; use one of its names, or add \
                     this one there";

#[cfg(test)]
mod tests {
    use super::*;

    fn said(alert: Alert, shows_certificate: bool) -> String {
        refusal(&rustls::Error::AlertReceived(alert), shows_certificate).message
    }

    #[test]
    fn servers_of_tls_1_2_that_miss_a_certificate_are_understood() {
        for alert in [Alert::CertificateRequired, Alert::HandshakeFailure, Alert::BadCertificate] {
            assert!(said(alert, false).starts_with("tls: certificate required: "), "{alert:?}");
        }
        assert!(said(Alert::BadCertificate, true).starts_with("tls: certificate refused: "));
        let other = "tls: the server says HandshakeFailure: its log says why";
        assert_eq!(said(Alert::HandshakeFailure, true), other);
    }

    #[test]
    fn names_are_shown_as_people_write_them() {
        assert_eq!(bare("DnsName(\"docker.example\")"), "docker.example");
        assert_eq!(bare("IpAddress(127.0.0.1)"), "127.0.0.1");
        assert_eq!(bare("something else"), "something else");
    }

    #[test]
    fn days_are_whole_and_below_zero_once_the_end_is_past() {
        let facts = TlsFacts { version: "TLSv1.3", not_after: 10 * 86_400 };
        let at = |seconds| facts.days_left(UNIX_EPOCH + Duration::from_secs(seconds));
        assert_eq!([at(0), at(1), at(10 * 86_400), at(10 * 86_400 + 1)], [10, 9, 0, -1]);
    }
}
