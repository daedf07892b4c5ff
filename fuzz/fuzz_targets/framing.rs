//! hyper, given what we take, sees the same requests: none is hidden from us in another's body, or split in
//! another place.
#![no_main]

use std::cell::RefCell;
use std::io;
use std::pin::{Pin, pin};
use std::rc::Rc;
use std::task::{Context, Poll, Waker};

use docker_api_core::relay::Framing;
use docker_api_gateway::http1::{Request, Scanner};
use http_body_util::{BodyExt as _, Empty};
use hyper::Uri;
use hyper::body::Incoming;
use hyper::rt::{Read, ReadBufCursor, Write};
use hyper::server::conn::http1;
use hyper::service::service_fn;
use libfuzzer_sys::fuzz_target;

fuzz_target!(|input: (u8, &[u8])| {
    let (piece, bytes) = input;
    // Behind a request whose end is seen too late or too soon, this isn't what it is.
    let bytes = [bytes, b"GET /behind HTTP/1.1\r\nHost: a\r\n\r\n"].concat();
    let (ours, end) = ours(&bytes);
    let hypers = hypers(&bytes, usize::from(piece).max(1));
    for (ours, hypers) in ours.iter().zip(&hypers) {
        assert_eq!(ours, hypers);
    }
    // What Go takes for a path hyper may not.
    let readable = |seen: &&Seen| Uri::try_from(&*seen.target).is_ok();
    let readable = ours.iter().take_while(readable).count();
    assert!(hypers.len() >= readable, "hyper sees less: {hypers:?}");
    if end == End::Waits {
        assert!(hypers.len() <= ours.len(), "hyper sees more: {hypers:?}");
    }
});

/// A request that is whole.
#[derive(Debug, PartialEq)]
struct Seen {
    method: Vec<u8>,
    target: Vec<u8>,
    /// Without the framing of chunks.
    body: Vec<u8>,
}

/// What we do behind the requests that we take.
#[derive(PartialEq)]
enum End {
    /// Wait for more of the next one.
    Waits,
    /// Nothing: the connection ends.
    Closes,
}

fn ours(bytes: &[u8]) -> (Vec<Seen>, End) {
    let (mut seen, mut rest) = (Vec::new(), bytes);
    loop {
        let head = match Scanner::default().look(rest) {
            Ok(Some(length)) => &rest[..length],
            Ok(None) => return (seen, End::Waits),
            Err(_) => return (seen, End::Closes),
        };
        let Ok(request) = Request::read(head, None, false) else { return (seen, End::Closes) };
        rest = &rest[head.len()..];
        let mut framing = request.body.clone();
        let Ok(taken) = framing.take(rest) else { return (seen, End::Closes) };
        if !framing.is_over() {
            return (seen, End::Waits);
        }
        let is_chunked = matches!(request.body, Framing::Chunked(_));
        let body = &rest[..taken];
        let target = request.path.split(|&byte| byte == b'#').next().unwrap_or_default();
        seen.push(Seen {
            method: request.method.to_vec(),
            target: target.to_vec(),
            body: if is_chunked { data(body) } else { body.to_vec() },
        });
        if request.closes {
            return (seen, End::Closes);
        }
        rest = &rest[taken..];
    }
}

/// The data of a body in chunks, which is known to be one.
fn data(mut body: &[u8]) -> Vec<u8> {
    let mut data = Vec::new();
    loop {
        let line = body.iter().position(|&byte| byte == b'\n').expect("a line");
        let digits = body.iter().take_while(|byte| byte.is_ascii_hexdigit()).count();
        let size = str::from_utf8(&body[..digits]).expect("digits");
        let size = usize::from_str_radix(size, 16).expect("a size");
        if size == 0 {
            return data;
        }
        data.extend(&body[line + 1..line + 1 + size]);
        body = &body[line + 1 + size + 2..];
    }
}

fn hypers(bytes: &[u8], piece: usize) -> Vec<Seen> {
    let seen = Rc::new(RefCell::new(Vec::new()));
    let service = service_fn(|request: hyper::Request<Incoming>| {
        let seen = Rc::clone(&seen);
        async move {
            let (head, body) = request.into_parts();
            let body = body.collect().await?.to_bytes().to_vec();
            let target = head.uri.path_and_query().map_or("", |target| target.as_str());
            let (method, target) = (head.method.as_str().into(), target.into());
            seen.borrow_mut().push(Seen { method, target, body });
            Ok::<_, hyper::Error>(hyper::Response::new(Empty::<&[u8]>::new()))
        }
    });
    {
        let memory = Memory { left: bytes, piece };
        let mut connection =
            pin!(http1::Builder::new().half_close(true).serve_connection(memory, service));
        let mut context = Context::from_waker(Waker::noop());
        // Nothing outside has to happen, so it goes on whenever it is asked to.
        for _ in 0..bytes.len() * 4 + 100 {
            if connection.as_mut().poll(&mut context).is_ready() {
                break;
            }
        }
    }
    seen.take()
}

/// A client that has sent all that it will, and reads all.
struct Memory<'a> {
    left: &'a [u8],
    piece: usize,
}

impl Read for Memory<'_> {
    fn poll_read(
        mut self: Pin<&mut Self>,
        _: &mut Context<'_>,
        mut buffer: ReadBufCursor<'_>,
    ) -> Poll<io::Result<()>> {
        let length = self.left.len().min(self.piece).min(buffer.remaining());
        let (now, later) = self.left.split_at(length);
        buffer.put_slice(now);
        self.left = later;
        Poll::Ready(Ok(()))
    }
}

impl Write for Memory<'_> {
    fn poll_write(
        self: Pin<&mut Self>,
        _: &mut Context<'_>,
        bytes: &[u8],
    ) -> Poll<io::Result<usize>> {
        Poll::Ready(Ok(bytes.len()))
    }

    fn poll_flush(self: Pin<&mut Self>, _: &mut Context<'_>) -> Poll<io::Result<()>> {
        Poll::Ready(Ok(()))
    }

    fn poll_shutdown(self: Pin<&mut Self>, _: &mut Context<'_>) -> Poll<io::Result<()>> {
        Poll::Ready(Ok(()))
    }
}
