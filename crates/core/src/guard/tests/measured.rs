//! What browsers and clients were measured to send, towards plain and trustworthy addresses.

use super::*;

const CHROMIUM: (&str, &str) = (
    "User-Agent",
    "Mozilla/5.0 (X11; Linux x86_64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/156.0.0.0 \
     Safari/537.36",
);
const FIREFOX: (&str, &str) =
    ("User-Agent", "Mozilla/5.0 (X11; Linux x86_64; rv:153.0) Gecko/20100101 Firefox/153.0");
const TRUSTWORTHY: (&str, &str) = ("Host", "localhost:2375");
const CROSS_SITE: (&str, &str) = ("Sec-Fetch-Site", "cross-site");
const EVIL: (&str, &str) = ("Origin", "https://evil.example");
const NULL: (&str, &str) = ("Origin", "null");
const REBOUND: (&str, &str) = ("Host", "rebound.example:2375");

#[test]
fn an_address_that_a_person_types_passes() {
    let lines = [
        TRUSTWORTHY,
        LANGUAGE,
        CHROMIUM,
        ("Sec-Fetch-Site", "none"),
        ("Sec-Fetch-Mode", "navigate"),
    ];
    assert_eq!(plain("GET", &lines), Verdict::PassBrowser);
    assert_eq!(plain("GET", &[IP, LANGUAGE, FIREFOX]), Verdict::PassBrowser);
}

#[test]
fn a_link_or_frame_from_elsewhere_passes() {
    let lines = [TRUSTWORTHY, LANGUAGE, FIREFOX, CROSS_SITE, ("Sec-Fetch-Mode", "navigate")];
    assert_eq!(plain("GET", &lines), Verdict::PassBrowser);
    assert_eq!(plain("GET", &[IP, LANGUAGE, CHROMIUM]), Verdict::PassBrowser);
}

#[test]
fn an_image_from_elsewhere_is_refused_where_its_browser_tells() {
    let lines = [TRUSTWORTHY, LANGUAGE, CHROMIUM, CROSS_SITE, ("Sec-Fetch-Mode", "no-cors")];
    assert_eq!(rule(&plain("GET", &lines)), 2);
    // Towards a plain address it can't be told from a typed one; its page can't read the answer.
    assert_eq!(plain("GET", &[IP, LANGUAGE, CHROMIUM]), Verdict::PassBrowser);
}

#[test]
fn a_post_from_elsewhere_is_refused() {
    for origin in [EVIL, NULL] {
        for mode in ["navigate", "no-cors", "cors"] {
            let lines =
                [TRUSTWORTHY, LANGUAGE, FIREFOX, origin, CROSS_SITE, ("Sec-Fetch-Mode", mode)];
            assert_eq!(rule(&plain("POST", &lines)), 1, "{origin:?} {mode}");
        }
        assert_eq!(rule(&plain("POST", &[IP, LANGUAGE, CHROMIUM, origin])), 1, "{origin:?}");
    }
}

#[test]
fn a_cors_get_or_preflight_from_elsewhere_is_refused() {
    for method in ["GET", "OPTIONS"] {
        let lines = [TRUSTWORTHY, LANGUAGE, CHROMIUM, EVIL, CROSS_SITE, ("Sec-Fetch-Mode", "cors")];
        assert_eq!(rule(&plain(method, &lines)), 1, "{method}");
        assert_eq!(rule(&plain(method, &[IP, LANGUAGE, FIREFOX, EVIL])), 1, "{method}");
    }
}

#[test]
fn a_websocket_of_a_page_is_refused_wherever_the_page_is_from() {
    let own = ("Origin", "http://localhost:2375");
    for origin in [EVIL, NULL, own] {
        let firefox =
            [TRUSTWORTHY, LANGUAGE, FIREFOX, origin, CROSS_SITE, ("Sec-Fetch-Mode", "websocket")];
        assert_eq!(rule(&plain("GET", &firefox)), 1, "{origin:?}");
        let chromium = [TRUSTWORTHY, LANGUAGE, CHROMIUM, origin];
        assert_eq!(rule(&plain("GET", &chromium)), 1, "{origin:?}");
    }
}

#[test]
fn a_rebound_page_is_refused_whatever_it_says_of_itself() {
    for language in ["", "*", "en"] {
        let firefox = [REBOUND, ("Accept-Language", language), ("User-Agent", "curl/8")];
        assert_eq!(rule(&plain("GET", &firefox)), 3, "{language}");
        let chromium = [REBOUND, ("Accept-Language", language), CHROMIUM];
        assert_eq!(rule(&plain("GET", &chromium)), 3, "{language}");
    }
}

#[test]
fn a_post_of_a_rebound_page_is_refused() {
    let own = ("Origin", "http://rebound.example:2375");
    for agent in [("User-Agent", "curl/8"), CHROMIUM] {
        let lines = [REBOUND, ("Accept-Language", ""), agent, own];
        assert_eq!(rule(&plain("POST", &lines)), 1, "{agent:?}");
    }
}

#[test]
fn a_post_of_a_page_that_the_engine_served_is_refused() {
    let own = ("Origin", "http://192.168.7.7:2375");
    assert_eq!(rule(&plain("POST", &[IP, LANGUAGE, CHROMIUM, own])), 1);
}

#[test]
fn nodes_fetch_passes_as_no_browser() {
    for method in ["GET", "POST"] {
        let lines = [
            ("Host", "docker.elsewhere.example:2375"),
            ("Accept-Language", "*"),
            ("Sec-Fetch-Mode", "cors"),
            ("User-Agent", "node"),
        ];
        assert_eq!(plain(method, &lines), Verdict::Pass, "{method}");
    }
}

#[test]
fn a_ping_of_a_link_is_refused() {
    let firefox = [TRUSTWORTHY, FIREFOX, EVIL, CROSS_SITE, ("Sec-Fetch-Mode", "no-cors")];
    assert_eq!(rule(&plain("POST", &firefox)), 1);
    assert_eq!(rule(&plain("POST", &[IP, FIREFOX, EVIL])), 1);
    assert_eq!(rule(&plain("POST", &[IP, LANGUAGE, CHROMIUM, EVIL])), 1);
}

#[test]
fn portainer_that_hands_on_a_few_headers_passes_at_a_safe_host() {
    for method in ["GET", "POST", "DELETE"] {
        let lines = [("Host", "docker:2375"), LANGUAGE, FIREFOX];
        assert_eq!(plain(method, &lines), Verdict::PassBrowser, "{method}");
    }
    assert_eq!(rule(&plain("GET", &[("Host", "elsewhere.example"), LANGUAGE, FIREFOX])), 3);
}

#[test]
fn portainer_that_hands_on_all_headers_needs_allow_origin() {
    let lines = [
        IP,
        LANGUAGE,
        CHROMIUM,
        ("Origin", "https://portainer.example"),
        ("Sec-Fetch-Site", "same-origin"),
        ("Sec-Fetch-Mode", "cors"),
    ];
    assert_eq!(plain("POST", &lines), Verdict::PassBrowser);
    let refused = Guard::default().judge(&request("POST", &lines, false));
    assert_eq!(rule(&refused), 1);
}

#[test]
fn powershell_passes_as_no_browser() {
    for agent in [
        "Mozilla/5.0 (Windows NT; Windows NT 10.0; en-US) WindowsPowerShell/5.1.22621.2506",
        "Mozilla/5.0 (Windows NT 10.0; Microsoft Windows 10.0.22631; en-US) PowerShell/7.4.1",
    ] {
        let lines = [("Host", "elsewhere.example"), ("User-Agent", agent)];
        assert_eq!(plain("POST", &lines), Verdict::Pass, "{agent}");
    }
}

#[test]
fn scripts_and_sdks_pass() {
    for agent in [
        "curl/7.88.1",
        "Docker-Client/28.2.2 (linux)",
        "docker-sdk-python/7.2.0",
        "Go-http-client/1.1",
    ] {
        let host = ("Host", "elsewhere.example:2375");
        assert_eq!(plain("POST", &[host, ("User-Agent", agent)]), Verdict::Pass, "{agent}");
        let own = ("Origin", "http://elsewhere.example:2375");
        assert_eq!(plain("GET", &[host, own, ("Upgrade", "websocket")]), Verdict::Pass, "{agent}");
    }
}
