//! What browsers and clients were measured to send, each towards addresses that browsers call
//! trustworthy and towards plain ones.

use testkit::process::finish;
use testkit::stream::Endpoint;
use testkit::{Bridge, DEADLINE, Program, StandIn, dockerd, requires_tool};

use super::*;

#[test]
fn an_address_that_a_person_types_passes() {
    let guarded = Guarded::start();
    for browser in [CHROMIUM, FIREFOX] {
        let site = "Sec-Fetch-Site: none";
        guarded.assert_passes_as_browser(get(&[LOCAL, LANGUAGE, browser, site, NAVIGATE]));
        guarded.assert_passes_as_browser(get(&[PLAIN, LANGUAGE, browser]));
    }
}

#[test]
fn a_link_or_frame_from_elsewhere_passes() {
    let guarded = Guarded::start();
    for browser in [CHROMIUM, FIREFOX] {
        guarded.assert_passes_as_browser(get(&[LOCAL, LANGUAGE, browser, CROSS_SITE, NAVIGATE]));
        guarded.assert_passes_as_browser(get(&[PLAIN, LANGUAGE, browser]));
    }
}

#[test]
fn an_image_or_a_script_from_elsewhere_is_refused_where_the_browser_tells() {
    let guarded = Guarded::start();
    for browser in [CHROMIUM, FIREFOX] {
        guarded.assert_refused(get(&[LOCAL, LANGUAGE, browser, CROSS_SITE, NO_CORS]), 2);
        // Nothing tells it from a typed address; its page can't read the answer.
        guarded.assert_passes_as_browser(get(&[PLAIN, LANGUAGE, browser]));
    }
}

#[test]
fn every_post_from_elsewhere_is_refused() {
    let guarded = Guarded::start();
    for browser in [CHROMIUM, FIREFOX] {
        for origin in [EVIL, NULL] {
            for mode in [NAVIGATE, NO_CORS, CORS] {
                let lines = [LOCAL, LANGUAGE, browser, origin, CROSS_SITE, mode];
                guarded.assert_refused(post(&lines), 1);
            }
            guarded.assert_refused(post(&[PLAIN, LANGUAGE, browser, origin]), 1);
        }
    }
}

#[test]
fn a_cors_get_or_preflight_from_elsewhere_is_refused() {
    let guarded = Guarded::start();
    for browser in [CHROMIUM, FIREFOX] {
        guarded.assert_refused(get(&[LOCAL, LANGUAGE, browser, EVIL, CROSS_SITE, CORS]), 1);
        guarded.assert_refused(get(&[PLAIN, LANGUAGE, browser, EVIL]), 1);
        for lines in [&[LOCAL, CROSS_SITE, CORS][..], &[PLAIN]] {
            let first = "OPTIONS /containers/create HTTP/1.1";
            let asked = "Access-Control-Request-Method: POST";
            let lines = [&[first], lines, &[LANGUAGE, browser, EVIL, asked]].concat();
            guarded.assert_refused(head(&lines), 1);
        }
    }
}

#[test]
fn a_websocket_of_a_page_from_anywhere_is_refused() {
    let guarded = Guarded::start();
    let upgrade = ["Connection: Upgrade", "Upgrade: websocket"];
    let mode = "Sec-Fetch-Mode: websocket";
    for origin in [EVIL, NULL, "Origin: http://localhost:2375"] {
        let firefox = [&[LOCAL, LANGUAGE, FIREFOX, origin, CROSS_SITE, mode], &upgrade[..]];
        guarded.assert_refused(get(&firefox.concat()), 1);
        let chromium = [&[LOCAL, LANGUAGE, CHROMIUM, origin], &upgrade[..]];
        guarded.assert_refused(get(&chromium.concat()), 1);
    }
    for (browser, origin) in [(CHROMIUM, EVIL), (FIREFOX, "Origin: http://192.168.7.7:2375")] {
        guarded
            .assert_refused(get(&[&[PLAIN, LANGUAGE, browser, origin], &upgrade[..]].concat()), 1);
    }
}

#[test]
fn a_rebound_page_is_refused_whatever_it_says_of_itself() {
    let guarded = Guarded::start();
    let (host, own) = ("Host: evil.example:2375", "Origin: http://evil.example:2375");
    for browser in [CHROMIUM, FIREFOX, "User-Agent: curl/8", "User-Agent: docker/28", "User-Agent:"]
    {
        for language in [LANGUAGE, "Accept-Language: *", "Accept-Language:"] {
            guarded.assert_refused(get(&[host, language, browser]), 3);
            guarded.assert_refused(post(&[host, language, browser, own]), 1);
        }
    }
    // A page may name the header, but browsers don't send what it says.
    guarded.assert_refused(get(&[host, CHROMIUM]), 3);
}

#[test]
fn a_ping_of_a_link_is_refused() {
    let guarded = Guarded::start();
    let mode = NO_CORS;
    guarded.assert_refused(post(&[LOCAL, CHROMIUM, LANGUAGE, EVIL, CROSS_SITE, mode]), 1);
    guarded.assert_refused(post(&[PLAIN, CHROMIUM, LANGUAGE, EVIL]), 1);
    guarded.assert_refused(post(&[LOCAL, FIREFOX, EVIL, CROSS_SITE, mode]), 1);
    guarded.assert_refused(post(&[PLAIN, FIREFOX, EVIL]), 1);
}

#[test]
fn nodes_fetch_passes_untouched() {
    let guarded = Guarded::start();
    let lines = ["Connection: keep-alive", "accept: */*", "accept-language: *", "user-agent: node"];
    for host in ["Host: docker.example:2375", LOCAL, PLAIN] {
        let lines = [&[host], &lines[..], &["sec-fetch-mode: cors"]].concat();
        guarded.assert_untouched(get(&lines));
        guarded.assert_untouched(post(&lines));
    }
}

#[test]
fn nodes_own_fetch_gets_through() {
    let node = requires_tool!("node");
    let engine = StandIn::start();
    let bridge = Bridge::start(engine.socket());
    let script = format!(
        "(async () => {{
           const at = 'http://{}';
           console.log((await (await fetch(at + '/version')).json()).Version);
           const exec = {{ method: 'POST', body: '{{}}' }};
           console.log((await fetch(at + '/containers/x/exec', exec)).status);
           const created = await fetch(at + '/_ping', {{ headers: {{ 'user-agent': 'Mozilla/5.0' }} }});
           console.log(created.headers.get('content-security-policy'));
         }})();",
        bridge.addr()
    );
    let output = finish(Program::new(node).args(["-e", &script]).command(), DEADLINE);
    assert_eq!(String::from_utf8_lossy(&output.stdout), "28.5.2\n201\nnull\n", "{output:?}");
    for request in engine.requests() {
        assert_eq!(request.header("sec-fetch-mode"), Some("cors"), "{request:?}");
        assert_eq!(request.header("sec-fetch-site"), None, "{request:?}");
        assert_ne!(request.header("connection"), Some("close"), "{request:?}");
    }
}

#[test]
fn portainer_from_2_31_on_passes_to_an_address_or_a_name_without_a_dot() {
    let guarded = Guarded::start();
    for user in [CHROMIUM, FIREFOX] {
        for host in [PLAIN, "Host: [fd00::7]:2375", "Host: bridge:2375", LOCAL] {
            guarded.assert_passes_as_browser(get(&[host, user, LANGUAGE]));
            guarded.assert_passes_as_browser(post(&[host, user, LANGUAGE]));
        }
        guarded.assert_refused(get(&["Host: docker.example:2375", user, LANGUAGE]), 3);
    }
}

#[test]
fn portainer_up_to_2_30_passes_only_with_its_origin_allowed() {
    let lines = [
        PLAIN,
        FIREFOX,
        LANGUAGE,
        "Origin: https://portainer.example",
        "Sec-Fetch-Site: same-origin",
        CORS,
    ];
    Guarded::start().assert_refused(post(&lines), 1);
    let trusting = Guarded::with(&["--allow-origin", "https://portainer.example"]);
    trusting.assert_passes_as_browser(post(&lines));
    trusting.assert_refused(post(&[&lines[..3], &[EVIL], &lines[4..]].concat()), 1);
}

#[test]
fn powershell_passes_untouched() {
    let guarded = Guarded::start();
    for agent in [
        "User-Agent: Mozilla/5.0 (Windows NT; Windows NT 10.0; de-DE) WindowsPowerShell/5.1.19041",
        "User-Agent: Mozilla/5.0 (Windows NT 10.0; Microsoft Windows 10.0.19045; en-US) \
         PowerShell/7.4.1",
    ] {
        for host in ["Host: docker.example:2375", PLAIN] {
            guarded.assert_untouched(get(&[agent, host]));
            guarded.assert_untouched(post(&[agent, host]));
        }
    }
}

#[test]
fn scripts_and_sdks_pass_untouched_under_any_name() {
    let guarded = Guarded::start();
    for agent in [
        "User-Agent: curl/7.88.1",
        "User-Agent: Docker-Client/28.2.2 (linux)",
        "User-Agent: docker-sdk-python/7.2.0",
        "User-Agent: Go-http-client/1.1",
        "user-agent: Apache-HttpClient/5.0 (Java/17)",
        "X-None: none",
    ] {
        for host in ["Host: docker.example:2375", "Host: docker", "Host:", "Host: a b", PLAIN] {
            guarded.assert_untouched(get(&[host, agent, "Accept: */*"]));
            guarded.assert_untouched(post(&[host, agent, "Connection: keep-alive"]));
        }
        guarded.assert_untouched(get(&[agent]));
    }
}

#[test]
fn a_websocket_of_an_sdk_passes_untouched_with_its_own_host_as_origin() {
    let guarded = Guarded::start();
    let upgrade = ["Connection: Upgrade", "Upgrade: websocket"];
    for (host, origin) in [
        ("Host: docker.example:2375", "Origin: http://docker.example:2375"),
        ("Host: docker.example:2375", "Origin: HTTP://Docker.Example:2375/"),
        ("Host: localhost", "Origin: http://localhost/"),
        ("Host: [::1]:2375", "Origin: ws://[::1]:2375"),
        (PLAIN, "Origin: http://192.168.7.7:2375"),
    ] {
        guarded.assert_untouched(get(&[&[host, origin], &upgrade[..]].concat()));
    }
    for (host, origin) in
        [("Host: docker", "Origin: http://docker.example"), (PLAIN, "Origin: http://localhost")]
    {
        guarded.assert_refused(get(&[&[host, origin], &upgrade[..]].concat()), 1);
    }
}

#[test]
fn curl_and_the_docker_cli_get_through() {
    let (curl, _docker) = (requires_tool!("curl"), requires_tool!("docker"));
    let engine = StandIn::start();
    let bridge = Bridge::start(engine.socket());
    let url = format!("http://{}/version", bridge.addr());
    let run = |arguments: &[&str]| {
        let program = Program::new(&curl).args(["--silent", "--noproxy", "*"]).args(arguments);
        String::from_utf8(finish(program.command(), DEADLINE).stdout).unwrap()
    };
    let direct = testkit::stream::get(&engine.endpoint(), "/version").text();
    assert_eq!(run(&[&url]), direct);
    assert_eq!(run(&["--request", "POST", &url]), "{\"message\":\"page not found\"}\n");
    let refused = run(&["--header", "Origin: https://evil.example", &url]);
    assert!(refused.contains("rule 1"), "{refused}");

    let endpoint: Endpoint = bridge.addr().into();
    let ps = dockerd::docker(&endpoint.to_string(), &["ps", "--format", "{{.Names}}"]);
    let output = finish(ps, DEADLINE);
    assert_eq!(String::from_utf8_lossy(&output.stdout), "stand-in\n", "{output:?}");
}
