//! Each format, read by its own consumer.

use std::fs;
use std::path::Path;
use std::process::Command;

use testkit::process::{clean_environment, finish_with_input};
use testkit::{DEADLINE, Program, StandIn};

use crate::{probe, text};

/// A healthy one, one that is unmet, and others that fail, with a name that is hard on parsers.
fn three(format: &str) -> (String, i32, tempfile::TempDir) {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("it's|a=\"b\"<&>\\.sock");
    let _engine = StandIn::builder().path(&path).start();
    let output = probe()
        .args(["--format", format, "--timeout", "2s"])
        .arg(&path)
        .args(["tcp://127.0.0.1:1", "tcp://nobody.invalid"])
        .run();
    (text(&output), output.status.code().unwrap(), folder)
}

fn python(script: &str, input: &str) -> String {
    let mut command = Command::new("python3");
    clean_environment(&mut command).args(["-c", script]);
    let output = finish_with_input(command, input, DEADLINE);
    let stderr = String::from_utf8_lossy(&output.stderr);
    assert!(output.status.success(), "{stderr}\n{input}");
    text(&output)
}

#[test]
fn text_is_one_line_a_target_without_colour_in_a_pipe() {
    let (text, code, _folder) = three("text");
    assert_eq!(code, 1);
    let words: Vec<_> = text.lines().map(|line| line.split(' ').next().unwrap()).collect();
    assert_eq!(words, ["healthy", "refused", "dns"]);
    assert!(!text.contains('\x1b'));
}

#[test]
fn colour_is_for_terminals_that_want_it() {
    let script = testkit::requires_tool!("script");
    let engine = StandIn::start();
    let command =
        format!("'{}' '{}'", testkit::binary::binary("probe").display(), engine.socket().display());
    let terminal = Program::new(script).args(["--quiet", "--command", &command, "/dev/null"]);
    let colored = |program: &Program| text(&program.run()).contains("\x1b[32mhealthy\x1b[0m");
    assert!(colored(&terminal.clone().env("TERM", "xterm")));
    assert!(!colored(&terminal.clone().env("TERM", "dumb")));
    assert!(!colored(&terminal.env("TERM", "xterm").env("NO_COLOR", "1")));
}

#[test]
fn progress_is_shown_to_people_who_wait() {
    let script = testkit::requires_tool!("script");
    let silent = std::net::TcpListener::bind("0.0.0.0:0").unwrap();
    let port = silent.local_addr().unwrap().port();
    let targets: Vec<_> = (1..=40).map(|number| format!("127.3.0.{number}:{port}")).collect();
    let command = format!(
        "'{}' --timeout 300ms --concurrency 10 {} > /dev/null",
        testkit::binary::binary("probe").display(),
        targets.join(" ")
    );
    let output = Program::new(script).args(["--quiet", "--command", &command, "/dev/null"]).run();
    let shown = text(&output);
    assert!(shown.contains(" of 40 asked") && shown.ends_with("\r\x1b[K"), "{shown:?}");
}

#[test]
fn nagios_reads_status_and_performance_data() {
    let (out, code, _folder) = three("nagios");
    assert_eq!(code, 2);
    let mut lines = out.lines();
    let (status, data) = lines.next().unwrap().split_once(" | ").unwrap();
    assert_eq!(status, "DOCKER CRITICAL - 1 of 3 healthy");
    let details: Vec<_> = lines.collect();
    assert_eq!(details.len(), 2, "{out}");
    assert!(details.iter().all(|line| !line.contains('|')), "{out}");
    assert!(details[0].starts_with("tcp://127.0.0.1:1: refused: "), "{out}");
    testkit::requires_tool!("python3");
    // 'label'=value[UOM];[warn];[crit];[min];[max], of the plugin guidelines.
    let grammar = "import re, sys\n\
        data = sys.stdin.read()\n\
        item = r\"'(?:[^'=|]|'')+'=[0-9.]+s;[0-9.]*;[0-9.]*;0;2\"\n\
        assert re.fullmatch(f'{item}( {item}){{2}}', data), data";
    python(grammar, data);
}

#[test]
fn nagios_gets_a_code_for_each_severity() {
    let engine = StandIn::start();
    let run = |arguments: &[&str]| {
        let output =
            probe().args(["--format", "nagios"]).args(arguments).arg(engine.socket()).run();
        (text(&output), output.status.code().unwrap())
    };
    let (out, code) = run(&["--max-latency", "10s"]);
    assert!(out.starts_with("DOCKER OK - 1 of 1 healthy | ") && code == 0, "{out}");
    assert!(out.trim_end().ends_with("s;10;;0;5"), "{out}");
    let (out, code) = run(&["--min-api", "9.0"]);
    assert!(out.starts_with("DOCKER WARNING - 0 of 1 healthy | ") && code == 1, "{out}");
    let (out, code) = run(&["--min-api", "9.0", "tcp://127.0.0.1:1"]);
    assert!(out.starts_with("DOCKER CRITICAL - 0 of 2 healthy | ") && code == 2, "{out}");
    let (out, code) = run(&["--min-api", "x|y"]);
    assert!(
        out.starts_with("DOCKER UNKNOWN - bad setting: --min-api: `x_y`") && code == 3,
        "{out}"
    );
    assert_eq!(out.lines().count(), 1);

    // The flag beats the variable, whatever else is wrong.
    let by_variable = probe().env("PROBE_FORMAT", "nagios").arg("--bogus");
    assert_eq!(by_variable.run().status.code(), Some(3));
    for words in [&["--format", "text"][..], &["--format=json"]] {
        let output = by_variable.clone().args(words).run();
        assert_eq!((text(&output).as_str(), output.status.code()), ("", Some(64)), "{words:?}");
    }
}

#[test]
fn prometheus_takes_the_metrics() {
    let promtool = testkit::requires_tool!("promtool");
    let (out, code, _folder) = three("prometheus");
    assert_eq!(code, 1);
    let mut command = Program::new(promtool).args(["check", "metrics"]).command();
    let output =
        finish_with_input(std::mem::replace(&mut command, Command::new("true")), &out, DEADLINE);
    let stderr = String::from_utf8_lossy(&output.stderr);
    assert!(output.status.success() && stderr.is_empty(), "{stderr}\n{out}");
    for state in ["refused", "dns"] {
        let one = format!(",state=\"{state}\"}} 1\n");
        assert_eq!(out.matches(&one).count(), 1, "{out}");
    }
    for metric in ["docker_engine_up{", "docker_engine_probe_duration_seconds{"] {
        assert_eq!(out.matches(metric).count(), 3, "{out}");
    }
}

#[test]
fn ci_systems_read_the_junit_report() {
    testkit::requires_tool!("python3");
    let (out, code, _folder) = three("junit");
    assert_eq!(code, 1);
    let script = "import sys, xml.etree.ElementTree as xml\n\
        root = xml.fromstring(sys.stdin.read())\n\
        assert root.tag == 'testsuites', root.tag\n\
        [suite] = root\n\
        assert suite.tag == 'testsuite' and suite.get('name'), suite.attrib\n\
        cases = list(suite)\n\
        assert all(case.tag == 'testcase' and case.get('classname') for case in cases)\n\
        assert all(float(case.get('time')) >= 0 for case in cases)\n\
        failed = [case for case in cases if len(case)]\n\
        assert all([child.tag for child in case] == ['failure'] for case in failed)\n\
        assert all(case[0].get('message') and case[0].text for case in failed)\n\
        for node in (root, suite):\n\
        \x20   assert int(node.get('tests')) == len(cases)\n\
        \x20   assert int(node.get('failures')) == len(failed)\n\
        \x20   assert int(node.get('errors')) == 0\n\
        print([(case.get('name').split('/')[-1], [f.get('type') for f in case]) for case in cases])";
    assert_eq!(
        python(script, &out).trim(),
        r#"[('it\'s|a="b"<&>\\.sock', []), ('127.0.0.1:1', ['refused']), ('nobody.invalid', ['dns'])]"#
    );
}

#[test]
fn a_file_is_written_whole_whatever_the_targets_are() {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("docker.prom");
    let arguments = ["--format", "prometheus", "--output", file.to_str().unwrap()];
    let output = probe().args(arguments).arg("tcp://127.0.0.1:1").run();
    assert_eq!(output.status.code(), Some(1));
    assert!(output.stdout.is_empty() && output.stderr.is_empty());
    assert!(fs::read_to_string(&file).unwrap().contains("docker_engine_up"));
    assert_eq!(fs::read_dir(&folder).unwrap().count(), 1);
}

#[test]
fn readers_of_a_watched_file_never_see_half_of_it() {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("docker.prom");
    let engine = StandIn::start();
    let _watching = probe()
        .args(["--watch", "--interval", "1ms", "--format", "prometheus", "--output"])
        .arg(&file)
        .arg(engine.socket())
        .start();
    let read = |file: &Path| fs::read_to_string(file);
    testkit::eventually(DEADLINE, "the file is there", || read(&file).is_ok());
    let lines = read(&file).unwrap().lines().count();
    engine.wait_requests(20, DEADLINE);
    while engine.requests().len() < 200 {
        assert_eq!(read(&file).unwrap().lines().count(), lines);
    }
}

#[test]
fn a_file_that_can_not_be_written_is_an_error_of_its_own() {
    let engine = StandIn::start();
    let output = probe().args(["--output", "/absent/file"]).arg(engine.socket()).run();
    assert_eq!(output.status.code(), Some(70));
    assert_eq!(
        String::from_utf8(output.stderr).unwrap(),
        "error: cannot write: /absent/file: No such file or directory (os error 2)\n"
    );
}

#[test]
fn quiet_says_it_with_the_exit_code() {
    let engine = StandIn::start();
    for (target, code) in [(engine.endpoint().to_string(), 0), ("127.0.0.1:1".into(), 1)] {
        let output = probe().args(["--quiet", &target]).run();
        assert_eq!(output.status.code(), Some(code));
        assert!(output.stdout.is_empty() && output.stderr.is_empty());
    }
}
