//! `/probe?target=`: one check now, of a target that may be asked for.

use std::collections::HashMap;
use std::net::SocketAddr;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use docker_api_core::address::{HostPort, UpstreamAddress};
use docker_api_core::head::Head;
use docker_api_engine::{Endpoint, resolve};
use tokio::time::Instant;

use super::allowed::AllowedTarget;
use crate::conditions::{Conditions, Verdict};
use crate::prober;
use crate::targets::{Target, TlsSettings, endpoint};

/// Which targets may be asked for, and how they are.
#[derive(Debug)]
pub(crate) struct Scrape {
    /// By name, and by what tells targets apart.
    listed: HashMap<String, Arc<Target>>,
    allowed: Vec<AllowedTarget>,
    tls: Mutex<TlsSettings>,
    conditions: Conditions,
    /// For one check, unless the scrape has less time.
    timeout: Duration,
}

impl Scrape {
    pub(crate) fn new(
        targets: Vec<Arc<Target>>,
        allowed: Vec<AllowedTarget>,
        tls: TlsSettings,
        conditions: Conditions,
        timeout: Duration,
    ) -> Self {
        let keys = |target: Arc<Target>| {
            [target.name.clone(), target.identity()].map(|key| (key, Arc::clone(&target)))
        };
        let listed = targets.into_iter().flat_map(keys).collect();
        Self { listed, allowed, tls: Mutex::new(tls), conditions, timeout }
    }

    /// How long a check may take for whoever sends this head.
    pub(crate) fn limit(&self, head: &Head<'_>) -> Duration {
        let mut values = head.header_values("x-prometheus-scrape-timeout-seconds");
        let seconds = values.next().and_then(|value| str::from_utf8(value).ok()?.parse().ok());
        let given = seconds.and_then(|seconds| Duration::try_from_secs_f64(seconds).ok());
        given.map_or(self.timeout, |given| {
            self.timeout.min(given.saturating_sub(FOR_THE_WAY).max(SHORTEST))
        })
    }

    /// What one check finds. An error says why the target may not be asked for.
    pub(crate) async fn check(&self, text: &str, limit: Duration) -> Result<Verdict, String> {
        let begin = Instant::now();
        let target = self.target(text, limit).await?;
        let looked_up = begin.elapsed();
        let left = limit.saturating_sub(looked_up);
        let verdict = prober::verdict(&target, self.conditions, left).await;
        Ok(Verdict { latency: verdict.latency + looked_up, ..verdict })
    }

    async fn target(&self, text: &str, limit: Duration) -> Result<Arc<Target>, String> {
        if let Some(listed) = self.listed.get(text) {
            return Ok(Arc::clone(listed));
        }
        if text.starts_with("context:") {
            return Err("contexts are asked for only if they are in the list".into());
        }
        let read = endpoint(text, &mut self.tls.lock().unwrap_or_else(PoisonError::into_inner));
        let endpoint = read?.map_err(|fault| fault.to_string())?;
        let mut target = Target { name: text.into(), source: None, endpoint: Ok(endpoint.clone()) };
        if let Some(listed) = self.listed.get(&target.identity()) {
            return Ok(Arc::clone(listed));
        }
        let UpstreamAddress::Tcp(to) = &endpoint.address else {
            return Err("sockets are asked for only if they are in the list".into());
        };
        if !self.allowed.iter().any(|allowed| allowed.names(&to.host)) {
            let resolved = Some(self.dialled(to, limit).await?);
            target.endpoint = Ok(Endpoint { resolved, ..endpoint });
        }
        Ok(Arc::new(target))
    }

    /// The addresses of a host that may be dialled: looked up once, so that no later answer of a name
    /// server leads elsewhere.
    async fn dialled(&self, to: &HostPort, limit: Duration) -> Result<Vec<SocketAddr>, String> {
        let stranger = || {
            format!(
                "{} is not in the list, and no --allow-target holds it",
                UpstreamAddress::Tcp(to.clone())
            )
        };
        if !self.allowed.iter().any(|allowed| matches!(allowed, AllowedTarget::Network(_))) {
            return Err(stranger());
        }
        let mut found = resolve(to, limit).await.map_err(|fault| fault.to_string())?;
        found.retain(|address| self.allowed.iter().any(|allowed| allowed.holds(address.ip())));
        if found.is_empty() { Err(stranger()) } else { Ok(found) }
    }
}

/// Of a scrape's time, for all but the check.
const FOR_THE_WAY: Duration = Duration::from_millis(500);
/// What a check gets of a scrape that has less.
const SHORTEST: Duration = Duration::from_millis(100);
