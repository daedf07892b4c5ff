//! The Engine is stopped, killed, started again.

use std::time::Duration;

use testkit::{DEADLINE, Download, EngineProcess, Front, Pumps, requires_sight};

use crate::{LAST_PING, MIB};

#[test]
fn an_engine_that_stands_still_costs_patience_and_not_a_byte() {
    for front in Front::ALL {
        let engine = EngineProcess::start();
        let bridge = front.start(&engine.socket());
        requires_sight!(bridge.bridge);
        let before = bridge.at_rest();
        let pumps = Pumps::start(&bridge.endpoint(), 4);
        for _ in 0..3 {
            pumps.wait_for_more();
            engine.stand_still();
            let waiting: Vec<_> = (0..20)
                .map(|_| {
                    let mut client = bridge.endpoint().connect();
                    client.send(LAST_PING);
                    client
                })
                .collect();
            let mut waiting = waiting.into_iter();
            waiting.next().unwrap().expect_silence(Duration::from_millis(200));
            engine.go_on();
            for mut client in waiting {
                assert_eq!(client.read_response(false).text(), "OK", "{front}");
            }
        }
        pumps.finish();
        bridge.expect_back(before, 2 * MIB);
    }
}

/// A part that looks like the whole would be worse than an error.
#[test]
fn an_engine_that_is_killed_in_mid_answer_leaves_no_answer_that_looks_whole() {
    for front in Front::ALL {
        let mut engine = EngineProcess::start();
        let bridge = front.start(&engine.socket());
        requires_sight!(bridge.bridge);
        let before = bridge.at_rest();
        for _ in 0..3 {
            let downloads: Vec<_> =
                (0..5).map(|_| Download::begin(&bridge.endpoint(), BYTES)).collect();
            let chunked: Vec<_> = (0..5)
                .map(|_| {
                    let mut client = bridge.endpoint().connect();
                    client.send(format!(
                        "GET /bulk?bytes={BYTES}&chunked=1 HTTP/1.1\r\nHost: d\r\n\r\n"
                    ));
                    client.read_response_head();
                    client
                })
                .collect();
            engine.kill();
            for mut download in downloads {
                let (bytes, _end) = download.stream.drain(DEADLINE);
                assert!(bytes.len() < BYTES, "{front}");
            }
            for mut client in chunked {
                let (bytes, _end) = client.drain(DEADLINE);
                assert!(!bytes.ends_with(b"0\r\n\r\n"), "{front}");
            }
            engine.start_again();
            bridge.expect_serves(DEADLINE);
        }
        bridge.expect_back(before, 8 * MIB);
    }
}

/// More than the buffers of all sockets hold.
const BYTES: usize = 8 * 1024 * 1024;
