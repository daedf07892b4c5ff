//! A gate on a port, before an Engine.

use std::net::SocketAddr;
use std::sync::{Arc, Mutex};
use std::time::Duration;

use docker_api_access::Policy;
use docker_api_core::address::UpstreamAddress;
use docker_api_core::gate::{Gate as _, Parts, Served};
use docker_api_core::guard::Guard;
use docker_api_core::transport::{Peer, Stream, Who};
use docker_api_core::upstream::{Retry, Upstream, UpstreamSettings};
use docker_api_gateway::{Access, Asked, Ended, Gateway, Roles, Sink};
use testkit::{DEADLINE, Endpoint, eventually};
use tokio::net::TcpListener;
use tokio::runtime::Runtime;
use tokio_util::sync::CancellationToken;
use tokio_util::task::TaskTracker;

/// A guarded gate that serves until it is dropped.
pub(crate) struct Guarded {
    access: Arc<Access>,
    pub(crate) log: Arc<Log>,
    drain: CancellationToken,
    address: SocketAddr,
    tasks: TaskTracker,
    _runtime: Runtime,
}

/// What the gate tells of requests.
#[derive(Debug, Default)]
pub(crate) struct Log {
    asked: Mutex<Vec<String>>,
    ended: Mutex<Vec<(String, Ended)>>,
}

impl Guarded {
    /// One that gives every client that role, before the Engine at that endpoint.
    pub(crate) fn start(engine: &Endpoint, role: &str) -> Self {
        Self::with_parts(engine, role, |_| ())
    }

    /// The same, with parts that differ.
    pub(crate) fn with_parts(
        engine: &Endpoint,
        role: &str,
        change: impl FnOnce(&mut Parts),
    ) -> Self {
        let address: UpstreamAddress = match engine {
            Endpoint::Unix(path) => format!("unix://{}", path.display()),
            other => other.to_string(),
        }
        .parse()
        .unwrap();
        let upstream = Upstream::new(UpstreamSettings {
            address,
            version: None,
            connect_timeout: DEADLINE,
            retry: Retry::Never,
            nodelay: true,
            keepalive: None,
        });
        let mut parts = Parts {
            upstream: Arc::new(upstream),
            guard: Some(Guard::default()),
            idle: None,
            metrics: Arc::default(),
            asked_for: None,
        };
        change(&mut parts);
        let roles =
            Roles { listeners: vec![role.to_owned()], certificates: None, judge_full: true };
        let access = Arc::new(Access::new(policy(), roles));
        let log = Arc::new(Log::default());
        let sink: Arc<dyn Sink> = Arc::<Log>::clone(&log);
        let gateway = Arc::new(Gateway::new(parts, Arc::clone(&access), vec![sink]));

        let runtime = Runtime::new().unwrap();
        let listener = runtime.block_on(TcpListener::bind("127.0.0.1:0")).unwrap();
        let address = listener.local_addr().unwrap();
        let (drain, tasks) = (CancellationToken::new(), TaskTracker::new());
        tasks.spawn_on(accept(listener, gateway, drain.clone(), tasks.clone()), runtime.handle());
        Self { access, log, drain, address, tasks, _runtime: runtime }
    }

    pub(crate) fn endpoint(&self) -> Endpoint {
        self.address.into()
    }

    pub(crate) fn connect(&self) -> testkit::Stream {
        self.endpoint().connect()
    }

    /// Puts another policy into force.
    pub(crate) fn replace(&self, policy: &str) {
        self.access.replace(Policy::parse("policy.toml", policy).unwrap());
    }

    /// Stops accepting, and lets idle connections go.
    pub(crate) fn drain(&self) {
        self.drain.cancel();
        self.tasks.close();
    }

    /// Whether every connection has ended.
    pub(crate) fn is_over(&self) -> bool {
        self.tasks.is_empty()
    }
}

/// The built-in roles, and `user`, who may do whatever streams too.
pub(crate) fn policy() -> Policy {
    Policy::parse(
        "policy.toml",
        r#"
            [roles.user]
            extends = ["read-only"]
            allow = [
                "class:interact", "class:lifecycle", "class:registry", "class:write",
                "class:export",
            ]
            allow-paths = ["GET /bulk", "POST /bulk", "GET /delay"]
        "#,
    )
    .unwrap()
}

async fn accept(
    listener: TcpListener,
    gateway: Arc<Gateway>,
    drain: CancellationToken,
    tasks: TaskTracker,
) {
    loop {
        let accepted = tokio::select! {
            accepted = listener.accept() => accepted,
            () = drain.cancelled() => return,
        };
        let (stream, peer) = accepted.unwrap();
        stream.set_nodelay(true).unwrap();
        let (gateway, drain) = (Arc::clone(&gateway), drain.clone());
        tasks.spawn(async move {
            let who = Who::new(Peer::from_tcp(peer), 0, None);
            let stream = Stream::Tcp(stream);
            if gateway.serve(&stream, &who, &drain).await == Served::Broken {
                stream.reset_on_close();
            }
        });
    }
}

impl Log {
    /// What was asked so far, as `GET /path verdict`.
    pub(crate) fn asked(&self) -> Vec<String> {
        self.asked.lock().unwrap().clone()
    }

    /// Waits for `n` ends and returns all, as `GET /path status up down`.
    pub(crate) fn ended(&self, n: usize) -> Vec<String> {
        eventually(DEADLINE, &format!("{n} requests end"), || {
            self.ended.lock().unwrap().len() >= n
        });
        let ended = self.ended.lock().unwrap();
        let show = |(asked, ended): &(String, Ended)| {
            let Ended { status, up, down, duration } = *ended;
            assert!(duration < Duration::from_secs(60));
            format!("{asked} {} {up} {down}", status.unwrap_or_default())
        };
        ended.iter().map(show).collect()
    }
}

impl Sink for Log {
    fn asked(&self, asked: &Asked<'_>) {
        let line = format!("{} {:?}", show(asked), asked.judgement.verdict);
        self.asked.lock().unwrap().push(line);
    }

    fn ended(&self, asked: &Asked<'_>, ended: &Ended) {
        self.ended.lock().unwrap().push((show(asked), *ended));
    }
}

fn show(asked: &Asked<'_>) -> String {
    format!("{} {}", String::from_utf8_lossy(asked.method), String::from_utf8_lossy(asked.target))
}
