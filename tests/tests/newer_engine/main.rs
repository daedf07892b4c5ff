//! A newer Engine and its own CLI, which builds by `docker buildx`: through each kind of bridge.

#![expect(clippy::expect_used, reason = "to a test a panic is an answer")]

mod basics;
mod builds;

use std::path::Path;
use std::process::Output;
use std::time::Duration;

use tempfile::NamedTempFile;
use testkit::dockerd::newer_docker;
use testkit::process::finish;
use testkit::tls::Version;
use testkit::{Access, Bridge, Transport};

/// A bridge, and the policy that it has read.
struct Front {
    name: &'static str,
    bridge: Bridge,
    _policy: Option<NamedTempFile>,
}

impl Front {
    /// Open, open with TLS, and guarded, where clients have that role.
    fn all(engine: &Path, role: &str) -> [Self; 3] {
        let tls = Transport::Tls(Version::V1_3);
        let open = [("open", Transport::Tcp), ("TLS", tls)].map(|(name, transport)| {
            let builder = Bridge::builder().over(transport).access(Access::Open);
            Self { name, bridge: builder.upstream(engine).start(), _policy: None }
        });
        let [plain, tls] = open;
        [plain, tls, Self::guarded(engine, role)]
    }

    /// One whose clients have that role.
    fn guarded(engine: &Path, role: &str) -> Self {
        let policy = tempfile::Builder::new().suffix(".toml").tempfile().expect("a file");
        std::fs::write(&policy, POLICY).expect("cannot write a policy");
        let builder = Bridge::builder().over(Transport::Tcp).access(Access::Open).upstream(engine);
        let bridge = builder.args(["--access", role]).arg("--policy").arg(policy.path()).start();
        Self { name: "guarded", bridge, _policy: Some(policy) }
    }

    /// What the newer CLI does through it.
    fn docker(&self, arguments: &[&str]) -> Output {
        finish(newer_docker(&self.bridge.endpoint(), arguments), LONG)
    }
}

fn said(output: &Output) -> String {
    [&output.stdout, &output.stderr].map(|bytes| String::from_utf8_lossy(bytes)).concat()
}

/// A name of this test's own.
fn name(what: &str) -> String {
    format!("newer-{what}-{}", std::process::id()).to_lowercase()
}

const LONG: Duration = Duration::from_secs(60);

const POLICY: &str = r#"
[roles.builder]
extends = ["read-only"]
allow = ["ImageBuild", "BuildCancel", "tag:Session"]

[roles.maker]
extends = ["read-only"]
allow = ["class:write", "class:lifecycle", "class:interact"]
deny = ["class:debug"]
"#;
