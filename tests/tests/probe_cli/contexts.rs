//! Contexts as the real docker CLI makes them, and its own order.

use std::path::PathBuf;
use std::process::Command;

use testkit::certificates::{Authority, Leaf};
use testkit::process::{clean_environment, finish};
use testkit::{DEADLINE, Program, StandIn, binary, dockerd};

use crate::tls_engine::TlsEngine;
use crate::{assert_state, probe, verdict};

/// A user of the docker CLI, with settings of his own.
struct User {
    docker: PathBuf,
    home: tempfile::TempDir,
}

impl User {
    fn new(docker: PathBuf) -> Self {
        Self { docker, home: tempfile::tempdir().unwrap() }
    }

    fn config(&self) -> PathBuf {
        self.home.path().join(".docker")
    }

    fn docker(&self, arguments: &[&str], variables: &[(&str, &str)]) -> std::process::Output {
        let mut command = Command::new(&self.docker);
        clean_environment(&mut command)
            .env("HOME", self.home.path())
            .envs(variables.iter().copied())
            .args(arguments);
        finish(command, DEADLINE)
    }

    fn context(&self, name: &str, endpoint: &str) {
        let output = self.docker(&["context", "create", name, "--docker", endpoint], &[]);
        assert!(output.status.success(), "{output:?}");
    }

    fn probe(&self, variables: &[(&str, &str)]) -> Program {
        let program = probe().env("HOME", self.home.path());
        variables.iter().fold(program, |program, (name, value)| program.env(name, value))
    }
}

/// The newer one in `PATH`, and Debian's own.
fn clis() -> Vec<PathBuf> {
    binary::in_path("docker").into_iter().chain(dockerd::debian_docker_cli()).collect()
}

#[test]
fn the_order_is_that_of_the_docker_cli() {
    testkit::requires_tool!("docker");
    for docker in clis() {
        let user = User::new(docker);
        let engines: [StandIn; 3] = [(); 3].map(|()| StandIn::start());
        let [host, named, current] = [0, 1, 2].map(|at: usize| engines[at].endpoint().to_string());
        user.context("named", &format!("host={named}"));
        user.context("current", &format!("host={current}"));
        assert!(user.docker(&["context", "use", "current"], &[]).status.success());

        for (variables, source, target, asked) in [
            (
                &[("DOCKER_HOST", host.as_str()), ("DOCKER_CONTEXT", "named")][..],
                "DOCKER_HOST",
                host.as_str(),
                0,
            ),
            (&[("DOCKER_CONTEXT", "named")], "DOCKER_CONTEXT", "context:named", 1),
            (&[], "current context", "context:current", 2),
            (&[("DOCKER_HOST", " ")], "current context", "context:current", 2),
        ] {
            let counts = || [0, 1, 2].map(|at: usize| engines[at].requests().len());
            let before = counts();
            let said = verdict(user.probe(variables));
            assert_eq!((&said["source"], &said["target"]), (&source.into(), &target.into()));
            let mut expected = before;
            expected[asked] += 2;
            assert_eq!(counts(), expected, "{variables:?}");

            if variables.first().is_none_or(|(_, value)| *value != " ") {
                assert!(user.docker(&["version"], variables).status.success());
                let asked_by_docker = [0, 1, 2].map(|at: usize| counts()[at] > expected[at]);
                assert_eq!(asked_by_docker, [0, 1, 2].map(|at| at == asked), "{variables:?}");
            }
        }
        let said = verdict(user.probe(&[("DOCKER_CONTEXT", "default")]));
        assert_eq!(said["target"], "unix:///var/run/docker.sock");
    }
}

#[test]
fn a_context_brings_its_own_certificates() {
    testkit::requires_tool!("docker");
    testkit::requires_tool!("openssl");
    for docker in clis() {
        let authority = Authority::new("authority");
        let engine = TlsEngine::start(&authority.issue(&Leaf::server(&["127.0.0.1"])), &[]);
        let client = authority.issue(&Leaf::client("me"));
        let user = User::new(docker);
        let host = format!("host=tcp://{}", engine.address());
        let files = [client.ca(), client.certificate(), client.key()];
        let [ca, cert, key] = files.map(|file| file.display().to_string());
        user.context("whole", &format!("{host},ca={ca},cert={cert},key={key}"));
        user.context("unverified", &format!("{host},cert={cert},key={key},skip-tls-verify=true"));
        user.context("nothing-to-show", &format!("{host},ca={ca}"));
        user.context("plain", &host);
        user.context("elsewhere", "host=ssh://me@host");

        let ask = |name: &str| verdict(user.probe(&[]).arg(format!("context:{name}")));
        let said = ask("whole");
        assert_eq!(said["state"], "healthy", "{said}");
        assert_eq!(said["tls"]["version"], "TLSv1.3");
        assert_eq!(ask("unverified")["state"], "healthy");
        assert_state(&ask("nothing-to-show"), "tls", "tls: certificate required: ");
        assert_ne!(ask("plain")["state"], "healthy");
        assert_state(&ask("elsewhere"), "unsupported", "ssh HOST probe");
        // One that is listed twice is asked once, as `verdict` has it.
        let twice = ["context:whole", "context:whole"];
        assert_eq!(verdict(user.probe(&[]).args(twice))["state"], "healthy");

        // Another folder of settings, and flags that aren't the context's.
        let elsewhere = probe().env("HOME", "/absent").env("DOCKER_CONFIG", user.config());
        let elsewhere = elsewhere.args(["--tlscacert", "/absent", "context:whole"]);
        assert_eq!(verdict(elsewhere)["state"], "healthy");
    }
}

#[test]
fn a_context_that_is_broken_is_named() {
    testkit::requires_tool!("docker");
    let user = User::new(dockerd::docker_cli());
    let client = Authority::new("authority").issue(&Leaf::client("me"));
    user.context("broken", &format!("host=tcp://a:1,ca={}", client.ca().display()));
    let tls = user.config().join("contexts/tls");
    let folder = std::fs::read_dir(tls).unwrap().next().unwrap().unwrap().path();
    std::fs::write(folder.join("docker/ca.pem"), "nonsense").unwrap();
    let (code, why) = testkit::refusal(&user.probe(&[("DOCKER_CONTEXT", "broken")]));
    assert_eq!(code, 64);
    assert!(
        why.starts_with("bad setting: DOCKER_CONTEXT: context `broken`: ")
            && why.contains("ca.pem")
    );
}
