//! Who a container's process is, as the machine's `/proc` says.

use std::fs;
use std::os::unix::fs::{PermissionsExt as _, chown};
use std::time::Duration;

use testkit::dockerd::Dockerd;
use testkit::process::finish;
use testkit::{DEADLINE, StandIn, requires_docker};

use crate::Images;

/// What a process may do.
#[derive(Debug, Eq, PartialEq)]
pub(crate) struct Rights {
    pub(crate) user: u32,
    /// Permitted capabilities, a bit each.
    pub(crate) capabilities: u64,
    /// Whether it can never get more.
    pub(crate) no_new_privileges: bool,
}

impl Rights {
    /// Those of the first process of a container.
    pub(crate) fn of(engine: &Dockerd, container: &str) -> Self {
        let pid = engine.run(&["inspect", "--format", "{{.State.Pid}}", container]);
        let status = fs::read_to_string(format!("/proc/{pid}/status")).unwrap();
        let line = |name: &str| {
            let line = status.lines().find_map(|line| line.strip_prefix(name)).unwrap();
            line.split_whitespace().map(str::to_owned).collect::<Vec<_>>()
        };
        let users = line("Uid:");
        assert!(users.iter().all(|user| *user == users[0]), "{status}");
        let sets = ["CapInh:", "CapPrm:", "CapEff:", "CapAmb:"].map(|set| line(set)[0].clone());
        let capabilities = sets.iter().map(|set| u64::from_str_radix(set, 16).unwrap());
        Self {
            user: users[0].parse().unwrap(),
            capabilities: capabilities.fold(0, |all, set| all | set),
            no_new_privileges: line("NoNewPrivs:") == ["1"],
        }
    }

    /// What every bridge that can gives its rights up for.
    pub(crate) fn nonroot() -> Self {
        Self::without_capabilities(65532)
    }

    pub(crate) fn without_capabilities(user: u32) -> Self {
        Self { user, capabilities: 0, no_new_privileges: true }
    }
}

/// An Engine's socket as it is in the wild, how the container is run, and who then serves.
struct Case {
    what: &'static str,
    group: u32,
    mode: u32,
    /// The mode of its directory.
    above: u32,
    options: &'static [&'static str],
    user: u32,
}

const DOCKERS: Case =
    Case { what: "Docker's", group: 999, mode: 0o660, above: 0o755, options: &[], user: 65532 };

const CASES: [Case; 9] = [
    DOCKERS,
    Case { what: "Docker Desktop's and rootless Docker's", group: 0, ..DOCKERS },
    Case { what: "in a private directory", above: 0o700, user: 0, ..DOCKERS },
    Case { what: "for root alone", mode: 0o600, user: 0, ..DOCKERS },
    Case { what: "without capabilities", options: &["--cap-drop=ALL"], user: 0, ..DOCKERS },
    Case {
        what: "with those of our compose file",
        options: &["--cap-drop=ALL", "--cap-add=SETGID", "--cap-add=SETUID", "--read-only"],
        ..DOCKERS
    },
    Case { what: "as somebody", options: &["--user=1000:999"], user: 1000, ..DOCKERS },
    Case {
        what: "as somebody without capabilities",
        options: &["--user=1000:999", "--cap-drop=ALL", "--security-opt=no-new-privileges"],
        user: 1000,
        ..DOCKERS
    },
    Case {
        what: "as whom a variable names",
        options: &["--env=BRIDGE_USER=1234"],
        user: 1234,
        ..DOCKERS
    },
];

#[test]
fn a_container_is_whom_the_socket_lets_in_and_has_no_capability_whatever_the_socket_is_like() {
    let engine = requires_docker!();
    Images::write_with(&["docker-api", "--load"], &[("DOCKER_HOST", &engine.host())]);
    for Case { what, group, mode, above, options, user } in CASES {
        let folder = tempfile::tempdir_in(engine.folder()).unwrap();
        let socket = folder.path().join("docker.sock");
        let _behind = StandIn::builder().path(&socket).start();
        chown(&socket, Some(0), Some(group)).unwrap();
        fs::set_permissions(&socket, fs::Permissions::from_mode(mode)).unwrap();
        fs::set_permissions(folder.path(), fs::Permissions::from_mode(above)).unwrap();

        let volume = format!("--volume={}:/var/run", folder.path().display());
        let run =
            ["run", "--detach", "--network=none", "--env=SOCKET_PATH=/run/engine/docker.sock"];
        let id = engine.run(&[&run[..], &[&volume], options, &["docker-api"]].concat());
        let container = Container { engine: &engine, id };
        let ask =
            || finish(engine.docker(&["exec", &container.id, "/bridge", "--health"]), DEADLINE);
        let well = || String::from_utf8_lossy(&ask().stdout).starts_with("healthy: ");
        let found = testkit::wait::holds_within(SOON, well);
        let logs = finish(engine.docker(&["logs", &container.id]), DEADLINE);
        let logs = String::from_utf8_lossy(&logs.stderr).into_owned();
        assert!(found, "{what}: {:?}\n{logs}", ask());
        let rights = Rights::of(&engine, &container.id);
        assert_eq!(rights, Rights::without_capabilities(user), "{what}\n{logs}");
        // Who stays root says why, and nobody else warns.
        assert_eq!(logs.matches(" WARN ").count(), usize::from(user == 0), "{what}: {logs}");
        assert_eq!(logs.matches("this process stays root").count(), usize::from(user == 0));
    }
}

struct Container<'a> {
    engine: &'a Dockerd,
    id: String,
}

impl Drop for Container<'_> {
    fn drop(&mut self) {
        let _ignored = finish(self.engine.docker(&["rm", "--force", &self.id]), DEADLINE * 2);
    }
}

const SOON: Duration = Duration::from_secs(30);
