//! Listeners on TCP: spellings, options, who may connect.

use std::net::{Ipv6Addr, SocketAddr};
use std::time::Duration;

use testkit::{DEADLINE, Endpoint, RudeEngine, StandIn, net, ports, skip, wait};

use crate::{assert_each_serves, assert_serves, listening, local};

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
        "TCP-LISTEN:PORT,fork,keepidle=32767,keepintvl=32767,keepcnt=127 UNIX:ENGINE",
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
            "the bridge gives its rights up by itself: --user names whom it becomes: `su` is ignored",
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
    bridge.wait_for_log_containing("listening on ");
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
