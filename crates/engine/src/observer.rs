//! Goes on asking one Engine, and publishes what it finds.
//!
//! There is one observer in a process. Whoever wants to know how the Engine is reads its channel,
//! which says nothing until the first check has ended.

use std::time::Duration;

use tokio::sync::watch;
use tokio::time::sleep;

use crate::limit::Limit;
use crate::{Endpoint, Engine, Fault, State, check, http2};

/// How the Engine is.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct EngineState {
    /// The Engine that answers, or why none does.
    pub result: Result<Engine, Fault>,
    /// Whether it speaks HTTP/2 without TLS too (Engines from 29 on).
    pub http2: bool,
}

impl EngineState {
    /// In one word.
    pub fn state(&self) -> State {
        match &self.result {
            Ok(_) => State::Healthy,
            Err(fault) => fault.state,
        }
    }
}

/// How often it asks, and how long it waits.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub struct Rhythm {
    /// Between the end of a check and the next, while the Engine answers.
    pub healthy: Duration,
    /// The same while it doesn't: short, so that its return is known soon.
    pub unhealthy: Duration,
    /// What one check may take.
    pub limit: Duration,
}

impl Default for Rhythm {
    /// 5 s, 1 s, 5 s.
    fn default() -> Self {
        let seconds = Duration::from_secs;
        Self { healthy: seconds(5), unhealthy: seconds(1), limit: seconds(5) }
    }
}

/// Asks one Engine, again and again.
#[derive(Debug)]
pub struct Observer {
    endpoint: Endpoint,
    rhythm: Rhythm,
    state: watch::Sender<Option<EngineState>>,
}

impl Observer {
    /// Nothing is asked before [`run`](Self::run). The receiver has `None` until the first check
    /// has ended, and then changes only when the Engine does.
    pub fn new(endpoint: Endpoint, rhythm: Rhythm) -> (Self, watch::Receiver<Option<EngineState>>) {
        let (state, receiver) = watch::channel(None);
        (Self { endpoint, rhythm, state }, receiver)
    }

    /// Ends when nobody listens any more.
    pub async fn run(self) {
        let asking = async {
            loop {
                let healthy = self.look().await;
                let Rhythm { healthy: long, unhealthy: short, .. } = self.rhythm;
                sleep(if healthy { long } else { short }).await;
            }
        };
        tokio::select! {
            () = self.state.closed() => {}
            () = asking => {}
        }
    }

    /// Checks once and publishes what is new. Whether the Engine answers.
    async fn look(&self) -> bool {
        let result = check(&self.endpoint, self.rhythm.limit).await.result;
        let known = self.state.borrow().as_ref().map(|known| (known.result.clone(), known.http2));
        let http2 = match (&result, known) {
            // The same release as a moment ago speaks as it did.
            (Ok(engine), Some((Ok(before), http2))) if *engine == before => http2,
            (Ok(_), _) => {
                http2::is_spoken(&self.endpoint, Limit::from_now(self.rhythm.limit)).await
            }
            (Err(_), _) => false,
        };
        let healthy = result.is_ok();
        let now = Some(EngineState { result, http2 });
        self.state.send_if_modified(|published| {
            let changed = *published != now;
            *published = now;
            changed
        });
        healthy
    }
}
