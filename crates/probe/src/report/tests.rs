use std::time::Duration;

use docker_api_engine::{Engine, Fault, State, TlsFacts};

use super::*;
use State::{Healthy, Refused, Unmet};

fn target(name: &str) -> Target {
    let endpoint = Err(Fault::new(State::Unsupported, ""));
    Target { name: name.into(), source: None, endpoint }
}

fn healthy_one() -> Verdict {
    let engine = Engine {
        version: "28.5.2".into(),
        api_version: "1.51".into(),
        min_api_version: "1.24".into(),
        os: "linux".into(),
        arch: "amd64".into(),
        platform: "Docker \"Engine\"".into(),
    };
    Verdict {
        state: Healthy,
        error: None,
        latency: Duration::from_millis(4),
        engine: Some(engine),
        tls: Some(TlsFacts { version: "TLSv1.3", not_after: 1_800_000_000 }),
    }
}

fn failed(state: State, message: &str) -> Verdict {
    Fault::new(state, message).into()
}

fn report(format: Format, named: &[(&str, Verdict)]) -> String {
    let targets: Vec<_> = named.iter().map(|(name, _)| target(name)).collect();
    let pairs = targets.iter().zip(named);
    let rows: Vec<_> = pairs.map(|(target, (_, verdict))| Row { target, verdict }).collect();
    whole(format, &rows, Limits { timeout: Duration::from_secs(5), warn: None }, false)
}

#[test]
fn text_is_in_columns() {
    let named = [("tcp://a:1", healthy_one()), ("/run/x", failed(State::EngineDown, "closed"))];
    let text = report(Format::Text, &named);
    let lines: Vec<_> = text.lines().collect();
    assert!(lines[0].starts_with(
        "healthy      tcp://a:1  Docker \"Engine\" 28.5.2, API 1.51, linux/amd64, 4.0 ms, TLSv1.3"
    ));
    assert_eq!(lines[1], "engine-down  /run/x     closed");
}

#[test]
fn json_has_the_fields_of_the_contract() {
    let named = [("tcp://a:1", healthy_one()), ("b", failed(State::Dns, "no"))];
    let text = report(Format::Json, &named);
    let objects: Vec<serde_json::Value> =
        text.lines().map(|line| serde_json::from_str(line).unwrap()).collect();
    let keys: Vec<_> = objects[0].as_object().unwrap().keys().cloned().collect();
    let mut expected =
        ["target", "state", "healthy", "latency_ms", "engine", "tls", "error"].map(str::to_owned);
    expected.sort();
    let mut keys = keys;
    keys.sort();
    assert_eq!(keys, expected);
    assert_eq!(objects[0]["latency_ms"], 4.0);
    assert_eq!(objects[0]["engine"]["min_api_version"], "1.24");
    assert_eq!(objects[0]["tls"]["not_after"], "2027-01-15T08:00:00Z");
    assert_eq!(objects[1]["healthy"], false);
    assert_eq!(objects[1]["engine"], serde_json::Value::Null);
    assert_eq!(objects[1]["error"], "no");
}

#[test]
fn nagios_counts_and_lists_what_fails() {
    let named = [
        ("tcp://a:1", healthy_one()),
        ("/it's|x=y", failed(Unmet, "slow | very")),
        ("c", healthy_one()),
    ];
    assert_eq!(
        report(Format::Nagios, &named),
        "DOCKER WARNING - 2 of 3 healthy | 'tcp://a:1'=0.004000s;;;0;5 \
         '/it''s_x_y'=0.000000s;;;0;5 'c'=0.004000s;;;0;5\n/it's_x=y: unmet: slow _ very\n"
    );
}

#[test]
fn the_worst_decides_the_exit_code() {
    let target = target("a");
    let code = |format, states: &[State], all_known| {
        let verdicts: Vec<_> = states.iter().map(|state| failed(*state, "")).collect();
        let rows: Vec<_> =
            verdicts.iter().map(|verdict| Row { target: &target, verdict }).collect();
        exit_code(format, &rows, all_known)
    };
    for (states, plain, nagios) in
        [(&[Healthy][..], 0, 0), (&[Healthy, Unmet], 1, 1), (&[Refused, Unmet], 1, 2)]
    {
        assert_eq!(code(Format::Text, states, true), plain);
        assert_eq!(code(Format::Nagios, states, true), nagios);
    }
    assert_eq!(code(Format::Text, &[Healthy], false), 1);
    assert_eq!(code(Format::Nagios, &[Healthy], false), 3);
}

#[test]
fn prometheus_has_each_state_and_escapes_labels() {
    let text =
        report(Format::Prometheus, &[("a\"\\", healthy_one()), ("b", failed(State::Tls, ""))]);
    assert!(text.contains("docker_engine_up{target=\"a\\\"\\\\\"} 1\n"), "{text}");
    assert!(text.contains("docker_engine_up{target=\"b\"} 0\n"), "{text}");
    assert!(text.contains("docker_engine_state{target=\"b\",state=\"tls\"} 1\n"), "{text}");
    assert_eq!(text.matches("docker_engine_state{").count(), 22);
    assert!(text.contains(
        "docker_engine_tls_not_after_timestamp_seconds{target=\"a\\\"\\\\\"} 1800000000\n"
    ));
    assert_eq!(text.matches("docker_engine_info{").count(), 1);
}

#[test]
fn junit_leaves_out_what_xml_forbids() {
    let mut verdict = failed(State::NotDocker, "");
    verdict.error = Some("a\u{1}b\u{fffe} <&>\"'\n".into());
    let text = report(Format::Junit, &[("t", verdict), ("u", healthy_one())]);
    assert!(text.contains("tests=\"2\" failures=\"1\" errors=\"0\""), "{text}");
    assert!(
        text.contains("type=\"not-docker\" message=\"ab &lt;&amp;&gt;&quot;'&#10;\">"),
        "{text}"
    );
}
