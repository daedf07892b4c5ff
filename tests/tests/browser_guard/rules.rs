//! The three rules, what lifts them, and how requests are told from browsers'.

use testkit::ports::free_port;
use testkit::{Endpoint, Program, skip};

use super::*;

#[test]
fn each_sign_of_a_browser_alone_makes_one() {
    let guarded = Guarded::start();
    for sign in [
        LANGUAGE,
        "ACCEPT-LANGUAGE:",
        "sec-fetch-site: none",
        "user-agent:Mozilla/4.0 (compatible)",
    ] {
        guarded.assert_passes_as_browser(get(&[PLAIN, sign]));
        guarded.assert_refused(get(&["Host: evil.example", sign]), 3);
    }
    for no_sign in ["User-Agent: mozilla/5.0", "User-Agent: a Mozilla/5.0", "Accept: text/html"] {
        guarded.assert_untouched(get(&["Host: evil.example", no_sign]));
    }
}

#[test]
fn a_fetch_mode_without_a_fetch_site_is_no_browsers() {
    let guarded = Guarded::start();
    let host = "Host: docker.example";
    guarded.assert_untouched(get(&[host, LANGUAGE, FIREFOX, CORS]));
    guarded.assert_refused(get(&[host, LANGUAGE, FIREFOX, CORS, "Sec-Fetch-Site: none"]), 3);
    // It excuses no Origin.
    guarded.assert_refused(post(&[host, LANGUAGE, CORS, EVIL]), 1);
}

#[test]
fn an_origin_must_be_the_requests_own_host_and_port() {
    let guarded = Guarded::start();
    for (host, origin) in [
        ("docker:2375", "https://evil.example"),
        ("docker:2375", "http://docker:2376"),
        ("docker:2375", "http://docker"),
        ("docker:2375", "http://evil.docker:2375"),
        ("docker:2375", "http://docker:2375.evil.example"),
        ("docker:2375", "null"),
        ("docker:2375", "file://"),
        ("docker:2375", ""),
        ("docker:2375", "docker:2375"),
        ("docker:2375", "http://docker:2375, http://docker:2375"),
        ("docker", "http://docker:2375"),
        ("", "http://"),
    ] {
        let (host, origin) = (format!("Host: {host}"), format!("Origin: {origin}"));
        guarded.assert_refused(get(&[&host, &origin]), 1);
        guarded.assert_refused(post(&[&host, &origin]), 1);
    }
    for (host, origin) in [
        ("docker", "http://docker"),
        ("docker:80", "http://docker"),
        ("docker", "http://docker:80"),
    ] {
        guarded.assert_untouched(get(&[&format!("Host: {host}"), &format!("Origin: {origin}")]));
    }
    let own = "Origin: http://docker";
    guarded.assert_refused(get(&["Host: docker", own, EVIL]), 1);
    guarded.assert_refused(get(&["Host: docker", "Host: evil.example", own]), 1);
    guarded.assert_refused(get(&[own]), 1);
}

#[test]
fn a_browser_may_have_no_origin_at_all() {
    let guarded = Guarded::start();
    let own = "Origin: http://192.168.7.7:2375";
    for sign in [LANGUAGE, FIREFOX, "Sec-Fetch-Site: none"] {
        guarded.assert_refused(post(&[PLAIN, sign, own]), 1);
        guarded.assert_refused(get(&[PLAIN, sign, own]), 1);
    }
}

#[test]
fn a_fetch_site_other_than_none_passes_only_when_it_navigates() {
    let guarded = Guarded::start();
    for site in ["cross-site", "same-site", "same-origin", "", "None", "else"] {
        let site = format!("Sec-Fetch-Site: {site}");
        for mode in [NO_CORS, CORS, "Sec-Fetch-Mode: websocket", "Sec-Fetch-Mode:", "A: b"] {
            guarded.assert_refused(get(&[LOCAL, &site, mode]), 2);
        }
        for method in ["GET", "HEAD"] {
            let first = format!("{method} /_ping HTTP/1.1");
            guarded.assert_passes_as_browser(head(&[&first, LOCAL, &site, NAVIGATE]));
        }
        for method in ["POST", "PUT", "DELETE", "PATCH", "OPTIONS", "get"] {
            let first = format!("{method} /_ping HTTP/1.1");
            guarded.assert_refused(head(&[&first, LOCAL, &site, NAVIGATE]), 2);
        }
    }
    let none = "Sec-Fetch-Site: none";
    guarded.assert_passes_as_browser(post(&[LOCAL, none, CORS]));
    guarded.assert_refused(get(&[LOCAL, none, CROSS_SITE, CORS]), 2);
    guarded.assert_refused(get(&[LOCAL, CROSS_SITE, NAVIGATE, CORS]), 2);
}

#[test]
fn a_browser_may_use_addresses_and_names_that_nobody_can_register() {
    let guarded = Guarded::start();
    for host in [
        "192.168.7.7",
        "127.0.0.1:2375",
        "[::1]",
        "[2001:db8::7]:2375",
        "localhost",
        "LocalHost:2375",
        "nas",
        "nas:2375",
        "docker.localhost",
        "host.docker.internal:2375",
        "nas.local",
        "nas.lan.",
        "nas.home.arpa",
        "nas.localdomain",
    ] {
        guarded.assert_passes_as_browser(get(&[&format!("Host: {host}"), LANGUAGE]));
    }
    for host in [
        "evil.example",
        "evil.example:2375",
        "localhost.evil.example",
        "127.0.0.1.evil.example",
        "internal.evil",
        "evillan.example",
        "home.arpa.evil",
        ".lan",
        "a..lan",
        "127.1",
        "[::1",
        "nas@evil.example",
        "nas:port",
        "",
    ] {
        guarded.assert_refused(get(&[&format!("Host: {host}"), LANGUAGE]), 3);
    }
    guarded.assert_refused(get(&[LANGUAGE]), 3);
    guarded.assert_refused(get(&[PLAIN, PLAIN, LANGUAGE]), 3);
}

#[test]
fn a_browser_may_use_the_machines_own_name() {
    if !skip::require_root() {
        return;
    }
    let engine = RudeEngine::start();
    let port = free_port();
    // A namespace of its own, whose name is no name that passes anyway.
    let process = Program::new("unshare")
        .args(["--uts", "sh", "-c", "hostname Box.Example && exec \"$0\" \"$@\""])
        .arg(testkit::binary::binary("bridge"))
        .args(["--listen", &format!("127.0.0.1:{port}")])
        .args(["--upstream", &engine.endpoint().to_string()])
        .start();
    process.wait_for_log_containing("listening on");
    engine.greeted();
    let ask = |host: &str| {
        let mut client = Endpoint::Tcp(([127, 0, 0, 1], port).into()).connect();
        client.send(get(&[&format!("Host: {host}"), LANGUAGE]));
        client
    };
    let _client = ask("box.example:2375");
    engine.accept(DEADLINE);
    for host in ["box.example.org", "a.box.example"] {
        assert_eq!(ask(host).read_response(false).status, 403, "{host}");
    }
}

#[test]
fn allow_host_lifts_rule_3_for_that_name_alone() {
    let guarded = Guarded::with(&["--allow-host", "docker.example", "--allow-host", "Two.Example"]);
    for host in ["docker.example:2375", "DOCKER.example", "docker.example.", "two.example:80"] {
        guarded.assert_passes_as_browser(get(&[&format!("Host: {host}"), LANGUAGE]));
    }
    for host in ["evil.example", "evil.docker.example", "docker.example.evil"] {
        guarded.assert_refused(get(&[&format!("Host: {host}"), LANGUAGE]), 3);
    }
    let host = "Host: docker.example";
    guarded.assert_refused(post(&[host, LANGUAGE, "Origin: http://docker.example"]), 1);
    guarded.assert_refused(get(&[host, LANGUAGE, CROSS_SITE, CORS]), 2);

    let guarded = Guarded::with_variable("BRIDGE_ALLOW_HOST", "docker.example, two.example");
    for host in ["Host: docker.example", "Host: two.example"] {
        guarded.assert_passes_as_browser(get(&[host, LANGUAGE]));
    }
}

#[test]
fn allow_origin_lifts_rules_1_and_2_for_that_origin_alone() {
    let guarded = Guarded::with(&["--allow-origin", "https://portainer.example"]);
    let (allowed, page) =
        ("Origin: https://portainer.example", "Referer: https://portainer.example/#!/1/docker");
    for lines in [&[allowed][..], &["Origin: HTTPS://Portainer.Example:443"], &[page]] {
        let lines =
            [&[LOCAL, LANGUAGE, FIREFOX, "Sec-Fetch-Site: same-origin", CORS], lines].concat();
        guarded.assert_passes_as_browser(post(&lines));
        guarded.assert_passes_as_browser(get(&lines));
    }
    // Without a browser's signs.
    guarded.assert_untouched(post(&["Host: docker.example", allowed]));
    for foreign in [
        EVIL,
        NULL,
        "Origin: http://portainer.example",
        "Origin: https://portainer.example:9443",
        "Origin: https://portainer.example.evil.example",
        "Origin: https://evil.portainer.example",
        // Its own Host, and a browser.
        "Origin: http://localhost:2375",
    ] {
        guarded.assert_refused(post(&[LOCAL, LANGUAGE, foreign]), 1);
        // The Referer counts only if there is no Origin.
        guarded.assert_refused(post(&[LOCAL, LANGUAGE, foreign, page]), 1);
        guarded.assert_refused(post(&[LOCAL, LANGUAGE, allowed, foreign]), 1);
    }
    for foreign in ["Referer: https://evil.example/https://portainer.example/", "Referer:", "A: b"]
    {
        guarded.assert_refused(post(&[LOCAL, LANGUAGE, CROSS_SITE, CORS, foreign]), 2);
    }
    // Rule 3 stays.
    guarded.assert_refused(post(&["Host: evil.example", LANGUAGE, allowed]), 3);

    let variable = Guarded::with_variable(
        "BRIDGE_ALLOW_ORIGIN",
        "https://one.example https://portainer.example",
    );
    variable.assert_passes_as_browser(post(&[LOCAL, LANGUAGE, allowed]));
}

#[test]
fn without_the_guard_every_byte_is_relayed_unseen() {
    for guarded in [
        Guarded::with(&["--no-browser-guard"]),
        Guarded::with_variable("BRIDGE_NO_BROWSER_GUARD", "yes"),
    ] {
        guarded.assert_untouched(post(&[
            "Host: evil.example",
            LANGUAGE,
            FIREFOX,
            EVIL,
            CROSS_SITE,
        ]));
        guarded.assert_untouched("GET / HTTP/1.1\r\n folded\r\n\r\n");
        guarded.assert_untouched("GET nonsense\r\n");
        guarded
            .assert_untouched([b"GET / HTTP/1.1\r\na: ", vec![b'x'; 2 << 20].as_slice()].concat());
    }
}

#[test]
fn a_refusal_is_told_in_the_log_without_its_control_bytes() {
    let guarded = Guarded::start();
    guarded.assert_refused(post(&[PLAIN, LANGUAGE, "Origin: https://evil\x1b[2J.example"]), 1);
    let line = guarded.bridge.wait_for_log_containing("is refused");
    assert!(line.contains(r"https://evil\x1b[2J.example"), "{line}");
    assert!(line.contains("--allow-origin"), "{line}");
}
