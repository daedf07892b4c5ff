//! What a server shows and whom it trusts, from its start on and while it runs.

use std::error::Error;
use std::fmt;
use std::pin::Pin;
use std::sync::Arc;
use std::thread;
use std::time::Duration;

use time::OffsetDateTime;
use tokio::sync::Notify;
use tokio::task::spawn_blocking;
use tokio::time::sleep;
use tracing::{error, info, warn};

use super::RunError;
use super::expiry::Expiry;
use crate::gate::{MakeGate, Parts};
use crate::metrics::{Certificate, Metrics, Of, Outcome, Owner};
use crate::pki::{Client, Keeper, Material, Name, Names, PkiError, Source, SystemRandom};
use crate::serve::{Encrypted, Encryption};
use crate::transport::tls::{Tls, TlsStream, warm_up};

/// How clients show who they are.
#[derive(Debug)]
pub struct TlsSettings {
    pub(super) source: Source,
    sans: Vec<Name>,
    gate: MakeGate<TlsStream>,
    /// Here, so that a bridge that never makes these settings has no TLS in its binary.
    pub(super) prepare: fn(Self, Parts) -> Result<Kept, RunError>,
}

impl TlsSettings {
    /// Certificates come from `source`; the server's own has `sans` besides the machine's names.
    ///
    /// Whoever has come in by them meets `gate`.
    pub fn new(source: Source, sans: Vec<Name>, gate: MakeGate<TlsStream>) -> Self {
        let prepare = |settings, parts| Certificates::prepare(settings, parts);
        Self { source, sans, gate, prepare }
    }
}

/// Certificates that were read or made, and the work that keeps them good.
pub(super) struct Kept {
    /// What is served with them.
    pub(super) encryption: Arc<dyn Encryption>,
    /// Goes on for ever; it is told by the notification to read them again.
    pub(super) keep: Box<dyn FnOnce(Arc<Notify>) -> Work + Send>,
}

type Work = Pin<Box<dyn Future<Output = ()> + Send>>;

impl fmt::Debug for Kept {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Kept").field("encryption", &self.encryption).finish_non_exhaustive()
    }
}

#[derive(Debug)]
struct Certificates {
    keeper: Keeper,
    sans: Vec<Name>,
    tls: Arc<Tls>,
    metrics: Arc<Metrics>,
    ends: Vec<(String, OffsetDateTime)>,
    told: Expiry,
}

impl Certificates {
    /// Reads them, and makes those that are missing.
    fn prepare(settings: TlsSettings, parts: Parts) -> Result<Kept, RunError> {
        let TlsSettings { source, sans, gate, prepare: _ } = settings;
        let names = Names::of_this_machine(&sans);
        let now = OffsetDateTime::now_utc();
        let metrics = Arc::clone(&parts.metrics);
        let (keeper, material) = Keeper::start(source, &names, now, &SystemRandom::default())?;
        tell(&material);
        let ends = ends(&material);
        metrics.certificates.replace(shown(&material, now));
        let tls = Arc::new(Tls::new(material)?);
        let encryption = Arc::new(Encrypted {
            tls: Arc::clone(&tls),
            metrics: Arc::clone(&parts.metrics),
            gate: gate.make(parts),
        });
        let certificates = Self { keeper, sans, tls, metrics, ends, told: Expiry::default() };
        Ok(Kept { encryption, keep: Box::new(|reload| Box::pin(certificates.keep(reload))) })
    }

    /// Looks now and then, and when `reload` says so, whether there is something new.
    async fn keep(mut self, reload: Arc<Notify>) {
        thread::spawn(warm_up);
        loop {
            for line in self.told.due(&self.ends, OffsetDateTime::now_utc()) {
                warn!("{line}");
            }
            let asked = tokio::select! {
                () = sleep(LOOK_EVERY) => false,
                () = reload.notified() => true,
            };
            let amiss = self.keeper.is_amiss();
            // Files may lie on a network.
            let looked = spawn_blocking(move || {
                let found = self.look(asked);
                (self, found)
            });
            let found;
            (self, found) = match looked.await {
                Ok(looked) => looked,
                Err(panicked) => {
                    error!("certificates are no longer looked after: {panicked}");
                    return;
                }
            };
            match found {
                Ok(None) if asked => {
                    info!("the certificates haven't changed");
                    self.metrics.reloads.end(Of::Certificates, Outcome::Success);
                }
                Ok(None) if amiss && !self.keeper.is_amiss() => {
                    info!("the certificates are again as they were");
                    self.metrics.reloads.end(Of::Certificates, Outcome::Success);
                }
                Ok(None) => {}
                Ok(Some(material)) => self.replace(material),
                Err(error) => self.stays(&error),
            }
        }
    }

    fn look(&mut self, asked: bool) -> Result<Option<Material>, PkiError> {
        let names = Names::of_this_machine(&self.sans);
        let (now, random) = (OffsetDateTime::now_utc(), SystemRandom::default());
        if asked {
            self.keeper.reload(&names, now, &random)
        } else {
            self.keeper.look(&names, now, &random)
        }
    }

    fn replace(&mut self, material: Material) {
        tell(&material);
        let ends = ends(&material);
        let shown = shown(&material, OffsetDateTime::now_utc());
        match self.tls.replace(material) {
            Ok(()) => {
                self.ends = ends;
                self.metrics.certificates.replace(shown);
                info!("the new certificates are in force");
                self.metrics.reloads.end(Of::Certificates, Outcome::Success);
            }
            Err(error) => self.stays(&error),
        }
    }

    fn stays(&self, why: &dyn Error) {
        warn!("the old certificates stay in force: {why}");
        self.metrics.reloads.end(Of::Certificates, Outcome::Failure);
    }
}

fn tell(material: &Material) {
    for warning in &material.warnings {
        warn!("{warning}");
    }
}

/// What a person has to care for before it ends: what is renewed by itself isn't among it, nor
/// what an authority made that is gone.
fn ends(material: &Material) -> Vec<(String, OffsetDateTime)> {
    let good =
        |client: &&Client| client.authority == material.authority && client.revoked.is_none();
    let clients = material.record.clients().iter().filter(good);
    let clients = clients.map(|client| {
        (format!("the certificate of client {} ({})", client.name, client.serial), client.not_after)
    });
    let server = ("the server's certificate".to_owned(), material.not_after);
    clients.chain((!material.renewed).then_some(server)).collect()
}

/// What monitors and people see: nobody needs to see what is both revoked and expired, or of an
/// authority that is gone.
fn shown(material: &Material, now: OffsetDateTime) -> Vec<Certificate> {
    let mut clients: Vec<_> = material
        .record
        .clients()
        .iter()
        .filter(|client| client.authority == material.authority)
        .filter(|client| client.revoked.is_none() || client.not_after >= now)
        .map(|client| Certificate {
            owner: Owner::Client {
                name: client.name.clone(),
                serial: client.serial.clone(),
                role: client.role.clone(),
                revoked: client.revoked.is_some(),
            },
            not_after: client.not_after,
        })
        .collect();
    // The latest were made last.
    clients.drain(..clients.len().saturating_sub(MOST_SHOWN));
    let server = Certificate { owner: Owner::Server, not_after: material.not_after };
    let authority =
        Certificate { owner: Owner::Authority, not_after: material.authority_not_after };
    [server, authority].into_iter().chain(clients).collect()
}

/// Clients' certificates that monitors and people see.
const MOST_SHOWN: usize = 1000;

/// Revoking takes effect within 10 s.
const LOOK_EVERY: Duration = Duration::from_secs(4);
