//! What is done to a bridge, its Engine and its clients.

use std::io::Write as _;
use std::net::Shutdown;
use std::time::Duration;

use testkit::wait::pause;
use testkit::{DEADLINE, Download, Fronted, Signal, Stream};

use crate::random::Random;

/// A kind of trouble.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(crate) enum Fault {
    EngineKilled,
    EngineStopped,
    Resets,
    HalfCloses,
    Silence,
    SlowReaders,
    Sighup,
    Garbage,
    Connections,
}

impl Fault {
    pub(crate) const ALL: [Self; 9] = [
        Self::EngineKilled,
        Self::EngineStopped,
        Self::Resets,
        Self::HalfCloses,
        Self::Silence,
        Self::SlowReaders,
        Self::Sighup,
        Self::Garbage,
        Self::Connections,
    ];

    pub(crate) fn word(self) -> &'static str {
        match self {
            Self::EngineKilled => "Engine killed in mid-answer and started again",
            Self::EngineStopped => "Engine stopped for up to 500 ms",
            Self::Resets => "50 streams reset by their clients",
            Self::HalfCloses => "50 streams closed by their clients",
            Self::Silence => "100 clients that say nothing, or half a head",
            Self::SlowReaders => "20 slow readers of 256 KiB",
            Self::Sighup => "20 SIGHUPs",
            Self::Garbage => "20 connections of garbage",
            Self::Connections => "200 connections one after the other",
        }
    }
}

/// Streams whose clients leave by `leave`.
pub(crate) fn leaving(bridge: &Fronted, leave: fn(Stream)) {
    let open = |_| {
        let mut stream = bridge.endpoint().connect();
        stream.send("GET /events HTTP/1.1\r\nHost: docker\r\n\r\n");
        assert_eq!(stream.read_response_head().status, 200);
        stream
    };
    let streams: Vec<Stream> = (0..50).map(open).collect();
    streams.into_iter().for_each(leave);
}

pub(crate) fn silence(bridge: &Fronted, random: &mut Random) {
    let clients: Vec<Stream> = (0..100)
        .map(|_| {
            let mut client = bridge.raw().connect();
            let length = random.below(PING.len());
            // A bridge with TLS may have closed it.
            let _ignored = client.write_all(&PING.as_bytes()[..length]);
            client
        })
        .collect();
    bridge.expect_serves(DEADLINE);
    clients.into_iter().for_each(Stream::reset);
}

pub(crate) fn slow_readers(bridge: &Fronted) {
    let mut readers: Vec<Download> =
        (0..20).map(|_| Download::begin(&bridge.endpoint(), 256 * 1024)).collect();
    for _ in 0..8 {
        for reader in &mut readers {
            reader.read(32 * 1024);
        }
        pause(Duration::from_millis(20));
    }
    readers.into_iter().for_each(Download::finish);
}

pub(crate) fn sighup(bridge: &Fronted) {
    for _ in 0..20 {
        bridge.bridge.signal(Signal::HUP);
    }
}

pub(crate) fn garbage(bridge: &Fronted, random: &mut Random) {
    for _ in 0..20 {
        let mut client = bridge.raw().connect();
        let length = random.below(4000);
        // It may be closed in the middle of it.
        let _ignored = client.write_all(&random.bytes(length));
        if client.shutdown(Shutdown::Write).is_ok() {
            client.expect_closed(DEADLINE);
        }
    }
}

pub(crate) fn connections(bridge: &Fronted) {
    for n in 0..200 {
        let mut client = bridge.endpoint().connect();
        assert_eq!(client.exchange(PING).text(), "OK");
        if n % 2 == 0 { client.close_politely() } else { client.reset() }
    }
}

const PING: &str = "GET /_ping HTTP/1.1\r\nHost: docker\r\n\r\n";
