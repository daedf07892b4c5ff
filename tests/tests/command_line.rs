//! The command line of `bridge`: what help says, what is asked for, and what a mistake gets.

use std::net::{Ipv4Addr, TcpListener};

use testkit::{Program, check, ports, refusal};

fn bridge(words: &[&str]) -> Program {
    Program::ours("bridge").args(words)
}

/// What it prints on standard output, ending well and silent on the other.
fn printed(words: &[&str]) -> String {
    check::printed(&bridge(words))
}

fn assert_refused(words: &[&str], message: &str) {
    check::assert_usage_error(&bridge(words), message);
}

/// All flags: each with its value, and what `--help` says of variable and default.
const FLAGS: [(&str, &str); 23] = [
    ("-l, --listen <ADDRESS[=ROLE]>", "[env: BRIDGE_LISTEN] [default: tcp://127.0.0.1:2375]"),
    (
        "-u, --upstream <ADDRESS>",
        "[env: BRIDGE_UPSTREAM, SOCKET_PATH, DOCKER_HOST if it is unix://] [default: \
         unix:///var/run/docker.sock]",
    ),
    ("-a, --access <ROLE>", "[env: BRIDGE_ACCESS] [default: full]"),
    ("--policy <FILE>", "[env: BRIDGE_POLICY]"),
    ("--log-requests <WHICH>", "[env: BRIDGE_LOG_REQUESTS] [default: all]"),
    ("--learn <FILE>", "[env: BRIDGE_LEARN]"),
    ("--allow-from <CIDR|NAME>", "[env: BRIDGE_ALLOW_FROM] [default: everyone]"),
    ("--allow-host <NAME>", "[env: BRIDGE_ALLOW_HOST]"),
    ("--allow-origin <ORIGIN>", "[env: BRIDGE_ALLOW_ORIGIN]"),
    ("--no-browser-guard", "[env: BRIDGE_NO_BROWSER_GUARD]"),
    ("--max-connections <N>", "[env: BRIDGE_MAX_CONNECTIONS]"),
    ("--connect-timeout <DURATION>", "[env: BRIDGE_CONNECT_TIMEOUT] [default: 10s]"),
    ("--shutdown-grace <DURATION>", "[env: BRIDGE_SHUTDOWN_GRACE] [default: 8s]"),
    ("--log-level <LEVEL>", "[env: BRIDGE_LOG, LOG_LEVEL] [default: info]"),
    ("--log-format <FORMAT>", "[env: BRIDGE_LOG_FORMAT] [default: text]"),
    ("--socket-mode <OCTAL>", "[env: BRIDGE_SOCKET_MODE] [default: 0660]"),
    ("--socket-group <GROUP>", "[env: BRIDGE_SOCKET_GROUP]"),
    ("--user <UID[:GID]>", "[env: BRIDGE_USER] [default: 65532 with the upstream socket's group"),
    ("--admin <ADDRESS>", "[env: BRIDGE_ADMIN] [default: off]"),
    ("--check", ""),
    ("--health", ""),
    ("--completions <SHELL>", "bash"),
    ("-V, --version", ""),
];

#[test]
fn short_and_long_help_have_every_flag() {
    for ask in ["-h", "--help"] {
        let help = printed(&[ask]);
        for (flag, _) in FLAGS {
            assert!(help.contains(flag), "{ask}: {flag}");
        }
        assert!(help.contains("-h, --help"));
        assert!(help.contains("bridge [OPTIONS] SOCAT_ADDRESS SOCAT_ADDRESS"));
        assert!(help.contains("Examples:\n  bridge\n"));
        assert!(help.contains("64 bad command line"));
    }
}

#[test]
fn long_help_has_the_variable_and_the_default_of_every_flag() {
    let help = printed(&["--help"]);
    let words: Vec<&str> = help.split_whitespace().collect();
    let help = words.join(" ");
    for (flag, told) in FLAGS {
        let (_, of_flag) = help.split_once(&format!("{flag} ")).unwrap();
        let end = of_flag.find(" --").unwrap_or(of_flag.len());
        assert!(of_flag[..end].contains(told), "{flag}: {}", &of_flag[..end]);
    }
}

#[test]
fn help_fits_a_terminal_and_says_what_an_open_port_means() {
    let help = printed(&["--help"]);
    for line in help.lines() {
        assert!(line.chars().count() <= 100, "{line}");
    }
    assert!(help.contains("Whoever reaches the port controls the Engine"));
}

#[test]
fn every_example_of_help_is_a_command_line_that_works() {
    let help = printed(&["--help"]);
    let (_, examples) = help.split_once("Examples:\n").unwrap();
    let commands: Vec<_> =
        examples.lines().filter_map(|line| line.strip_prefix("  bridge")).collect();
    assert_eq!(commands.len(), 5);
    for command in commands {
        let words = command.split_whitespace().chain(["--check"]).collect::<Vec<_>>();
        printed(&words);
    }
}

#[test]
fn the_version_is_one_line() {
    for ask in ["-V", "--version"] {
        assert_eq!(printed(&[ask]), format!("bridge {}\n", env!("CARGO_PKG_VERSION")));
    }
}

#[test]
fn a_check_prints_what_would_run() {
    let table = "\
the settings are right; this would run:
  listen           tcp://127.0.0.1:2375
  upstream         unix:///var/run/docker.sock
  access           full
  browser guard    on
  allow from       everyone
  allow host       none
  allow origin     none
  max connections  from the descriptor limit
  connect timeout  10s
  shutdown grace   8s
";
    assert_eq!(printed(&["--check"]), table);
    let table = "\
the settings are right; this would run:
  listen           tcp://[::]:2376, unix:///tmp/docker.sock
  upstream         tcp://docker.example:2375
  access           full
  browser guard    off
  allow from       10.0.0.0/8, 192.168.1.7/32, traefik
  allow host       docker.example
  allow origin     https://portainer.example
  max connections  9
  connect timeout  500ms
  shutdown grace   120s
  unix listener    mode 0600, group 12345
";
    let words = "--check -l tcp://[::]:2376 --listen /tmp/docker.sock -u docker.example:2375 \
                 --allow-from 10.0.0.0/8 --allow-from 192.168.1.7 --allow-from traefik \
                 --allow-host docker.example --allow-origin https://portainer.example \
                 --no-browser-guard --max-connections 9 --connect-timeout 500ms \
                 --shutdown-grace 2m --socket-mode 600 --socket-group 12345 --log-level debug \
                 --log-format json";
    assert_eq!(printed(&words.split_whitespace().collect::<Vec<_>>()), table);
}

#[test]
fn a_check_of_socats_words_prints_them_in_our_flags() {
    let table = printed(&["--check", "TCP-LISTEN:2375", "UNIX:/s"]);
    assert!(table.ends_with(
        "
  serves           one connection, then ends (socat without `fork`)
  in our flags     bridge --listen tcp://[::]:2375 --upstream unix:///s (no fork: one \
         connection, then the end)
"
    ));
}

#[test]
fn a_check_binds_nothing_and_dials_nothing() {
    let port = ports::free_port();
    let taken = TcpListener::bind((Ipv4Addr::LOCALHOST, port)).unwrap();
    let folder = tempfile::tempdir().unwrap();
    let socket = folder.path().join("docker.sock");
    let listen = format!("tcp://127.0.0.1:{port}");
    let words = ["--check", "-l", &listen, "-l", socket.to_str().unwrap(), "-u", &listen];
    assert!(printed(&words).contains(&listen));
    assert!(!socket.exists());
    taken.set_nonblocking(true).unwrap();
    assert!(taken.accept().is_err(), "the upstream was dialled");
}

#[test]
fn a_check_of_bad_settings_is_the_error_that_a_start_would_be() {
    for words in [&["--listen", "x"][..], &["TCP-LISTEN:0", "UNIX:/s"], &["--listn", "x"]] {
        let (code, why) = refusal(&bridge(words));
        assert_eq!(code, 64);
        assert_eq!(refusal(&bridge(&[words, &["--check"]].concat())), (64, why));
    }
}

#[test]
fn each_shell_gets_completions_of_every_flag() {
    for shell in ["bash", "elvish", "fish", "powershell", "zsh"] {
        let script = printed(&["--completions", shell]);
        for (flag, _) in FLAGS {
            let name = flag.split("--").nth(1).unwrap().split(' ').next().unwrap();
            assert!(script.contains(name), "{shell}: {name}");
        }
    }
}

#[test]
fn an_unknown_flag_gets_the_one_that_was_meant() {
    let hint = "(bridge --help lists all flags)";
    for (words, near) in [
        (["--listn", "tcp://127.0.0.1:2375"], "--listen"),
        (["--upsteam", "/s"], "--upstream"),
        (["--allow-form", "10.0.0.0/8"], "--allow-from"),
        (["--loglevel", "debug"], "--log-level"),
    ] {
        assert_refused(
            &words,
            &format!(
                "bad command line: unexpected argument '{}' found; tip: a similar argument \
                 exists: '{near}' {hint}",
                words[0]
            ),
        );
    }
    for flag in ["--frobnicate", "-x"] {
        assert_refused(
            &[flag],
            &format!("bad command line: unexpected argument '{flag}' found {hint}"),
        );
    }
}

#[test]
fn a_word_that_is_no_flag_is_told_how_addresses_are_written() {
    for words in [&["tcp://127.0.0.1:2375", "unix:///s"][..], &["/var/run/docker.sock"], &["serve"]]
    {
        assert_refused(
            words,
            &format!(
                "bad command line: `{}` is neither a flag nor a socat address: write --listen \
                 ADDRESS and --upstream ADDRESS, or TCP-LISTEN:2375,fork \
                 UNIX-CONNECT:/var/run/docker.sock",
                words[0]
            ),
        );
    }
}

#[test]
fn a_flag_without_its_value_or_with_one_too_many_is_an_error() {
    let hint = "(bridge --help lists all flags)";
    for (words, message) in [
        (
            &["--listen"][..],
            "a value is required for '--listen <ADDRESS[=ROLE]>' but none was supplied",
        ),
        (
            &["--upstream", "/a", "--upstream", "/b"],
            "the argument '--upstream <ADDRESS>' cannot be used multiple times",
        ),
        (
            &["--no-browser-guard=1"],
            "unexpected value '1' for '--no-browser-guard' found; no more were expected",
        ),
        (
            &["--completions", "nushell"],
            "invalid value 'nushell' for '--completions <SHELL>'; [possible values: bash, elvish, \
             fish, powershell, zsh]",
        ),
    ] {
        assert_refused(words, &format!("bad command line: {message} {hint}"));
    }
}

#[test]
fn a_bad_value_says_what_is_wrong_and_what_to_write() {
    for (flag, value, message) in [
        ("--socket-mode", "999", "`999` is not a mode in octal (write 0660)"),
        ("--socket-mode", "rw-rw----", "`rw-rw----` is not a mode in octal (write 0660)"),
        ("--socket-mode", "7777", "`7777` is not a mode in octal (write 0660)"),
        (
            "--socket-group",
            "no-such-group",
            "`no-such-group` is not in /etc/group (write its number instead)",
        ),
        (
            "--allow-from",
            "10.0.0.0/33",
            "`10.0.0.0/33` is neither a network nor a name (write 10.0.0.0/8, 192.168.1.7 or \
             traefik)",
        ),
        (
            "--allow-from",
            "10.0.0.300",
            "`10.0.0.300` is neither a network nor a name (write 10.0.0.0/8, 192.168.1.7 or \
             traefik)",
        ),
        ("--allow-host", "http://x", "`http://x` is more than a host name: write x"),
        ("--allow-origin", "x", "`x` has no scheme: write https://x or http://x"),
        (
            "--allow-origin",
            "null",
            "`null` is the origin of any sandboxed page: write the web application's own, such as \
             https://portainer.example",
        ),
        ("--max-connections", "0", "`0` is not a number of connections (write 1 or more)"),
        ("--max-connections", "-1", "`-1` is not a number of connections (write 1 or more)"),
        ("--max-connections", "many", "`many` is not a number of connections (write 1 or more)"),
        ("--connect-timeout", "10", "`10` is not a duration (write 10s, 500ms or 2m)"),
        ("--connect-timeout", "0s", "0 leaves no time at all (write 10s, 500ms or 2m)"),
        ("--shutdown-grace", "soon", "`soon` is not a duration (write 10s, 500ms or 2m)"),
        (
            "--log-level",
            "loud",
            "`loud` is not a log level (write error, warn, info, debug or trace, or \
             info,core=debug)",
        ),
        ("--log-format", "xml", "`xml` is not a log format (write text or json)"),
    ] {
        assert_refused(&[flag, value], &format!("bad setting: {flag}: {message}"));
    }
}
