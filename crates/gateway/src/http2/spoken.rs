//! Whether the Engine speaks HTTP/2, for clients that want to know before they speak (ALPN).

use std::time::Duration;

use docker_api_core::upstream::Upstream;
use tokio::sync::Mutex;
use tokio::time::{Instant, timeout};

use super::engine::speaks_http2;

/// What the Engine was found to speak, and when.
#[derive(Debug, Default)]
pub(crate) struct Spoken(Mutex<Option<(Instant, bool)>>);

impl Spoken {
    /// Asks the Engine, if nobody did just now: whoever asks has shown no certificate yet, and may
    /// cost the Engine one short connection a while, no more.
    pub(crate) async fn by(&self, upstream: &Upstream) -> bool {
        let mut found = self.0.lock().await;
        if let Some((when, spoken)) = *found
            && when.elapsed() < FRESH
        {
            return spoken;
        }
        let spoken = timeout(PATIENCE, speaks_http2(upstream)).await.unwrap_or(false);
        *found = Some((Instant::now(), spoken));
        spoken
    }
}

/// How long an answer is good for. An Engine changes its mind when it is upgraded.
const FRESH: Duration = Duration::from_secs(5);

/// A client's handshake waits so long at most.
const PATIENCE: Duration = Duration::from_secs(1);
