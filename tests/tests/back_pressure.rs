//! Who doesn't read stops who writes: nothing is lost, and the bridge keeps next to nothing.

use std::io::{Read as _, Write as _};
use std::time::Duration;

use testkit::data::RunningDigest;
use testkit::wait::{holds_within, pause};
use testkit::{Bridge, DEADLINE, RudeEngine, StandIn, Stream, eventually, requires_sight};

#[test]
fn an_engine_that_does_not_read_stops_the_client() {
    for engine in [RudeEngine::start(), RudeEngine::start_tcp()] {
        let bridge = Bridge::before(&engine);
        requires_sight!(bridge);
        let before = bridge.memory().anonymous;
        let mut client = bridge.endpoint().connect();
        client.send(HEAD);
        let mut upstream = engine.accept(DEADLINE);
        upstream.set_receive_buffer(RECEIVE_BUFFER);
        let buffered = write_until_stalled(&mut client);
        assert!(buffered < MOST_BUFFERED, "{buffered} bytes went nowhere");
        assert!(bridge.memory().anonymous < before + 2 * MIB, "the bridge keeps them");

        assert_eq!(upstream.read_head(), HEAD);
        assert_eq!(upstream.read_exact_n(buffered).len(), buffered);
    }
}

#[test]
fn a_client_that_does_not_read_stops_the_engine() {
    for engine in [RudeEngine::start(), RudeEngine::start_tcp()] {
        let bridge = Bridge::before(&engine);
        requires_sight!(bridge);
        let before = bridge.memory().anonymous;
        let mut client = bridge.endpoint().connect();
        client.set_receive_buffer(RECEIVE_BUFFER);
        client.send(HEAD);
        let mut upstream = engine.accept(DEADLINE);
        upstream.read_head();
        upstream.send(ANSWER);
        client.read_head();
        let buffered = write_until_stalled(&mut upstream);
        assert!(buffered < MOST_BUFFERED, "{buffered} bytes went nowhere");
        assert!(bridge.memory().anonymous < before + 2 * MIB, "the bridge keeps them");

        assert_eq!(client.read_exact_n(buffered).len(), buffered);
    }
}

#[test]
fn a_slow_reader_loses_nothing_and_costs_no_memory() {
    let engine = StandIn::start();
    let bridge = Bridge::start(engine.socket());
    requires_sight!(bridge);
    let before = bridge.memory().anonymous;
    let mut client = bridge.endpoint().connect();
    client.set_receive_buffer(RECEIVE_BUFFER);
    client.send(format!("GET /bulk?bytes={LENGTH} HTTP/1.1\r\nHost: docker\r\n\r\n"));
    let answer = client.read_response_head();

    let (mut digest, mut left, mut piece) = (RunningDigest::default(), LENGTH, vec![0; 64 * 1024]);
    let mut most = before;
    while left > 0 {
        // Stops now and then, as a pager does.
        if left % (4 * 1024 * 1024) < 64 * 1024 {
            pause(Duration::from_millis(100));
            most = most.max(bridge.memory().anonymous);
        }
        let size = piece.len().min(left);
        client.read_exact(&mut piece[..size]).unwrap();
        digest.update(&piece[..size]);
        left -= size;
    }
    assert_eq!(Some(digest.finish().as_str()), answer.header("x-digest"));
    assert!(most < before + 2 * MIB, "{} bytes more", most - before);
}

#[test]
fn one_stalled_connection_holds_up_no_other() {
    let engine = StandIn::start();
    let bridge = Bridge::start(engine.socket());
    let mut stalled = bridge.endpoint().connect();
    stalled.send("GET /bulk?bytes=30000000 HTTP/1.1\r\nHost: docker\r\n\r\n");
    stalled.read_response_head();
    for _ in 0..20 {
        assert_eq!(testkit::stream::get(&bridge.endpoint(), "/_ping").text(), "OK");
    }
}

#[test]
fn a_reset_of_the_client_reaches_the_engine_while_the_upload_is_blocked() {
    for engine in [RudeEngine::start(), RudeEngine::start_tcp()] {
        let bridge = Bridge::before(&engine);
        let mut client = bridge.endpoint().connect();
        client.send(HEAD);
        let mut upstream = engine.accept(DEADLINE);
        write_until_stalled(&mut client);
        client.reset();
        // It reads nothing, and so learns it from its own writing only.
        eventually(Duration::from_secs(1), "the Engine's connection is closed", || {
            upstream.write_all(b"x").is_err()
        });
    }
}

#[test]
fn a_reset_of_the_client_reaches_the_engine_while_the_download_is_blocked() {
    for engine in [RudeEngine::start(), RudeEngine::start_tcp()] {
        let bridge = Bridge::before(&engine);
        let mut client = bridge.endpoint().connect();
        client.send(HEAD);
        let mut upstream = engine.accept(DEADLINE);
        upstream.read_head();
        upstream.send(ANSWER);
        client.read_head();
        write_until_stalled(&mut upstream);
        client.reset();
        upstream.expect_closed(Duration::from_secs(1));
    }
}

/// Writes until nothing has been taken for half a second; says how many bytes were.
fn write_until_stalled(stream: &mut Stream) -> usize {
    stream.set_write_timeout(Some(Duration::from_millis(500)));
    let (mut taken, piece) = (0, vec![0; 64 * 1024]);
    let stalled = holds_within(DEADLINE, || {
        loop {
            match stream.write(&piece) {
                Ok(count) if taken < 2 * MOST_BUFFERED => taken += count,
                Ok(_) => return true,
                Err(error) => {
                    assert_eq!(error.kind(), std::io::ErrorKind::WouldBlock, "{error}");
                    return true;
                }
            }
        }
    });
    assert!(stalled);
    stream.set_write_timeout(Some(DEADLINE));
    taken
}

const HEAD: &str = "POST /bulk HTTP/1.1\r\nHost: docker\r\nContent-Length: 1000000000\r\n\r\n";
/// Of one whose body ends with the connection.
const ANSWER: &str = "HTTP/1.1 200 OK\r\n\r\n";
const LENGTH: usize = 16 * 1024 * 1024;
const MIB: u64 = 1024 * 1024;
/// Of who doesn't read: else the kernel lets it grow to 32 MiB, as it sees fit.
const RECEIVE_BUFFER: usize = 64 * 1024;
/// What the kernel's buffers of both connections may take.
const MOST_BUFFERED: usize = 24 * 1024 * 1024;
