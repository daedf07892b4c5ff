use std::time::Duration;

use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::{TcpListener, TcpStream, UnixStream};
use tokio::time::timeout;

use super::*;
use crate::transport::Stream;

/// A client over TCP, an Engine over a unix socket, and the relay's ends of both.
struct Road {
    user: TcpStream,
    client: Stream,
    engine: Stream,
    daemon: UnixStream,
}

async fn road() -> Road {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = listener.local_addr().unwrap();
    let (user, accepted) = tokio::join!(TcpStream::connect(address), listener.accept());
    let (engine, daemon) = UnixStream::pair().unwrap();
    let client = Stream::Tcp(accepted.unwrap().0);
    Road { user: user.unwrap(), client, engine: Stream::Unix(engine), daemon }
}

/// Relays to the end.
pub(crate) async fn relay(client: impl Socket, engine: Stream) -> Outcome {
    relay_counted(&client, &engine, &Moved::default()).await
}

async fn relay_counted(client: &impl Socket, engine: &Stream, moved: &Moved) -> Outcome {
    let upload = pin!(pump(client, engine, &moved.up));
    let answer = pin!(pump(engine, client, &moved.down));
    let relayed = both(client, engine, upload, answer);
    timeout(Duration::from_secs(20), relayed).await.expect("the relay never ended")
}

/// Reads all that there is, gives it back in capitals, and closes.
pub(crate) async fn shout(mut daemon: UnixStream) {
    let mut stdin = String::new();
    daemon.read_to_string(&mut stdin).await.unwrap();
    daemon.write_all(stdin.to_uppercase().as_bytes()).await.unwrap();
}

/// Bytes without a pattern.
pub(crate) fn noise(length: usize) -> Vec<u8> {
    let mut state = 1_u32;
    let next = || {
        state = state.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
        state.to_be_bytes()[0]
    };
    std::iter::repeat_with(next).take(length).collect()
}

#[tokio::test]
async fn an_answer_that_comes_after_the_client_half_closed_still_arrives() {
    let Road { mut user, client, engine, daemon } = road().await;
    let user = async {
        user.write_all(b"stdin").await.unwrap();
        user.shutdown().await.unwrap();
        let mut answer = String::new();
        user.read_to_string(&mut answer).await.unwrap();
        answer
    };
    let (outcome, answer, ()) = tokio::join!(relay(client, engine), user, shout(daemon));
    assert!(matches!(outcome, Outcome::Finished));
    assert_eq!(answer, "STDIN");
}

#[tokio::test]
async fn an_answer_to_an_upload_that_the_engine_refuses_is_delivered_whole() {
    let Road { user, client, engine, mut daemon } = road().await;
    let (mut from, mut to) = user.into_split();
    let answer = noise(300_000);
    let upload = async {
        // More than all buffers hold: it ends in an error, or is swallowed.
        let _refused: io::Result<()> = to.write_all(&noise(32 << 20)).await;
        to
    };
    let read = async {
        let mut seen = Vec::new();
        from.read_to_end(&mut seen).await.unwrap();
        seen
    };
    let daemon = async {
        daemon.read_exact(&mut [0; 10]).await.unwrap();
        daemon.write_all(&answer).await.unwrap();
        // Unread input is left behind: on AF_UNIX the relay sees ECONNRESET behind the answer.
        drop(daemon);
    };
    let (outcome, _to, seen, ()) = tokio::join!(relay(client, engine), upload, read, daemon);
    assert!(matches!(outcome, Outcome::Finished), "{outcome:?}");
    assert!(seen == answer, "{} of {} bytes", seen.len(), answer.len());
}

#[tokio::test]
async fn input_behind_a_complete_answer_does_not_reset_it_away() {
    let Road { mut user, client, engine, daemon } = road().await;
    let (mut daemon_from, mut daemon_to) = daemon.into_split();
    let user = async {
        user.write_all(b"request").await.unwrap();
        // The client sends on and on, and reads only then.
        for _ in 0..5 {
            user.write_all(&noise(10_000)).await.unwrap();
            tokio::task::yield_now().await;
        }
        let mut answer = Vec::new();
        user.read_to_end(&mut answer).await.unwrap();
        answer
    };
    let daemon = async {
        daemon_from.read_exact(&mut [0; 7]).await.unwrap();
        daemon_to.write_all(b"the answer").await.unwrap();
        drop((daemon_from, daemon_to));
    };
    let (outcome, answer, ()) = tokio::join!(relay(client, engine), user, daemon);
    assert!(matches!(outcome, Outcome::Finished), "{outcome:?}");
    assert_eq!(answer, b"the answer");
}

#[tokio::test]
async fn a_client_that_never_stops_sending_is_let_go_after_two_seconds() {
    let Road { mut user, client, engine, daemon } = road().await;
    drop(daemon);
    let start = time::Instant::now();
    let flood = async {
        let chunk = noise(10_000);
        while user.write_all(&chunk).await.is_ok() {}
    };
    let (outcome, ()) = tokio::join!(relay(client, engine), flood);
    assert!(matches!(outcome, Outcome::Finished), "{outcome:?}");
    assert!(start.elapsed() < LINGER + Duration::from_secs(1), "{:?}", start.elapsed());
}

#[tokio::test]
async fn a_reset_of_a_client_whose_upload_is_blocked_reaches_the_engine_at_once() {
    let Road { user, client, engine, mut daemon } = road().await;
    let client_side = async {
        let (from, mut to) = user.into_split();
        let chunk = noise(1 << 20);
        // Until nothing moves any more: the Engine doesn't read.
        while timeout(Duration::from_millis(300), to.write_all(&chunk)).await.is_ok() {}
        let user = from.reunite(to).unwrap();
        socket2::SockRef::from(&user).set_linger(Some(Duration::ZERO)).unwrap();
        drop(user);
        time::Instant::now()
    };
    let engine_side = async {
        let outcome = relay(client, engine).await;
        (outcome, time::Instant::now())
    };
    let (reset_at, (outcome, ended_at)) = tokio::join!(client_side, engine_side);
    assert!(matches!(outcome, Outcome::ClientGone), "{outcome:?}");
    assert!(ended_at - reset_at < Duration::from_secs(1), "{:?}", ended_at - reset_at);
    let mut rest = Vec::new();
    daemon.read_to_end(&mut rest).await.unwrap();
}

#[tokio::test]
async fn a_reset_of_a_client_that_reads_reaches_the_engine_at_once() {
    let Road { user, client, engine, mut daemon } = road().await;
    let client_side = async {
        socket2::SockRef::from(&user).set_linger(Some(Duration::ZERO)).unwrap();
        drop(user);
    };
    let (outcome, ()) = tokio::join!(relay(client, engine), client_side);
    assert!(matches!(outcome, Outcome::ClientGone), "{outcome:?}");
    assert_eq!(daemon.read(&mut [0; 1]).await.unwrap(), 0);
}

#[tokio::test]
async fn nothing_is_read_ahead_of_a_slow_reader_and_nothing_is_lost() {
    let Road { mut user, client, engine, mut daemon } = road().await;
    let sent = noise(24 << 20);
    let moved = Moved::default();
    let relayed = async {
        let outcome = relay_counted(&client, &engine, &moved).await;
        drop((client, engine));
        outcome
    };
    let (stalled, start_reading) = tokio::sync::oneshot::channel();
    let daemon = async {
        let mut rest = &sent[..];
        // Until nothing more fits anywhere: the reader reads nothing.
        while let Ok(written) = timeout(Duration::from_millis(300), daemon.write(rest)).await {
            rest = &rest[written.unwrap()..];
        }
        stalled.send(sent.len() - rest.len()).unwrap();
        daemon.write_all(rest).await.unwrap();
        drop(daemon);
    };
    let user = async {
        let ahead = start_reading.await.unwrap();
        // What the kernel's own buffers hold, not more.
        assert!(ahead < 12 << 20, "{ahead} bytes ahead of a reader that reads nothing");
        let mut seen = Vec::new();
        user.read_to_end(&mut seen).await.unwrap();
        assert_eq!(seen.len(), sent.len());
        assert!(seen == sent);
        drop(user);
    };
    let (outcome, (), ()) = tokio::join!(relayed, daemon, user);
    assert!(matches!(outcome, Outcome::Finished), "{outcome:?}");
    assert_eq!(moved.down.load(Ordering::Relaxed), sent.len() as u64);
}

#[tokio::test]
async fn a_bulky_upload_arrives_whole_and_in_order_behind_and_before_small_pieces() {
    let Road { mut user, client, engine, mut daemon } = road().await;
    let sent = noise(16 << 20);
    let user = async {
        for (at, piece) in sent.chunks(1 << 20).enumerate() {
            user.write_all(piece).await.unwrap();
            // Some bulks end in something small that waits for what is behind it.
            if at % 3 == 0 {
                time::sleep(Duration::from_millis(20)).await;
                user.write_all(b"small").await.unwrap();
                time::sleep(Duration::from_millis(20)).await;
            }
        }
        user.shutdown().await.unwrap();
        let mut answer = String::new();
        user.read_to_string(&mut answer).await.unwrap();
        answer
    };
    let daemon = async {
        let mut seen = Vec::new();
        daemon.read_to_end(&mut seen).await.unwrap();
        daemon.write_all(b"done").await.unwrap();
        drop(daemon);
        seen
    };
    let moved = Moved::default();
    let relayed = async {
        let outcome = relay_counted(&client, &engine, &moved).await;
        drop((client, engine));
        outcome
    };
    let (outcome, answer, seen) = tokio::join!(relayed, user, daemon);
    assert!(matches!(outcome, Outcome::Finished), "{outcome:?}");
    let mut expected = Vec::new();
    for (at, piece) in sent.chunks(1 << 20).enumerate() {
        expected.extend_from_slice(piece);
        expected.extend_from_slice(if at % 3 == 0 { b"small" } else { b"" });
    }
    assert!(seen == expected, "{} of {} bytes", seen.len(), expected.len());
    assert_eq!(moved.up.load(Ordering::Relaxed), expected.len() as u64);
    assert_eq!(answer, "done");
}

/// Else what is left of a body would be read as the next request.
#[tokio::test]
async fn a_message_is_whole_when_it_is_written_and_not_when_it_is_read() {
    let Road { user, client, engine, mut daemon } = road().await;
    let body = noise(16 << 20);
    let bytes = [&body[..], b"behind it"].concat();
    let moved = AtomicU64::new(0);
    let framing = Framing::Exactly(body.len() as u64);
    let mut transfer = Transfer::start(&bytes, 0, framing, &engine, &moved).unwrap();
    assert_eq!(transfer.surplus(), None, "the Engine reads nothing");
    let read = async {
        let mut seen = vec![0; body.len()];
        daemon.read_exact(&mut seen).await.unwrap();
        seen
    };
    let (carried, seen) = tokio::join!(transfer.run(&client, &engine, &moved), read);
    assert!(matches!(carried, Carried::Whole), "{carried:?}");
    assert!(seen == body, "not what was sent");
    assert_eq!(transfer.surplus().unwrap(), b"behind it");
    assert_eq!(moved.load(Ordering::Relaxed), body.len() as u64);
    drop(user);
}

#[tokio::test]
async fn a_long_body_arrives_whole_however_often_it_is_interrupted() {
    let Road { mut user, client, engine, mut daemon } = road().await;
    let body = noise(8 << 20);
    let moved = AtomicU64::new(0);
    let framing = Framing::Exactly(body.len() as u64);
    let mut transfer = Transfer::start(b"", 0, framing, &engine, &moved).unwrap();
    let send = async {
        user.write_all(&body).await.unwrap();
        user.write_all(b"behind it").await.unwrap();
        user
    };
    let carry = async {
        loop {
            // Dropped in the middle, again and again.
            match timeout(Duration::from_millis(1), transfer.run(&client, &engine, &moved)).await {
                Err(_again) => {}
                Ok(carried) => return carried,
            }
        }
    };
    let read = async {
        let mut seen = vec![0; body.len()];
        for piece in seen.chunks_mut(300_000) {
            daemon.read_exact(piece).await.unwrap();
            time::sleep(Duration::from_millis(2)).await;
        }
        seen
    };
    let (_user, carried, seen) = tokio::join!(send, carry, read);
    assert!(matches!(carried, Carried::Whole), "{carried:?}");
    assert!(seen == body, "not what was sent");
    assert_eq!(moved.load(Ordering::Relaxed), body.len() as u64);
    let mut behind = transfer.surplus().unwrap().clone();
    while behind.len() < 9 {
        let more = read_some(&client, |bytes| behind.extend_from_slice(bytes)).await.unwrap();
        assert!(more.is_some());
    }
    assert_eq!(behind, b"behind it");
}

#[tokio::test]
async fn an_engine_that_only_half_closes_still_gets_the_rest_of_the_input() {
    let Road { mut user, client, engine, daemon } = road().await;
    let (mut daemon_from, mut daemon_to) = daemon.into_split();
    let daemon = async {
        daemon_to.write_all(b"done").await.unwrap();
        daemon_to.shutdown().await.unwrap();
        let mut input = String::new();
        daemon_from.read_to_string(&mut input).await.unwrap();
        input
    };
    let user = async {
        let mut answer = String::new();
        user.read_to_string(&mut answer).await.unwrap();
        assert_eq!(answer, "done");
        user.write_all(b"and more").await.unwrap();
        drop(user);
    };
    let (outcome, input, ()) = tokio::join!(relay(client, engine), daemon, user);
    assert!(matches!(outcome, Outcome::Finished), "{outcome:?}");
    assert_eq!(input, "and more");
}

#[tokio::test(start_paused = true)]
async fn a_silent_connection_is_idle_and_a_busy_one_is_not() {
    let moved = Moved::default();
    let start = time::Instant::now();
    let busy = async {
        for _ in 0..10 {
            time::sleep(Duration::from_secs(5)).await;
            moved.up.fetch_add(1, Ordering::Relaxed);
        }
    };
    tokio::join!(busy, idle(&moved, Duration::from_secs(20)));
    assert!(start.elapsed() >= Duration::from_secs(70), "{:?}", start.elapsed());
}
