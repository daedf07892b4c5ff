//! Handshakes that are never finished hold nobody up.

use std::time::{Duration, Instant};

use testkit::{DEADLINE, Endpoint, Stream, eventually, requires_sight, stream};

use crate::deadline::HALF_HELLO;
use crate::start;

#[test]
fn a_flood_of_unfinished_handshakes_stops_neither_newcomers_nor_those_who_are_in() {
    let (_engine, bridge) = start();
    requires_sight!(bridge);
    let before = bridge.fd_count();
    let mut inside = bridge.endpoint().connect();
    let address = Endpoint::Tcp(bridge.addr());
    let silent: Vec<Stream> = (0..500).map(|_| address.connect()).collect();
    let half: Vec<Stream> = (0..200)
        .map(|_| {
            let mut stream = address.connect();
            stream.send(HALF_HELLO);
            stream
        })
        .collect();
    for _ in 0..20 {
        let begin = Instant::now();
        assert_eq!(inside.exchange(PING).text(), "OK");
        assert_eq!(stream::get(&bridge.endpoint(), "/_ping").text(), "OK");
        assert!(begin.elapsed() < SOON, "after {:?}", begin.elapsed());
    }
    drop((silent, half, inside));
    eventually(DEADLINE, "nothing is left of them", || bridge.fd_count() <= before + 2);
}

/// A stranger's handshake costs some 0.3 ms even when it fails.
#[test]
fn a_flood_of_handshakes_that_fail_stops_nobody() {
    let (_engine, bridge) = start();
    let anonymous = testkit::tls::Client::from_folder(crate::own_client(&bridge)).anonymous();
    let mut inside = bridge.endpoint().connect();
    std::thread::scope(|scope| {
        for _ in 0..4 {
            scope.spawn(|| {
                for _ in 0..25 {
                    testkit::tls::refusal(&anonymous.clone().at(bridge.addr()));
                }
            });
        }
        for _ in 0..20 {
            let begin = Instant::now();
            assert_eq!(inside.exchange(PING).text(), "OK");
            assert!(begin.elapsed() < SOON, "after {:?}", begin.elapsed());
        }
    });
}

/// For what takes some milliseconds, on a machine that does much else.
const SOON: Duration = Duration::from_secs(2);

const PING: &str = "GET /_ping HTTP/1.1\r\nHost: docker\r\n\r\n";
