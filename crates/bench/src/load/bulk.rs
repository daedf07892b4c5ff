//! Large bodies.

use std::io::{self, Read as _, Write as _};
use std::sync::Barrier;
use std::thread;

use anyhow::Context as _;

use super::{Outcome, Subject};
use crate::client::{Stream, http};

/// Answers of so many bytes, as `docker export` gets.
pub(super) fn down(subject: &Subject<'_>, streams: usize, bytes: u64) -> anyhow::Result<Outcome> {
    run(subject, streams, bytes, |stream| {
        request(stream, &format!("GET /v1.41/containers/{bytes}/export"), "")?;
        let answer = http::Answer::begin(stream, "200")?;
        answer.finish(stream, &mut vec![0; BLOCK])
    })
}

/// Uploads with a length, as `docker cp` and hijacked streams are.
pub(super) fn up(subject: &Subject<'_>, streams: usize, bytes: u64) -> anyhow::Result<Outcome> {
    run(subject, streams, bytes, |stream| {
        let length = format!("Content-Length: {bytes}\r\n");
        request(stream, "PUT /v1.41/containers/x/archive?path=/", &length)?;
        let block = vec![b'x'; BLOCK];
        let mut left = bytes;
        while left > 0 {
            let now = left.min(BLOCK as u64);
            stream.write_all(&block[..usize::try_from(now).unwrap_or(BLOCK)])?;
            left -= now;
        }
        confirm(stream, bytes)
    })
}

/// An upload in chunks of 32 KiB, as `docker build` and `docker load` make them.
pub(super) fn up_chunked(subject: &Subject<'_>, bytes: u64) -> anyhow::Result<Outcome> {
    run(subject, 1, bytes, |stream| {
        request(stream, "POST /v1.41/build", "Transfer-Encoding: chunked\r\n")?;
        let mut chunk = format!("{CHUNK:x}\r\n").into_bytes();
        chunk.resize(chunk.len() + CHUNK, b'x');
        chunk.extend(b"\r\n");
        let chunks = bytes / CHUNK as u64;
        for _ in 0..chunks {
            stream.write_all(&chunk)?;
        }
        stream.write_all(b"0\r\n\r\n")?;
        confirm(stream, chunks * CHUNK as u64)
    })
}

/// Does the same on connections that are there already.
fn run(
    subject: &Subject<'_>,
    streams: usize,
    bytes: u64,
    transfer: impl Fn(&mut Stream) -> io::Result<()> + Sync,
) -> anyhow::Result<Outcome> {
    let mut connections = Vec::with_capacity(streams);
    for _ in 0..streams {
        let mut stream = subject.dialler.dial().context("cannot connect")?;
        http::ask(&mut stream).context("cannot ask")?;
        connections.push(stream);
    }
    let window = subject.open()?;
    let barrier = Barrier::new(streams);
    let results: Vec<io::Result<()>> = thread::scope(|scope| {
        let threads: Vec<_> = connections
            .iter_mut()
            .map(|stream| {
                scope.spawn(|| {
                    barrier.wait();
                    transfer(stream)
                })
            })
            .collect();
        threads
            .into_iter()
            .map(|thread| thread.join().unwrap_or_else(|_| Err(io::Error::other("a panic"))))
            .collect()
    });
    let usage = window.close()?;
    results.into_iter().collect::<io::Result<()>>().context("cannot move a large body")?;
    #[expect(clippy::cast_precision_loss, reason = "a few gigabytes")]
    let gigabytes = (bytes * streams as u64) as f64 / 1e9;
    Ok((super::rate_and_cpu(&usage, gigabytes, 1.0), usage))
}

fn request(stream: &mut Stream, line: &str, fields: &str) -> io::Result<()> {
    write!(
        stream,
        "{line} HTTP/1.1\r\nHost: docker\r\nUser-Agent: Docker-Client/28.2.2 (linux)\r\n\
         {fields}\r\n"
    )?;
    stream.flush()
}

/// The upstream answers with what it received.
fn confirm(stream: &mut Stream, bytes: u64) -> io::Result<()> {
    stream.flush()?;
    let answer = http::Answer::begin(stream, "200")?;
    let mut body = answer.came.clone();
    if answer.left() > 0 {
        let more = usize::try_from(answer.left()).map_err(io::Error::other)?;
        let begun = body.len();
        body.resize(begun + more, 0);
        stream.read_exact(&mut body[begun..])?;
    }
    if body.ends_with(format!("\r\n\r\n{bytes}").as_bytes()) {
        Ok(())
    } else {
        Err(io::Error::other("the upstream didn't get all of it"))
    }
}

/// What is read and written at once.
const BLOCK: usize = 256 << 10;
/// Of Go's `io.Copy`.
const CHUNK: usize = 32 << 10;
