use std::time::Duration;

use super::super::{Keepalive, ListenAt, Retry, Times};
use super::{listen, socat, warnings};

#[test]
fn a_listener_serves_once_unless_it_forks() {
    for (option, fork) in [("", false), (",fork", true), (",FORK=1", true), (",fork=0", false)] {
        assert_eq!(listen(&format!("TCP-LISTEN:2375{option} {{U}}")).fork, fork, "{option}");
    }
}

#[test]
fn numbers_and_switches_of_a_listener_arrive() {
    let listen = listen(
        "TCP-LISTEN:2375,fork,backlog=16,max-children=5,reuseport,v6only=0,nodelay,so-keepalive,\
         keepidle=60,tcp-keepintvl=10,keepcnt=3,retry=10,intervall=0.5 {U}",
    );
    assert_eq!((listen.backlog, listen.max_children), (Some(16), Some(5)));
    assert_eq!((listen.reuseport, listen.v6only, listen.nodelay), (true, Some(false), Some(true)));
    let (idle, interval) = (Duration::from_secs(60), Duration::from_secs(10));
    let (idle, interval) = (Some(idle), Some(interval));
    assert_eq!(listen.keepalive, Keepalive { enabled: Some(true), idle, interval, count: Some(3) });
    let retry = Retry { times: Times::Count(10), interval: Duration::from_millis(500) };
    assert_eq!(listen.retry, retry);
}

#[test]
fn what_is_not_written_is_left_open() {
    let socat = socat("{L} {U}");
    assert_eq!(socat.warnings, [""; 0]);
    assert_eq!((socat.upstream.connect_timeout, socat.upstream.nodelay), (None, None));
    assert_eq!(
        socat.upstream.retry,
        Retry { times: Times::None, interval: Duration::from_secs(1) }
    );
    let listen = listen("TCP-LISTEN:2375,reuseaddr {U}");
    assert_eq!((listen.backlog, listen.max_children, listen.range), (None, None, None));
    assert_eq!((listen.reuseport, listen.v6only, listen.nodelay), (false, None, None));
    assert_eq!(listen.keepalive, Keepalive::default());
}

#[test]
fn every_form_of_a_range_is_a_network() {
    for (written, range) in [
        ("127.0.0.0/8", "127.0.0.0/8"),
        ("127.0.0.1/32", "127.0.0.1/32"),
        ("10.1.2.3/8", "10.0.0.0/8"),
        ("10.0.0.0:255.0.0.0", "10.0.0.0/8"),
        ("10.0.0.1", "10.0.0.1/32"),
        ("[::1]/128", "::1/128"),
        ("[::1/128]", "::1/128"),
        ("::1/128", "::1/128"),
        ("[fd00::]/8", "fd00::/8"),
        ("::1", "::1/128"),
    ] {
        let text = format!("TCP-LISTEN:2375,fork,range={written} {{U}}");
        assert_eq!(listen(&text).range.unwrap().to_string(), range, "{written}");
    }
}

#[test]
fn dialling_may_be_limited_and_repeated() {
    for (options, timeout, times, interval) in [
        ("connect-timeout=2.5", Some(2500), Times::None, 1000),
        ("connect-timeout=0", None, Times::None, 1000),
        ("retry=10,interval=2", None, Times::Count(10), 2000),
        ("retry=0", None, Times::None, 1000),
        ("forever", None, Times::Forever, 1000),
        ("forever,retry=3,interval=0", None, Times::Forever, 0),
        ("forever=0,retry=3", None, Times::Count(3), 1000),
    ] {
        let dial = socat(&format!("{{L}} {{U}},{options}")).upstream;
        assert_eq!(dial.connect_timeout, timeout.map(Duration::from_millis), "{options}");
        let retry = Retry { times, interval: Duration::from_millis(interval) };
        assert_eq!(dial.retry, retry, "{options}");
    }
    let dial = socat("{L} TCP:host:2375,nodelay=0,keepalive,keepcnt=2").upstream;
    assert_eq!((dial.nodelay, dial.keepalive.enabled), (Some(false), Some(true)));
    assert_eq!(dial.keepalive.count, Some(2));
}

#[test]
fn a_unix_listener_has_mode_owner_and_group() {
    for (options, mode, user, group, unlink_early) in [
        ("fork,reuseaddr", None, None, None, false),
        ("mode=660,user=root,group=docker", Some(0o660), Some("root"), Some("docker"), false),
        ("perm=0600,uid=1000,gid=999", Some(0o600), Some("1000"), Some("999"), false),
        ("unlink-early,unlink-close", None, None, None, true),
        ("unlink-early=0", None, None, None, false),
    ] {
        let at = ListenAt::Unix {
            path: "/run/docker.sock".into(),
            mode,
            user: user.map(str::to_owned),
            group: group.map(str::to_owned),
            unlink_early,
        };
        assert_eq!(listen(&format!("UNIX-LISTEN:/run/docker.sock,{options} {{U}}")).at, at);
    }
}

#[test]
fn options_that_mean_nothing_here_warn() {
    let rights = "the bridge gives its rights up by itself: --user names whom it becomes";
    let input = "an end of input is passed on, and nothing is lost by it";
    for (text, option, why) in [
        ("{L},su=nobody {U}", "su", rights),
        ("{L},substuser=nobody {U}", "substuser", rights),
        ("{L},su-d=nobody {U}", "su-d", rights),
        ("{L},linger=5 {U}", "linger", "what was relayed is always delivered"),
        ("{L},so-linger=5 {U}", "so-linger", "what was relayed is always delivered"),
        ("{L},ignoreeof {U}", "ignoreeof", input),
        ("{L} {U},ignoreeof", "ignoreeof", input),
        ("STDIO,ignoreeof {U}", "ignoreeof", input),
        ("{L},accept-timeout=5 {U}", "accept-timeout", "the bridge waits for clients without end"),
        (
            "{L},dhparam=/x {U}",
            "dhparam",
            "there is no TLS here, and `bridge-tls` needs no parameters",
        ),
        ("{L},reuseaddr=0 {U}", "reuseaddr=0", "the bridge always does this"),
    ] {
        assert_eq!(warnings(text), [format!("{why}: `{option}` is ignored")], "{text}");
    }
    assert_eq!(warnings("{L},ignoreeof {U},ignoreeof").len(), 1);
}

#[test]
fn an_option_may_be_repeated_if_it_says_the_same() {
    assert!(listen("TCP-LISTEN:2375,fork,fork,reuseaddr,reuseaddr=1 {U}").fork);
}

#[test]
fn the_same_is_said_in_our_own_flags() {
    for (text, equivalent) in [
        ("{L} {U}", "bridge --listen tcp://[::]:2375 --upstream unix:///var/run/docker.sock"),
        (
            "TCP4-LISTEN:2375,fork,range=10.0.0.0/8,max-children=9,backlog=16,reuseport \
             {U},connect-timeout=5",
            "bridge --listen tcp://0.0.0.0:2375 --allow-from 10.0.0.0/8 --max-connections 9 \
             --upstream unix:///var/run/docker.sock --connect-timeout 5s (backlog=16) \
             (reuseport=1)",
        ),
        (
            "-dddd -T 90 UNIX-L:d.sock,mode=600,group=docker,user=root,new TCP4:host:2375,retry=10",
            "bridge --listen unix://$PWD/d.sock --socket-mode 0600 --socket-group docker \
             --upstream tcp://host:2375 --log-level trace (user=root) (unlink-early=1) \
             (no fork: one connection, then the end) (pf=ip4) (connect retry=10 interval=1s) \
             (idle=1m30s)",
        ),
        (
            "-ddd - TCP:[::1]:2375,nodelay,keepalive,forever",
            "bridge --upstream tcp://[::1]:2375 --log-level debug \
             (one client on standard input and output) (upstream nodelay=1) \
             (upstream keepalive=1) (connect forever interval=1s)",
        ),
        (
            "ABSTRACT-LISTEN:a,fork,keepalive=0,retry=2 ABSTRACT:b",
            "bridge (ABSTRACT-LISTEN:a) (keepalive=0) (listen retry=2 interval=1s) \
             (ABSTRACT-CONNECT:b)",
        ),
    ] {
        assert_eq!(socat(text).equivalent(), equivalent, "{text}");
    }
}
