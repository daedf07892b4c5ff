//! The tests, by name, and how much each does.

use std::time::Duration;

use serde::Serialize;

/// One test.
#[derive(Clone, Copy, Debug, Eq, Ord, PartialEq, PartialOrd)]
pub(crate) enum Case {
    /// Requests one after another on so many kept connections.
    KeepAlive(usize),
    /// So many clients that connect, ask once and close.
    Connect(usize),
    /// One byte there and back on a hijacked stream.
    PingPong,
    /// An answer in two small writes.
    TwoWrites,
    /// Large answers on so many connections.
    Down(usize),
    /// Uploads with a length on so many connections.
    Up(usize),
    /// An upload in chunks of 32 KiB.
    UpChunked,
    /// Memory at so many idle connections, and after.
    Idle(usize),
    /// From its start to its first answer.
    Start,
}

impl Case {
    /// Every test, in the order in which they run.
    pub(crate) const ALL: [Self; 15] = [
        Self::KeepAlive(1),
        Self::KeepAlive(16),
        Self::KeepAlive(64),
        Self::PingPong,
        Self::TwoWrites,
        Self::Down(1),
        Self::Down(4),
        Self::Up(1),
        Self::Up(4),
        Self::UpChunked,
        Self::Start,
        Self::Connect(1),
        Self::Connect(16),
        Self::Idle(1000),
        Self::Idle(5000),
    ];

    /// What `--only` and the tables call it.
    pub(crate) fn name(self) -> String {
        match self {
            Self::KeepAlive(connections) => format!("keep-alive-{connections}"),
            Self::Connect(clients) => format!("connect-{clients}"),
            Self::PingPong => "ping-pong".to_owned(),
            Self::TwoWrites => "two-writes".to_owned(),
            Self::Down(streams) => format!("down-{streams}"),
            Self::Up(streams) => format!("up-{streams}"),
            Self::UpChunked => "up-chunked".to_owned(),
            Self::Idle(connections) => format!("idle-{connections}"),
            Self::Start => "start".to_owned(),
        }
    }

    /// Whether it leaves thousands of closed connections to the kernel to remember.
    pub(crate) fn is_hard_on_conntrack(self) -> bool {
        matches!(self, Self::Connect(_) | Self::Idle(_))
    }

    /// Whether it starts a program of its own, so that it has no past.
    pub(crate) fn wants_a_fresh_start(self) -> bool {
        matches!(self, Self::Idle(_) | Self::Start)
    }

    /// Whether its figures suffer where others keep the processors busy. Memory doesn't.
    pub(crate) fn wants_quiet(self) -> bool {
        !matches!(self, Self::Idle(_))
    }

    /// Whether its point is the handshake, which is all that another kind of key changes.
    pub(crate) fn is_about_handshakes(self) -> bool {
        matches!(self, Self::Connect(_))
    }

    /// Whether `--quick` leaves it out unless it is named.
    pub(crate) fn is_slow(self) -> bool {
        self == Self::Idle(5000)
    }
}

/// How much a test does.
#[derive(Clone, Copy, Debug, Serialize)]
pub(crate) struct Effort {
    /// How long requests are made.
    pub(crate) requests: Duration,
    /// How long plain connections are made: short, for the kernel remembers each for two minutes.
    connects: Duration,
    /// Bytes of a large body, on each of up to four streams.
    pub(crate) bytes: u64,
    /// Answers in two writes that are waited for at most.
    pub(crate) two_writes: usize,
    /// How long memory may settle once connections are closed.
    pub(crate) settle: Duration,
}

impl Effort {
    /// For figures.
    pub(crate) const FULL: Self = Self {
        requests: Duration::from_millis(700),
        connects: Duration::from_millis(80),
        bytes: 1 << 30,
        two_writes: 40,
        settle: Duration::from_secs(1),
    };
    /// To see that everything works.
    pub(crate) const QUICK: Self = Self {
        requests: Duration::from_millis(60),
        connects: Duration::from_millis(30),
        bytes: 16 << 20,
        two_writes: 5,
        settle: Duration::from_millis(100),
    };

    /// How long connections are made: with TLS longer, since there are so few of them.
    pub(crate) fn connects(&self, tls: bool) -> Duration {
        if tls { self.connects * 5 } else { self.connects }
    }

    /// Bytes of each of so many streams.
    pub(crate) fn bytes_a_stream(&self, streams: usize) -> u64 {
        if streams == 1 { self.bytes } else { self.bytes / 2 }
    }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use super::*;

    #[test]
    fn every_test_has_a_name_of_its_own() {
        let names: BTreeSet<_> = Case::ALL.into_iter().map(Case::name).collect();
        assert_eq!(names.len(), Case::ALL.len());
        assert!(names.contains("keep-alive-64") && names.contains("up-chunked"));
    }
}
