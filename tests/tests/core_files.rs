//! A crash leaves no core file of whoever holds private keys.

use std::os::unix::process::ExitStatusExt as _;

use testkit::tls::Version;
use testkit::{
    Access, Bridge, DEADLINE, Signal, StandIn, Transport, requires_root, requires_tool, skip,
};

#[test]
fn a_crash_of_the_bridge_with_keys_leaves_no_core_file() {
    requires_root!();
    requires_tool!("prlimit");
    let engine = StandIn::start();
    let crash = |transport| {
        let folder = tempfile::tempdir().unwrap();
        let enter = ["prlimit", "--core=unlimited", "sh", "-c", "cd \"$0\" && exec \"$@\""];
        let bridge = Bridge::builder()
            .over(transport)
            .access(Access::Open)
            .upstream(engine.socket())
            .args(["--user", "root"])
            .under(enter.iter().map(std::path::PathBuf::from).chain([folder.path().to_owned()]))
            .start();
        bridge.signal(Signal::ABORT);
        bridge.wait_exit(DEADLINE).core_dumped()
    };
    if !crash(Transport::Tcp) {
        return skip::skip("this machine keeps no core files");
    }
    assert!(!crash(Transport::Tls(Version::V1_3)));
}
