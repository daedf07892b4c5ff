//! The page for people, without its script; with it, it is played in `page_chromium` and `page_firefox`.

use testkit::stream::request;
use testkit::{Bridge, StandIn, Transport};

use crate::Watched;

const HOSTILE: &str = "/<img/src=x/onerror=document.title=1>";

/// A bridge that has refused a hostile request.
fn watched(engine: &StandIn) -> Watched {
    let builder = Bridge::builder().over(Transport::Tcp).upstream(engine.socket());
    let watched = Watched::start(builder.args(["--access", "monitor"]));
    for target in [HOSTILE, "/v1.41/containers/create?hunter2=1"] {
        let raw = format!("POST {target} HTTP/1.1\r\nHost: d\r\nContent-Length: 0\r\n\r\n");
        assert_eq!(request(&watched.bridge.endpoint(), raw).status, 403);
    }
    watched
}

#[test]
fn it_reads_well_without_its_script() {
    let engine = StandIn::start();
    let page = watched(&engine).get("/").text();
    for part in [
        ">healthy</strong>",
        "<td class=\"\">ContainerCreate</td>",
        "allow = [",
        "/v1.41/containers/create</td>",
        "/&lt;img/src=x/onerror=document.title=1&gt;</td>",
    ] {
        assert!(page.contains(part), "{part}: {page}");
    }
    for part in ["<img", "hunter2", "style=", "onclick"] {
        assert!(!page.contains(part), "{part}: {page}");
    }
    assert!(page.contains("<noscript>"), "{page}");
    // What it runs with, as `--check` has it.
    for part in ["role monitor (tcp://", "ContainerList             GET      /containers/json"] {
        assert!(page.contains(part), "{part}: {page}");
    }
    // Nothing is loaded from elsewhere, and links hold behind a reverse proxy's path.
    assert!(
        !page.contains("http:") && !page.contains("https:") && !page.contains("=\"/"),
        "{page}"
    );
}
