//! Any split of any bytes, with any pauses, ends and errors: all of it arrives, or the outcome says that
//! it didn't. Time is tokio's paused clock.

#![expect(clippy::significant_drop_tightening, reason = "a call is short, and nobody waits")]

use std::collections::VecDeque;
use std::sync::Mutex;

use proptest::prelude::*;
use tokio::runtime::Builder;
use tokio::time::{Instant, Sleep};

use super::*;

/// One side of a connection, as a test wants it to behave.
#[derive(Clone, Debug)]
struct Script {
    /// What it says, in pieces, each after a pause in milliseconds.
    says: Vec<(u64, Vec<u8>)>,
    /// Whether it is lost behind that, in place of an end.
    is_lost: bool,
    /// How many bytes it takes at a time, and how long it then takes none, in milliseconds.
    takes: (usize, u64),
    /// After how many bytes it takes no more.
    refuses_after: Option<usize>,
    /// Whether its end is that of both directions.
    closes: bool,
}

struct Scripted {
    script: Script,
    state: Mutex<State>,
}

struct State {
    to_say: VecDeque<(u64, Vec<u8>)>,
    heard: Vec<u8>,
    over: bool,
    shut: bool,
    room: usize,
    reading: Option<Pin<Box<Sleep>>>,
    writing: Option<Pin<Box<Sleep>>>,
}

impl Scripted {
    fn new(script: Script) -> Self {
        let state = Mutex::new(State {
            to_say: script.says.clone().into(),
            heard: Vec::new(),
            over: false,
            shut: false,
            room: script.takes.0,
            reading: None,
            writing: None,
        });
        Self { script, state }
    }

    fn said(&self) -> Vec<u8> {
        self.script.says.iter().flat_map(|(_, piece)| piece.clone()).collect()
    }

    fn heard(&self) -> Vec<u8> {
        self.state.lock().unwrap().heard.clone()
    }

    /// Whether it takes less than what the other side says.
    fn refuses(&self, other: &Self) -> bool {
        self.script.refuses_after.is_some_and(|most| most < other.said().len())
    }
}

/// Waits, once, for as long as `pause` says.
fn wait(slot: &mut Option<Pin<Box<Sleep>>>, pause: u64, cx: &mut Context<'_>) -> Poll<()> {
    let sleep = slot.get_or_insert_with(|| Box::pin(time::sleep(Duration::from_millis(pause))));
    sleep.as_mut().poll(cx)
}

fn is_past(slot: Option<&Pin<Box<Sleep>>>) -> bool {
    slot.is_some_and(|sleep| sleep.is_elapsed())
}

fn lost() -> io::Error {
    io::ErrorKind::ConnectionReset.into()
}

impl Socket for Scripted {
    fn poll_readable(&self, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        let mut state = self.state.lock().unwrap();
        let state = &mut *state;
        match state.to_say.front() {
            Some((pause, _)) => wait(&mut state.reading, *pause, cx).map(Ok),
            None => Poll::Ready(Ok(())),
        }
    }

    fn poll_writable(&self, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        let mut state = self.state.lock().unwrap();
        if state.room == 0 {
            std::task::ready!(wait(&mut state.writing, self.script.takes.1, cx));
            state.writing = None;
            state.room = self.script.takes.0;
        }
        Poll::Ready(Ok(()))
    }

    fn try_read(&self, buffer: &mut [u8]) -> io::Result<usize> {
        let mut state = self.state.lock().unwrap();
        let ready = is_past(state.reading.as_ref());
        match state.to_say.front_mut() {
            Some(_) if !ready => Err(io::ErrorKind::WouldBlock.into()),
            Some((_, piece)) => {
                let count = piece.len().min(buffer.len());
                buffer[..count].copy_from_slice(&piece[..count]);
                piece.drain(..count);
                if piece.is_empty() {
                    state.to_say.pop_front();
                    state.reading = None;
                }
                Ok(count)
            }
            None if self.script.is_lost => Err(lost()),
            None => {
                state.over = true;
                Ok(0)
            }
        }
    }

    fn try_write(&self, bytes: &[u8]) -> io::Result<usize> {
        let mut state = self.state.lock().unwrap();
        assert!(!state.shut, "bytes behind the end");
        let left = self.script.refuses_after.map(|most| most - state.heard.len());
        if left == Some(0) {
            return Err(io::ErrorKind::BrokenPipe.into());
        }
        let count = bytes.len().min(state.room).min(left.unwrap_or(usize::MAX));
        if count == 0 {
            return Err(io::ErrorKind::WouldBlock.into());
        }
        state.heard.extend_from_slice(&bytes[..count]);
        state.room -= count;
        Ok(count)
    }

    fn shutdown_write(&self) -> io::Result<()> {
        self.state.lock().unwrap().shut = true;
        Ok(())
    }

    fn is_closed(&self) -> bool {
        self.script.closes && self.state.lock().unwrap().over
    }

    async fn gone(&self) {
        std::future::pending::<()>().await;
    }
}

fn script(closes: impl Strategy<Value = bool>) -> impl Strategy<Value = Script> {
    let piece = (0..3_u64, prop::collection::vec(any::<u8>(), 1..200));
    let pieces =
        prop::collection::vec((prop_oneof![Just(0), Just(1), Just(3_600_000)], piece), 0..12);
    let refuses_after = prop_oneof![3 => Just(None), 1 => (0..600_usize).prop_map(Some)];
    (pieces, prop::bool::weighted(0.25), (1..300_usize, 0..5_u64), refuses_after, closes).prop_map(
        |(pieces, is_lost, takes, refuses_after, closes)| {
            let says =
                pieces.into_iter().map(|(hour, (more, piece))| (hour + more, piece)).collect();
            Script { says, is_lost, takes, refuses_after, closes }
        },
    )
}

/// Both sides when it is over, and how it ended.
fn relayed(client: Script, engine: Script) -> (Scripted, Scripted, Outcome) {
    let (client, engine) = (Scripted::new(client), Scripted::new(engine));
    let runtime = Builder::new_current_thread().enable_time().start_paused(true).build().unwrap();
    let outcome = runtime.block_on(async {
        let moved = Moved::default();
        let begun = Instant::now();
        let upload = pin!(pump(&client, &engine, &moved.up));
        let answer = pin!(pump(&engine, &client, &moved.down));
        let relay = both(&client, &engine, upload, answer);
        let outcome = time::timeout(Duration::from_secs(24 * 3600), relay).await;
        let outcome = outcome.unwrap_or_else(|_| panic!("not over after {:?}", begun.elapsed()));
        if matches!(outcome, Outcome::Finished) {
            assert_eq!(moved.down.load(Ordering::Relaxed), client.heard().len() as u64);
        }
        outcome
    });
    (client, engine, outcome)
}

proptest! {
    #[test]
    fn bytes_arrive_exactly_or_the_outcome_says_that_they_did_not(
        client in script(Just(false)),
        engine in script(any::<bool>()),
    ) {
        let (client, engine, outcome) = relayed(client, engine);
        let (up, down) = (engine.heard(), client.heard());
        prop_assert!(client.said().starts_with(&up) && engine.said().starts_with(&down));

        let whole = || down == engine.said() && client.state.lock().unwrap().shut;
        let told = || up == client.said() && engine.state.lock().unwrap().shut;
        match outcome {
            Outcome::Finished => {
                prop_assert!(!engine.script.is_lost && whole());
                // An Engine that is done, or takes no more, needs no rest of the input.
                prop_assert!(told() || engine.refuses(&client) || engine.script.closes);
            }
            Outcome::ClientGone => {
                prop_assert!(client.script.is_lost || client.refuses(&engine));
            }
            Outcome::EngineLost(_) => prop_assert!(engine.script.is_lost),
        }
    }

    #[test]
    fn without_an_error_all_of_it_arrives(
        client in script(Just(false)),
        engine in script(Just(false)),
    ) {
        let calm = |script| Script { is_lost: false, refuses_after: None, ..script };
        let (client, engine, outcome) = relayed(calm(client), calm(engine));
        prop_assert!(matches!(outcome, Outcome::Finished), "{outcome:?}");
        prop_assert_eq!(engine.heard(), client.said());
        prop_assert_eq!(client.heard(), engine.said());
    }
}
