//! A real Engine of the tests' own.
//!
//! It lives in a network and a mount namespace of its own, with its data, its socket and its
//! cgroup beside the machine's. An Engine that runs on the machine is never touched.
//!
//! [`Dockerd::lease_or_skip`] shares one among all tests of a run, though each is a process: the
//! first starts `dockerd-supervisor`, which outlives it and stops the Engine, and deletes all that
//! it left, when nobody has held a lease for twenty seconds. Tests that stop or kill their Engine
//! take a [`Dockerd::private_or_skip`].
//!
//! A newer Engine than the machine's is shared in the same way: [`Dockerd::newer_or_skip`].
//!
//! Needed are root, `dockerd`, `unshare`, `nsenter`, `ip`, a docker CLI and a static busybox (on
//! Debian: `docker.io`, `util-linux`, `iproute2`, `busybox-static`).

mod cleanup;
mod cli;
mod container;
mod home;
mod lease;
mod namespace;
mod private;
mod release;
mod requirements;
pub mod supervisor;

use std::ffi::OsStr;
use std::path::{Path, PathBuf};
use std::process::{Command, Output};
use std::time::Duration;

use crate::process::{clean_environment, finish, finish_with_input};
use crate::{Endpoint, image, skip};

pub use self::cli::{debian_docker_cli, docker, docker_by, docker_cli};
pub use self::container::Container;
pub use self::lease::Lease;
pub use self::private::PrivateDockerd;
pub use self::release::{Release, newer_docker};

/// A running Engine: where it is, and what can be done with it.
///
/// The image [`IMAGE`](image::IMAGE) is there.
#[derive(Clone, Debug)]
pub struct Dockerd {
    folder: PathBuf,
    namespace: u32,
    socket: PathBuf,
}

impl Dockerd {
    /// The shared one, for as long as the lease is held. Panics if there can't be one.
    pub fn lease() -> Lease {
        let missing = requirements::missing();
        assert_eq!(missing, None, "no dockerd for tests");
        lease::take(Release::Installed)
    }

    /// The shared one. `None`: it can't run here, and the test is skipped (or has failed, with
    /// `REQUIRE_DOCKER=1`). See [`requires_docker!`](crate::requires_docker).
    #[must_use = "without dockerd the test must return"]
    pub fn lease_or_skip() -> Option<Lease> {
        can_run_or_skip(Release::Installed).then(|| lease::take(Release::Installed))
    }

    /// The same of the newer one. See [`requires_newer_docker!`](crate::requires_newer_docker).
    #[must_use = "without dockerd the test must return"]
    pub fn newer_or_skip() -> Option<Lease> {
        can_run_or_skip(Release::Newer).then(|| lease::take(Release::Newer))
    }

    /// One for this test alone, which it may stop, kill and start. Panics if there can't be one.
    pub fn private() -> PrivateDockerd {
        Self::private_with(&[])
    }

    /// The same with more arguments for dockerd, such as `--live-restore`.
    pub fn private_with(arguments: &[&str]) -> PrivateDockerd {
        let missing = requirements::missing();
        assert_eq!(missing, None, "no dockerd for tests");
        PrivateDockerd::launch(Release::Installed, arguments)
    }

    /// One for this test alone. `None`: it can't run here, and the test is skipped.
    #[must_use = "without dockerd the test must return"]
    pub fn private_or_skip(arguments: &[&str]) -> Option<PrivateDockerd> {
        can_run_or_skip(Release::Installed)
            .then(|| PrivateDockerd::launch(Release::Installed, arguments))
    }

    /// The Engine's socket.
    pub fn socket(&self) -> &Path {
        &self.socket
    }

    /// Where to connect to it.
    pub fn endpoint(&self) -> Endpoint {
        self.socket().into()
    }

    /// What `docker --host` takes.
    pub fn host(&self) -> String {
        self.endpoint().to_string()
    }

    /// A docker command against its socket, such as `&["ps"]`; see [`docker`].
    pub fn docker(&self, arguments: &[&str]) -> Command {
        docker(&self.host(), arguments)
    }

    /// Runs a docker command against its socket to a good end, and returns its output, trimmed.
    pub fn run(&self, arguments: &[&str]) -> String {
        succeed(finish(self.docker(arguments), COMMAND), arguments)
    }

    /// The same with standard input.
    pub fn run_with_input(&self, arguments: &[&str], input: impl AsRef<[u8]>) -> String {
        succeed(finish_with_input(self.docker(arguments), input, COMMAND), arguments)
    }

    /// A running container of [`IMAGE`](image::IMAGE), until it is dropped: `docker run --detach`
    /// with these options and this command, directly at its socket.
    pub fn container(&self, options: &[&str], command: &[&str]) -> Container {
        let run = ["run", "--detach", "--network", "none"];
        let id = self.run(&[&run[..], options, &[image::IMAGE], command].concat());
        Container { host: self.host(), id }
    }

    /// The same as `docker run --interactive` makes it: its standard input
    /// ends with that of the first who attaches.
    pub fn interactive_container(&self, command: &[&str]) -> Container {
        let create = ["create", "--interactive", "--network", "none", image::IMAGE];
        let id = self.run(&[&create[..], command].concat());
        let container = Container { host: self.host(), id };
        self.run(&["start", container.id()]);
        container
    }

    /// A program in the Engine's network and mount namespaces, where published ports and
    /// containers' addresses are. Only loopback leads there from nowhere else.
    pub fn inside(&self, program: impl AsRef<OsStr>) -> Command {
        let mut command = namespace::enter(self.namespace);
        clean_environment(&mut command).arg(program);
        command
    }

    /// What the Engine logged so far.
    pub fn logs(&self) -> String {
        home::logs(&self.folder)
    }

    /// A folder of its own that goes with it, for what tests mount into containers.
    pub fn folder(&self) -> &Path {
        &self.folder
    }

    /// Makes [`IMAGE`](image::IMAGE).
    fn import_image(&self) {
        let change = ["--change", "CMD [\"sh\"]", "--change", "ENV PATH=/bin"];
        let arguments = [&["import"], &change[..], &["-", image::IMAGE]].concat();
        self.run_with_input(&arguments, image::root_filesystem());
    }
}

fn can_run_or_skip(release: Release) -> bool {
    let missing = requirements::missing().or_else(|| release.missing());
    if let Some(why) = &missing {
        skip::skip(why);
    }
    missing.is_none()
}

fn succeed(output: Output, arguments: &[&str]) -> String {
    let stdout = String::from_utf8_lossy(&output.stdout).trim_end().to_owned();
    assert!(
        output.status.success(),
        "docker {arguments:?} ended with {}: {stdout}\n{}",
        output.status,
        String::from_utf8_lossy(&output.stderr)
    );
    stdout
}

/// How long a docker command may take.
const COMMAND: Duration = Duration::from_secs(60);
