//! What signals ask for.

use std::io;
use std::sync::Arc;

use tokio::signal::unix::{Signal, SignalKind, signal};
use tokio::sync::Notify;
use tracing::{info, warn};

use super::supervisor;
use crate::metrics::{Metrics, Of, Reloads};
use crate::serve::Stop;

/// SIGTERM, SIGINT, SIGHUP and SIGUSR1, watched.
pub(super) struct Signals {
    terminate: Signal,
    interrupt: Signal,
    hangup: Signal,
    user: Signal,
}

/// Who is told of a signal; `None`: there is nothing for it to do.
#[derive(Clone, Default)]
pub(super) struct Told {
    /// SIGHUP: read the policy again.
    pub(super) policy: Option<Arc<Notify>>,
    /// SIGHUP: read the certificates again.
    pub(super) certificates: Option<Arc<Notify>>,
    /// SIGUSR1: write down what was recorded.
    pub(super) record: Option<Arc<Notify>>,
}

impl Signals {
    pub(super) fn new() -> io::Result<Self> {
        Ok(Self {
            terminate: signal(SignalKind::terminate())?,
            interrupt: signal(SignalKind::interrupt())?,
            hangup: signal(SignalKind::hangup())?,
            user: signal(SignalKind::user_defined1())?,
        })
    }

    /// The first SIGTERM or SIGINT drains, the second cuts.
    pub(super) async fn watch(mut self, stop: Stop, told: Told, metrics: Arc<Metrics>) {
        let mut reloading = false;
        loop {
            let name = tokio::select! {
                _ = self.terminate.recv() => "SIGTERM",
                _ = self.interrupt.recv() => "SIGINT",
                _ = self.hangup.recv() => {
                    reloading = told.hangup(&metrics.reloads);
                    continue;
                }
                () = metrics.reloads.settled(), if reloading => {
                    reloading = false;
                    supervisor::ready();
                    continue;
                }
                _ = self.user.recv() => {
                    told.user();
                    continue;
                }
            };
            if stop.drain.is_cancelled() {
                warn!("{name} again: cutting what is left");
                stop.cut.cancel();
                return;
            }
            info!("{name}: stopping");
            supervisor::stopping();
            stop.drain.cancel();
        }
    }
}

impl Told {
    /// Says whether something is read again.
    fn hangup(&self, reloads: &Reloads) -> bool {
        let all = [
            ("policy", Of::Policy, &self.policy),
            ("certificates", Of::Certificates, &self.certificates),
        ];
        let all = all.into_iter().filter_map(|(name, of, told)| Some((name, (of, told.as_ref()?))));
        let (names, told): (Vec<_>, Vec<_>) = all.unzip();
        if told.is_empty() {
            info!("SIGHUP: there is nothing to reload, neither a policy file nor certificates");
            return false;
        }
        info!("SIGHUP: reading the {} again", names.join(" and the "));
        supervisor::reloading();
        for (of, told) in told {
            reloads.begin(of);
            told.notify_one();
        }
        true
    }

    fn user(&self) {
        if let Some(told) = &self.record {
            told.notify_one();
        } else {
            info!("SIGUSR1: nothing is learned here, so nothing is written");
        }
    }
}
