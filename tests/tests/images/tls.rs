//! The image with TLS on a real Engine: its certificates are in its volume, and it is nonroot's.

use std::fs;
use std::path::Path;
use std::process::Command;

use testkit::dockerd::{Dockerd, docker_cli};
use testkit::process::{clean_environment, finish};
use testkit::{DEADLINE, eventually, requires_docker};

use crate::{Images, succeed};

/// A container with a volume of its own, which goes with it.
pub(crate) struct Container<'a> {
    pub(crate) engine: &'a Dockerd,
    pub(crate) id: String,
}

impl Container<'_> {
    fn bridge_tls(&self, words: &[&str]) -> Vec<u8> {
        let exec = self.engine.docker(&[&["exec", &self.id, "/bridge-tls"], words].concat());
        let output = finish(exec, DEADLINE);
        assert!(output.status.success(), "{output:?}");
        output.stdout
    }
}

impl Drop for Container<'_> {
    fn drop(&mut self) {
        let remove = self.engine.docker(&["rm", "--force", "--volumes", &self.id]);
        let _ignored = finish(remove, DEADLINE * 2);
    }
}

/// A docker command with a folder of certificates, against an address inside of the Engine's
/// namespace.
pub(crate) fn docker(engine: &Dockerd, host: &str, certificates: &Path, words: &[&str]) -> Command {
    let mut command = engine.inside(docker_cli());
    command.env("DOCKER_CERT_PATH", certificates).args(["--tlsverify", "--host", host]).args(words);
    command
}

/// Whether docker gets the Engine's version by that way.
pub(crate) fn serves(engine: &Dockerd, host: &str, certificates: &Path) -> bool {
    finish(docker(engine, host, certificates, &["version"]), DEADLINE).status.success()
}

#[test]
fn a_client_that_is_added_by_exec_imports_its_context_and_is_served_until_it_is_revoked() {
    let engine = requires_docker!();
    Images::write_with(&["docker-api-tls", "--load"], &[("DOCKER_HOST", &engine.host())]);
    let mount = format!("{}:/var/run/docker.sock", engine.socket().display());
    let run = ["run", "--detach", "--publish", "127.0.0.1::2376", "--volume", &mount];
    let id = engine.run(&[&run[..], &["docker-api-tls"]].concat());
    let container = Container { engine: &engine, id };
    let published = engine.run(&["port", &container.id, "2376/tcp"]);
    let host = format!("127.0.0.1:{}", published.rsplit(':').next().unwrap());
    eventually(DEADLINE, "it has made its authority", || {
        let show = engine.docker(&["exec", &container.id, "/bridge-tls", "ca", "show"]);
        finish(show, DEADLINE).status.success()
    });

    let context = container.bridge_tls(&["client", "add", "me", "--host", &host, "--context", "-"]);
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("me.tar");
    fs::write(&file, context).unwrap();
    let docker = |mut command: Command, words: &[&str]| {
        clean_environment(&mut command).env("DOCKER_CONFIG", folder.path()).args(words);
        command
    };
    let import = ["context", "import", "me", file.to_str().unwrap()];
    succeed(docker(Command::new(docker_cli()), &import));
    let ask = || {
        let command = docker(engine.inside(docker_cli()), &["--context", "me", "version"]);
        finish(command, DEADLINE).status.success()
    };
    eventually(DEADLINE, "it serves", ask);

    let users = engine.run(&["top", &container.id, "-eo", "pid,uid"]);
    let logs = finish(engine.docker(&["logs", &container.id]), DEADLINE);
    assert!(users.lines().skip(1).all(|line| line.ends_with(" 65532")), "{users}\n{logs:?}");
    container.bridge_tls(&["client", "revoke", "me"]);
    eventually(DEADLINE * 2, "it is refused", || !ask());
}
