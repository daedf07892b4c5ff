//! Which heads the guard reads, and what becomes of those that it can't.

use std::time::Duration;

use super::*;

#[test]
fn a_head_is_waited_for_whole_before_the_engine_is_dialled() {
    let guarded = Guarded::start();
    let request = get(&[PLAIN, LANGUAGE]);
    let mut client = guarded.connect();
    for byte in request[..request.len() - 1].bytes() {
        client.send([byte]);
    }
    client.expect_silence(Duration::from_millis(200));
    assert!(guarded.engine.try_accept().is_none(), "dialled before the head was whole");
    client.send(&request[request.len() - 1..]);
    let mut engine = guarded.engine.accept(DEADLINE);
    let arrives = behind_first_line(request.as_bytes(), CLOSE);
    assert_same(&engine.read_exact_n(arrives.len()), &arrives);
}

#[test]
fn a_head_that_ends_early_is_closed_and_never_relayed() {
    let guarded = Guarded::start();
    for part in ["G", "GET / HTTP/1.1", "GET / HTTP/1.1\r\nHost: a\r\n", "PRI * HTTP/2.0\r\n", ""] {
        let mut client = guarded.connect();
        client.send(part);
        client.shutdown_write();
        client.expect_eof(DEADLINE);
        assert!(guarded.engine.try_accept().is_none(), "{part:?}");
    }
}

#[test]
fn a_head_that_can_be_read_in_two_ways_is_400_and_never_relayed() {
    let guarded = Guarded::start();
    for head in [
        // Folded lines.
        "GET / HTTP/1.1\r\nA: b\r\n folded\r\n\r\n",
        "GET / HTTP/1.1\r\nA: b\r\n\tOrigin: https://evil.example\r\n\r\n",
        "GET / HTTP/1.1\r\n Host: a\r\n\r\n",
        "GET / HTTP/1.1\r\nA: b\r\n \r\n\r\n",
        // Names.
        "GET / HTTP/1.1\r\nOrigin : https://evil.example\r\n\r\n",
        "GET / HTTP/1.1\r\nOrigin\t: https://evil.example\r\n\r\n",
        "GET / HTTP/1.1\r\nAccept Language: de\r\n\r\n",
        "GET / HTTP/1.1\r\nno colon\r\n\r\n",
        "GET / HTTP/1.1\r\n: value\r\n\r\n",
        "GET / HTTP/1.1\r\nOr\u{ed}gin: x\r\n\r\n",
        // Values.
        "GET / HTTP/1.1\r\nA: b\rOrigin: https://evil.example\r\n\r\n",
        "GET / HTTP/1.1\r\nA: b\0\r\n\r\n",
        "GET / HTTP/1.1\r\nA: b\r\r\n\r\n",
        // First lines.
        "GET\r\n\r\n",
        "GET /\r\n\r\n",
        "GET  / HTTP/1.1\r\n\r\n",
        "GET / HTTP/1.1 \r\n\r\n",
        "GET / a HTTP/1.1\r\n\r\n",
        "GET /\t HTTP/1.1\r\n\r\n",
        "GET / http/1.1\r\n\r\n",
        "GET / HTTP/1.10\r\n\r\n",
        "GE(T / HTTP/1.1\r\n\r\n",
        "SSH-2.0-OpenSSH_9.2\r\n",
    ] {
        let message = guarded.assert_answered(head.as_bytes(), 400);
        assert!(message.starts_with("the request can't be read: "), "{message} for {head:?}");
    }
}

#[test]
fn a_line_may_end_in_a_bare_line_feed() {
    let guarded = Guarded::start();
    guarded.assert_untouched("GET / HTTP/1.1\nHost: docker\nA: b\n\n");
    guarded.assert_untouched("GET / HTTP/1.1\r\nHost: docker\nA: b\r\n\n");
    guarded.assert_passes_as_browser("GET / HTTP/1.1\nHost: docker\nAccept-Language: de\n\r\n");
    guarded.assert_refused("GET / HTTP/1.1\nHost: evil.example\nAccept-Language: de\n\n", 3);
    guarded.assert_refused("POST / HTTP/1.1\r\nHost: a\nOrigin: https://evil.example\n\n", 1);
}

#[test]
fn three_thousand_header_lines_are_read() {
    let guarded = Guarded::start();
    let many: Vec<String> = (0..3_000).map(|n| format!("X-{n}: {n}")).collect();
    let many = |rest: &[&'static str]| {
        get(&[PLAIN]
            .into_iter()
            .chain(many.iter().map(String::as_str))
            .chain(rest.to_vec())
            .collect::<Vec<_>>())
    };
    guarded.assert_untouched(many(&["A: b"]));
    guarded.assert_passes_as_browser(many(&[LANGUAGE]));
    guarded.assert_refused(many(&[LANGUAGE, EVIL]), 1);
    guarded.assert_refused(many(&[CROSS_SITE]), 2);
}

#[test]
fn a_value_may_hold_what_engines_serve() {
    let guarded = Guarded::start();
    for odd in ["X: a\x01b", "X: \x1b[2J\x7f", "X: \u{e4}\u{f6}", "X:", "X: a: b", "X: \x0b"] {
        guarded.assert_untouched(get(&["Host: docker.example", odd]));
        guarded.assert_passes_as_browser(get(&[PLAIN, odd, LANGUAGE]));
        guarded.assert_refused(get(&["Host: evil.example", odd, LANGUAGE]), 3);
        guarded.assert_refused(post(&[PLAIN, odd, EVIL]), 1);
    }
    guarded.assert_untouched([get(&[]).trim_end().as_bytes(), b"\r\nX: \xff\xfe\r\n\r\n"].concat());
}

#[test]
fn a_head_may_be_one_mebibyte_long_and_no_longer() {
    let guarded = Guarded::start();
    let long = |size: usize, lines: &[&str]| {
        let empty = get(&[lines, &["X: "]].concat());
        let filler = "x".repeat(size - empty.len());
        get(&[lines, &[&format!("X: {filler}")]].concat())
    };
    guarded.assert_untouched(long(1 << 20, &[PLAIN]));
    guarded.assert_passes_as_browser(long(1 << 20, &[PLAIN, LANGUAGE]));
    guarded.assert_refused(long(1 << 20, &["Host: evil.example", LANGUAGE]), 3);
    let message = guarded.assert_answered(long((1 << 20) + 1, &[PLAIN]).as_bytes(), 431);
    assert!(message.contains("1 MiB"), "{message}");
}

#[test]
fn what_follows_the_head_is_no_part_of_it() {
    let guarded = Guarded::start();
    let request = post(&["Host: docker"]).replace("Content-Length: 0", "Content-Length: 60");
    let body = "Origin: https://evil.example\r\nAccept-Language: de\r\n\r\n folded\n";
    guarded.assert_untouched(format!("{request}{body}"));
    guarded.assert_untouched([get(&["Host: docker"]).as_bytes(), &vec![0xff; 200_000]].concat());
}

#[test]
fn a_connection_that_does_not_begin_as_http_is_relayed_as_it_is() {
    let guarded = Guarded::start();
    for first in [
        &b"\x16\x03\x01\x02\0\x01\0\x01\xfc\x03\x03"[..],
        b"\0",
        b"\r\n",
        b"\r\nPOST / HTTP/1.1\r\nHost: docker\r\n\r\n",
        b" GET / HTTP/1.1\r\n\r\n",
        b"{\"a\":1}\n",
        b"\xff\xfe",
    ] {
        let hello = b"\0 whatever comes back \xff";
        guarded.assert_relayed(first, first, hello, hello);
    }
}

#[test]
fn the_preface_of_http_2_is_relayed_as_it_is() {
    let guarded = Guarded::start();
    let preface = b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n";
    let settings = b"\0\0\0\x04\0\0\0\0\0";
    guarded.assert_relayed(preface, preface, settings, settings);
    let sent = [&preface[..], settings, b"origin: https://evil.example"].concat();
    guarded.assert_relayed(&sent, &sent, settings, settings);
    // What only begins like it is a head as any other.
    guarded
        .assert_refused("PRI * HTTP/2.0\r\nHost: evil.example\r\nAccept-Language: de\r\n\r\n", 3);
}
