//! The page for people, in a browser and without its script.

use std::time::Duration;

use testkit::process::finish;
use testkit::stream::request;
use testkit::{Bridge, Program, StandIn, Transport, requires_tool};

use crate::Watched;

const HOSTILE: &str = "/<img/src=x/onerror=document.title=1>";

/// A bridge that has refused a hostile request.
fn watched(engine: &StandIn) -> Watched {
    let builder = Bridge::builder().over(Transport::Tcp).upstream(engine.socket());
    let watched = Watched::start(builder.args(["--access", "monitor"]));
    for target in [HOSTILE, "/v1.41/containers/create?secret=1"] {
        let raw = format!("POST {target} HTTP/1.1\r\nHost: d\r\nContent-Length: 0\r\n\r\n");
        assert_eq!(request(&watched.bridge.endpoint(), raw).status, 403);
    }
    watched
}

fn check(page: &str) {
    for part in [
        ">healthy</strong>",
        "<td class=\"\">ContainerCreate</td>",
        "allow = [",
        "/v1.41/containers/create</td>",
        "/&lt;img/src=x/onerror=document.title=1&gt;</td>",
    ] {
        assert!(page.contains(part), "{part}: {page}");
    }
    for part in ["<img", "secret", "style=", "onclick"] {
        assert!(!page.contains(part), "{part}: {page}");
    }
}

#[test]
fn it_reads_well_without_its_script() {
    let engine = StandIn::start();
    let page = watched(&engine).get("/").text();
    check(&page);
    assert!(page.contains("<noscript>"), "{page}");
    // Nothing is loaded from elsewhere, and links hold behind a reverse proxy's path.
    assert!(
        !page.contains("http:") && !page.contains("https:") && !page.contains("=\"/"),
        "{page}"
    );
}

#[test]
fn it_is_kept_up_to_date_in_chromium_and_what_is_hostile_stays_text() {
    let chromium = requires_tool!("chromium");
    let engine = StandIn::start();
    let watched = watched(&engine);
    let home = tempfile::tempdir().unwrap();
    let address = watched.admin.address().unwrap();
    let command = Program::new(chromium)
        .args(["--headless", "--no-sandbox", "--disable-gpu", "--enable-logging=stderr"])
        .args(["--virtual-time-budget=3000", "--dump-dom"])
        .arg(format!("--user-data-dir={}", home.path().display()))
        .arg(format!("http://{address}/"))
        .env("HOME", home.path())
        .command();
    let output = finish(command, Duration::from_secs(60));
    let page = String::from_utf8_lossy(&output.stdout);
    let console = String::from_utf8_lossy(&output.stderr);
    check(&page);
    assert!(page.contains("id=\"live\">Live</p>"), "{page}\n{console}");
    assert!(page.contains("<title>Docker API bridge</title>"), "{page}");
    assert!(page.contains(">Copy</button>"), "{page}");
    assert!(page.contains("at most 2 requests a minute, 2 refused"), "{page}");
    assert!(!console.contains("CONSOLE"), "{console}");
}
