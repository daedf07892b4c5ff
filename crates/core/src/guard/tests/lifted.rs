//! What an `--allow-origin` lifts, and what it does not.

use super::*;

#[test]
fn an_allowed_origin_lifts_rules_1_and_2() {
    for origin in
        ["https://portainer.example", "HTTPS://Portainer.Example", "https://portainer.example:443"]
    {
        let lines = [IP, LANGUAGE, ("Origin", origin), ("Sec-Fetch-Site", "same-origin")];
        assert_eq!(plain("POST", &lines), Verdict::PassBrowser, "{origin}");
    }
}

#[test]
fn an_allowed_origin_means_its_scheme_and_port_too() {
    for origin in ["http://portainer.example", "https://portainer.example:9443"] {
        assert_eq!(rule(&plain("POST", &[IP, ("Origin", origin)])), 1, "{origin}");
    }
}

#[test]
fn an_allowed_origin_does_not_lift_rule_3() {
    let lines = [("Host", "rebound.example"), LANGUAGE, ("Origin", "https://portainer.example")];
    assert_eq!(rule(&plain("POST", &lines)), 3);
}

#[test]
fn an_allowed_origin_beside_a_foreign_one_lifts_nothing() {
    let lines = [IP, ("Origin", "https://portainer.example"), ("Origin", "https://evil.example")];
    assert_eq!(rule(&plain("POST", &lines)), 1);
}

#[test]
fn a_referer_of_an_allowed_origin_counts_where_there_is_no_origin() {
    let site = ("Sec-Fetch-Site", "same-origin");
    let referer = ("Referer", "https://portainer.example/#!/2/docker/dashboard");
    let foreign = ("Referer", "https://evil.example/https://portainer.example/");
    assert_eq!(plain("GET", &[IP, site, referer]), Verdict::PassBrowser);
    assert_eq!(rule(&plain("GET", &[IP, site, foreign])), 2);
    assert_eq!(rule(&plain("GET", &[IP, site, referer, foreign])), 2);
    assert_eq!(rule(&plain("GET", &[IP, site, referer, ("Origin", "https://evil.example")])), 1);
    assert_eq!(rule(&plain("GET", &[IP, site, referer, ("Origin", "null")])), 1);
}
