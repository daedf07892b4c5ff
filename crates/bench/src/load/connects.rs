//! New connections: connect, ask once, close.

use std::io::{self, Write as _};
use std::thread;
use std::time::{Duration, Instant};

use anyhow::{Context as _, anyhow};

use super::{Outcome, Subject};
use crate::client::{Dialler, http};
use crate::results::Metric;

pub(super) fn run(
    subject: &Subject<'_>,
    clients: usize,
    duration: Duration,
) -> anyhow::Result<Outcome> {
    let window = subject.open()?;
    let end = Instant::now() + duration;
    let results: Vec<io::Result<Vec<u64>>> = thread::scope(|scope| {
        let clients: Vec<_> =
            (0..clients).map(|_| scope.spawn(|| client(subject.dialler, end))).collect();
        clients
            .into_iter()
            .map(|client| client.join().unwrap_or_else(|_| Err(io::Error::other("a panic"))))
            .collect()
    });
    let usage = window.close()?;

    let mut latencies = Vec::new();
    for result in results {
        latencies.extend(result.context("cannot connect and ask")?);
    }
    let connections = u32::try_from(latencies.len())?;
    // Milliseconds each.
    let mut figures = super::rate_and_cpu(&usage, connections.into(), 1e3);
    let p50 = super::microseconds(&mut latencies, 50).ok_or_else(|| anyhow!("no connection"))?;
    figures.insert(Metric::P50, p50);
    figures.extend(super::microseconds(&mut latencies, 99).map(|p99| (Metric::P99, p99)));
    Ok((figures, usage))
}

/// Returns how long each connection took until its first byte came, in nanoseconds. One is made at
/// least.
fn client(dialler: &Dialler, end: Instant) -> io::Result<Vec<u64>> {
    let mut latencies = Vec::with_capacity(MOST);
    loop {
        let begin = Instant::now();
        let mut stream = dialler.dial()?;
        stream.write_all(http::LIST)?;
        stream.flush()?;
        let answer = http::Answer::begin(&mut stream, "200")?;
        latencies.push(super::nanoseconds(answer.first_byte - begin));
        answer.finish(&mut stream, &mut [0; 2 << 10])?;
        if Instant::now() > end || latencies.len() == MOST {
            return Ok(latencies);
        }
    }
}

/// The kernel has 28,000 ports for them, and each is taken for a minute.
const MOST: usize = 2000;
