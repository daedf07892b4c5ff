//! The server's side of TLS: handshakes, and what they are made with.

use std::cell::RefCell;
use std::io;
use std::sync::Arc;
use std::time::Duration;

use arc_swap::ArcSwap;
use rustls::server::{Acceptor, NoServerSessionStorage};
use rustls::{CipherSuite, ServerConfig, ServerConnection, SupportedCipherSuite};
use time::OffsetDateTime;
use tokio::sync::watch;
use tokio::time::{Instant, sleep, timeout_at};
use tokio_rustls::LazyConfigAcceptor;

use super::identity::{Identity, Lapse, Trust};
use super::names::Asked;
use super::provider;
use super::refusal::Refusal;
use super::stream::TlsStream;
use super::turns::in_turns;
use super::verify::{ClientVerifier, VERDICT};
use crate::pki::Material;
use crate::relay::{Socket as _, linger};
use crate::transport::Stream;

/// Makes connections of sockets, for clients that show a certificate.
#[derive(Debug)]
pub struct Tls {
    configs: ArcSwap<Configs>,
    verifier: watch::Sender<Arc<ClientVerifier>>,
    asked: Arc<Asked>,
}

/// The same twice but for the order of ciphers.
#[derive(Debug)]
struct Configs {
    /// AES first, AES-128 before AES-256: it is faster, and no weaker in practice.
    usual: Protocols,
    /// For a client, or a machine, without AES in hardware.
    chacha: Protocols,
}

/// The same twice but for what ALPN offers.
#[derive(Debug)]
struct Protocols {
    http1: Arc<ServerConfig>,
    http1_and_2: Arc<ServerConfig>,
}

/// Why material can't serve.
#[derive(Clone, Debug, Eq, PartialEq, thiserror::Error)]
#[error("cannot serve TLS with these certificates: {0}")]
pub struct TlsError(String);

impl Tls {
    /// # Errors
    /// When the material can't serve: a key of a kind that isn't supported, for example.
    pub fn new(material: Material) -> Result<Self, TlsError> {
        let asked = Arc::new(Asked::default());
        let (configs, verifier) = build(material, &asked)?;
        Ok(Self {
            configs: ArcSwap::from_pointee(configs),
            verifier: watch::Sender::new(verifier),
            asked,
        })
    }

    /// Newcomers get the new material. Whoever is in stays, unless it was revoked.
    ///
    /// # Errors
    /// When the new material can't serve; the old stays in force.
    pub fn replace(&self, material: Material) -> Result<(), TlsError> {
        let (configs, verifier) = build(material, &self.asked)?;
        self.configs.store(Arc::new(configs));
        self.verifier.send_replace(verifier);
        Ok(())
    }

    /// The handshake of a client, which ends at `deadline`, [`HANDSHAKE_DEADLINE`] after it came.
    ///
    /// If it offers HTTP/2, `speaks_http2` is asked whether that can be had.
    ///
    /// # Errors
    /// Why there is no connection; the client has been told by an alert, if it could be.
    pub async fn accept(
        &self,
        stream: Stream,
        deadline: Instant,
        speaks_http2: impl Future<Output = bool>,
    ) -> Result<(TlsStream, Identity), Refusal> {
        let handshake = VERDICT.scope(RefCell::new(None), async {
            let done = self.handshake(stream, speaks_http2).await;
            match (done, VERDICT.with(|verdict| verdict.borrow_mut().take())) {
                (Ok((stream, tls)), Some(Ok(identity))) => {
                    Ok((TlsStream::new(stream, tls), identity))
                }
                (Ok((stream, _)), _) => Err((Refusal::NoCertificate, Some(stream))),
                (Err((error, stream)), verdict) => {
                    let refused = verdict.and_then(Result::err);
                    Err((Refusal::new(&error, refused), stream))
                }
            }
        });
        match timeout_at(deadline, in_turns(Box::pin(handshake))).await {
            Ok(Ok(accepted)) => Ok(accepted),
            Ok(Err((refusal, stream))) => {
                // A close over unread input is a reset, which would overtake the alert.
                if let Some(stream) = stream
                    && stream.shutdown_write().is_ok()
                {
                    linger(&stream).await;
                }
                Err(refusal)
            }
            Err(_late) => Err(Refusal::Late(HANDSHAKE_DEADLINE)),
        }
    }

    async fn handshake(
        &self,
        stream: Stream,
        speaks_http2: impl Future<Output = bool>,
    ) -> Result<(Stream, ServerConnection), (io::Error, Option<Stream>)> {
        let mut acceptor = LazyConfigAcceptor::new(Acceptor::default(), stream);
        let begun = (&mut acceptor).await.map_err(|error| (error, acceptor.take_io()))?;
        let offers_http2 =
            begun.client_hello().alpn().is_some_and(|mut offered| offered.any(|one| one == HTTP2));
        let http2 = offers_http2 && speaks_http2.await;
        let config = self.configs.load().of(begun.client_hello().cipher_suites(), http2);
        let accepted = begun.into_stream(config).into_fallible().await;
        Ok(accepted.map_err(|(error, stream)| (error, Some(stream)))?.into_inner())
    }

    /// Completes when a client that is in has to leave.
    pub async fn lapsed(&self, client: &TlsStream, identity: &Identity) -> Lapse {
        let mut verifier = self.verifier.subscribe();
        let mut new_lists = true;
        loop {
            let now = OffsetDateTime::now_utc();
            // What changes meanwhile is told by `changed`: this doesn't count as having seen it.
            let lapse = {
                let verifier = verifier.borrow();
                let listed = new_lists && verifier.lists(|| client.certificates(), now);
                if listed { Some(Lapse::Revoked) } else { verifier.lapse(identity, now) }
            };
            if let Some(lapse) = lapse {
                return lapse;
            }
            let left = Duration::try_from(identity.end() - now).unwrap_or_default();
            new_lists = tokio::select! {
                _changed = verifier.changed() => true,
                // No longer than that: a clock may jump.
                () = sleep(left.min(LOOK_AT_THE_CLOCK)) => false,
            };
        }
    }
}

impl Configs {
    fn of(&self, offered: &[CipherSuite], http2: bool) -> Arc<ServerConfig> {
        let chacha = offered.first().is_some_and(|&first| is_chacha(first));
        let Protocols { http1, http1_and_2 } =
            if chacha || !has_aes() { &self.chacha } else { &self.usual };
        Arc::clone(if http2 { http1_and_2 } else { http1 })
    }
}

fn build(
    material: Material,
    asked: &Arc<Asked>,
) -> Result<(Configs, Arc<ClientVerifier>), TlsError> {
    let own = material.own_authority.then_some(material.authority);
    let Material { chain, key, authorities, crls, record, .. } = material;
    let trust = Trust { record, own, authorities };
    let verifier = Arc::new(ClientVerifier::new(&crls, trust).map_err(TlsError)?);
    let fail = |error: rustls::Error| TlsError(error.to_string());
    let certified = Asked::resolver(asked, chain, key, &provider()).map_err(fail)?;
    let config = |chacha_first: bool| {
        let mut provider = (*provider()).clone();
        provider.cipher_suites.sort_by_key(|suite| rank(suite, chacha_first));
        let mut config = ServerConfig::builder_with_provider(Arc::new(provider))
            .with_safe_default_protocol_versions()?
            .with_client_cert_verifier(Arc::clone(&verifier) as _)
            .with_cert_resolver(Arc::clone(&certified) as _);
        config.ignore_client_order = true;
        config.alpn_protocols = vec![HTTP1.to_vec()];
        // A resumed session is not verified again: it was served after its certificate's end.
        config.session_storage = Arc::new(NoServerSessionStorage {});
        config.send_tls13_tickets = 0;
        let mut both = config.clone();
        both.alpn_protocols.insert(0, HTTP2.to_vec());
        Ok(Protocols { http1: Arc::new(config), http1_and_2: Arc::new(both) })
    };
    let configs =
        Configs { usual: config(false).map_err(fail)?, chacha: config(true).map_err(fail)? };
    Ok((configs, verifier))
}

fn rank(suite: &SupportedCipherSuite, chacha_first: bool) -> u8 {
    match suite.suite() {
        suite if is_chacha(suite) => {
            if chacha_first {
                0
            } else {
                3
            }
        }
        CipherSuite::TLS13_AES_128_GCM_SHA256
        | CipherSuite::TLS_ECDHE_ECDSA_WITH_AES_128_GCM_SHA256
        | CipherSuite::TLS_ECDHE_RSA_WITH_AES_128_GCM_SHA256 => 1,
        _ => 2,
    }
}

fn is_chacha(suite: CipherSuite) -> bool {
    matches!(
        suite,
        CipherSuite::TLS13_CHACHA20_POLY1305_SHA256
            | CipherSuite::TLS_ECDHE_ECDSA_WITH_CHACHA20_POLY1305_SHA256
            | CipherSuite::TLS_ECDHE_RSA_WITH_CHACHA20_POLY1305_SHA256
    )
}

#[cfg(target_arch = "x86_64")]
fn has_aes() -> bool {
    std::arch::is_x86_feature_detected!("aes")
}

#[cfg(target_arch = "aarch64")]
fn has_aes() -> bool {
    std::arch::is_aarch64_feature_detected!("aes")
}

#[cfg(not(any(target_arch = "x86_64", target_arch = "aarch64")))]
fn has_aes() -> bool {
    false
}

/// Protocols by their names in ALPN (RFC 7301).
const HTTP1: &[u8] = b"http/1.1";
pub(super) const HTTP2: &[u8] = b"h2";

/// For a client from its arrival to its handshake's end.
pub const HANDSHAKE_DEADLINE: Duration = Duration::from_secs(10);

const LOOK_AT_THE_CLOCK: Duration = Duration::from_secs(30);
