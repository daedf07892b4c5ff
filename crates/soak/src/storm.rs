//! One bridge, and data that must survive.

use std::fmt;
use std::time::{Duration, Instant};

use testkit::front::Held;
use testkit::wait::pause;
use testkit::{DEADLINE, Download, EngineProcess, Front, Fronted, Pumps, Stream};

use crate::fault::{self, Fault};
use crate::random::Random;

/// A bridge under faults.
pub(crate) struct Storm {
    bridge: Fronted,
    engine: EngineProcess,
    random: Random,
    moved: u64,
}

/// What came of it.
#[derive(Debug)]
pub(crate) struct Report {
    front: Front,
    times: [usize; Fault::ALL.len()],
    moved: u64,
    before: Held,
    after: Held,
}

impl Storm {
    pub(crate) fn new(front: Front, seed: u64) -> Self {
        let engine = EngineProcess::start();
        let bridge = front.start(&engine.socket());
        Self { bridge, engine, random: Random::new(seed ^ front as u64), moved: 0 }
    }

    /// Panics if anything is lost, or left behind.
    pub(crate) fn run(mut self, period: Duration) -> Report {
        // Once each, so that the heap is as large as it ever needs to be.
        let mut pumps = self.pump();
        for fault in Fault::ALL {
            pumps = self.suffer(fault, pumps);
        }
        self.moved += pumps.finish();
        let before = self.bridge.at_rest();

        let end = Instant::now() + period;
        let mut times = [0; Fault::ALL.len()];
        let mut pumps = self.pump();
        while Instant::now() < end {
            let drawn = self.random.below(Fault::ALL.len());
            pumps = self.suffer(Fault::ALL[drawn], pumps);
            times[drawn] += 1;
        }
        self.moved += pumps.finish();
        // Of a run that is short, this would be the most.
        let rounds = if period < LONG { 0 } else { MANY };
        for _ in 0..rounds {
            fault::connections(&self.bridge);
        }
        times[Fault::Connections as usize] += rounds;
        let after = self.bridge.expect_back(before, KEPT);
        Report { front: self.bridge.front, times, moved: self.moved, before, after }
    }

    fn pump(&self) -> Pumps {
        Pumps::start(&self.bridge.endpoint(), 2)
    }

    /// The pumps go on through it, but for what ends every stream.
    fn suffer(&mut self, fault: Fault, pumps: Pumps) -> Pumps {
        let bridge = &self.bridge;
        match fault {
            Fault::EngineKilled => {
                self.moved += pumps.finish();
                self.lose_the_engine();
                return self.pump();
            }
            Fault::EngineStopped => {
                self.engine.stand_still();
                let length = self.random.below(500);
                pause(Duration::from_millis(u64::try_from(length).unwrap_or_default()));
                self.engine.go_on();
            }
            Fault::Resets => fault::leaving(bridge, Stream::reset),
            Fault::HalfCloses => fault::leaving(bridge, Stream::close),
            Fault::Silence => fault::silence(bridge, &mut self.random),
            Fault::SlowReaders => fault::slow_readers(bridge),
            Fault::Sighup => fault::sighup(bridge),
            Fault::Garbage => fault::garbage(bridge, &mut self.random),
            Fault::Connections => fault::connections(bridge),
        }
        pumps.wait_for_more();
        pumps
    }

    /// Answers that were under way must not look whole.
    fn lose_the_engine(&mut self) {
        let begin = |_| Download::begin(&self.bridge.endpoint(), UNREAD);
        let downloads: Vec<Download> = (0..5).map(begin).collect();
        self.engine.kill();
        for mut download in downloads {
            let (bytes, _end) = download.stream.drain(DEADLINE);
            assert!(bytes.len() < UNREAD, "an answer of a killed Engine looks whole");
        }
        self.engine.start_again();
        self.bridge.expect_serves(DEADLINE);
    }
}

impl fmt::Display for Report {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        writeln!(f, "{}:", self.front)?;
        for (fault, times) in Fault::ALL.iter().zip(self.times) {
            writeln!(f, "  {times:6} times {}", fault.word())?;
        }
        let Self { moved, before, after, .. } = self;
        writeln!(f, "  {} MiB there and back, each byte as it was sent", moved / MIB)?;
        writeln!(f, "  descriptors {}, then {}", before.descriptors, after.descriptors)?;
        writeln!(f, "  connections {}, then {}", before.connections, after.connections)?;
        let (before, after) = (before.memory / 1024, after.memory / 1024);
        write!(f, "  memory {before} KiB, then {after} KiB")
    }
}

/// More than the buffers of all sockets hold.
const UNREAD: usize = 8 * 1024 * 1024;
/// From here on a run ends with [`MANY`] times 200 connections, one after the other: 20,000.
const LONG: Duration = Duration::from_secs(60);
const MANY: usize = 100;
const MIB: u64 = 1024 * 1024;
/// What a heap may have grown by.
const KEPT: u64 = 4 * MIB;
