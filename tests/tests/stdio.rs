//! `ssh HOST bridge STDIO UNIX-CONNECT:…`: standard input and output are a client, whole.

#![expect(clippy::unwrap_used, reason = "to a test a panic is an answer")]

use std::io::{BufRead as _, BufReader, Read as _, Write as _};
use std::net::Ipv4Addr;
use std::process::{Child, ChildStdin, ChildStdout, Stdio};
use std::time::{Duration, Instant};

use testkit::data::{digest, pattern};
use testkit::process::{finish, finish_with_input};
use testkit::{DEADLINE, Program, RudeEngine, StandIn, check, wait};

fn bridge(engine: &str) -> Program {
    Program::ours("bridge").args(["STDIO", engine])
}

fn before(engine: &StandIn) -> Program {
    bridge(&format!("UNIX-CONNECT:{}", engine.socket().display()))
}

const ATTACH: &str = "POST /containers/c/attach?stream=1&stdin=1&stdout=1 HTTP/1.1\r\n\
                      Host: docker\r\nConnection: Upgrade\r\nUpgrade: tcp\r\n\r\n";

/// A bridge whose ends are the test's, killed when dropped.
struct Talk {
    child: Child,
    to: Option<ChildStdin>,
    from: Option<BufReader<ChildStdout>>,
}

impl Talk {
    fn start(program: &Program) -> Self {
        let mut child = program
            .command()
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .stderr(Stdio::null())
            .spawn()
            .unwrap();
        let to = child.stdin.take();
        let from = child.stdout.take().map(BufReader::new);
        Self { child, to, from }
    }

    fn say(&mut self, text: &str) {
        let to = self.to.as_mut().unwrap();
        to.write_all(text.as_bytes()).unwrap();
        to.flush().unwrap();
    }

    fn line(&mut self) -> String {
        let mut line = String::new();
        self.from.as_mut().unwrap().read_line(&mut line).unwrap();
        line
    }

    fn head(&mut self) -> String {
        let mut head = String::new();
        while !head.ends_with("\r\n\r\n") {
            let line = self.line();
            assert!(!line.is_empty(), "ended within a head, after {head:?}");
            head += &line;
        }
        head
    }

    /// Closes the input, and gives what comes to the end of the output.
    fn end(&mut self) -> String {
        self.to = None;
        let mut rest = String::new();
        self.from.as_mut().unwrap().read_to_string(&mut rest).unwrap();
        rest
    }

    fn code(&mut self) -> Option<i32> {
        let mut status = None;
        wait::eventually(DEADLINE, "the bridge ends", || {
            status = self.child.try_wait().unwrap();
            status.is_some()
        });
        status.unwrap().code()
    }
}

impl Drop for Talk {
    fn drop(&mut self) {
        // It may have ended already.
        let _ignored = self.child.kill();
        let _ignored = self.child.wait();
    }
}

#[test]
fn the_end_of_input_is_passed_on_and_what_comes_late_arrives() {
    for words in
        ["STDIO UNIX:ENGINE", "STDIO,ignoreeof UNIX:ENGINE,ignoreeof", "-t 0.1 - UNIX:ENGINE"]
    {
        let engine = StandIn::builder().late_after(Duration::from_millis(700)).start();
        let words = words.replace("ENGINE", &engine.socket().display().to_string());
        let mut talk = Talk::start(&Program::ours("bridge").args(words.split(' ')));
        talk.say(ATTACH);
        assert!(talk.head().starts_with("HTTP/1.1 101 "), "{words}");
        talk.say("some input\n");
        assert_eq!(talk.end(), "some input\nlate\n", "{words}");
        assert_eq!(talk.code(), Some(0), "{words}");
    }
}

#[test]
fn a_conversation_goes_back_and_forth_at_once() {
    let engine = StandIn::start();
    let mut talk = Talk::start(&before(&engine));
    talk.say(ATTACH);
    assert!(talk.head().starts_with("HTTP/1.1 101 "));
    for line in ["one\n", "two\n", "three\n"] {
        talk.say(line);
        assert_eq!(talk.line(), line);
    }
    assert_eq!(talk.end(), "late\n");
    assert_eq!(talk.code(), Some(0));
}

#[test]
fn one_connection_carries_one_request_after_another() {
    let engine = StandIn::start();
    let mut talk = Talk::start(&before(&engine));
    for _ in 0..3 {
        talk.say("HEAD /_ping HTTP/1.1\r\nHost: docker\r\n\r\n");
        assert!(talk.head().starts_with("HTTP/1.1 200 "));
    }
    assert_eq!(engine.accepted_connections(), 1);
    talk.end();
    assert_eq!(talk.code(), Some(0));
}

#[test]
fn it_ends_when_the_engine_does_whatever_is_still_to_be_typed() {
    let engine = RudeEngine::start();
    let mut talk = Talk::start(&bridge(&format!("UNIX:{}", engine.socket().display())));
    talk.say("hello\n");
    let mut there = engine.accept(DEADLINE);
    assert_eq!(there.read_line(), "hello\n");
    there.send("goodbye\n");
    there.close();
    assert_eq!(talk.line(), "goodbye\n");
    assert_eq!(talk.code(), Some(0));
}

#[test]
fn an_engine_that_hears_no_more_may_still_answer() {
    let engine = RudeEngine::start();
    let mut talk = Talk::start(&bridge(&format!("UNIX:{}", engine.socket().display())));
    talk.say("hello\n");
    let mut there = engine.accept(DEADLINE);
    assert_eq!(there.read_line(), "hello\n");
    there.shutdown(std::net::Shutdown::Read).unwrap();
    talk.say("into the void\n");
    there.send("an answer\n");
    there.close();
    assert_eq!(talk.line(), "an answer\n");
    assert_eq!(talk.code(), Some(0));
}

#[test]
fn bulk_arrives_whole_in_both_directions() {
    const SIZE: usize = 4 << 20;
    let engine = StandIn::start();
    let ask = format!("GET /bulk?bytes={SIZE} HTTP/1.1\r\nHost: d\r\nConnection: close\r\n\r\n");
    let output = finish_with_input(before(&engine).command(), ask, DEADLINE);
    let body = output.stdout.windows(4).position(|end| end == b"\r\n\r\n").unwrap() + 4;
    let sent = pattern(SIZE);
    assert!(output.stdout[body..] == sent, "{} bytes differ", output.stdout.len() - body);

    let head = format!(
        "POST /bulk HTTP/1.1\r\nHost: d\r\nConnection: close\r\nContent-Length: {SIZE}\r\n\r\n"
    );
    let input = [head.as_bytes(), &sent].concat();
    let output = finish_with_input(before(&engine).command(), input, DEADLINE);
    let answer = String::from_utf8(output.stdout).unwrap();
    assert!(answer.contains(&digest(&sent)), "{answer}");
}

#[test]
fn an_engine_on_tcp_is_reached_too() {
    let engine = StandIn::builder().tcp((Ipv4Addr::LOCALHOST, 0).into()).start();
    let ask = "GET /version HTTP/1.1\r\nHost: docker\r\nConnection: close\r\n\r\n";
    for words in
        [format!("TCP:{}", engine.addr()), format!("tcp4:localhost:{}", engine.addr().port())]
    {
        let output = finish_with_input(bridge(&words).command(), ask, DEADLINE);
        assert!(output.stdout.starts_with(b"HTTP/1.1 200 OK\r\n"), "{words}: {output:?}");
    }
}

#[test]
fn nothing_but_the_engines_answer_is_on_standard_output() {
    let engine = StandIn::start();
    let program = before(&engine).args(["--log-level", "trace"]).env("PUID", "1000");
    let output = finish(program.command(), DEADLINE);
    assert!(output.stdout.is_empty(), "{output:?}");
    assert!(output.status.success());
    let stderr = String::from_utf8(output.stderr).unwrap();
    assert!(stderr.contains("(one client on standard input and output)"), "{stderr}");
}

#[test]
fn it_ends_after_the_time_of_capital_t_without_a_byte_and_not_before() {
    let engine = StandIn::start();
    let words = ["-T", "2", "-", &format!("UNIX:{}", engine.socket().display())];
    let mut talk = Talk::start(&Program::ours("bridge").args(words));
    talk.say("GET /events HTTP/1.1\r\nHost: docker\r\n\r\n");
    assert!(talk.head().starts_with("HTTP/1.1 200 "));
    let begin = Instant::now();
    while begin.elapsed() < Duration::from_secs(4) {
        assert!(!talk.line().is_empty(), "cut while events came");
    }
    drop(talk);

    let mut talk = Talk::start(&Program::ours("bridge").args(words));
    assert_eq!(talk.line(), "", "nothing was said, and nothing comes");
    assert_eq!(talk.code(), Some(0));
}

/// Nobody is kept out of one's own standard input, and the settings don't say so.
#[test]
fn the_browser_guard_is_off_there() {
    let table = check::table(&bridge("UNIX:/s"));
    assert_eq!(check::row(&table, "browser guard"), "off");
}

/// A restriction that can't be kept is none that may be dropped.
#[test]
fn who_may_connect_can_not_be_said_of_standard_input() {
    let why = "nobody connects to standard input and output: leave it out, or listen on an address";
    let typed = bridge("UNIX:/s").args(["--allow-from", "10.0.0.0/8"]);
    check::assert_usage_error(&typed, &format!("bad setting: --allow-from: {why}"));
    let set = bridge("UNIX:/s").env("BRIDGE_ALLOW_FROM", "10.0.0.0/8");
    check::assert_usage_error(&set, &format!("bad setting: BRIDGE_ALLOW_FROM: {why}"));
}

#[test]
fn a_reader_that_leaves_ends_it() {
    let engine = StandIn::start();
    let mut talk = Talk::start(&before(&engine));
    talk.say("GET /events HTTP/1.1\r\nHost: docker\r\n\r\n");
    assert!(talk.head().starts_with("HTTP/1.1 200 "));
    talk.from = None;
    talk.code();
    engine.wait_open_connections(0, DEADLINE);
}
