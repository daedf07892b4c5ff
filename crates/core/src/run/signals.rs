//! What signals ask for.

use std::io;
use std::sync::Arc;

use tokio::signal::unix::{Signal, SignalKind, signal};
use tokio::sync::Notify;
use tracing::{info, warn};

use crate::serve::Stop;

/// SIGTERM, SIGINT and SIGHUP, watched.
pub(super) struct Signals {
    terminate: Signal,
    interrupt: Signal,
    hangup: Signal,
}

impl Signals {
    pub(super) fn new() -> io::Result<Self> {
        Ok(Self {
            terminate: signal(SignalKind::terminate())?,
            interrupt: signal(SignalKind::interrupt())?,
            hangup: signal(SignalKind::hangup())?,
        })
    }

    /// The first SIGTERM or SIGINT drains, the second cuts. SIGHUP reloads, if there is something
    /// to reload.
    pub(super) async fn watch(mut self, stop: Stop, reload: Option<Arc<Notify>>) {
        loop {
            let name = tokio::select! {
                _ = self.terminate.recv() => "SIGTERM",
                _ = self.interrupt.recv() => "SIGINT",
                _ = self.hangup.recv() => {
                    if let Some(reload) = &reload {
                        info!("SIGHUP: reading the certificates again");
                        reload.notify_one();
                    } else {
                        info!("SIGHUP: with open access there is nothing to reload");
                    }
                    continue;
                }
            };
            if stop.drain.is_cancelled() {
                warn!("{name} again: cutting what is left");
                stop.cut.cancel();
                return;
            }
            info!("{name}: stopping");
            stop.drain.cancel();
        }
    }
}
