//! A handshake has ten seconds.

use std::time::{Duration, Instant};

use testkit::wait::pause;
use testkit::{Endpoint, Stream};

use crate::start;

/// By the issue, and room for a busy machine.
const DEADLINE: Duration = Duration::from_secs(10);
const LATEST: Duration = Duration::from_secs(14);

#[test]
fn whoever_is_silent_or_stops_in_the_middle_is_let_go_after_ten_seconds() {
    let (_engine, bridge) = start();
    let begun: Vec<(&str, Stream)> = [("silent", 0), ("a byte", 1), ("half", HALF_HELLO.len())]
        .into_iter()
        .map(|(name, length)| {
            let mut stream = Endpoint::Tcp(bridge.addr()).connect();
            stream.send(&HALF_HELLO[..length]);
            (name, stream)
        })
        .collect();
    let begin = Instant::now();
    let mut late = Endpoint::Tcp(bridge.addr()).connect();
    pause(DEADLINE / 2);
    late.send(HALF_HELLO);
    for (name, mut stream) in begun.into_iter().chain([("late", late)]) {
        stream.expect_closed(LATEST.saturating_sub(begin.elapsed()));
        assert!(begin.elapsed() > DEADLINE / 2, "{name}: after {:?}", begin.elapsed());
    }
    bridge.wait_for_log_containing(" is refused: no end of the handshake within 10s");
}

/// A record, and a hello that goes on behind what is here (RFC 8446 section 4.1.2).
pub(crate) const HALF_HELLO: &[u8] = &[
    0x16, 0x03, 0x01, 0x02, 0x00, 0x01, 0x00, 0x01, 0xfc, 0x03, 0x03, 1, 2, 3, 4, 5, 6, 7, 8, 9,
    10, 11, 12, 13, 14, 15, 16,
];
