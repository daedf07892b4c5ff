use std::time::Duration;

use super::{line, socat, warnings};

#[test]
fn flags_stand_before_between_and_behind_the_addresses() {
    for text in ["-T 30 -d {L} {U}", "{L} -T30 {U} -d", "{L} {U} -d -T 30", "-T30.0 -d {U} {L}"] {
        let socat = socat(text);
        assert_eq!((socat.idle, socat.verbosity), (Some(Duration::from_secs(30)), 1), "{text}");
    }
}

#[test]
fn every_spelling_of_verbosity_counts() {
    for (text, verbosity) in [
        ("{L} {U}", 0),
        ("-d {L} {U}", 1),
        ("-d -d {L} {U}", 2),
        ("-dd {L} {U}", 2),
        ("-dd -d {L} {U}", 3),
        ("-dddd {L} {U}", 4),
        ("-d0 {L} {U}", 0),
        ("-d3 {L} {U}", 3),
        ("-d4 {L} {U}", 4),
    ] {
        assert_eq!(socat(text).verbosity, verbosity, "{text}");
    }
}

#[test]
fn no_idle_limit_is_none() {
    assert_eq!(socat("-T0 {L} {U}").idle, None);
    assert_eq!(socat("-T 0.5 {L} {U}").idle, Some(Duration::from_millis(500)));
}

#[test]
fn flags_that_mean_nothing_here_warn_once() {
    let half_close = "half-close has no timer here: -t is ignored";
    for (text, warning) in [
        ("-t 86400 {L} {U}", half_close),
        ("-t86400 {L} {U}", half_close),
        ("-t 0.5 -t 100000000 {L} {U}", half_close),
        ("-b 8192 {L} {U}", "the bridge sizes its buffers itself: -b is ignored"),
        ("-b8192 {L} {U}", "the bridge sizes its buffers itself: -b is ignored"),
        ("-v {L} {U}", "what is relayed is never logged: -v is ignored"),
        ("-x {L} {U}", "what is relayed is never logged: -x is ignored"),
        ("-s {L} {U}", "an error ends its own connection only: -s is ignored"),
        ("-g {L} {U}", "options are always checked: -g is ignored"),
        ("-D {L} {U}", "descriptors are not listed: -D is ignored"),
        ("-ly {L} {U}", "logs go to standard error: -ly is ignored"),
        ("-lylocal0 {L} {U}", "logs go to standard error: -ly is ignored"),
        ("-lmdaemon {L} {U}", "logs go to standard error: -lm is ignored"),
        ("-lf /var/log/socat {L} {U}", "logs go to standard error: -lf is ignored"),
        ("-lf/var/log/socat {L} {U}", "logs go to standard error: -lf is ignored"),
        ("-lp docker {L} {U}", "logs go to standard error: -lp is ignored"),
        (
            "-lu {L} {U}",
            "log lines have their time and no host name (see --log-format): -lu is ignored",
        ),
        (
            "-lh {L} {U}",
            "log lines have their time and no host name (see --log-format): -lh is ignored",
        ),
    ] {
        assert_eq!(warnings(text), [warning], "{text}");
    }
    assert!(warnings("-ls -d -T 5 {L} {U}").is_empty());
}

#[test]
fn our_long_flags_are_left_to_clap_with_their_values() {
    for (text, rest) in [
        ("--access monitor {L} {U} --check", "--access monitor --check"),
        ("{L} --access=monitor {U}", "--access=monitor"),
        ("--no-browser-guard {L} {U}", "--no-browser-guard"),
        ("{L} {U} --allow-host proxy:1", "--allow-host proxy:1"),
        ("{L} {U} --admin", "--admin"),
        ("-V {L} {U}", "-V"),
        ("-hh {L} {U} -?", "-h -h"),
        ("{L} {U}", ""),
    ] {
        assert_eq!(line(text).unwrap().unwrap().rest.join(" "), rest, "{text}");
    }
}
