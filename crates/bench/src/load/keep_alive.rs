//! Requests one after another on kept connections, from one thread.

use std::io::{self, Read as _, Write as _};
use std::time::{Duration, Instant};

use anyhow::{Context as _, bail};
use rustix::buffer::spare_capacity;
use rustix::event::{Timespec, epoll};

use super::{Outcome, Subject};
use crate::client::{PATIENCE, Stream, http};
use crate::results::Metric;

pub(super) fn run(
    subject: &Subject<'_>,
    connections: usize,
    duration: Duration,
) -> anyhow::Result<Outcome> {
    let epoll = epoll::create(epoll::CreateFlags::CLOEXEC).context("cannot watch sockets")?;
    let mut all = Vec::with_capacity(connections);
    for index in 0..connections {
        let connection = Connection::open(subject).context("cannot connect")?;
        let data = epoll::EventData::new_u64(index as u64);
        epoll::add(&epoll, &connection.stream, data, epoll::EventFlags::IN)
            .context("cannot watch a socket")?;
        all.push(connection);
    }

    let window = subject.open()?;
    let end = Instant::now() + duration;
    for connection in &mut all {
        connection.ask()?;
    }
    let mut latencies = Vec::with_capacity(1 << 18);
    let mut events = Vec::with_capacity(connections);
    let mut in_flight = connections;
    let patience = Timespec { tv_sec: PATIENCE.as_secs().try_into()?, tv_nsec: 0 };
    while in_flight > 0 {
        events.clear();
        epoll::wait(&epoll, spare_capacity(&mut events), Some(&patience))
            .context("cannot wait for answers")?;
        if events.is_empty() {
            bail!("no answer for {} s", PATIENCE.as_secs());
        }
        for event in &events {
            let connection = &mut all[usize::try_from(event.data.u64())?];
            if !connection.is_answered()? {
                continue;
            }
            let now = Instant::now();
            latencies.push(super::nanoseconds(now - connection.asked));
            if now < end {
                connection.ask()?;
            } else {
                in_flight -= 1;
            }
        }
    }
    let usage = window.close()?;

    let mut figures = super::rate_and_cpu(&usage, count(&latencies), 1e5);
    figures.extend([(Metric::P50, 50), (Metric::P99, 99)].into_iter().filter_map(
        |(metric, percent)| Some((metric, super::microseconds(&mut latencies, percent)?)),
    ));
    Ok((figures, usage))
}

#[expect(clippy::cast_precision_loss, reason = "nobody makes 2^52 requests in a second")]
fn count(latencies: &[u64]) -> f64 {
    latencies.len() as f64
}

struct Connection {
    stream: Stream,
    asked: Instant,
    /// Bytes of every answer: the same request gets the same.
    answer: usize,
    /// Bytes of the present one that came.
    came: usize,
    buffer: [u8; 2 << 10],
}

impl Connection {
    /// Connects and asks once, to know the answer.
    fn open(subject: &Subject<'_>) -> io::Result<Self> {
        let mut stream = subject.dialler.dial()?;
        let answer = http::ask(&mut stream)?.len.try_into().map_err(io::Error::other)?;
        stream.set_nonblocking()?;
        Ok(Self { stream, asked: Instant::now(), answer, came: 0, buffer: [0; 2 << 10] })
    }

    fn ask(&mut self) -> io::Result<()> {
        self.came = 0;
        self.asked = Instant::now();
        self.stream.write_all(http::LIST)?;
        self.stream.flush()
    }

    /// Reads what is there. Whether that completes the answer.
    fn is_answered(&mut self) -> io::Result<bool> {
        while self.came < self.answer {
            match self.stream.read(&mut self.buffer) {
                Ok(0) => return Err(io::Error::other("the connection ended in an answer")),
                Ok(read) => {
                    if self.came == 0 && !self.buffer.starts_with(b"HTTP/1.1 200") {
                        return Err(io::Error::other("it doesn't answer 200 any more"));
                    }
                    self.came += read;
                }
                Err(error) if error.kind() == io::ErrorKind::WouldBlock => return Ok(false),
                Err(error) => return Err(error),
            }
        }
        if self.came > self.answer {
            return Err(io::Error::other("it answers more than it did at first"));
        }
        Ok(true)
    }
}
