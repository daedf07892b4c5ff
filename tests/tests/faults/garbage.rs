//! What isn't HTTP, or is far too much of it.

use std::io::Write as _;

use testkit::data::Pattern;
use testkit::{DEADLINE, Endpoint, Front, Pumps, StandIn, requires_sight};

use crate::{MIB, SOON};

#[test]
fn garbage_harms_nobody_else() {
    for front in Front::ALL {
        let engine = StandIn::start();
        let bridge = front.start(engine.socket());
        requires_sight!(bridge.bridge);
        let before = bridge.at_rest();
        let pumps = Pumps::start(&bridge.endpoint(), 2);
        let (mut pattern, mut piece) = (Pattern::new(), vec![0; 3000]);
        for length in 1..300 {
            pattern.fill(&mut piece);
            speak(&bridge.raw(), &piece[..length * 10]);
        }
        for wrong in
            [TLS_HELLO, HTTP2, b"GET / HTTP/1.1\r\nHost: d\r\n\r\n".as_slice(), b"\r\n\r\n\0"]
        {
            for _ in 0..25 {
                speak(&bridge.raw(), wrong);
                speak(&bridge.raw(), &wrong[..wrong.len() / 2]);
            }
        }
        bridge.expect_serves(SOON);
        pumps.wait_for_more();
        pumps.finish();
        bridge.expect_back(before, 4 * MIB);
    }
}

/// One mebibyte is the most that is read of a head; what is over it is neither kept nor passed on.
#[test]
fn heads_of_ten_megabytes_are_refused_for_the_memory_of_one() {
    for front in Front::ALL {
        let engine = StandIn::start();
        let bridge = front.start(engine.socket());
        requires_sight!(bridge.bridge);
        let before = bridge.at_rest();
        let asked = engine.requests().len();
        let line = format!("X-Long: {}\r\n", "x".repeat(1000));
        for _ in 0..3 {
            let mut client = bridge.endpoint().connect();
            client.send("GET /_ping HTTP/1.1\r\nHost: d\r\n");
            // Read or not: the answer is there before all of it is.
            let _refused = (0..10_000).all(|_| client.write_all(line.as_bytes()).is_ok());
            let (answer, _end) = client.drain(DEADLINE);
            assert!(answer.starts_with(b"HTTP/1.1 431 "), "{front}");
        }
        let held = bridge.held();
        assert!(held.memory < before.memory + 6 * MIB, "{front}: {held:?}");
        assert_eq!(engine.requests().len(), asked, "{front}");
        bridge.expect_back(before, 4 * MIB);
    }
}

/// Says it, and waits for whatever comes of it. The Engine's own answer to nonsense is fine.
fn speak(endpoint: &Endpoint, bytes: &[u8]) {
    let mut client = endpoint.connect();
    // It may be closed already.
    let _ignored = client.write_all(bytes);
    if client.shutdown(std::net::Shutdown::Write).is_ok() {
        client.expect_closed(DEADLINE);
    }
}

const HTTP2: &[u8] = b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n\0\0\0\x04\0\0\0\0\0";
/// What a client of TLS says first (RFC 8446 section 4.1.2), with one suite and no extension.
const TLS_HELLO: &[u8] = b"\x16\x03\x01\x00\x2d\x01\x00\x00\x29\x03\x03\
    0123456789abcdef0123456789abcdef\x00\x00\x02\x13\x01\x01\x00";
