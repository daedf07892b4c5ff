//! What systemd is told (`sd_notify(3)`). Without it, nobody is.

use std::io;
use std::time::Duration;

use sd_notify::NotifyState;
use tokio::time;
use tracing::debug;

/// Whoever connects from now on is served; nothing is being read again.
pub(super) fn ready() {
    tell(Ok(NotifyState::Ready), None);
}

/// Something is read again; [`ready`] follows.
pub(super) fn reloading() {
    tell(NotifyState::monotonic_usec_now(), Some(NotifyState::Reloading));
}

/// Nobody is accepted any more.
pub(super) fn stopping() {
    tell(Ok(NotifyState::Stopping), None);
}

/// Says now and then that this process lives, if that is wanted. It goes on for ever.
pub(super) async fn watchdog() {
    let Some(limit) = sd_notify::watchdog_enabled() else { return };
    // As sd_watchdog_enabled(3) recommends.
    let mut half = time::interval((limit / 2).max(SHORTEST));
    loop {
        half.tick().await;
        tell(Ok(NotifyState::Watchdog), None);
    }
}

fn tell(state: io::Result<NotifyState<'_>>, first: Option<NotifyState<'_>>) {
    let told = state.and_then(|state| {
        let states: Vec<_> = first.into_iter().chain([state]).collect();
        sd_notify::notify(&states)
    });
    if let Err(error) = told {
        debug!("systemd can't be told: {error}");
    }
}

/// An interval can't be 0.
const SHORTEST: Duration = Duration::from_millis(1);
