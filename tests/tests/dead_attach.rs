//! A client that died while attached to a silent container can't be told from one that has said
//! all that it had to say, until it is asked.

#![expect(clippy::expect_used, reason = "to a test a panic is an answer")]

use std::io::Write as _;
use std::time::{Duration, Instant};

use testkit::wait::pause;
use testkit::{
    Bridge, DEADLINE, Dockerd, RudeEngine, Stream, Subject, eventually, requires_docker, stream,
    subject,
};

/// Its kernel forgets the connection 60 s after its end (`tcp_fin_timeout`), and answers the next
/// question whether it lives with a reset. Who has only half-closed lives, and gets an answer.
#[test]
fn a_client_that_died_is_told_from_one_that_has_half_closed() {
    let engine = RudeEngine::start();
    let bridge = Bridge::before(&engine);
    let [(mut living, mut living_upstream), (dead, mut dead_upstream)] = [(); 2].map(|()| {
        let mut client = bridge.endpoint().connect();
        client.send(ATTACH);
        let mut upstream = engine.accept(DEADLINE);
        upstream.read_head();
        (client, upstream)
    });
    living.shutdown_write();
    dead.close();
    living_upstream.expect_eof(DEADLINE);
    dead_upstream.expect_eof(DEADLINE);
    let both = bridge.fd_count();
    let since = Instant::now();
    eventually(Duration::from_secs(100), "the dead one is found out", || bridge.fd_count() < both);
    println!("found out after {:?}", since.elapsed());
    assert!(dead_upstream.write_all(b"x").is_err(), "it is closed wholly");

    living_upstream.send("late");
    drop(living_upstream);
    assert_eq!(living.read_to_end_within(DEADLINE), b"late");
}

/// Engines up to 28 keep a silent attach whose client is gone, with or without a bridge; output
/// frees most of it. What the Engine holds is told by its goroutines: some leave their descriptors
/// to the garbage collector.
#[test]
fn a_dead_attach_costs_the_engine_no_more_than_without_a_bridge() {
    let Some(engine) = Dockerd::private_or_skip(&[]) else { return };
    let [direct, bridge] = subject::direct_and_bridge(engine.socket());
    for end in [Stream::close, Stream::reset] {
        let (most, kept) = kept_of_the_dead(&engine, &direct, end);
        assert!(most >= kept + CLIENTS, "output frees nothing: {most}, {kept}");
        let (_, through_the_bridge) = kept_of_the_dead(&engine, &bridge, end);
        // The Engine has business of its own.
        assert!(through_the_bridge <= kept + CLIENTS / 2, "{through_the_bridge}, not {kept}");
    }
}

/// A reset is the one end that says at once that the client is gone.
#[test]
fn after_a_reset_the_bridge_holds_nothing_of_a_silent_attach() {
    let engine = requires_docker!();
    let container = engine.interactive_container(&["cat"]);
    let bridge = Bridge::start(engine.socket());
    let at_rest = bridge.fd_count();
    let subject = Subject::new("bridge", bridge.endpoint());
    let dead: Vec<_> = (0..5).map(|_| attached(&subject, container.id(), "stdout=1")).collect();
    eventually(DEADLINE, "two descriptors for each", || bridge.fd_count() >= at_rest + 10);
    dead.into_iter().for_each(Stream::reset);
    eventually(Duration::from_secs(1), "all are closed", || bridge.fd_count() <= at_rest);
}

fn attached(subject: &Subject, container: &str, streams: &str) -> Stream {
    let mut stream = subject.connect();
    let head = format!(
        "POST /containers/{container}/attach?stream=1&{streams} HTTP/1.1\r\nHost: docker\r\n\
         Connection: Upgrade\r\nUpgrade: tcp\r\nContent-Length: 0\r\n\r\n"
    );
    assert_eq!(stream.exchange(head).status, 101, "{subject}");
    stream
}

/// How many more goroutines the Engine has with clients attached, and after they died and their
/// container wrote.
fn kept_of_the_dead(engine: &Dockerd, subject: &Subject, end: fn(Stream)) -> (i64, i64) {
    let container = engine.interactive_container(&["cat"]);
    let direct = Subject::direct(engine.socket());
    let mut writer = attached(&direct, container.id(), "stdin=1");
    let before = settled_goroutines(engine);
    let dead: Vec<_> =
        (0..CLIENTS).map(|_| attached(subject, container.id(), "stdout=1")).collect();
    let most = settled_goroutines(engine) - before;
    dead.into_iter().for_each(end);
    for _ in 0..10 {
        writer.send("x\n");
        pause(Duration::from_millis(100));
    }
    (most, settled_goroutines(engine) - before)
}

/// Once the number has stayed the same for a second.
fn settled_goroutines(engine: &Dockerd) -> i64 {
    let (mut last, mut since) = (0, Instant::now());
    eventually(DEADLINE * 3, "the Engine comes to rest", || {
        pause(Duration::from_millis(100));
        let info = stream::get(&engine.endpoint(), "/info").json();
        let now = info["NGoroutines"].as_i64().expect("a number");
        if now != last {
            (last, since) = (now, Instant::now());
        }
        since.elapsed() >= Duration::from_secs(1)
    });
    last
}

const CLIENTS: i64 = 20;
const ATTACH: &str = "POST /containers/x/attach?stream=1&stdin=1&stdout=1 HTTP/1.1\r\n\
    Host: docker\r\nConnection: Upgrade\r\nUpgrade: tcp\r\nContent-Length: 0\r\n\r\n";
