//! Compose files: ours, and old ones of which only the image's name is changed.

use std::fs;
use std::process::Command;
use std::time::Duration;

use testkit::dockerd::{Dockerd, PrivateDockerd};
use testkit::process::{clean_environment, finish};
use testkit::{DEADLINE, requires_tool};

use crate::rights::Rights;
use crate::{Images, deployment, succeed, tls};

/// As they stand in READMEs and forums; the first word is whose image they name.
const OLD: [(&str, &str, &str); 4] = [
    (
        "bobrik/socat",
        "socat",
        r#"
version: "2"
services:
  docker:
    image: bobrik/socat
    command: TCP4-LISTEN:2375,fork,reuseaddr UNIX-CONNECT:/var/run/docker.sock
    volumes:
      - /var/run/docker.sock:/var/run/docker.sock
    ports:
      - "127.0.0.1:2375:2375"
"#,
    ),
    (
        "alpine/socat",
        "socat",
        r#"
version: "3"
services:
  socat:
    image: alpine/socat
    command: tcp-listen:2375,fork,reuseaddr unix-connect:/var/run/docker.sock
    user: root
    restart: always
    volumes:
      - type: bind
        source: /var/run/docker.sock
        target: /var/run/docker.sock
    ports:
      - 127.0.0.1:2375:2375
"#,
    ),
    (
        "paperplanecc/socat",
        "socat",
        r#"
services:
  socat:
    image: paperplanecc/socat
    command: ["-d", "TCP-LISTEN:2375,fork", "UNIX-CONNECT:/var/run/docker.sock"]
    volumes: ["/var/run/docker.sock:/var/run/docker.sock:ro"]
    ports: ["2375:2375"]
"#,
    ),
    (
        "paperplanecc/docker-api",
        "docker-api",
        r#"
version: "3.8"
services:
  docker-api:
    image: paperplanecc/docker-api
    container_name: docker-api
    restart: always
    ports:
      - 2375:2375
    volumes:
      - /var/run/docker.sock:/var/run/docker.sock
"#,
    ),
];

/// A compose project, which is taken down with all that is its.
pub(crate) struct Project<'a> {
    engine: &'a Dockerd,
    file: tempfile::NamedTempFile,
}

impl<'a> Project<'a> {
    /// `docker-compose up` with this file; the Engine's socket is where the tests have it.
    pub(crate) fn up(engine: &'a Dockerd, file: &str) -> Self {
        Self::up_with(engine, file, &[])
    }

    /// The same for one service of it.
    pub(crate) fn up_one(engine: &'a Dockerd, file: &str, service: &str) -> Self {
        Self::up_with(engine, file, &[service])
    }

    fn up_with(engine: &'a Dockerd, file: &str, services: &[&str]) -> Self {
        let socket = engine.socket().display().to_string();
        let file = file
            .replace("/var/run/docker.sock:/", &format!("{socket}:/"))
            .replace("source: /var/run/docker.sock", &format!("source: {socket}"));
        let project = Self { engine, file: tempfile::NamedTempFile::new().unwrap() };
        fs::write(project.file.path(), file).unwrap();
        succeed(project.compose(&[&["up", "--detach"], services].concat()));
        project
    }

    pub(crate) fn compose(&self, arguments: &[&str]) -> Command {
        let mut command = Command::new("docker-compose");
        clean_environment(&mut command).env("DOCKER_HOST", self.engine.host());
        command.args(["--project-name", "tested", "--file"]).arg(self.file.path()).args(arguments);
        command
    }

    /// Waits, and shows what it logged if it was in vain.
    pub(crate) fn eventually(&self, what: &str, is_so: impl FnMut() -> bool) {
        let found = testkit::wait::holds_within(SOON, is_so);
        assert!(found, "not within {SOON:?}: {what}; it logged\n{}", self.logs());
    }

    pub(crate) fn logs(&self) -> String {
        let output = finish(self.compose(&["logs"]), DEADLINE);
        String::from_utf8_lossy(&output.stdout).into_owned()
    }

    /// The one container's id.
    pub(crate) fn container(&self) -> String {
        succeed(self.compose(&["ps", "--quiet"])).trim().to_owned()
    }

    /// Whether the Engine's version is served on port 2375.
    fn serves(&self) -> bool {
        let mut curl = self.engine.inside("curl");
        curl.args(["--silent", "--fail", "http://127.0.0.1:2375/version"]);
        let output = finish(curl, DEADLINE);
        String::from_utf8_lossy(&output.stdout).contains("\"ApiVersion\"")
    }

    fn expect_to_serve(&self) {
        self.eventually("it serves", || self.serves());
    }
}

impl Drop for Project<'_> {
    fn drop(&mut self) {
        let _ignored = finish(self.compose(&["down", "--timeout", "2"]), Duration::from_secs(60));
    }
}

pub(crate) fn engine_with(images: &[&str]) -> Option<PrivateDockerd> {
    let engine = Dockerd::private_or_skip(&[])?;
    let written = Images::write(images);
    for image in images {
        let path = written.path(&format!("{image}.tar"));
        engine.run(&["load", "--input", path.to_str().unwrap()]);
    }
    Some(engine)
}

#[test]
fn old_compose_files_serve_when_only_the_images_name_is_changed() {
    let (_, _) = (requires_tool!("docker-compose"), requires_tool!("curl"));
    let Some(engine) = engine_with(&["docker-api", "socat"]) else { return };
    for (old, new, file) in OLD {
        let changed = file.replace(&format!("image: {old}\n"), &format!("image: {new}\n"));
        assert_ne!(changed, file, "{old}");
        Project::up(&engine, &changed).expect_to_serve();
    }
}

#[test]
fn our_compose_file_serves_this_machine_alone() {
    let (_, _) = (requires_tool!("docker-compose"), requires_tool!("curl"));
    let Some(engine) = engine_with(&["docker-api"]) else { return };
    let file = fs::read_to_string(deployment("docker-api.compose.yaml")).unwrap();
    let project = Project::up(&engine, &file);
    project.expect_to_serve();
    let id = project.container();
    let format = "{{json .HostConfig.PortBindings}} {{.HostConfig.ReadonlyRootfs}} \
                  {{.HostConfig.CapDrop}} {{.HostConfig.SecurityOpt}}";
    let made = engine.run(&["inspect", "--format", format, &id]);
    assert_eq!(
        made,
        r#"{"2375/tcp":[{"HostIp":"127.0.0.1","HostPort":"2375"}]} true [ALL] [no-new-privileges:true]"#
    );
}

#[test]
fn every_compose_file_is_one() {
    let compose = requires_tool!("docker-compose");
    for name in [
        "docker-api.compose.yaml",
        "docker-api-tls.compose.yaml",
        "docker-socket-proxy.compose.yaml",
    ] {
        let mut command = Command::new(&compose);
        clean_environment(&mut command).arg("--file").arg(deployment(name)).args(["config"]);
        let said = succeed(command);
        assert!(
            said.contains("read_only: true") && said.contains("/var/run/docker.sock"),
            "{said}"
        );
    }
}

#[test]
fn our_compose_file_with_tls_is_healthy_and_serves_the_client_that_is_copied_out_of_it() {
    requires_tool!("docker-compose");
    let Some(engine) = engine_with(&["docker-api-tls"]) else { return };
    let file = fs::read_to_string(deployment("docker-api-tls.compose.yaml")).unwrap();
    let project = Project::up(&engine, &file);
    let id = project.container();
    let folder = tempfile::tempdir().unwrap();
    let client = folder.path().join("client");
    let copy = ["cp", &format!("{id}:/certs/client"), client.to_str().unwrap()];
    project.eventually("its client can be copied", || {
        finish(engine.docker(&copy), DEADLINE).status.success() && client.join("cert.pem").exists()
    });
    project.eventually("it serves", || tls::serves(&engine, "tcp://localhost:2376", &client));
    project.eventually("it is healthy", || {
        engine.run(&["inspect", "--format", "{{.State.Health.Status}}", &id]) == "healthy"
    });
    assert_eq!(Rights::of(&engine, &id), Rights::nonroot(), "{}", project.logs());
    let format = "{{json .HostConfig.PortBindings}} {{.HostConfig.ReadonlyRootfs}} \
                  {{.HostConfig.CapDrop}} {{.HostConfig.SecurityOpt}}";
    assert_eq!(
        engine.run(&["inspect", "--format", format, &id]),
        r#"{"2376/tcp":[{"HostIp":"127.0.0.1","HostPort":"2376"}]} true [ALL] [no-new-privileges:true]"#
    );
}

const SOON: Duration = Duration::from_secs(30);
