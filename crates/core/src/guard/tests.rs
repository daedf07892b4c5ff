//! The signs and rules 1 and 2, clause by clause.

mod host_rule;
mod lifted;
mod measured;

use super::*;

type Lines<'a> = &'a [(&'a str, &'a str)];

const LANGUAGE: (&str, &str) = ("Accept-Language", "en");
const IP: (&str, &str) = ("Host", "192.168.7.7:2375");

fn request<'a>(method: &'a str, lines: Lines<'a>, secure: bool) -> Request<'a> {
    let lines = lines.iter().map(|(name, value)| (name.as_bytes(), value.as_bytes()));
    Request::new(method.as_bytes(), lines, secure)
}

fn guard() -> Guard {
    Guard::new(
        vec!["docker.example".parse().unwrap()],
        vec!["https://portainer.example".parse().unwrap()],
        "Nas.Example.",
    )
}

fn plain(method: &str, lines: Lines<'_>) -> Verdict {
    guard().judge(&request(method, lines, false))
}

fn secure(method: &str, lines: Lines<'_>) -> Verdict {
    guard().judge(&request(method, lines, true))
}

/// The number of the rule that refuses; 0 for none.
fn rule(verdict: &Verdict) -> u8 {
    if let Verdict::Refuse(refusal) = verdict { refusal.rule() } else { 0 }
}

#[test]
fn a_request_without_a_sign_passes_whatever_its_host() {
    for host in ["rebound.example", "", "a b", "api.moby.localhost", "%2Fvar%2Frun%2Fdocker.sock"] {
        assert_eq!(plain("POST", &[("Host", host), ("User-Agent", "curl/8")]), Verdict::Pass);
    }
    assert_eq!(plain("GET", &[]), Verdict::Pass);
    assert_eq!(plain("GET", &[("Host", "a.example"), ("Host", "b.example")]), Verdict::Pass);
}

#[test]
fn each_sign_alone_is_a_browsers() {
    for sign in [
        LANGUAGE,
        ("ACCEPT-language", ""),
        ("Sec-Fetch-Site", "none"),
        ("User-Agent", "Mozilla/5.0 (X11; Linux x86_64) Firefox/153.0"),
    ] {
        assert_eq!(plain("GET", &[IP, sign]), Verdict::PassBrowser, "{sign:?}");
    }
}

#[test]
fn a_user_agent_that_only_mentions_mozilla_is_no_sign() {
    for agent in ["curl/8 (not Mozilla/5.0)", "Mozilla", "", "docker/28.2"] {
        assert_eq!(plain("GET", &[IP, ("User-Agent", agent)]), Verdict::Pass, "{agent}");
    }
}

#[test]
fn of_several_user_agents_one_of_a_browser_is_enough() {
    let lines = [IP, ("User-Agent", "curl/8"), ("User-Agent", "Mozilla/5.0")];
    assert_eq!(plain("GET", &lines), Verdict::PassBrowser);
}

#[test]
fn a_fetch_mode_without_a_fetch_site_takes_all_signs_away() {
    let lines = [
        ("Host", "rebound.example"),
        LANGUAGE,
        ("User-Agent", "Mozilla/5.0"),
        ("Sec-Fetch-Mode", "cors"),
    ];
    assert_eq!(plain("POST", &lines), Verdict::Pass);
}

#[test]
fn rule_1_refuses_a_foreign_origin_without_any_sign() {
    for origin in [
        "http://evil.example",
        "http://192.168.7.7",
        "http://192.168.7.7:2376",
        "http://192.168.7.70:2375",
        "null",
        "",
        "192.168.7.7:2375",
        "http://192.168.7.7:2375 http://evil.example",
        "http://192.168.7.7:2375/ http://evil.example",
        "http://192.168.7.7:2375@evil.example",
    ] {
        assert_eq!(rule(&plain("GET", &[IP, ("Origin", origin)])), 1, "{origin}");
    }
}

#[test]
fn rule_1_lets_a_client_without_signs_name_its_own_host() {
    for (host, origin) in [
        ("192.168.7.7:2375", "http://192.168.7.7:2375"),
        ("Docker.Example:2375", "ws://docker.example:2375"),
        ("nas.lan.:2375", "http://nas.lan:2375/"),
        ("[::1]:2375", "http://[0::1]:2375"),
        ("localhost", "http://localhost"),
        ("localhost:80", "http://localhost"),
        ("localhost", "http://localhost:80"),
    ] {
        let lines = [("Host", host), ("Origin", origin)];
        assert_eq!(plain("GET", &lines), Verdict::Pass, "{host} {origin}");
    }
}

#[test]
fn the_port_that_tls_implies_is_443() {
    for (host, origin) in [
        ("docker.example", "https://docker.example"),
        ("docker.example:443", "https://docker.example"),
        ("docker.example", "wss://docker.example:443"),
    ] {
        let lines = [("Host", host), ("Origin", origin)];
        assert_eq!(secure("GET", &lines), Verdict::Pass, "{host} {origin}");
    }
    let lines = [("Host", "docker.example:80"), ("Origin", "https://docker.example")];
    assert_eq!(rule(&secure("GET", &lines)), 1);
}

#[test]
fn rule_1_refuses_an_origin_where_the_host_is_missing_or_doubtful() {
    let origin = ("Origin", "http://localhost");
    for hosts in [
        &[][..],
        &[("Host", "")],
        &[("Host", "local host")],
        &[("Host", "localhost"), ("Host", "localhost")],
    ] {
        let lines: Vec<_> = hosts.iter().copied().chain([origin]).collect();
        assert_eq!(rule(&plain("GET", &lines)), 1, "{hosts:?}");
    }
}

#[test]
fn of_several_origins_a_foreign_one_counts() {
    let own = ("Origin", "http://192.168.7.7:2375");
    let foreign = ("Origin", "http://evil.example");
    assert_eq!(plain("GET", &[IP, own, own]), Verdict::Pass);
    assert_eq!(rule(&plain("GET", &[IP, own, foreign])), 1);
    assert_eq!(rule(&plain("GET", &[IP, foreign, own])), 1);
}

#[test]
fn rule_1_refuses_its_own_origin_beside_a_sign() {
    let own = ("Origin", "http://192.168.7.7:2375");
    for sign in [LANGUAGE, ("Sec-Fetch-Site", "none"), ("User-Agent", "Mozilla/5.0")] {
        let verdict = plain("POST", &[IP, own, sign]);
        assert!(matches!(verdict, Verdict::Refuse(Refusal::BrowserOrigin(_))), "{verdict:?}");
    }
}

#[test]
fn rule_2_refuses_every_site_but_none() {
    for site in ["cross-site", "same-site", "same-origin", "", "None", "none, none", "new-word"] {
        assert_eq!(rule(&plain("GET", &[IP, ("Sec-Fetch-Site", site)])), 2, "{site}");
    }
    let lines = [IP, ("Sec-Fetch-Site", "none"), ("Sec-Fetch-Site", "cross-site")];
    assert_eq!(rule(&plain("GET", &lines)), 2);
    assert_eq!(plain("POST", &[IP, ("Sec-Fetch-Site", "none")]), Verdict::PassBrowser);
}

#[test]
fn rule_2_lets_a_get_or_head_that_navigates_pass() {
    let lines = [IP, ("Sec-Fetch-Site", "cross-site"), ("Sec-Fetch-Mode", "navigate")];
    for (method, expected) in
        [("GET", 0), ("HEAD", 0), ("POST", 2), ("OPTIONS", 2), ("get", 2), ("DELETE", 2)]
    {
        assert_eq!(rule(&plain(method, &lines)), expected, "{method}");
    }
}

#[test]
fn rule_2_knows_one_mode_that_navigates() {
    for mode in ["no-cors", "cors", "websocket", "same-origin", "", "nested-navigate"] {
        let lines = [IP, ("Sec-Fetch-Site", "cross-site"), ("Sec-Fetch-Mode", mode)];
        assert_eq!(rule(&plain("GET", &lines)), 2, "{mode}");
    }
    let lines = [
        IP,
        ("Sec-Fetch-Site", "cross-site"),
        ("Sec-Fetch-Mode", "navigate"),
        ("Sec-Fetch-Mode", "cors"),
    ];
    assert_eq!(rule(&plain("GET", &lines)), 2);
}
