//! Rule 3, clause by clause.

use super::*;

#[test]
fn rule_3_knows_the_hosts_that_nobody_else_can_own() {
    for host in [
        "192.168.7.7",
        "203.0.113.7:2375",
        "[::1]:2375",
        "[2001:db8::7]",
        "localhost:2375",
        "LocalHost.",
        "docker",
        "my_host",
        "2130706433",
        "api.moby.localhost",
        "host.docker.internal:2375",
        "NAS.Local",
        "nas.lan.",
        "nas.home.arpa",
        "nas.localdomain",
        "nas.example:2375",
        "Docker.Example:1",
        "docker.example.",
    ] {
        assert_eq!(plain("GET", &[LANGUAGE, ("Host", host)]), Verdict::PassBrowser, "{host}");
    }
}

#[test]
fn rule_3_refuses_every_other_host() {
    for host in [
        "rebound.example",
        "sub.docker.example",
        "docker.example.evil.example",
        "evildocker.example",
        "evil.nas.example",
        "local.evil.example",
        "evil-local.example",
        "127.0.0.1.evil.example",
        "127.0.0.1.evil.example:2375",
        "127.1",
        "0x7f.1",
        "localhost.evil.example",
        "",
        ".local",
        "a b.local",
        "evil.example/.local",
        "evil.example:2375:.local",
        "::1",
        "[::1",
        "localhost, evil.example",
    ] {
        assert_eq!(rule(&plain("GET", &[LANGUAGE, ("Host", host)])), 3, "{host}");
    }
}

#[test]
fn rule_3_wants_exactly_one_host() {
    assert_eq!(plain("GET", &[LANGUAGE]), Verdict::Refuse(Refusal::NoHost));
    assert_eq!(plain("GET", &[LANGUAGE, IP, IP]), Verdict::Refuse(Refusal::SeveralHosts));
}

#[test]
fn rule_3_is_left_out_over_tls_and_the_others_are_not() {
    let host = ("Host", "rebound.example");
    assert_eq!(secure("GET", &[LANGUAGE, host]), Verdict::PassBrowser);
    let origin = ("Origin", "https://rebound.example");
    assert_eq!(rule(&secure("GET", &[LANGUAGE, host, origin])), 1);
    assert_eq!(rule(&secure("GET", &[host, ("Sec-Fetch-Site", "same-origin")])), 2);
}

#[test]
fn without_a_machines_name_an_empty_host_is_not_it() {
    let lines = [LANGUAGE, ("Host", "")];
    let verdict = Guard::default().judge(&request("GET", &lines, false));
    assert_eq!(rule(&verdict), 3);
}
