//! The line that each judged request leaves in the log.

use serde_json::Value;
use testkit::stream::get;
use testkit::{Bridge, DEADLINE, StandIn, eventually};

use crate::{bridge, status};

fn lines(bridge: &Bridge) -> Vec<String> {
    bridge.logs().lines().filter(|line| line.contains("ContainerL")).map(str::to_owned).collect()
}

#[test]
fn a_line_of_text_has_every_field() {
    let engine = StandIn::start();
    let bridge = bridge(&engine).args(["--access", "monitor"]).start();
    get(&bridge.endpoint(), "/v1.41/containers/json?all=1");
    let allowed = bridge.wait_for_log_containing("operation=ContainerList");
    for part in [
        " INFO request operation=ContainerList method=GET path=/v1.41/containers/json role=monitor \
         client=127.0.0.1:",
        " verdict=allow rule=\"allow ContainerList\" status=200 bytes=",
        " duration_ms=",
    ] {
        assert!(allowed.contains(part), "{part} in {allowed}");
    }
    get(&bridge.endpoint(), "/containers/x/logs?tail=1");
    let denied = bridge.wait_for_log_containing("operation=ContainerLogs");
    for part in
        [" path=/containers/x/logs role", " verdict=deny rule=\"no rule\" status=403 bytes="]
    {
        assert!(denied.contains(part), "{part} in {denied}");
    }
}

/// Whoever tries to smuggle requests past the gate is seen in the log.
#[test]
fn a_head_that_can_not_be_read_leaves_a_line_of_what_is_known() {
    let engine = StandIn::start();
    let bridge = bridge(&engine).args(["--access", "monitor", "--log-requests", "denied"]).start();
    let heads = [
        "GET /_ping HTTP/1.1\r\nHost: a\r\nContent-Length: 1\r\nTransfer-Encoding: chunked\r\n\r\n",
        "GET /_ping HTTP/1.1\nHost: a\n\n",
    ];
    for (before, head) in heads.into_iter().enumerate() {
        let mut client = bridge.endpoint().connect();
        client.send(head);
        let answer = client.read_response(false);
        assert_eq!(answer.status, 400, "{head:?}");
        let end =
            format!(" verdict=bad rule=\"unreadable\" status=400 bytes={} ", answer.body.len());
        let seen = |line: &&str| {
            line.contains(
                " INFO request operation=- method=- path=- role=monitor client=127.0.0.1:",
            ) && line.contains(&end)
        };
        eventually(DEADLINE, "one line more", || {
            bridge.logs().lines().filter(seen).count() == before + 1
        });
    }
}

#[test]
fn a_line_of_json_has_every_field_with_control_characters_escaped() {
    let engine = StandIn::start();
    let words = ["--access", "monitor", "--log-format", "json"];
    let bridge = bridge(&engine).args(words).start();
    let json = |text: &str| -> Value {
        serde_json::from_str(&bridge.wait_for_log_containing(text)).unwrap()
    };
    let answer = get(&bridge.endpoint(), "/containers/json");
    let line = json("ContainerList");
    for (field, value) in [
        ("message", Value::from("request")),
        ("level", "INFO".into()),
        ("operation", "ContainerList".into()),
        ("method", "GET".into()),
        ("path", "/containers/json".into()),
        ("role", "monitor".into()),
        ("verdict", "allow".into()),
        ("rule", "allow ContainerList".into()),
        ("status", 200.into()),
        ("bytes", answer.body.len().into()),
    ] {
        assert_eq!(line[field], value, "{field} in {line}");
    }
    assert!(line["duration_ms"].is_u64(), "{line}");
    assert!(line["client"].as_str().unwrap().starts_with("127.0.0.1:"), "{line}");

    let strange = "/teapot/\u{202e}\u{200b}\"x\"?q=secret";
    assert_eq!(status(&bridge.endpoint(), "GET", strange), 403);
    let line = json("teapot");
    assert_eq!(line["path"], "/teapot/\\u{202e}\\u{200b}\"x\"");
    assert_eq!((&line["operation"], &line["verdict"]), (&"-".into(), &"deny".into()));
    assert_eq!(status(&bridge.endpoint(), "GET", "/bad\u{85}%1b%0a?q=secret"), 400);
    let line = json("%1b");
    assert_eq!((&line["path"], &line["verdict"]), (&"/bad\\u{85}%1b%0a".into(), &"bad".into()));
    assert!(!bridge.logs().contains("secret"));
}

#[test]
fn a_stream_leaves_its_line_at_its_end() {
    let engine = StandIn::start();
    let bridge = bridge(&engine).args(["--access", "read-only"]).start();
    let mut client = bridge.endpoint().connect();
    client.send("GET /containers/x/logs?follow=1 HTTP/1.1\r\nHost: docker\r\n\r\n");
    client.read_head();
    client.read_chunk();
    get(&bridge.endpoint(), "/containers/json");
    bridge.wait_for_log_containing("operation=ContainerList");
    assert_eq!(lines(&bridge).len(), 1, "{}", bridge.logs());
    client.close();
    let line = bridge.wait_for_log_containing("operation=ContainerLogs");
    assert!(line.contains(" status=200 ") && !line.contains(" bytes=0 "), "{line}");
    assert_eq!(lines(&bridge).len(), 2, "{}", bridge.logs());
}

#[test]
fn which_requests_leave_a_line_can_be_said() {
    let engine = StandIn::start();
    for (which, wanted) in [("all", 2), ("denied", 1), ("none", 0)] {
        let words = ["--access", "monitor", "--log-requests", which];
        let bridge = bridge(&engine).args(words).start();
        get(&bridge.endpoint(), "/containers/json");
        get(&bridge.endpoint(), "/containers/x/logs");
        if wanted > 0 {
            eventually(DEADLINE, which, || lines(&bridge).len() >= wanted);
        }
        bridge.signal(testkit::Signal::TERM);
        bridge.wait_exit(DEADLINE);
        assert_eq!(lines(&bridge).len(), wanted, "{which}: {}", bridge.logs());
        assert!(which != "denied" || lines(&bridge)[0].contains("ContainerLogs"));
    }
    let open = bridge(&engine).start();
    get(&open.endpoint(), "/containers/json");
    open.signal(testkit::Signal::TERM);
    open.wait_exit(DEADLINE);
    assert_eq!(lines(&open), Vec::<String>::new());
}

/// To HAProxy, whose name it is, requests are of a level below.
#[test]
fn at_haproxys_notice_no_request_leaves_a_line() {
    let engine = StandIn::start();
    let bridge = bridge(&engine).args(["--access", "monitor"]).env("LOG_LEVEL", "notice").start();
    get(&bridge.endpoint(), "/containers/json");
    get(&bridge.endpoint(), "/containers/x/logs");
    bridge.signal(testkit::Signal::TERM);
    bridge.wait_exit(DEADLINE);
    assert!(bridge.logs().contains("INFO stopped"), "{}", bridge.logs());
    assert_eq!(lines(&bridge), Vec::<String>::new());
}
