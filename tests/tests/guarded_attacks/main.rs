//! Guarded access against those who want more than their role: nothing of it reaches the Engine.
//!
//! Each attack of the [`corpus`] is sent as it is, byte for byte, and judged by what comes of it: by
//! the requests that arrive at an Engine that is more lenient than any, and by what a real dockerd
//! did. The same attacks are sent to those Engines themselves, where they must bite, for else a test
//! that finds nothing would prove nothing.

#![expect(clippy::expect_used, reason = "to a test a panic is an answer")]

mod corpus;
mod dockerd;
mod judge;
mod lenient;

use std::collections::BTreeSet;

use std::path::Path;

use corpus::Attack;
use testkit::{Bridge, stream};

/// A role that is attacked.
#[derive(Clone, Copy)]
struct Role {
    name: &'static str,
    /// Tells its attacks apart from those under others.
    letter: char,
}

/// A bridge before an Engine, for clients that have this role.
fn guarded(role: Role, engine: &Path) -> Bridge {
    let policy = tempfile::Builder::new().suffix(".toml").tempfile().expect("a file");
    std::fs::write(&policy, POLICY).expect("a policy");
    let builder = Bridge::builder().upstream(engine).args(["--access", role.name]);
    let bridge = match role.name {
        "hijacks" | "starts" => builder.arg("--policy").arg(policy.path()).start(),
        _ => builder.start(),
    };
    // Who answers nobody has nothing to fear.
    assert_eq!(stream::get(&bridge.endpoint(), "/_ping").status, 200, "under {}", role.name);
    bridge
}

/// The profiles are as they are where no variable is set.
const ROLES: [Role; 6] = [
    Role { name: "read-only", letter: 'r' },
    Role { name: "monitor", letter: 'm' },
    Role { name: "tecnativa", letter: 't' },
    Role { name: "linuxserver", letter: 's' },
    Role { name: "hijacks", letter: 'j' },
    Role { name: "starts", letter: 'a' },
];

const POLICY: &str = r#"
[roles.hijacks]
extends = ["monitor"]
allow = ["ContainerAttach", "ContainerAttachWebsocket", "ExecStart", "Session", "BuildkitGrpc"]

[roles.starts]
extends = ["monitor"]
allow = ["ContainerStart"]
"#;

/// A running container that holds a [`SECRET`] in its logs and in its files.
const CANARY: &str = "canary";
const SECRET: &str = "hidden-word";

#[test]
fn there_are_attacks_enough_and_each_has_its_marker_and_a_name_of_its_own() {
    let attacks = corpus::all();
    assert!(attacks.len() >= 300, "{}", attacks.len());
    let names: BTreeSet<String> = attacks.iter().map(Attack::title).collect();
    assert_eq!(names.len(), attacks.len());
    for attack in &attacks {
        assert!(corpus::contains(&attack.bytes("somewhat"), "somewhat"), "{}", attack.title());
        assert!(!corpus::contains(&attack.bytes("somewhat"), "{rest}"), "{}", attack.title());
    }
}
