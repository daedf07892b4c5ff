//! What is felt at a terminal: how long one small thing takes.

use std::io::{Read as _, Write as _};
use std::time::{Duration, Instant};

use anyhow::{Context as _, bail};

use super::{Outcome, Subject};
use crate::client::http;
use crate::results::{Figures, Metric};

/// One byte there and back on a hijacked stream, as `docker exec` has one.
pub(super) fn ping_pong(subject: &Subject<'_>, duration: Duration) -> anyhow::Result<Outcome> {
    let mut stream = subject.dialler.dial().context("cannot connect")?;
    stream.write_all(EXEC).context("cannot ask for a stream")?;
    stream.flush().context("cannot ask for a stream")?;
    http::Answer::begin(&mut stream, "101").context("cannot get a hijacked stream")?;

    let window = subject.open()?;
    let end = Instant::now() + duration;
    let mut latencies = Vec::with_capacity(1 << 16);
    let mut byte = [0];
    while Instant::now() < end {
        let begin = Instant::now();
        stream.write_all(b"x").and_then(|()| stream.flush()).context("cannot write a byte")?;
        stream.read_exact(&mut byte).context("cannot read it back")?;
        latencies.push(super::nanoseconds(begin.elapsed()));
    }
    outcome(latencies, window.close()?)
}

/// An answer whose head and body come in two small writes.
///
/// Nagle's algorithm on the way holds the second back until the first is acknowledged, and the
/// client's kernel takes 40 ms for that.
pub(super) fn two_writes(subject: &Subject<'_>, times: usize) -> anyhow::Result<Outcome> {
    let mut stream = subject.dialler.dial().context("cannot connect")?;
    let window = subject.open()?;
    let mut latencies = Vec::with_capacity(times);
    let mut buffer = [0; 2 << 10];
    for _ in 0..times {
        let begin = Instant::now();
        stream.write_all(LOGS).and_then(|()| stream.flush()).context("cannot ask")?;
        let answer = http::Answer::begin(&mut stream, "200")?;
        answer.finish(&mut stream, &mut buffer)?;
        latencies.push(super::nanoseconds(begin.elapsed()));
    }
    outcome(latencies, window.close()?)
}

fn outcome(
    mut latencies: Vec<u64>,
    usage: crate::machine::noise::Usage,
) -> anyhow::Result<Outcome> {
    let Some(p50) = super::microseconds(&mut latencies, 50) else { bail!("nothing was measured") };
    let mut figures = Figures::from([(Metric::P50, p50)]);
    figures.extend(super::microseconds(&mut latencies, 99).map(|p99| (Metric::P99, p99)));
    Ok((figures, usage))
}

const EXEC: &[u8] = b"POST /v1.41/exec/x/start HTTP/1.1\r\nHost: docker\r\n\
    User-Agent: Docker-Client/28.2.2 (linux)\r\nContent-Type: application/json\r\n\
    Connection: Upgrade\r\nUpgrade: tcp\r\nContent-Length: 2\r\n\r\n{}";
const LOGS: &[u8] = b"GET /v1.41/containers/x/logs HTTP/1.1\r\nHost: docker\r\n\
    User-Agent: Docker-Client/28.2.2 (linux)\r\n\r\n";
