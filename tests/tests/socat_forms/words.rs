//! What the log says, variables, and our own flags beside socat's words.

use std::path::Path;

use testkit::{DEADLINE, Program, Signal, StandIn, ports};

use crate::{assert_serves, bridge, listening, local};

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
