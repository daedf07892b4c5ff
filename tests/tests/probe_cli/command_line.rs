//! What is typed wrong gets one line and 64.

use testkit::process::run_to_end;
use testkit::{Program, refusal};

use crate::{probe, text};

fn refused(program: &Program) -> String {
    let (code, why) = refusal(program);
    assert_eq!(code, 64, "{why}");
    why
}

#[test]
fn bad_flags_and_targets_say_what_to_write() {
    for (arguments, part) in [
        (&["--formt", "json"][..], "a similar argument exists: '--format'"),
        (&["--format", "xml"], "--format: `xml` is not a format (write text, json, nagios"),
        (&["--timeout", "5"], "--timeout: `5` is not a duration (write 10s, 500ms or 2m)"),
        (&["--interval", "0s"], "--interval: 0 leaves no time at all"),
        (&["--concurrency", "-1"], "--concurrency: `-1` is not a number of targets"),
        (&["--min-api", "1"], "--min-api: `1` is not an API version (write 1.44)"),
        (&["--cert-warn", "soon"], "--cert-warn: `soon` is not a number of days (write 14)"),
        (&["--wait", "1s", "--watch"], "they exclude each other"),
        (&["--targets", "/absent"], "--targets: /absent: No such file or directory"),
        (&["docker.sock"], "`docker.sock` is neither an address nor an absolute path"),
        (&["context:absent"], "no context `absent` in "),
        (&["fd://3"], "can be listened on but not asked"),
        (&["--cert-dir", "/absent", "a:1"], "/absent/ca.pem: No such file or directory"),
        (&["--serve", "1"], "--serve: `1` is neither an address"),
        (&["--allow-target=10.0.0.0/8"], "--allow-target: means nothing without --serve"),
        (&["--allow-host", "x"], "--allow-host: means nothing without --serve"),
    ] {
        let why = refused(&probe().args(arguments));
        assert!(why.contains(part), "{arguments:?}: {why}");
    }
}

#[test]
fn each_flag_has_a_variable() {
    for (name, value) in [
        ("PROBE_FORMAT", "xml"),
        ("PROBE_TIMEOUT", "5"),
        ("PROBE_WAIT", "x"),
        ("PROBE_INTERVAL", "x"),
        ("PROBE_WATCH", "x"),
        ("PROBE_QUIET", "x"),
        ("PROBE_INSECURE", "x"),
        ("PROBE_MIN_API", "x"),
        ("PROBE_MAX_LATENCY", "x"),
        ("PROBE_CERT_WARN", "x"),
        ("PROBE_CONCURRENCY", "x"),
        ("PROBE_SERVE", "x"),
        ("PROBE_ALLOW_TARGET", "*"),
        ("PROBE_ALLOW_HOST", "a/b"),
    ] {
        let why = refused(&probe().env(name, value));
        assert!(why.starts_with("bad setting: ") && why.contains(name), "{why}");
    }
    for (name, part) in [
        ("PROBE_TARGETS", "/absent: No such file"),
        ("PROBE_CERT_DIR", "/absent/ca.pem"),
        ("PROBE_TLSCACERT", "/absent: No such file"),
        ("PROBE_TLSCERT", "/absent: No such file"),
        ("PROBE_TLSKEY", "cert.pem: No such file"),
    ] {
        let why = refused(
            &probe().env(name, "/absent").env("HOME", "/absent").env("DOCKER_HOST", "tcp://a:1"),
        );
        assert!(why.contains(part), "{name}: {why}");
    }
    let output = run_to_end("probe", &["127.0.0.1:1"], &[("PROBE_OUTPUT", "/absent/file")]);
    assert_eq!(output.status.code(), Some(70));
}

#[test]
fn misspelt_variables_are_errors_and_strangers_warnings() {
    let why = refused(&probe().env("PROBE_FORMATS", "json"));
    assert_eq!(why, "bad setting: PROBE_FORMATS: no such variable; did you mean PROBE_FORMAT?");
    let variables = [("PROBE_ELSEWHERE", "x"), ("PROBE_PORT", "tcp://10.0.0.1:80")];
    let output = run_to_end("probe", &["127.0.0.1:1"], &variables);
    assert_eq!(
        String::from_utf8(output.stderr).unwrap(),
        "warning: the variable PROBE_ELSEWHERE is not known and does nothing\n"
    );
}

#[test]
fn help_and_version_are_printed() {
    let help = text(&run_to_end("probe", &["--help"], &[]));
    for flag in
        ["--targets", "--cert-dir", "--wait", "--format", "PROBE_MIN_API", "engine-down", "--serve"]
    {
        assert!(help.contains(flag), "{flag}: {help}");
    }
    assert!(text(&run_to_end("probe", &["-V"], &[])).starts_with("probe "));
}
