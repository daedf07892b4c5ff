//! How many containers an Engine has: a check, and more on its connection.

use std::time::Duration;

use serde::de::DeserializeOwned;
use serde::{Deserialize, Serialize};

use crate::check::{check_then, get, open};
use crate::exchange::Session;
use crate::limit::Limit;
use crate::{Endpoint, Outcome, State};

/// How many containers an Engine has. `None`: it doesn't say, or not to this client.
#[derive(Clone, Copy, Debug, Default, Eq, PartialEq, Serialize)]
pub struct Containers {
    /// Those that run.
    pub running: Option<u64>,
    /// Those that have ended.
    pub stopped: Option<u64>,
    /// Those that run, and whose health check fails.
    pub unhealthy: Option<u64>,
}

/// What an Engine is asked about its containers.
#[derive(Clone, Copy, Debug, Default, Eq, PartialEq)]
pub struct Questions {
    /// How many run, and how many have ended: `GET /info`.
    pub counts: bool,
    /// How many are unhealthy: `GET /containers/json`.
    pub unhealthy: bool,
}

impl Questions {
    /// All of them but `these`.
    pub fn but(these: Self) -> Self {
        Self { counts: !these.counts, unhealthy: !these.unhealthy }
    }
}

/// What a survey found out besides.
#[derive(Clone, Copy, Debug, Default, Eq, PartialEq)]
pub struct Survey {
    /// How many containers there are.
    pub containers: Containers,
    /// Questions that a role stands against: to ask again soon is no use.
    pub denied: Questions,
}

/// A [`check`](crate::check()), and `questions` behind it on the same connection, all within `limit`.
/// Latency and result are those of the check.
pub async fn survey(
    endpoint: &Endpoint,
    limit: Duration,
    questions: Questions,
) -> (Outcome, Survey) {
    let limit = Limit::from_now(limit);
    let (outcome, session) = check_then(endpoint, limit).await;
    let mut survey = Survey::default();
    let Some(session) = session else { return (outcome, survey) };
    let mut asking = Asking { endpoint, limit, session };
    let Survey { containers, denied } = &mut survey;
    if questions.counts {
        let counts: Option<Counts> = asking.json("/info", &mut denied.counts).await;
        containers.running = counts.as_ref().map(|counts| counts.containers_running);
        containers.stopped = counts.as_ref().map(|counts| counts.containers_stopped);
    }
    if questions.unhealthy {
        let listed: Option<Vec<Listed>> = asking.json(UNHEALTHY, &mut denied.unhealthy).await;
        containers.unhealthy = listed.map(|listed| listed.len() as u64);
    }
    (outcome, survey)
}

struct Asking<'a> {
    endpoint: &'a Endpoint,
    limit: Limit,
    session: Session,
}

impl Asking<'_> {
    /// Whatever stands against it, the Engine is as healthy as it was found.
    async fn json<T: DeserializeOwned>(
        &mut self,
        path: &'static str,
        denied: &mut bool,
    ) -> Option<T> {
        // Some servers close after each answer.
        if self.session.is_over() {
            self.session = open(self.endpoint, self.limit, &mut None).await.ok()?;
        }
        match get(&mut self.session, path, self.limit).await {
            Ok(answer) => serde_json::from_slice(&answer.body).ok(),
            Err(fault) => {
                *denied = fault.state == State::Denied;
                None
            }
        }
    }
}

/// Of `GET /info`.
#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
struct Counts {
    containers_running: u64,
    containers_stopped: u64,
}

/// One of `GET /containers/json`: that it is there is all.
#[derive(Deserialize)]
struct Listed {}

/// With `filters={"health":["unhealthy"]}`, so that the answer is short.
const UNHEALTHY: &str = "/containers/json?filters=%7B%22health%22%3A%5B%22unhealthy%22%5D%7D";
