//! The check: is that Engine healthy?

use std::time::Duration;

use tokio::time::Instant;

use crate::dial::{self, Endpoint};
use crate::exchange::{Answer, Session};
use crate::facts::Engine;
use crate::limit::Limit;
use crate::tls::{self, TlsFacts};
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
    /// Whether `GET /_ping` got an Engine's answer, whatever came of the rest.
    pub pinged: bool,
}

/// Asks `GET /_ping` and `GET /version` on one connection.
///
/// It ends within `limit`, and takes about 1 MiB at most of what the other side sends.
pub async fn check(endpoint: &Endpoint, limit: Duration) -> Outcome {
    check_then(endpoint, Limit::from_now(limit)).await.0
}

/// The same, and the connection for more.
pub(crate) async fn check_then(endpoint: &Endpoint, limit: Limit) -> (Outcome, Option<Session>) {
    let begin = Instant::now();
    let (mut tls, mut pinged) = (None, false);
    let (result, session) = match ask(endpoint, limit, &mut tls, &mut pinged).await {
        Ok((engine, session)) => (Ok(engine), Some(session)),
        Err(fault) => (Err(fault), None),
    };
    (Outcome { result, latency: begin.elapsed(), tls, pinged }, session)
}

async fn ask(
    endpoint: &Endpoint,
    limit: Limit,
    tls: &mut Option<TlsFacts>,
    pinged: &mut bool,
) -> Result<(Engine, Session), Fault> {
    let mut session = open(endpoint, limit, tls).await?;
    *pinged = *get(&mut session, "/_ping", limit).await?.body == *b"OK";
    let mut version = get(&mut session, "/version", limit).await;
    // Some servers close after each answer.
    if session.is_over() && version.as_ref().is_err_and(|fault| fault.state == State::EngineDown) {
        session = open(endpoint, limit, tls).await?;
        version = get(&mut session, "/version", limit).await;
    }
    let engine = Engine::read(&version?.body).ok_or_else(|| {
        Fault::new(
            State::NotDocker,
            "what answers is not an Engine: GET /version gives no Engine's JSON; is the port right?",
        )
    })?;
    Ok((engine, session))
}

pub(crate) async fn open(
    endpoint: &Endpoint,
    limit: Limit,
    tls: &mut Option<TlsFacts>,
) -> Result<Session, Fault> {
    let socket = dial::connect(endpoint, limit).await?;
    let Some(client) = &endpoint.tls else { return Session::start(socket, None).await };
    let handshake = client.0.handshake(&endpoint.address, socket);
    let (stream, facts) = limit.of(handshake, "no TLS handshake").await?;
    *tls = Some(facts);
    Session::start(stream, Some(client.clone())).await
}

pub(crate) async fn get(
    session: &mut Session,
    path: &'static str,
    limit: Limit,
) -> Result<Answer, Fault> {
    let answer = limit.of(session.get(path), "connected, but no answer").await?;
    part(&answer).map_or(Ok(answer), Err)
}

/// By status: an Engine, a bridge before it, or a stranger? `None`: it is well.
fn part(answer: &Answer) -> Option<Fault> {
    let Answer { path, status, .. } = *answer;
    let said = answer.message().map(|said| format!(": {said}")).unwrap_or_default();
    let (state, why) = match status {
        200 => return None,
        _ if answer.is_of_a_tls_port() => return Some(tls::asked_plainly()),
        401 | 403 | 407 => (
            State::Denied,
            format!(
                "{status} to GET {path}{said}; allow this client SystemPing and SystemVersion, the \
                 role `monitor` has both"
            ),
        ),
        500.. => (
            State::EngineDown,
            format!("{status} to GET {path}{said}; is the Engine behind it running?"),
        ),
        _ => (
            State::NotDocker,
            format!("what answers is not an Engine: {status} to GET {path}; is the port right?"),
        ),
    };
    Some(Fault::new(state, why))
}
