//! The check: is that Engine healthy?

use std::time::{Duration, Instant};

use tokio::time::timeout_at;

use crate::dial::{self, Endpoint};
use crate::exchange::{Answer, Session};
use crate::facts::Engine;
use crate::tls::TlsFacts;
use crate::{Fault, State};

/// What a check found out.
#[derive(Clone, Debug, PartialEq)]
pub struct Outcome {
    /// The Engine that answered, or why none did.
    pub result: Result<Engine, Fault>,
    /// From the start of the check, names included, to its end.
    pub latency: Duration,
    /// The TLS connection, if there was one.
    pub tls: Option<TlsFacts>,
}

impl Outcome {
    /// In one word.
    pub fn state(&self) -> State {
        match &self.result {
            Ok(_) => State::Healthy,
            Err(fault) => fault.state,
        }
    }
}

/// Asks `GET /_ping` and `GET /version` on one connection.
///
/// It ends within `limit`, and takes no more than about 1 MiB of what the other side sends.
pub async fn check(endpoint: &Endpoint, limit: Duration) -> Outcome {
    let begin = Instant::now();
    let mut tls = None;
    let result = ask(endpoint, begin + limit, limit, &mut tls).await;
    Outcome { result, latency: begin.elapsed(), tls }
}

async fn ask(
    endpoint: &Endpoint,
    deadline: Instant,
    limit: Duration,
    tls: &mut Option<TlsFacts>,
) -> Result<Engine, Fault> {
    let deadline = deadline.into();
    let mut session = open(endpoint, deadline, limit, tls).await?;
    let silent = |_| Fault::timeout("connected, but no answer", limit);
    let ping = timeout_at(deadline, session.get("/_ping")).await.map_err(silent)??;
    expect_ok(&ping)?;
    if ping.closes {
        session = open(endpoint, deadline, limit, tls).await?;
    }
    let version = timeout_at(deadline, session.get("/version")).await.map_err(silent)??;
    expect_ok(&version)?;
    Engine::read(&version.body).ok_or_else(|| {
        Fault::new(
            State::NotDocker,
            "what answers is not an Engine: GET /version gives no Engine's JSON; is the port right?",
        )
    })
}

async fn open(
    endpoint: &Endpoint,
    deadline: tokio::time::Instant,
    limit: Duration,
    tls: &mut Option<TlsFacts>,
) -> Result<Session, Fault> {
    let late = |what: &'static str| move |_| Fault::timeout(what, limit);
    let socket = timeout_at(deadline, dial::connect(&endpoint.address))
        .await
        .map_err(late("no connection"))??;
    let stream = match &endpoint.tls {
        None => socket,
        Some(config) => {
            let handshake = crate::tls::handshake(&endpoint.address, config, socket);
            let (stream, facts) =
                timeout_at(deadline, handshake).await.map_err(late("no TLS handshake"))??;
            *tls = Some(facts);
            stream
        }
    };
    let shows_certificate =
        endpoint.tls.as_ref().map(|config| config.client_auth_cert_resolver.has_certs());
    Session::start(stream, shows_certificate).await
}

/// Part by status: what an Engine, a bridge or a stranger says.
fn expect_ok(answer: &Answer) -> Result<(), Fault> {
    let path = answer.path;
    let said = answer.message().map(|said| format!(": {said}")).unwrap_or_default();
    match answer.status {
        200 => Ok(()),
        _ if answer.is_of_a_tls_port() => Err(crate::tls::asked_plainly()),
        status @ (401 | 403 | 407) => Err(Fault::new(
            State::Denied,
            format!(
                "{status} to GET {path}{said}; allow this client SystemPing and SystemVersion, the \
                 role `monitor` has both"
            ),
        )),
        status if status >= 500 => Err(Fault::new(
            State::EngineDown,
            format!("{status} to GET {path}{said}; is the Engine behind it running?"),
        )),
        status => Err(Fault::new(
            State::NotDocker,
            format!("what answers is not an Engine: {status} to GET {path}; is the port right?"),
        )),
    }
}
