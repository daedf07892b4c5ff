//! Asks one Engine, and publishes what it finds.
//!
//! There is one observer in a process. Whoever wants to know how the Engine is has it look, or reads
//! its channel, which says nothing until the first check has ended.

use std::time::Duration;

use tokio::sync::{Mutex, watch};
use tokio::time::{Instant, sleep};

use crate::limit::Limit;
use crate::{Endpoint, Engine, Fault, Outcome, State, check, http2};

/// How the Engine is.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct EngineState {
    /// The Engine that answers, or why none does.
    pub result: Result<Engine, Fault>,
    /// Whether it answers `GET /_ping`, even if it, or a proxy before it, says no version.
    pub answers: bool,
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

/// Asks one Engine: when somebody wants to know, or again and again.
#[derive(Debug)]
pub struct Observer {
    endpoint: Endpoint,
    rhythm: Rhythm,
    state: watch::Sender<Option<EngineState>>,
    /// When the last check ended.
    last: Mutex<Option<Instant>>,
}

impl Observer {
    /// Nothing is asked yet.
    pub fn new(endpoint: Endpoint, rhythm: Rhythm) -> Self {
        Self { endpoint, rhythm, state: watch::Sender::new(None), last: Mutex::new(None) }
    }

    /// What was found last: `None` until the first check has ended. It changes only when the
    /// Engine does.
    pub fn subscribe(&self) -> watch::Receiver<Option<EngineState>> {
        self.state.subscribe()
    }

    /// Goes on looking until nobody is subscribed any more.
    pub async fn run(&self) {
        let looking = async {
            loop {
                let found = self.look_unless_within(Duration::ZERO).await;
                let Rhythm { healthy, unhealthy, .. } = self.rhythm;
                sleep(if found.answers { healthy } else { unhealthy }).await;
            }
        };
        tokio::select! {
            () = self.state.closed() => {}
            () = looking => {}
        }
    }

    /// What a check found that ended no longer than `age` ago, else what one finds now. However many
    /// want to know, one check is under way.
    pub async fn look_unless_within(&self, age: Duration) -> EngineState {
        let mut last = self.last.lock().await;
        let known = self.state.borrow().clone();
        match (*last, known) {
            (Some(at), Some(known)) if at.elapsed() < age => known,
            _ => {
                let found = self.look().await;
                *last = Some(Instant::now());
                found
            }
        }
    }

    /// Asks now, within the rhythm's limit, and publishes what is new.
    pub async fn look(&self) -> EngineState {
        let limit = Limit::from_now(self.rhythm.limit);
        let Outcome { result, pinged, .. } = check(&self.endpoint, self.rhythm.limit).await;
        let known = self.state.borrow().clone();
        let before = known.and_then(|known| Some((known.result.ok()?, known.http2)));
        let http2 = match (&result, before) {
            // The same release as a moment ago speaks as it did.
            (Ok(engine), Some((before, http2))) if *engine == before => http2,
            (Ok(_), _) => http2::is_spoken(&self.endpoint, limit).await,
            (Err(_), _) => false,
        };
        let now = EngineState { answers: pinged || result.is_ok(), result, http2 };
        self.state.send_if_modified(|published| {
            let changed = published.as_ref() != Some(&now);
            *published = Some(now.clone());
            changed
        });
        now
    }
}
