//! What the environment says: a flag beats its variable, and a name that is nearly right is told.

use std::net::{Ipv4Addr, SocketAddr};

use testkit::check::{row, warnings};
use testkit::stream::get;
use testkit::{Program, StandIn, check, ports};

fn bridge<'a>(variables: impl IntoIterator<Item = (&'a str, &'a str)>) -> Program {
    let program = Program::ours("bridge");
    variables.into_iter().fold(program, |program, (name, value)| program.env(name, value))
}

/// What `--check` prints with these variables.
fn table<'a>(variables: impl IntoIterator<Item = (&'a str, &'a str)>) -> String {
    check::table(&bridge(variables))
}

fn assert_refused(name: &str, value: &str, message: &str) {
    let why = format!("bad setting: {name}: {message}");
    check::assert_usage_error(&bridge([(name, value)]), &why);
}

#[test]
fn each_setting_may_come_from_its_variable() {
    for (name, value, setting, shown) in [
        ("BRIDGE_LISTEN", "tcp://[::]:2376", "listen", "tcp://[::]:2376"),
        ("BRIDGE_UPSTREAM", "/run/podman.sock", "upstream", "unix:///run/podman.sock"),
        ("BRIDGE_LISTEN", "/a.sock=monitor", "listen", "unix:///a.sock=monitor"),
        ("BRIDGE_ACCESS", "monitor", "access", "monitor"),
        ("BRIDGE_LEARN", "/learned.toml", "learn", "/learned.toml"),
        ("BRIDGE_LOG_REQUESTS", "denied", "log requests", "denied"),
        ("BRIDGE_ALLOW_FROM", "10.0.0.0/8", "allow from", "10.0.0.0/8"),
        ("BRIDGE_ALLOW_HOST", "docker.example", "allow host", "docker.example"),
        ("BRIDGE_ALLOW_ORIGIN", "https://p.example", "allow origin", "https://p.example"),
        ("BRIDGE_NO_BROWSER_GUARD", "1", "browser guard", "off"),
        ("BRIDGE_MAX_CONNECTIONS", "9", "max connections", "9"),
        ("BRIDGE_CONNECT_TIMEOUT", "2s", "connect timeout", "2s"),
        ("BRIDGE_SHUTDOWN_GRACE", "500ms", "shutdown grace", "500ms"),
    ] {
        assert_eq!(row(&table([(name, value)]), setting), shown, "{name}");
    }
    let table = table([
        ("BRIDGE_LISTEN", "/tmp/docker.sock"),
        ("BRIDGE_SOCKET_MODE", "0600"),
        ("BRIDGE_SOCKET_GROUP", "12345"),
    ]);
    assert_eq!(row(&table, "unix listener"), "mode 0600, group 12345");
}

#[test]
fn a_bridge_runs_on_variables_alone() {
    let engine = StandIn::start();
    let address = SocketAddr::from((Ipv4Addr::LOCALHOST, ports::free_port()));
    let bridge = bridge([
        ("BRIDGE_LISTEN", &*address.to_string()),
        ("BRIDGE_UPSTREAM", engine.socket().to_str().unwrap()),
        ("BRIDGE_LOG_FORMAT", "json"),
        ("BRIDGE_LOG", "info,core=debug"),
    ])
    .start();
    let line = bridge.wait_for_log_containing("listening on ");
    assert!(line.starts_with('{'), "{line}");
    assert_eq!(get(&address.into(), "/version").status, 200);
    bridge.wait_for_log_containing("\"level\":\"DEBUG\"");
}

#[test]
fn a_flag_beats_its_variable_even_a_bad_one() {
    for (name, flag, value, setting, shown) in [
        ("BRIDGE_LISTEN", "--listen", "127.0.0.1:9", "listen", "tcp://127.0.0.1:9"),
        ("BRIDGE_UPSTREAM", "--upstream", "/flag.sock", "upstream", "unix:///flag.sock"),
        ("BRIDGE_ALLOW_FROM", "--allow-from", "10.0.0.0/8", "allow from", "10.0.0.0/8"),
        ("BRIDGE_ALLOW_HOST", "--allow-host", "a.example", "allow host", "a.example"),
        (
            "BRIDGE_ALLOW_ORIGIN",
            "--allow-origin",
            "https://a.example",
            "allow origin",
            "https://a.example",
        ),
        ("BRIDGE_MAX_CONNECTIONS", "--max-connections", "3", "max connections", "3"),
        ("BRIDGE_CONNECT_TIMEOUT", "--connect-timeout", "3s", "connect timeout", "3s"),
        ("BRIDGE_SHUTDOWN_GRACE", "--shutdown-grace", "3s", "shutdown grace", "3s"),
    ] {
        let table = check::table(&bridge([(name, "://")]).args([flag, value]));
        assert_eq!(row(&table, setting), shown, "{flag}");
    }
    for (name, flag, value) in [
        ("BRIDGE_LOG", "--log-level", "debug"),
        ("LOG_LEVEL", "--log-level", "debug"),
        ("BRIDGE_LOG_FORMAT", "--log-format", "json"),
        ("BRIDGE_SOCKET_MODE", "--socket-mode", "0600"),
        ("BRIDGE_SOCKET_GROUP", "--socket-group", "0"),
    ] {
        check::table(&bridge([(name, "://")]).args([flag, value]));
    }
}

#[test]
fn an_empty_variable_counts_as_unset() {
    let names = [
        "BRIDGE_LISTEN",
        "BRIDGE_UPSTREAM",
        "SOCKET_PATH",
        "DOCKER_HOST",
        "BRIDGE_ACCESS",
        "BRIDGE_POLICY",
        "BRIDGE_ALLOW_FROM",
        "BRIDGE_NO_BROWSER_GUARD",
        "BRIDGE_MAX_CONNECTIONS",
        "BRIDGE_CONNECT_TIMEOUT",
        "BRIDGE_LOG",
        "LOG_LEVEL",
        "BRIDGE_LOG_FORMAT",
        "BRIDGE_SOCKET_MODE",
        "BRIDGE_SOCKET_GROUP",
        "BRIDGE_ADMIN",
    ];
    for empty in ["", " "] {
        assert_eq!(table(names.map(|name| (name, empty))), table([]));
    }
}

#[test]
fn lists_take_commas_and_white_space() {
    for list in ["127.0.0.1:1,/a.sock", "127.0.0.1:1 /a.sock", " 127.0.0.1:1,, \n\t/a.sock,"] {
        let table = table([("BRIDGE_LISTEN", list)]);
        assert_eq!(row(&table, "listen"), "tcp://127.0.0.1:1, unix:///a.sock", "{list:?}");
    }
    let table = table([
        ("BRIDGE_ALLOW_FROM", "10.0.0.0/8,traefik"),
        ("BRIDGE_ALLOW_HOST", "a.example b.example"),
        ("BRIDGE_ALLOW_ORIGIN", "https://a.example, https://b.example"),
    ]);
    assert_eq!(row(&table, "allow from"), "10.0.0.0/8, traefik");
    assert_eq!(row(&table, "allow host"), "a.example, b.example");
    assert_eq!(row(&table, "allow origin"), "https://a.example, https://b.example");
}

/// Of those who may connect, an empty list would be everyone.
#[test]
fn a_list_of_commas_alone_is_an_error() {
    for name in ["BRIDGE_ALLOW_FROM", "BRIDGE_ALLOW_HOST", "BRIDGE_LISTEN"] {
        for list in [",", " , ,"] {
            let why =
                "there are commas and nothing between them (leave it empty, or write an item)";
            assert_refused(name, list, why);
        }
    }
}

#[test]
fn a_bad_item_of_a_list_is_named() {
    assert_refused(
        "BRIDGE_ALLOW_FROM",
        "10.0.0.0/8,1.2.3.300",
        "`1.2.3.300` is neither a network nor a name (write 10.0.0.0/8, 192.168.1.7 or traefik)",
    );
}

#[test]
fn switches_take_the_usual_words() {
    for (words, guard) in [
        (["1", "true", "yes", "on", "TRUE", "On"], "off"),
        (["0", "false", "no", "off", "False", "NO"], "on"),
    ] {
        for word in words {
            let table = table([("BRIDGE_NO_BROWSER_GUARD", word)]);
            assert_eq!(row(&table, "browser guard"), guard, "{word}");
        }
    }
    for word in ["2", "maybe", "enabled"] {
        assert_refused(
            "BRIDGE_NO_BROWSER_GUARD",
            word,
            &format!(
                "`{word}` is not a switch (write 1 or 0, true or false, yes or no, on or off)"
            ),
        );
    }
}

#[test]
fn a_bad_value_names_its_variable() {
    for (name, value, message) in [
        (
            "BRIDGE_LISTEN",
            "http://x",
            "`http://x` has the unknown scheme `http` (write tcp://127.0.0.1:2375 or \
             unix:///var/run/docker.sock)",
        ),
        ("SOCKET_PATH", "unix://run/s", "`unix://run/s` has a relative path (write unix:///run/s)"),
        ("DOCKER_HOST", "unix://run/s", "`unix://run/s` has a relative path (write unix:///run/s)"),
        ("BRIDGE_CONNECT_TIMEOUT", "10", "`10` is not a duration (write 10s, 500ms or 2m)"),
        ("BRIDGE_CONNECT_TIMEOUT", "0s", "0 leaves no time at all (write 10s, 500ms or 2m)"),
        ("BRIDGE_SOCKET_MODE", "999", "`999` is not a mode in octal (write 0660)"),
        ("BRIDGE_LOG_FORMAT", "xml", "`xml` is not a log format (write text or json)"),
        (
            "LOG_LEVEL",
            "loud",
            "`loud` is not a log level (write error, warn, info, debug or trace, or \
             info,core=debug)",
        ),
    ] {
        assert_refused(name, value, message);
    }
}

#[test]
fn a_misspelt_name_is_an_error_that_names_the_right_one() {
    for (name, meant) in [
        ("BRIDGE_LISTN", "BRIDGE_LISTEN"),
        ("BRIDGE_LISTENS", "BRIDGE_LISTEN"),
        ("BRIDGE_UPSTEAM", "BRIDGE_UPSTREAM"),
        ("BRIDGE_ALLOW_FORM", "BRIDGE_ALLOW_FROM"),
        ("BRIDGE_ALLOW_HOSTS", "BRIDGE_ALLOW_HOST"),
        ("BRIDGE_MAXCONNECTIONS", "BRIDGE_MAX_CONNECTIONS"),
        ("BRIDGE_NO_BROWSERGUARD", "BRIDGE_NO_BROWSER_GUARD"),
        ("BRIDGE_ACESS", "BRIDGE_ACCESS"),
        ("BRIDGE_LOGS", "BRIDGE_LOG"),
    ] {
        assert_refused(name, "x", &format!("no such variable; did you mean {meant}?"));
    }
}

#[test]
fn another_unknown_name_is_a_warning() {
    for name in ["BRIDGE_FOO", "BRIDGE_OWNER", "BRIDGE_TLS_LISTEN", "BRIDGE_NETWORK_NAME"] {
        let table = table([(name, "x")]);
        let wanted = format!("the variable {name} is not known and does nothing");
        assert_eq!(warnings(&table), [wanted], "{table}");
    }
}

#[test]
fn what_kubernetes_sets_for_a_service_called_bridge_is_left_alone() {
    let of_kubernetes = [
        ("BRIDGE_PORT", "tcp://10.0.0.1:2375"),
        ("BRIDGE_PORT_2375_TCP", "tcp://10.0.0.1:2375"),
        ("BRIDGE_PORT_2375_TCP_ADDR", "10.0.0.1"),
        ("BRIDGE_PORT_2375_TCP_PORT", "2375"),
        ("BRIDGE_PORT_2375_TCP_PROTO", "tcp"),
        ("BRIDGE_SERVICE_HOST", "10.0.0.1"),
        ("BRIDGE_SERVICE_PORT", "2375"),
        ("BRIDGE_SERVICE_PORT_API", "2375"),
    ];
    assert_eq!(table(of_kubernetes), table([]));
}

#[test]
fn variables_of_other_images_get_one_line_that_says_why_they_do_nothing() {
    let table = table([
        ("DOCKER_GID", "999"),
        ("PGID", "1000"),
        ("PUID", "1000"),
        ("TZ", "Europe/Berlin"),
        ("UMASK", "022"),
    ]);
    assert_eq!(
        warnings(&table),
        [
            "the variable DOCKER_GID does nothing: the group of the upstream socket is found out \
             by looking at it",
            "the variable PGID does nothing: the group of the upstream socket is found out by \
             looking at it",
            "the variable PUID does nothing: the bridge becomes user 65532 by itself; --user names \
             another",
            "the variable TZ does nothing: log lines are in UTC",
            "the variable UMASK does nothing: no file is written but unix sockets, whose mode is \
             --socket-mode",
        ]
    );
}

#[test]
fn a_running_bridge_logs_such_a_line_once() {
    let engine = StandIn::start();
    let address = SocketAddr::from((Ipv4Addr::LOCALHOST, ports::free_port()));
    let bridge = bridge([("PUID", "1000"), ("BRIDGE_FOO", "x")])
        .args(["--listen", &address.to_string(), "--upstream", engine.socket().to_str().unwrap()])
        .start();
    bridge.wait_for_log_containing("listening on ");
    let logs = bridge.logs();
    assert_eq!(logs.matches(" WARN the variable PUID does nothing: ").count(), 1, "{logs}");
    assert_eq!(logs.matches(" WARN the variable BRIDGE_FOO is not known").count(), 1, "{logs}");
}

#[test]
fn the_engine_is_looked_for_in_the_order_of_its_variables() {
    let all = [
        ("DOCKER_HOST", "unix:///host.sock"),
        ("SOCKET_PATH", "/path.sock"),
        ("BRIDGE_UPSTREAM", "/bridge.sock"),
    ];
    for (set, upstream) in [
        (0, "unix:///var/run/docker.sock"),
        (1, "unix:///host.sock"),
        (2, "unix:///path.sock"),
        (3, "unix:///bridge.sock"),
    ] {
        assert_eq!(row(&table(all.into_iter().take(set)), "upstream"), upstream);
    }
    let table = check::table(&bridge(all).args(["--upstream", "/flag.sock"]));
    assert_eq!(row(&table, "upstream"), "unix:///flag.sock");
}

#[test]
fn a_docker_host_on_tcp_may_be_this_very_bridge_and_is_left_alone() {
    for host in ["tcp://127.0.0.1:2375", "ssh://user@host", "npipe:////./pipe/docker_engine"] {
        let table = table([("DOCKER_HOST", host)]);
        assert_eq!(row(&table, "upstream"), "unix:///var/run/docker.sock", "{host}");
    }
}

#[test]
fn log_level_takes_haproxys_names_and_ours_beats_it() {
    let engine = StandIn::start();
    let logs = |variables: &[(&str, &str)]| {
        let address = SocketAddr::from((Ipv4Addr::LOCALHOST, ports::free_port()));
        let bridge = bridge(variables.iter().copied().chain([("PUID", "1")]))
            .args(["--listen", &address.to_string()])
            .args(["--upstream", engine.socket().to_str().unwrap()])
            .start();
        testkit::eventually(testkit::DEADLINE, "it serves", || {
            testkit::Endpoint::from(address).try_connect().is_ok()
        });
        assert_eq!(get(&address.into(), "/version").status, 200);
        bridge.signal(testkit::Signal::TERM);
        assert_eq!(bridge.wait_exit(testkit::DEADLINE).code(), Some(0));
        let logs = bridge.logs();
        [" DEBUG ", " INFO ", " WARN "].map(|level| logs.contains(level))
    };
    for name in ["emerg", "alert", "crit", "err", "error"] {
        assert_eq!(logs(&[("LOG_LEVEL", name)]), [false, false, false], "{name}");
    }
    for name in ["warning", "warn"] {
        assert_eq!(logs(&[("LOG_LEVEL", name)]), [false, false, true], "{name}");
    }
    for name in ["notice", "info", "NOTICE"] {
        assert_eq!(logs(&[("LOG_LEVEL", name)]), [false, true, true], "{name}");
    }
    assert_eq!(logs(&[("LOG_LEVEL", "debug")]), [true, true, true]);
    assert_eq!(logs(&[("LOG_LEVEL", "debug"), ("BRIDGE_LOG", "warn")]), [false, false, true]);
    assert_refused(
        "BRIDGE_LOG",
        "notice",
        "`notice` is not a log level (write error, warn, info, debug or trace, or \
         info,core=debug)",
    );
}
