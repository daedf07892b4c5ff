//! Files about access, as far as a process's life goes: the policy is read again, what was learned
//! is written.

use std::fmt;
use std::path::PathBuf;
use std::sync::Arc;

use tokio::sync::Notify;
use tokio::task::spawn_blocking;
use tokio_util::sync::CancellationToken;
use tracing::{error, info, warn};

use crate::metrics::{Metrics, Of, Outcome};

/// A file that says who may do what, and is read again on SIGHUP.
pub struct PolicyFile {
    /// Where it is.
    pub path: PathBuf,
    /// Reads it and puts it into force: what has changed, a line each, or why the old one stays.
    pub reload: Arc<dyn Fn() -> Result<Vec<String>, String> + Send + Sync>,
}

/// Something to be written down on SIGUSR1, when the bridge is asked to stop, and at its end.
pub struct Record {
    /// Writes it: what to say of it, or why it can't be.
    pub write: Arc<dyn Fn() -> Result<String, String> + Send + Sync>,
}

impl PolicyFile {
    /// Goes on for ever.
    pub(super) async fn keep(self, asked: Arc<Notify>, metrics: Arc<Metrics>) {
        loop {
            asked.notified().await;
            let reload = Arc::clone(&self.reload);
            // Files may lie on a network.
            let reloaded = spawn_blocking(move || reload()).await;
            let succeeded = matches!(reloaded, Ok(Ok(_)));
            let outcome = if succeeded { Outcome::Success } else { Outcome::Failure };
            metrics.reloads.end(Of::Policy, outcome);
            match reloaded {
                Ok(Ok(changes)) if changes.is_empty() => info!("the policy hasn't changed"),
                Ok(Ok(changes)) => {
                    for change in changes {
                        info!("the new policy is in force: {change}");
                    }
                }
                Ok(Err(why)) => warn!("the old policy stays in force: {why}"),
                Err(panicked) => error!("the old policy stays in force: {panicked}"),
            }
        }
    }
}

impl Record {
    /// Writes whenever it is `asked`, and once more as soon as the bridge is to stop: whoever
    /// loses patience during the drain has that much.
    pub(super) async fn keep(self: Arc<Self>, asked: Arc<Notify>, drain: CancellationToken) {
        while drain.run_until_cancelled(asked.notified()).await.is_some() {
            self.write().await;
        }
        self.write().await;
    }

    pub(super) async fn write(&self) {
        let write = Arc::clone(&self.write);
        match spawn_blocking(move || write()).await {
            Ok(Ok(told)) => info!("{told}"),
            Ok(Err(why)) => error!("{why}"),
            Err(panicked) => error!("nothing was written: {panicked}"),
        }
    }
}

impl fmt::Debug for PolicyFile {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("PolicyFile").field("path", &self.path).finish_non_exhaustive()
    }
}

impl fmt::Debug for Record {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Record")
    }
}
