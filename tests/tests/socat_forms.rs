//! Every socat command line that images and READMEs put before a Docker socket works as it is.

use std::fs;
use std::net::{Ipv4Addr, Ipv6Addr, SocketAddr, TcpListener};
use std::os::unix::fs::{FileTypeExt as _, MetadataExt as _};
use std::path::Path;
use std::time::{Duration, Instant};

use testkit::process::{Process, finish, finish_with_input};
use testkit::stream::get;
use testkit::{DEADLINE, Endpoint, Program, RudeEngine, Signal, StandIn, net, ports, skip, wait};

/// Starts a bridge with socat's words, and waits until it listens.
///
/// Words are apart by blanks; `PORT` and `ENGINE` in them are a free port and the socket.
fn listening(words: &str, port: u16, engine: &Path) -> Process {
    let process = bridge(words, port, engine).start();
    process.wait_for_log_containing("INFO listening on ");
    process
}

fn bridge(words: &str, port: u16, engine: &Path) -> Program {
    let words =
        words.replace("PORT", &port.to_string()).replace("ENGINE", &engine.display().to_string());
    Program::ours("bridge").args(words.split(' '))
}

fn local(port: u16) -> Endpoint {
    SocketAddr::from((Ipv4Addr::LOCALHOST, port)).into()
}

fn assert_serves(endpoint: &Endpoint, what: &str) {
    let answer = get(endpoint, "/version");
    assert_eq!(answer.status, 200, "{what}");
    assert_eq!(answer.json()["Platform"]["Name"], "Docker Engine stand-in", "{what}");
}

/// Starts each command line, and asks for `/version` through it; returns what it logged.
fn assert_each_serves(lines: &[&str]) -> Vec<String> {
    let engine = StandIn::start();
    let served = lines.iter().map(|words| {
        let port = ports::free_port();
        let bridge = listening(words, port, engine.socket());
        assert_serves(&local(port), words);
        bridge.signal(Signal::TERM);
        assert_eq!(bridge.wait_exit(DEADLINE).code(), Some(0), "{words}");
        bridge.logs()
    });
    served.collect()
}

#[test]
fn each_spelling_of_a_listener_and_of_the_engines_socket_serves() {
    let logs = assert_each_serves(&[
        "TCP-LISTEN:PORT,fork UNIX-CONNECT:ENGINE",
        "tcp-listen:PORT,fork,reuseaddr unix-connect:ENGINE",
        "Tcp-Listen:PORT,Fork,ReuseAddr Unix-Connect:ENGINE",
        "TCP-LISTEN:PORT,reuseaddr,fork UNIX-CLIENT:ENGINE",
        "TCP-L:PORT,bind=127.0.0.1,fork,reuseaddr UNIX:ENGINE",
        "tcp-l:PORT,fork local:ENGINE",
        "TCP4-LISTEN:PORT,fork,reuseaddr UNIX-CONNECT:ENGINE",
        "TCP4-LISTEN:PORT,fork,reuseaddr,bind=127.0.0.1 UNIX-CONNECT:ENGINE",
        "tcp4-l:PORT,fork unix:ENGINE",
        "UNIX-CONNECT:ENGINE TCP-LISTEN:PORT,fork",
    ]);
    for log in logs {
        assert!(!log.contains("WARN"), "{log}");
        assert_eq!(log.matches("socat's words mean: bridge --listen tcp://").count(), 1, "{log}");
    }
}

#[test]
fn ipv6_spellings_serve_on_ipv6() {
    if !skip::require_ipv6() {
        return;
    }
    let engine = StandIn::start();
    for words in [
        "TCP6-LISTEN:PORT,fork UNIX-CONNECT:ENGINE",
        "tcp6-l:PORT,fork,ipv6only unix:ENGINE",
        "TCP-LISTEN:PORT,pf=ip6,fork,ipv6-v6only=1 UNIX:ENGINE",
        "TCP-LISTEN:PORT,bind=[::1],fork UNIX:ENGINE",
        "-6 TCP-LISTEN:PORT,fork UNIX:ENGINE",
    ] {
        let port = ports::free_port_v6();
        let _bridge = listening(words, port, engine.socket());
        assert_serves(&SocketAddr::from((Ipv6Addr::LOCALHOST, port)).into(), words);
    }
}

#[test]
fn ipv6only_keeps_ipv4_out() {
    if !skip::require_ipv6() {
        return;
    }
    let engine = StandIn::start();
    let port = ports::free_port();
    let _bridge = listening("TCP6-LISTEN:PORT,fork,ipv6only UNIX:ENGINE", port, engine.socket());
    assert!(local(port).try_connect().is_err(), "IPv4 got in");
}

#[test]
fn options_of_listeners_and_engines_are_taken() {
    let logs = assert_each_serves(&[
        "TCP-LISTEN:PORT,bind=127.0.0.1,reuseaddr,fork,range=127.0.0.0/8 UNIX:ENGINE",
        "TCP-LISTEN:PORT,fork,range=127.0.0.1/32 UNIX:ENGINE",
        "TCP-LISTEN:PORT,fork,range=127.0.0.0:255.0.0.0 UNIX:ENGINE",
        "TCP-LISTEN:PORT,fork,reuseport UNIX:ENGINE",
        "TCP-LISTEN:PORT,fork,backlog=128 UNIX:ENGINE",
        "TCP-LISTEN:PORT,fork,max-children=10 UNIX:ENGINE",
        "TCP-LISTEN:PORT,fork,pf=ip4 UNIX:ENGINE",
        "TCP-LISTEN:PORT,fork,keepalive,keepidle=30,keepintvl=10,keepcnt=3 UNIX:ENGINE",
        "TCP-LISTEN:PORT,fork,nodelay UNIX:ENGINE",
        "TCP-LISTEN:PORT,fork,retry=10,interval=1 UNIX:ENGINE,retry=10,interval=0.5",
        "TCP-LISTEN:PORT,fork,forever UNIX:ENGINE,forever,connect-timeout=5",
        "-4 TCP-LISTEN:PORT,fork UNIX:ENGINE",
        "-d -d TCP-LISTEN:PORT,fork UNIX:ENGINE",
        "-dd TCP-LISTEN:PORT,fork UNIX:ENGINE",
        "-ls TCP-LISTEN:PORT,fork UNIX:ENGINE",
        "-T 3600 TCP-LISTEN:PORT,fork UNIX:ENGINE",
    ]);
    for log in logs {
        assert!(!log.contains("WARN"), "{log}");
    }
}

#[test]
fn words_that_mean_nothing_here_serve_and_get_one_line_each() {
    let half_close = "half-close has no timer here: -t is ignored";
    let input = "an end of input is passed on, and nothing is lost by it: `ignoreeof` is ignored";
    let logs = "logs go to standard error";
    let log_lines = "log lines have their time and no host name (see --log-format)";
    for (words, warning) in [
        ("-t 86400 TCP-LISTEN:PORT,fork UNIX:ENGINE", half_close),
        ("-t 100000000 TCP-LISTEN:PORT,reuseaddr,fork UNIX:ENGINE", half_close),
        ("TCP-LISTEN:PORT,fork UNIX:ENGINE -t0.5", half_close),
        ("-v TCP-LISTEN:PORT,fork UNIX:ENGINE", "what is relayed is never logged: -v is ignored"),
        ("-x TCP-LISTEN:PORT,fork UNIX:ENGINE", "what is relayed is never logged: -x is ignored"),
        (
            "-b 8192 TCP-LISTEN:PORT,fork UNIX:ENGINE",
            "the bridge sizes its buffers itself: -b is ignored",
        ),
        (
            "-s TCP-LISTEN:PORT,fork UNIX:ENGINE",
            "an error ends its own connection only: -s is ignored",
        ),
        ("-ly TCP-LISTEN:PORT,fork UNIX:ENGINE", &format!("{logs}: -ly is ignored")),
        ("-lf /x TCP-LISTEN:PORT,fork UNIX:ENGINE", &format!("{logs}: -lf is ignored")),
        ("-lp x TCP-LISTEN:PORT,fork UNIX:ENGINE", &format!("{logs}: -lp is ignored")),
        ("-lm TCP-LISTEN:PORT,fork UNIX:ENGINE", &format!("{logs}: -lm is ignored")),
        ("-lu TCP-LISTEN:PORT,fork UNIX:ENGINE", &format!("{log_lines}: -lu is ignored")),
        ("-lh TCP-LISTEN:PORT,fork UNIX:ENGINE", &format!("{log_lines}: -lh is ignored")),
        ("TCP-LISTEN:PORT,fork UNIX:ENGINE,ignoreeof", input),
        ("TCP-LISTEN:PORT,fork,ignoreeof UNIX:ENGINE,ignoreeof", input),
        (
            "TCP-LISTEN:PORT,fork,su=nobody UNIX:ENGINE",
            "the bridge stays who it is: start it as the user that is meant: `su` is ignored",
        ),
        (
            "TCP-LISTEN:PORT,fork,linger=10 UNIX:ENGINE",
            "what was relayed is always delivered: `linger` is ignored",
        ),
        (
            "TCP-LISTEN:PORT,fork,accept-timeout=10 UNIX:ENGINE",
            "the bridge waits for clients without end: `accept-timeout` is ignored",
        ),
    ] {
        let logs = assert_each_serves(&[words]);
        let warnings: Vec<_> = logs[0].lines().filter(|line| line.contains(" WARN ")).collect();
        assert_eq!(warnings.len(), 1, "{words}: {warnings:?}");
        assert!(warnings[0].ends_with(&format!(" WARN {warning}")), "{words}: {warnings:?}");
    }
}

#[test]
fn without_fork_one_connection_is_served_and_that_was_it() {
    let engine = StandIn::start();
    let port = ports::free_port();
    let bridge = listening("TCP-LISTEN:PORT,reuseaddr UNIX:ENGINE", port, engine.socket());
    bridge.wait_for_log_containing("(no fork: one connection, then the end)");

    let mut client = local(port).connect();
    let ask = "GET /version HTTP/1.1\r\nHost: docker\r\n\r\n";
    assert_eq!(client.exchange(ask).status, 200);
    assert!(local(port).try_connect().is_err(), "a second connection was taken");
    assert_eq!(client.exchange(ask).status, 200, "the one connection goes on");
    client.close();
    assert_eq!(bridge.wait_exit(DEADLINE).code(), Some(0));
}

#[test]
fn a_client_outside_the_range_is_closed_before_the_engine_hears_of_it() {
    let engine = RudeEngine::start();
    let port = ports::free_port();
    let words = "TCP-LISTEN:PORT,fork,range=127.0.0.2/32 UNIX:ENGINE";
    let bridge = listening(words, port, engine.socket());
    engine.greeted();
    let mut client = local(port).connect();
    client.expect_closed(DEADLINE);
    assert!(engine.try_accept().is_none(), "the Engine was dialled");
    assert_eq!(bridge.exit_status(), None);
}

#[test]
fn without_fork_a_client_outside_the_range_does_not_use_up_the_one_connection() {
    let engine = StandIn::start();
    let port = ports::free_port();
    let words = "TCP-LISTEN:PORT,range=127.0.0.2/32 UNIX:ENGINE";
    let bridge = listening(words, port, engine.socket());
    for _ in 0..3 {
        local(port).connect().expect_closed(DEADLINE);
    }
    assert_eq!(bridge.exit_status(), None);
}

#[test]
fn bind_chooses_the_address_and_without_it_every_interface_is_listened_on() {
    let engine = StandIn::start();
    let every = if net::has_ipv6() { "[::]" } else { "0.0.0.0" };
    for (words, address) in [
        ("TCP-LISTEN:PORT,fork UNIX:ENGINE", every),
        ("TCP4-LISTEN:PORT,fork UNIX:ENGINE", "0.0.0.0"),
        ("-4 TCP-LISTEN:PORT,fork UNIX:ENGINE", "0.0.0.0"),
        ("TCP-LISTEN:PORT,fork,bind=127.0.0.1 UNIX:ENGINE", "127.0.0.1"),
        ("TCP-LISTEN:PORT,fork,bind=127.0.0.2 UNIX:ENGINE", "127.0.0.2"),
    ] {
        let port = ports::free_port();
        let bridge = listening(words, port, engine.socket());
        bridge.wait_for_log(|line| line.ends_with(&format!("listening on tcp://{address}:{port}")));
        let reached = local(port).try_connect().is_ok();
        assert_eq!(reached, address != "127.0.0.2", "{words}");
    }
}

#[test]
fn a_name_bound_with_a_version_of_ip_is_listened_on_in_that_version_only() {
    let engine = StandIn::start();
    let port = ports::free_port();
    let words = "TCP4-LISTEN:PORT,fork,bind=localhost UNIX:ENGINE";
    let bridge = listening(words, port, engine.socket());
    assert_serves(&local(port), words);
    let listens: Vec<_> = bridge
        .logs()
        .lines()
        .filter(|line| line.contains("listening on "))
        .map(str::to_owned)
        .collect();
    assert_eq!(listens.len(), 1, "{listens:?}");
    assert!(listens[0].ends_with(&format!("tcp://127.0.0.1:{port}")), "{listens:?}");
}

#[test]
fn max_children_lets_newcomers_wait() {
    let engine = StandIn::start();
    let port = ports::free_port();
    let words = "TCP-LISTEN:PORT,fork,max-children=1 UNIX:ENGINE";
    let _bridge = listening(words, port, engine.socket());
    let ask = "GET /version HTTP/1.1\r\nHost: docker\r\n\r\n";
    let mut first = local(port).connect();
    assert_eq!(first.exchange(ask).status, 200);
    let mut second = local(port).connect();
    second.send(ask);
    second.expect_silence(Duration::from_millis(200));
    first.close();
    assert_eq!(second.read_response(false).status, 200);
}

#[test]
fn reuseport_lets_two_share_a_port() {
    let engine = StandIn::start();
    let port = ports::free_port();
    let words = "TCP-LISTEN:PORT,fork,reuseport UNIX:ENGINE";
    let _first = listening(words, port, engine.socket());
    let second = listening(words, port, engine.socket());
    assert_eq!(second.exit_status(), None);
    assert_serves(&local(port), words);
}

#[test]
fn a_unix_listener_has_its_mode_and_its_group_and_goes_at_the_end() {
    let engine = StandIn::start();
    let folder = tempfile::tempdir().unwrap();
    let socket = folder.path().join("docker.sock");
    let own = rustix::process::getegid().as_raw();
    // Only root may give a file to a group that it isn't in.
    let group = if own == 0 { 12_345 } else { own };
    for (options, mode) in [("mode=600", 0o600), ("perm=0666,reuseaddr", 0o666), ("", 0o660)] {
        let options = if options.is_empty() { String::new() } else { format!(",{options}") };
        let words = format!(
            "UNIX-LISTEN:{},fork,group={group}{options} UNIX-CONNECT:ENGINE",
            socket.display()
        );
        let bridge = listening(&words, 0, engine.socket());
        let file = fs::metadata(&socket).unwrap();
        assert!(file.file_type().is_socket());
        assert_eq!(file.mode() & 0o7777, mode, "{words}");
        assert_eq!(file.gid(), group, "{words}");
        assert_serves(&Endpoint::Unix(socket.clone()), &words);
        bridge.signal(Signal::TERM);
        assert_eq!(bridge.wait_exit(DEADLINE).code(), Some(0));
        assert!(!socket.exists(), "{words}");
    }
}

#[test]
fn a_unix_listener_belongs_to_the_user_that_is_named() {
    if !skip::require_root() {
        return;
    }
    let engine = StandIn::start();
    let folder = tempfile::tempdir().unwrap();
    let socket = folder.path().join("docker.sock");
    let words = format!("UNIX-LISTEN:{},fork,user=12345 UNIX:ENGINE", socket.display());
    let _bridge = listening(&words, 0, engine.socket());
    assert_eq!(fs::metadata(&socket).unwrap().uid(), 12_345);
}

#[test]
fn a_unix_listener_takes_the_place_of_a_socket_that_nobody_listens_on() {
    let engine = StandIn::start();
    let folder = tempfile::tempdir().unwrap();
    let socket = folder.path().join("docker.sock");
    for words in ["UNIX-LISTEN:HERE,fork UNIX:ENGINE", "unix-l:HERE,unlink-early,fork unix:ENGINE"]
    {
        StandIn::builder().path(&socket).start().kill();
        assert!(socket.exists());
        let words = words.replace("HERE", &socket.display().to_string());
        let _bridge = listening(&words, 0, engine.socket());
        assert_serves(&Endpoint::Unix(socket.clone()), &words);
    }
}

#[test]
fn a_unix_listener_stands_before_an_engine_on_tcp() {
    let engine = StandIn::builder().tcp((Ipv4Addr::LOCALHOST, 0).into()).start();
    let folder = tempfile::tempdir().unwrap();
    let socket = folder.path().join("docker.sock");
    let port = engine.addr().port();
    for dial in [
        "TCP:127.0.0.1:PORT",
        "tcp-connect:127.0.0.1:PORT",
        "TCP4:localhost:PORT",
        "TCP:127.0.0.1:PORT,nodelay,keepalive,connect-timeout=5",
    ] {
        let words = format!("UNIX-LISTEN:{},fork,reuseaddr {dial}", socket.display());
        let bridge = listening(&words, port, Path::new("/unused"));
        assert_serves(&Endpoint::Unix(socket.clone()), &words);
        bridge.signal(Signal::TERM);
        assert_eq!(bridge.wait_exit(DEADLINE).code(), Some(0));
    }
}

#[test]
fn a_port_may_lead_to_an_engine_on_another_port() {
    let engine = StandIn::builder().tcp((Ipv4Addr::LOCALHOST, 0).into()).start();
    let port = ports::free_port();
    let words = format!("TCP-LISTEN:PORT,fork TCP:{}", engine.addr());
    let _bridge = listening(&words, port, Path::new("/unused"));
    assert_serves(&local(port), &words);
}

#[test]
fn abstract_sockets_are_listened_on_and_dialled() {
    let engine = StandIn::start();
    let port = ports::free_port();
    let name = format!("docker-api-test-{port}");
    let words = format!("ABSTRACT-LISTEN:{name},fork UNIX:ENGINE");
    let _inner = listening(&words, port, engine.socket());
    let words = format!("TCP-LISTEN:PORT,fork abstract-connect:{name}");
    let _outer = listening(&words, port, engine.socket());
    assert_serves(&local(port), &words);
}

#[test]
fn a_relative_path_is_taken_from_where_the_bridge_stands() {
    let engine = StandIn::start();
    let port = ports::free_port();
    let mut command =
        bridge("TCP-LISTEN:PORT,fork UNIX:engine.sock", port, engine.socket()).command();
    command.current_dir(engine.socket().parent().unwrap());
    let process = Process::spawn(command);
    process.wait_for_log_containing("INFO listening on ");
    assert_serves(&local(port), "a relative path");
}

#[test]
fn standard_input_and_output_are_a_client_under_each_of_their_names() {
    let engine = StandIn::start();
    let ask = "GET /version HTTP/1.1\r\nHost: docker\r\nConnection: close\r\n\r\n";
    for words in [
        "STDIO UNIX-CONNECT:ENGINE",
        "stdio unix-connect:ENGINE",
        "- UNIX:ENGINE",
        "UNIX-CONNECT:ENGINE STDIO",
        "-d -d -t 5 STDIO UNIX:ENGINE",
    ] {
        let command = bridge(words, 0, engine.socket()).command();
        let output = finish_with_input(command, ask, DEADLINE);
        let answer = String::from_utf8(output.stdout).unwrap();
        assert!(answer.starts_with("HTTP/1.1 200 OK\r\n"), "{words}: {answer}");
        assert!(answer.contains("Docker Engine stand-in"), "{words}: {answer}");
        assert!(output.status.success(), "{words}");
    }
}

#[test]
fn a_client_waits_while_the_engine_is_dialled_again() {
    for words in [
        "TCP-LISTEN:PORT,fork UNIX:ENGINE,retry=1000,interval=0.05",
        "TCP-LISTEN:PORT,fork UNIX:ENGINE,forever,interval=0.05",
    ] {
        let folder = tempfile::tempdir().unwrap();
        let socket = folder.path().join("engine.sock");
        let port = ports::free_port();
        let bridge = listening(words, port, &socket);
        bridge.wait_for_log_containing("cannot reach the Engine at unix://");
        let mut client = local(port).connect();
        client.send("GET /version HTTP/1.1\r\nHost: docker\r\n\r\n");
        client.expect_silence(Duration::from_millis(200));
        let _engine = StandIn::builder().path(&socket).start();
        assert_eq!(client.read_response(false).status, 200, "{words}");
    }
}

#[test]
fn without_retry_a_client_is_closed_at_once() {
    let folder = tempfile::tempdir().unwrap();
    let port = ports::free_port();
    let words = "TCP-LISTEN:PORT,fork UNIX:ENGINE";
    let _bridge = listening(words, port, &folder.path().join("engine.sock"));
    let mut client = local(port).connect();
    client.send("GET /version HTTP/1.1\r\nHost: docker\r\n\r\n");
    client.expect_closed(DEADLINE);
}

#[test]
fn a_port_that_is_taken_is_tried_again() {
    let engine = StandIn::start();
    for words in [
        "TCP-LISTEN:PORT,bind=127.0.0.1,fork,retry=1000,interval=0.05 UNIX:ENGINE",
        "TCP-LISTEN:PORT,bind=127.0.0.1,fork,forever,interval=0.05 UNIX:ENGINE",
    ] {
        let port = ports::free_port();
        let taken = TcpListener::bind((Ipv4Addr::LOCALHOST, port)).unwrap();
        let bridge = bridge(words, port, engine.socket()).start();
        bridge.wait_for_log_containing("trying again");
        drop(taken);
        bridge.wait_for_log_containing("INFO listening on ");
        assert_serves(&local(port), words);
    }
}

#[test]
fn retries_come_to_an_end() {
    let port = ports::free_port();
    let _taken = TcpListener::bind((Ipv4Addr::LOCALHOST, port)).unwrap();
    let words = "TCP-LISTEN:PORT,bind=127.0.0.1,fork,retry=2,interval=0.01 UNIX:/unused";
    let output = finish(bridge(words, port, Path::new("/unused")).command(), DEADLINE);
    let stderr = String::from_utf8(output.stderr).unwrap();
    assert_eq!(output.status.code(), Some(69), "{stderr}");
    assert_eq!(stderr.matches("; trying again").count(), 2, "{stderr}");
    assert_eq!(stderr.matches("error: cannot listen: on ").count(), 1, "{stderr}");
}

#[test]
fn the_time_of_t_cuts_no_answer_that_comes_late() {
    let engine = StandIn::builder().late_after(Duration::from_millis(700)).start();
    let port = ports::free_port();
    let words = "-t 0.1 TCP-LISTEN:PORT,fork UNIX:ENGINE";
    let bridge = listening(words, port, engine.socket());
    let mut client = local(port).connect();
    let attach = "POST /containers/c/attach?stream=1&stdin=1&stdout=1 HTTP/1.1\r\nHost: docker\r\n\
                  Connection: Upgrade\r\nUpgrade: tcp\r\n\r\n";
    assert_eq!(client.exchange(attach).status, 101);
    client.send("hi\n");
    client.shutdown_write();
    assert_eq!(client.read_to_end_within(DEADLINE), b"hi\nlate\n");
    assert_eq!(bridge.logs().matches("half-close has no timer here").count(), 1);
}

#[test]
fn an_idle_connection_ends_after_the_time_of_capital_t() {
    let engine = StandIn::start();
    let port = ports::free_port();
    let bridge = listening("-T 1 TCP-LISTEN:PORT,fork UNIX:ENGINE", port, engine.socket());
    bridge.wait_for_log_containing("(idle=1s)");
    let mut client = local(port).connect();
    let idle = Instant::now();
    assert_eq!(client.exchange("GET /_ping HTTP/1.1\r\nHost: docker\r\n\r\n").status, 200);
    client.expect_closed(DEADLINE);
    assert!(idle.elapsed() >= Duration::from_millis(900), "after {:?}", idle.elapsed());
    engine.wait_open_connections(0, DEADLINE);
}

#[test]
fn a_connection_on_which_something_moves_outlives_the_time_of_capital_t() {
    let engine = StandIn::start();
    let port = ports::free_port();
    let _bridge = listening("-T 2 TCP-LISTEN:PORT,fork UNIX:ENGINE", port, engine.socket());
    let mut client = local(port).connect();
    client.send("GET /events HTTP/1.1\r\nHost: docker\r\n\r\n");
    let head = client.read_response_head();
    assert_eq!(head.status, 200);
    let begin = Instant::now();
    while begin.elapsed() < Duration::from_secs(5) {
        assert!(!client.read_chunk().is_empty());
    }
}

#[test]
fn the_log_has_the_same_in_our_own_flags() {
    let engine = StandIn::start();
    let socket = engine.socket().display().to_string();
    for (words, flags) in [
        (
            "TCP-LISTEN:PORT,fork UNIX-CONNECT:ENGINE",
            "--listen tcp://EVERY:PORT --upstream unix://ENGINE",
        ),
        (
            "TCP4-LISTEN:PORT,fork UNIX:ENGINE",
            "--listen tcp://0.0.0.0:PORT --upstream unix://ENGINE",
        ),
        (
            "TCP-LISTEN:PORT,fork,bind=127.0.0.1,range=127.0.0.0/8,max-children=9 UNIX:ENGINE",
            "--listen tcp://127.0.0.1:PORT --allow-from 127.0.0.0/8 --max-connections 9 \
             --upstream unix://ENGINE",
        ),
        (
            "TCP-LISTEN:PORT,fork UNIX:ENGINE,connect-timeout=2.5",
            "--listen tcp://EVERY:PORT --upstream unix://ENGINE --connect-timeout 2s500ms",
        ),
        (
            "-d -d -d TCP-LISTEN:PORT,fork UNIX:ENGINE",
            "--listen tcp://EVERY:PORT --upstream unix://ENGINE --log-level debug",
        ),
        (
            "-T 60 TCP-LISTEN:PORT UNIX:ENGINE,retry=3",
            "--listen tcp://EVERY:PORT --upstream unix://ENGINE (no fork: one connection, then \
             the end) (connect retry=3 interval=1s) (idle=1m)",
        ),
    ] {
        let port = ports::free_port();
        let bridge = listening(words, port, engine.socket());
        let flags = flags
            .replace("EVERY", "[::]")
            .replace("PORT", &port.to_string())
            .replace("ENGINE", &socket);
        let wanted = format!(" INFO socat's words mean: bridge {flags}");
        bridge.wait_for_log(|line| line.ends_with(&wanted));
    }
}

#[test]
fn the_flags_of_the_log_mean_the_same() {
    for words in [
        "TCP-LISTEN:2375,fork UNIX-CONNECT:/var/run/docker.sock",
        "TCP4-LISTEN:2375,fork,bind=127.0.0.1,range=10.0.0.0:255.0.0.0 UNIX:/s",
        "TCP-LISTEN:2375,fork,max-children=7 TCP:docker.example:2375,connect-timeout=2.5",
        "TCP-LISTEN:2375,fork,bind=[::1] TCP:[::1]:2376",
        "UNIX-LISTEN:/tmp/a.sock,fork,mode=600 UNIX:/s",
    ] {
        let check = |words: Vec<String>| {
            let output = Program::ours("bridge").args(words).arg("--check").run();
            assert!(output.status.success(), "{output:?}");
            String::from_utf8(output.stdout).unwrap()
        };
        let table = check(words.split(' ').map(str::to_owned).collect());
        let mean = table
            .lines()
            .find_map(|line| line.trim().strip_prefix("in our flags"))
            .unwrap_or_else(|| panic!("no line with our flags in {table}"));
        let flags = mean.trim().strip_prefix("bridge ").unwrap();
        let ours = check(flags.split(' ').map(str::to_owned).collect());
        let rest: Vec<_> = table.lines().filter(|line| !line.contains("in our flags")).collect();
        assert_eq!(ours.lines().collect::<Vec<_>>(), rest, "{words}");
    }
}

#[test]
fn socats_words_beat_variables() {
    let engine = StandIn::start();
    let port = ports::free_port();
    let process = bridge("TCP-LISTEN:PORT,fork UNIX:ENGINE", port, engine.socket())
        .env("BRIDGE_LISTEN", "tcp://127.0.0.1:1")
        .env("BRIDGE_UPSTREAM", "/nowhere.sock")
        .env("DOCKER_HOST", "unix:///nowhere.sock")
        .start();
    process.wait_for_log_containing("INFO listening on ");
    assert_serves(&local(port), "beside variables");
}

#[test]
fn our_long_flags_stand_beside_socats_words() {
    let engine = StandIn::start();
    for words in [
        "--allow-from 127.0.0.0/8 TCP-LISTEN:PORT,fork UNIX:ENGINE",
        "TCP-LISTEN:PORT,fork UNIX:ENGINE --log-format json --no-browser-guard",
        "TCP-LISTEN:PORT,fork --max-connections=5 UNIX:ENGINE",
    ] {
        let port = ports::free_port();
        let process = bridge(words, port, engine.socket()).start();
        process.wait_for_log_containing("listening on ");
        assert_serves(&local(port), words);
    }
}

#[test]
fn three_d_make_the_log_talk() {
    let engine = StandIn::start();
    for (flags, talks) in [("-d -d ", false), ("-d -d -d ", true), ("-dddd ", true), ("-d3 ", true)]
    {
        let port = ports::free_port();
        let words = format!("{flags}TCP-LISTEN:PORT,fork UNIX:ENGINE");
        let bridge = listening(&words, port, engine.socket());
        assert_serves(&local(port), &words);
        if talks {
            bridge.wait_for_log(|line| line.contains("DEBUG") || line.contains("TRACE"));
        }
        bridge.signal(Signal::TERM);
        bridge.wait_exit(DEADLINE);
        assert_eq!(bridge.logs().contains("DEBUG"), talks, "{words}:\n{}", bridge.logs());
    }
}

#[test]
fn help_and_version_are_ours_beside_socats_words_too() {
    for (flag, begin) in
        [("-V", "bridge "), ("-h", "Serve the Docker Engine API"), ("-??", "Serve")]
    {
        let words = format!("{flag} TCP-LISTEN:2375,fork UNIX:/s");
        let output = bridge(&words, 0, Path::new("/unused")).run();
        assert!(output.status.success());
        assert!(String::from_utf8(output.stdout).unwrap().starts_with(begin), "{flag}");
    }
}

#[test]
fn a_client_that_is_let_in_by_range_over_a_dual_stack_listener_is_an_ipv4_one() {
    let engine = StandIn::start();
    let port = ports::free_port();
    let _bridge =
        listening("TCP-LISTEN:PORT,fork,range=127.0.0.1/32 UNIX:ENGINE", port, engine.socket());
    assert_serves(&local(port), "::ffff:127.0.0.1 is 127.0.0.1");
    if net::has_ipv6() {
        let mut client = Endpoint::from(SocketAddr::from((Ipv6Addr::LOCALHOST, port))).connect();
        client.expect_closed(DEADLINE);
    }
    wait::eventually(DEADLINE, "the greeting and one client", || {
        engine.accepted_connections() == 2
    });
    wait::holds_throughout(Duration::from_millis(50), "only the greeting and one client", || {
        engine.accepted_connections() == 2
    });
}
