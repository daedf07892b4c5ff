//! `docker-socket-proxy`: old compose files of the proxies that it stands in for, and ours.

use std::fs;

use testkit::dockerd::Dockerd;
use testkit::process::finish;
use testkit::{DEADLINE, eventually, requires_tool};

use crate::compose::{Project, engine_with};
use crate::{deployment, succeed};

/// As READMEs and guides have them, but for `privileged`, which no engine in a container can give.
/// The second word is what stands in place of the image, the last
/// ones are a path that is served and one that isn't.
const OLD: [(&str, &str, &str, [&str; 2]); 2] = [
    (
        "image: tecnativa/docker-socket-proxy:latest\n",
        "image: docker-socket-proxy\n",
        r#"
version: "3"
services:
  dockerproxy:
    image: tecnativa/docker-socket-proxy:latest
    container_name: dockerproxy
    restart: unless-stopped
    environment:
      - CONTAINERS=1
      - POST=0
      - LOG_LEVEL=warning
    ports:
      - 127.0.0.1:2375:2375
    volumes:
      - /var/run/docker.sock:/var/run/docker.sock:ro
"#,
        ["/v1.40/containers/json", "/v1.40/images/json"],
    ),
    (
        "image: lscr.io/linuxserver/socket-proxy:latest\n    environment:\n",
        "image: docker-socket-proxy\n    environment:\n      - BRIDGE_ACCESS=linuxserver\n",
        r"
services:
  socket-proxy:
    image: lscr.io/linuxserver/socket-proxy:latest
    environment:
      - ALLOW_START=0
      - CONTAINERS=0
      - IMAGES=1
      - DISABLE_IPV6=0
      - INFO=1
      - POST=0
      - TZ=Etc/UTC
    volumes:
      - /var/run/docker.sock:/var/run/docker.sock:ro
    restart: unless-stopped
    read_only: true
    tmpfs:
      - /run
    ports:
      - 127.0.0.1:2375:2375
",
        ["/images/json", "/containers/json"],
    ),
];

fn status(engine: &Dockerd, url: &str) -> String {
    let mut curl = engine.inside("curl");
    curl.args(["--silent", "--output", "/dev/null", "--write-out", "%{http_code}", url]);
    String::from_utf8_lossy(&finish(curl, DEADLINE).stdout).into_owned()
}

fn expect_status(project: &Project<'_>, engine: &Dockerd, url: &str, wanted: &str) {
    let logs = finish(project.compose(&["logs"]), DEADLINE);
    let logs = String::from_utf8_lossy(&logs.stdout).into_owned();
    eventually(DEADLINE, &format!("{wanted} for {url}; it logged\n{logs}"), || {
        status(engine, url) == wanted
    });
}

#[test]
fn old_compose_files_of_socket_proxies_serve_what_they_served() {
    let (_, _) = (requires_tool!("docker-compose"), requires_tool!("curl"));
    let Some(engine) = engine_with(&["docker-socket-proxy"]) else { return };
    for (old, new, file, [served, refused]) in OLD {
        let changed = file.replace(old, new);
        assert_ne!(changed, file, "{old}");
        let project = Project::up(&engine, &changed);
        let at = |path: &str| format!("http://127.0.0.1:2375{path}");
        expect_status(&project, &engine, &at("/_ping"), "200");
        expect_status(&project, &engine, &at(served), "200");
        expect_status(&project, &engine, &at(refused), "403");
        let id = succeed(project.compose(&["ps", "--quiet"]));
        let format = "{{.State.Health.Status}}";
        let health = || engine.run(&["inspect", "--format", format, id.trim()]);
        eventually(DEADLINE * 3, "it is healthy", || health() == "healthy");
    }
}

#[test]
fn our_compose_file_gives_each_consumer_a_listener_of_its_own() {
    let (_, _) = (requires_tool!("docker-compose"), requires_tool!("curl"));
    let Some(engine) = engine_with(&["docker-socket-proxy"]) else { return };
    let file = fs::read_to_string(deployment("docker-socket-proxy.compose.yaml")).unwrap();
    let project = Project::up_one(&engine, &file, "docker-socket-proxy");
    let id = succeed(project.compose(&["ps", "--quiet", "docker-socket-proxy"]));
    let address = |network: &str| {
        let format =
            format!("{{{{(index .NetworkSettings.Networks \"tested_{network}\").IPAddress}}}}");
        engine.run(&["inspect", "--format", &format, id.trim()])
    };
    let at = |network: &str, path: &str| format!("http://{}:2375{path}", address(network));
    // Who may look at logs gets the Engine's own answer.
    let logs = "/containers/none/logs?stdout=1";
    expect_status(&project, &engine, &at("dozzle", logs), "404");
    expect_status(&project, &engine, &at("homepage", logs), "403");
    expect_status(&project, &engine, &at("homepage", "/containers/json"), "200");
}
