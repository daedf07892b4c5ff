//! What a server shows and whom it trusts, from its start on and while it runs.

use std::sync::Arc;
use std::time::Duration;

use time::OffsetDateTime;
use tokio::sync::Notify;
use tokio::task::spawn_blocking;
use tokio::time::sleep;
use tracing::{error, info, warn};

use super::RunError;
use super::expiry::Expiry;
use crate::pki::{Client, Keeper, Material, Name, Names, PkiError, Source, SystemRandom};
use crate::transport::tls::Tls;

/// How clients show who they are.
#[derive(Debug)]
pub struct TlsSettings {
    /// Where certificates come from.
    pub source: Source,
    /// Names for the server's certificate besides the machine's own.
    pub sans: Vec<Name>,
    /// The role of a certificate that names none.
    pub default_role: String,
}

/// Certificates that are kept good.
#[derive(Debug)]
pub(super) struct Certificates {
    keeper: Keeper,
    sans: Vec<Name>,
    pub(super) tls: Arc<Tls>,
    ends: Vec<(String, OffsetDateTime)>,
    told: Expiry,
}

impl Certificates {
    /// Reads them, and makes those that are missing.
    pub(super) fn prepare(settings: TlsSettings) -> Result<Self, RunError> {
        let TlsSettings { source, sans, default_role } = settings;
        let names = Names::of_this_machine(&sans);
        let now = OffsetDateTime::now_utc();
        let (keeper, material) = Keeper::start(source, &names, now, &SystemRandom::default())?;
        tell(&material);
        let ends = ends(&material);
        let tls = Arc::new(Tls::new(material, &default_role)?);
        Ok(Self { keeper, sans, tls, ends, told: Expiry::default() })
    }

    /// Looks now and then, and when `reload` says so, whether there is something new.
    pub(super) async fn keep(mut self, reload: Arc<Notify>) {
        loop {
            for line in self.told.due(&self.ends, OffsetDateTime::now_utc()) {
                warn!("{line}");
            }
            let asked = tokio::select! {
                () = sleep(LOOK_EVERY) => false,
                () = reload.notified() => true,
            };
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
                Ok(None) if asked => info!("the certificates haven't changed"),
                Ok(None) => {}
                Ok(Some(material)) => self.replace(material),
                Err(error) => warn!("the old certificates stay in force: {error}"),
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
        match self.tls.replace(material) {
            Ok(()) => {
                self.ends = ends;
                info!("the new certificates are in force");
            }
            Err(error) => warn!("the old certificates stay in force: {error}"),
        }
    }
}

fn tell(material: &Material) {
    for warning in &material.warnings {
        warn!("{warning}");
    }
}

/// What a person has to care for before it ends: our own server certificate is renewed by itself.
fn ends(material: &Material) -> Vec<(String, OffsetDateTime)> {
    let good = |client: &&Client| client.revoked.is_none();
    let clients = material.record.clients().iter().filter(good);
    let clients = clients.map(|client| {
        (format!("the certificate of client {} ({})", client.name, client.serial), client.not_after)
    });
    let server = ("the server's certificate".to_owned(), material.not_after);
    clients.chain((!material.own_authority).then_some(server)).collect()
}

/// Revoking takes effect within 10 s.
const LOOK_EVERY: Duration = Duration::from_secs(4);
