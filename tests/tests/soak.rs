//! The soak finds nothing, and would find something.

use std::time::Duration;
use testkit::process::finish;
use testkit::{Program, requires_root};

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
