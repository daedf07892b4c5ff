//! The soak finds nothing, and would find something.

use std::fs;
use std::os::unix::fs::PermissionsExt as _;
use std::time::Duration;

use testkit::process::finish;
use testkit::{Program, binary, requires_root, requires_tool};

#[test]
fn a_few_seconds_of_faults_lose_nothing() {
    // It watches `bridge-tls`, which shows itself to root alone.
    requires_root!();
    let soak = Program::ours("soak").args(["--seconds", "3", "--seed", "7"]);
    let output = finish(soak.command(), Duration::from_secs(120));
    let said = String::from_utf8_lossy(&output.stdout);
    assert!(output.status.success(), "{output:?}");
    assert!(said.starts_with("3 s of faults from the seed 7\n"), "{said}");
    for front in ["open", "guarded", "tls"] {
        assert!(said.contains(&format!("\n{front}:\n")), "{said}");
    }
    assert!(said.ends_with("nothing was lost\n"), "{said}");
}

#[test]
fn whoever_may_not_see_what_bridges_hold_is_told_so() {
    requires_root!();
    let setpriv = requires_tool!("setpriv");
    let folder = tempfile::tempdir().unwrap();
    fs::set_permissions(folder.path(), fs::Permissions::from_mode(0o755)).unwrap();
    // Where it was built, other users may not look.
    let copy = folder.path().join("soak");
    fs::copy(binary::binary("soak"), &copy).unwrap();
    let nobody = ["--reuid=65534", "--regid=65534", "--clear-groups"];
    let output = Program::new(setpriv).args(nobody).arg(&copy).run();
    assert_eq!(output.status.code(), Some(1), "{output:?}");
    let said = "error: run it as root, to whom alone bridge-tls shows its descriptors and memory\n";
    assert_eq!(String::from_utf8_lossy(&output.stderr), said);
}
