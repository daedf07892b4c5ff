//! What becomes of a request that passes, of its answer, and of what follows on its connection.

use testkit::{StandIn, requires_docker};

use super::*;

#[test]
fn a_refusal_is_a_whole_answer_in_the_engines_form() {
    let guarded = Guarded::start();
    let answer = guarded.answered(post(&[PLAIN, LANGUAGE, EVIL]).as_bytes());
    assert_eq!(answer.status, 403);
    assert!(answer.head.starts_with("HTTP/1.1 403 Forbidden\r\n"), "{}", answer.head);
    assert_eq!(answer.header("content-type"), Some("application/json"));
    assert_eq!(answer.header("content-length"), Some(&*answer.body.len().to_string()));
    assert_eq!(answer.header("content-security-policy"), Some("sandbox"));
    assert_eq!(answer.header("x-content-type-options"), Some("nosniff"));
    // No page may read it.
    assert_eq!(answer.header("access-control-allow-origin"), None);
    assert_eq!(
        answer.json(),
        serde_json::json!({
            "message": "browser guard, rule 1: the Origin `https://evil.example` is not the Host \
                        of this request (--allow-origin lifts this)"
        })
    );
}

#[test]
fn a_refusal_of_a_head_request_has_no_body() {
    let guarded = Guarded::start();
    let mut client = guarded.connect();
    client.send(head(&["HEAD /_ping HTTP/1.1", PLAIN, EVIL]));
    let bytes = client.read_to_end_within(DEADLINE);
    assert!(bytes.starts_with(b"HTTP/1.1 403 "), "{}", shown(&bytes));
    assert!(bytes.ends_with(b"\r\n\r\n"), "{}", shown(&bytes));
    assert!(guarded.engine.try_accept().is_none());
}

#[test]
fn a_refusal_is_not_lost_to_a_body_that_is_still_sent() {
    let guarded = Guarded::start();
    let mut client = guarded.connect();
    let request = post(&[PLAIN, EVIL]).replace("Content-Length: 0", "Content-Length: 3000000");
    client.send([request.as_bytes(), &vec![b'x'; 3_000_000]].concat());
    assert_eq!(client.read_response(false).status, 403);
}

#[test]
fn a_request_behind_a_refused_one_is_thrown_away() {
    let guarded = Guarded::start();
    for first in [post(&[PLAIN, EVIL]), "GET nonsense\r\n".to_owned()] {
        let second = post(&["Host: docker", "User-Agent: curl/8"]);
        let mut client = guarded.connect();
        client.send(format!("{first}{second}"));
        client.read_response(false);
        client.expect_closed(DEADLINE);
        assert!(guarded.engine.try_accept().is_none());
    }
}

#[test]
fn a_browsers_own_connection_header_stays_behind_ours() {
    let guarded = Guarded::start();
    for own in ["Connection: keep-alive", "Connection: close", "Keep-Alive: timeout=5"] {
        guarded.assert_passes_as_browser(get(&[PLAIN, LANGUAGE, own]));
    }
}

#[test]
fn a_request_behind_a_browsers_get_is_not_executed() {
    let engine = StandIn::start();
    let bridge = Bridge::start(engine.socket());
    let mut client = bridge.endpoint().connect();
    let first = get(&[PLAIN, LANGUAGE, FIREFOX, "Connection: keep-alive"]);
    client.send(first + &post(&[PLAIN]));
    let answer = client.read_response(false);
    assert_eq!((answer.status, answer.header("connection")), (200, Some("close")));
    client.expect_closed(DEADLINE);
    engine.wait_open_connections(0, DEADLINE);
    let requests: Vec<_> = engine.requests().into_iter().map(|request| request.method).collect();
    assert_eq!(requests, ["GET"]);

    // It would be, behind anyone else's.
    let mut client = bridge.endpoint().connect();
    client.send(get(&["Host: docker"]) + &post(&["Host: docker", LANGUAGE, EVIL]));
    assert_eq!(client.read_response(false).status, 200);
    assert_eq!(client.read_response(false).status, 404);
    assert_eq!(engine.requests().len(), 3, "the first request of a connection decides");
}

#[test]
fn a_real_engine_executes_nothing_behind_a_browsers_get() {
    let engine = requires_docker!();
    let bridge = Bridge::start(engine.socket());
    let create = |name: &str| {
        let body = format!("{{\"Image\":\"{}\"}}", testkit::image::IMAGE);
        format!(
            "POST /containers/create?name={name} HTTP/1.1\r\nHost: docker\r\n\
             Content-Type: application/json\r\nContent-Length: {}\r\n\r\n{body}",
            body.len()
        )
    };
    let names = ["browser-guard-behind-curl", "browser-guard-behind-browser"];
    for (name, line) in names.iter().zip(["User-Agent: curl/8", LANGUAGE]) {
        let mut client = bridge.endpoint().connect();
        client.send(get(&[PLAIN, line]) + &create(name));
        assert_eq!(client.read_response(false).status, 200);
        if line == LANGUAGE {
            client.expect_closed(DEADLINE);
        } else {
            assert_eq!(client.read_response(false).status, 201);
        }
    }
    let made: Vec<_> = names
        .into_iter()
        .filter(|name| {
            let filter = format!("name={name}");
            !engine.run(&["ps", "--all", "--quiet", "--filter", &filter]).is_empty()
        })
        .collect();
    engine.run(&[&["rm"], &made[..]].concat());
    assert_eq!(made, names[..1]);
}

#[test]
fn every_final_answer_to_a_browser_gets_the_sandbox_behind_its_status_line() {
    let guarded = Guarded::start();
    let request = get(&[PLAIN, LANGUAGE]);
    let arrives = behind_first_line(request.as_bytes(), CLOSE);
    for answer in [
        &b"HTTP/1.1 200 OK\r\n\r\n<script>"[..],
        b"HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n",
        b"HTTP/1.1 404 Not Found\r\nContent-Type: application/json\r\nContent-Length: 2\r\n\r\n{}",
        b"HTTP/1.0 500\nContent-Security-Policy: script-src *\nX-Content-Type-Options: a\n\nbody",
        b"HTTP/1.1 304 Not Modified\r\n\r\n",
        b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n2\r\nHT\r\n0\r\n\r\n",
    ] {
        guarded.assert_relayed(request.as_bytes(), &arrives, answer, &sandboxed(answer));
    }
}

#[test]
fn an_interim_answer_to_a_browser_stays_as_it_is() {
    let guarded = Guarded::start();
    let request = post(&[PLAIN, LANGUAGE, "Expect: 100-continue"]);
    let arrives = behind_first_line(request.as_bytes(), CLOSE);
    let interim = b"HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 103 Early Hints\r\nLink: a\r\n\r\n";
    guarded.assert_relayed(
        request.as_bytes(),
        &arrives,
        &[interim, ANSWER].concat(),
        &[&interim[..], &sandboxed(ANSWER)].concat(),
    );

    // It isn't held back until the final one comes.
    let mut client = guarded.connect();
    client.send(&request);
    let mut engine = guarded.engine.accept(DEADLINE);
    engine.read_exact_n(arrives.len());
    engine.send("HTTP/1.1 100 Continue\r\n\r\n");
    assert_eq!(client.read_head(), "HTTP/1.1 100 Continue\r\n\r\n");
    engine.send(ANSWER);
    assert_eq!(client.read_response(false).header("content-security-policy"), Some("sandbox"));
}

#[test]
fn an_answer_that_comes_byte_by_byte_gets_the_sandbox_too() {
    let guarded = Guarded::start();
    let request = get(&[PLAIN, LANGUAGE]);
    let mut client = guarded.connect();
    client.send(&request);
    let mut engine = guarded.engine.accept(DEADLINE);
    engine.read_exact_n(request.len() + CLOSE.len());
    for &byte in ANSWER {
        engine.send([byte]);
    }
    let expected = sandboxed(ANSWER);
    assert_same(&client.read_exact_n(expected.len()), &expected);
}

#[test]
fn what_is_no_answer_is_not_handed_to_a_browser() {
    let guarded = Guarded::start();
    for answer in [&b"<script>"[..], b"\r\nHTTP/1.1 200 OK\r\n\r\n<script>", b"HTTP/1.1 OK\r\n\r\n"]
    {
        let mut client = guarded.connect();
        client.send(get(&[PLAIN, LANGUAGE]));
        let mut engine = guarded.engine.accept(DEADLINE);
        engine.read_head();
        engine.send(answer);
        engine.shutdown_write();
        let (bytes, _end) = client.drain(DEADLINE);
        assert_eq!(shown(&bytes), "");
    }
}

#[test]
fn a_browsers_upgrade_goes_on_as_it_is() {
    let guarded = Guarded::start();
    let request = head(&[
        "POST /containers/x/attach?stream=1 HTTP/1.1",
        "Host: portainer-agent:2375",
        FIREFOX,
        LANGUAGE,
        "Connection: Upgrade",
        "Upgrade: tcp",
    ]);
    let mut client = guarded.connect();
    client.send(&request);
    let mut engine = guarded.engine.accept(DEADLINE);
    assert_same(&engine.read_exact_n(request.len()), request.as_bytes());
    let switched = b"HTTP/1.1 101 UPGRADED\r\nConnection: Upgrade\r\nUpgrade: tcp\r\n\r\n\x01raw";
    engine.send(switched);
    let expected = sandboxed(switched);
    assert_same(&client.read_exact_n(expected.len()), &expected);
    client.send(b"\0in\n");
    assert_same(&engine.read_exact_n(4), b"\0in\n");
    engine.send("HTTP/1.1 200 OK\r\n\r\n");
    assert_same(&client.read_exact_n(19), b"HTTP/1.1 200 OK\r\n\r\n");
}

#[test]
fn everyone_elses_answers_are_the_same_to_the_byte() {
    let guarded = Guarded::start();
    let request = get(&["Host: docker.example", "User-Agent: curl/8"]);
    for answer in [
        ANSWER,
        b"HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 200 OK\r\n\r\n",
        b"no answer at all \0\xff",
        b"HTTP/1.1 200 OK\n\n",
        b"",
    ] {
        guarded.assert_relayed(request.as_bytes(), request.as_bytes(), answer, answer);
    }
}
