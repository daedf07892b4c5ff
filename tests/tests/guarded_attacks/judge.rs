//! Sends attacks, and tells what came of them.

use std::collections::{BTreeMap, BTreeSet};
use std::io::Write as _;
use std::net::Shutdown;
use std::sync::Mutex;
use std::thread;
use std::time::Duration;

use testkit::{Endpoint, wait};

use crate::corpus::Attack;

/// An attack that was, or is to be, made.
pub(crate) struct Made {
    pub(crate) attack: Attack,
    pub(crate) marker: String,
    /// All that came back.
    pub(crate) answer: Vec<u8>,
    /// Whether the connection was still open long after the attacker had ended.
    pub(crate) hangs: bool,
}

/// Who attacks, and how.
pub(crate) struct Attacker {
    pub(crate) endpoint: Endpoint,
    /// What markers begin with, so that runs against the same Engine are told apart.
    pub(crate) run: char,
    /// How long it waits for the other's end behind its own.
    pub(crate) patience: Duration,
    /// Whether it sends a few bytes at a time, so that they are read so.
    pub(crate) in_pieces: bool,
}

impl Attacker {
    /// Makes attacks, some at a time; `before` each, with its marker, something may be prepared.
    pub(crate) fn make(
        &self,
        attacks: Vec<Attack>,
        before: impl Fn(&Attack, &str) + Sync,
    ) -> Vec<Made> {
        let left = Mutex::new(attacks.into_iter().enumerate());
        let made = Mutex::new(Vec::new());
        thread::scope(|scope| {
            for _ in 0..AT_A_TIME {
                scope.spawn(|| {
                    loop {
                        let next = left.lock().expect("nobody panics with it").next();
                        let Some((number, attack)) = next else { return };
                        let marker = format!("{MARK}{}{number:05}", self.run);
                        before(&attack, &marker);
                        let (answer, hangs) = self.send(&attack.bytes(&marker));
                        let one = Made { attack, marker, answer, hangs };
                        made.lock().expect("nobody panics with it").push(one);
                    }
                });
            }
        });
        made.into_inner().expect("nobody panicked with it")
    }

    /// Sends all, waits a moment for what comes of it, then ends: some attacks need the one, and
    /// some the other.
    fn send(&self, bytes: &[u8]) -> (Vec<u8>, bool) {
        let mut stream = self.endpoint.connect();
        let mut writer = stream.try_clone();
        let piece = if self.in_pieces { PIECE.max(bytes.len() / 100) } else { bytes.len() };
        thread::scope(|scope| {
            let writing = scope.spawn(move || {
                for (number, piece) in bytes.chunks(piece).enumerate() {
                    if number > 0 {
                        wait::pause(Duration::from_millis(1));
                    }
                    // Whoever refuses it may not read all of it.
                    if writer.write_all(piece).is_err() {
                        return;
                    }
                }
            });
            let (mut answer, mut end) = stream.drain(OPEN);
            if is_timeout(&end) {
                let _ended = writing.join();
                answer.extend(stream.drain(OPEN).0);
                // It may be closed by now.
                let _ignored = stream.shutdown(Shutdown::Write);
                let (rest, last) = stream.drain(self.patience);
                answer.extend(rest);
                end = last;
            }
            (answer, is_timeout(&end))
        })
    }
}

fn is_timeout(end: &std::io::Result<()>) -> bool {
    end.as_ref().is_err_and(|error| error.kind() == std::io::ErrorKind::TimedOut)
}

/// The markers that stand in what arrived somewhere.
pub(crate) fn markers(bytes: &[u8]) -> impl Iterator<Item = String> {
    let length = format!("{MARK}r00000").len();
    let starts = bytes.iter().enumerate().filter(|&(_, &byte)| byte == MARK.as_bytes()[0]);
    starts
        .filter_map(move |(at, _)| bytes.get(at..at + length))
        .filter(|word| word.starts_with(MARK.as_bytes()))
        .map(|word| String::from_utf8_lossy(word).into_owned())
}

/// Asserts that no attack had an effect, and that none left the gate waiting.
pub(crate) fn assert_harmless(under: &str, made: &[Made], effects: &BTreeMap<String, String>) {
    let failures: Vec<String> = made
        .iter()
        .filter_map(|one| {
            let what = match effects.get(&one.marker) {
                Some(effect) => effect.as_str(),
                None if one.hangs && !one.attack.waits_behind_events() => {
                    "the connection was left open"
                }
                None => return None,
            };
            let sent = one.attack.bytes(&one.marker);
            Some(format!(
                "{}\n  came to: {what}\n  sent: {}\n  answered: {}",
                one.attack.title(),
                sent.escape_ascii(),
                one.answer[..one.answer.len().min(300)].escape_ascii()
            ))
        })
        .collect();
    assert!(failures.is_empty(), "under {under}, {}:\n{}", failures.len(), failures.join("\n"));
}

/// Asserts that at least one attack of each family had an effect.
pub(crate) fn assert_each_family_bites(
    made: &[Made],
    effects: &BTreeMap<String, String>,
    toothless: &[&str],
) {
    let families: BTreeSet<&str> = made.iter().map(|one| one.attack.family).collect();
    let mut lame = Vec::new();
    for family in families {
        let mut all = made.iter().filter(|one| one.attack.family == family);
        if !all.any(|one| effects.contains_key(&one.marker)) {
            lame.push(family);
        }
    }
    assert_eq!(lame, toothless, "families that do nothing even to the Engine itself");
}

/// How markers begin.
const MARK: &str = "zq";
/// How long an attacker waits before ending.
const OPEN: Duration = Duration::from_millis(40);
const AT_A_TIME: usize = 32;
/// No boundary that matters is spared by it.
const PIECE: usize = 7;
