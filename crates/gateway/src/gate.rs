//! The gate: open where the role is `full`, guarded else.

use std::pin::Pin;
use std::sync::Arc;

use docker_api_core::gate::{Gate, Open, Parts, Served};
use docker_api_core::head::{Heads, MAX_HEADS};
use docker_api_core::relay::Socket;
use docker_api_core::transport::Who;
use tokio_util::sync::CancellationToken;

use crate::http2::Spoken;
use crate::{Access, Sink};

/// The gate of a bridge that has roles.
#[derive(Debug)]
pub struct Gateway {
    pub(crate) parts: Parts,
    pub(crate) access: Arc<Access>,
    pub(crate) sinks: Vec<Arc<dyn Sink>>,
    pub(crate) heads: Arc<Heads>,
    open: Open,
    spoken: Spoken,
}

impl Gateway {
    /// A gate before the Engine of `parts`.
    pub fn new(parts: Parts, access: Arc<Access>, sinks: Vec<Arc<dyn Sink>>) -> Self {
        let open = Open::new(parts.clone());
        let (heads, spoken) = (Arc::new(Heads::new(MAX_HEADS)), Spoken::default());
        Self { parts, access, sinks, heads, open, spoken }
    }
}

impl<S: Socket> Gate<S> for Gateway {
    fn serve<'a>(
        &'a self,
        client: &'a S,
        who: &'a Who,
        drain: &'a CancellationToken,
    ) -> Pin<Box<dyn Future<Output = Served> + Send + 'a>> {
        if client.is_http2() {
            return Box::pin(self.http2(client, who, drain, Vec::new()));
        }
        if self.access.is_open(who) {
            return Box::pin(self.open.drive(client, who, drain));
        }
        Box::pin(self.guarded(client, who, drain))
    }

    fn speaks_http2(&self) -> Pin<Box<dyn Future<Output = bool> + Send + '_>> {
        Box::pin(self.spoken.by(&self.parts.upstream))
    }
}

#[cfg(test)]
pub(crate) mod tests {
    use std::time::Duration;

    use docker_api_access::Policy;
    use docker_api_core::upstream::{Retry, Upstream, UpstreamSettings};

    use super::*;
    use crate::Roles;

    /// One before no Engine, which holds no more of heads than this; its clients may monitor.
    pub(crate) fn gateway(heads: usize) -> Gateway {
        let upstream = Upstream::new(UpstreamSettings {
            address: "unix:///nobody/listens/here".parse().unwrap(),
            version: None,
            connect_timeout: Duration::from_secs(1),
            retry: Retry::Never,
            nodelay: true,
            keepalive: None,
        });
        let parts = Parts {
            upstream: Arc::new(upstream),
            guard: None,
            idle: None,
            metrics: Arc::default(),
            asked_for: None,
        };
        let roles =
            Roles { listeners: vec!["monitor".into()], certificates: None, judge_full: true };
        let access = Arc::new(Access::new(Policy::built_in(), roles));
        let mut gateway = Gateway::new(parts, access, Vec::new());
        gateway.heads = Arc::new(Heads::new(heads));
        gateway
    }
}
