//! Started as root, a bridge gives up what it doesn't need, and serves all the same.

#![expect(clippy::unwrap_used, reason = "to a test a panic is an answer")]

use std::fs;
use std::net::{Ipv4Addr, SocketAddr};
use std::os::unix::fs::{MetadataExt as _, PermissionsExt as _, chown};
use std::path::Path;

use testkit::process::{BridgeBuilder, Process};
use testkit::stream::get;
use testkit::tls::Version;
use testkit::{Bridge, DEADLINE, Program, Signal, StandIn, Transport, requires_root};

/// An Engine's socket as Docker installs it: for root and one group.
struct Socket {
    folder: tempfile::TempDir,
    engine: StandIn,
}

impl Socket {
    fn new(folder_mode: u32, group: u32) -> Self {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("docker.sock");
        let engine = StandIn::builder().path(&path).start();
        set(&path, 0o660, group);
        set(folder.path(), folder_mode, 0);
        Self { folder, engine }
    }

    fn path(&self) -> &Path {
        self.engine.socket()
    }
}

fn set(path: &Path, mode: u32, group: u32) {
    chown(path, Some(0), Some(group)).unwrap();
    fs::set_permissions(path, fs::Permissions::from_mode(mode)).unwrap();
}

/// The line of that name in /proc/PID/status.
fn status(bridge: &Process, name: &str) -> String {
    let status = fs::read_to_string(format!("/proc/{}/status", bridge.pid())).unwrap();
    let line = status.lines().find_map(|line| line.strip_prefix(name)).unwrap();
    line.trim_start_matches(':').split_whitespace().collect::<Vec<_>>().join(" ")
}

#[track_caller]
fn assert_rights(bridge: &Process, uid: u32, gid: u32) {
    assert_eq!(status(bridge, "Uid"), format!("{uid} {uid} {uid} {uid}"));
    assert_eq!(status(bridge, "Gid"), format!("{gid} {gid} {gid} {gid}"));
    for set in ["CapInh", "CapPrm", "CapEff", "CapAmb"] {
        assert_eq!(status(bridge, set), "0000000000000000", "{set}");
    }
    assert_eq!(status(bridge, "NoNewPrivs"), "1");
}

#[track_caller]
fn assert_serves(bridge: &Bridge) {
    assert_eq!(get(&bridge.endpoint(), "/_ping").text(), "OK");
}

#[test]
fn it_becomes_nonroot_with_the_group_of_the_socket_and_no_capability() {
    requires_root!();
    let socket = Socket::new(0o755, 990);
    let bridge = Bridge::start(socket.path());
    assert_rights(&bridge, 65532, 990);
    assert_eq!(status(&bridge, "Groups"), "");
    assert_eq!(status(&bridge, "CapBnd"), "0000000000000000");
    assert_serves(&bridge);
    assert!(!bridge.logs().contains("stays root"), "{}", bridge.logs());
}

/// Mode bits say nothing of what lies above them.
#[test]
fn where_nonroot_cannot_reach_the_socket_it_stays_root_without_capabilities() {
    requires_root!();
    let socket = Socket::new(0o700, 990);
    let bridge = Bridge::start(socket.path());
    assert_rights(&bridge, 0, 0);
    assert_serves(&bridge);
    let line = bridge.wait_for_log_containing("stays root");
    assert!(line.contains("user 65532 with group 990 can't open the upstream socket"), "{line}");
}

#[test]
fn an_engine_that_is_absent_at_start_isnt_waited_for() {
    requires_root!();
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("docker.sock");
    let bridge = Bridge::start(&path);
    assert_rights(&bridge, 0, 0);
    bridge.wait_for_log_containing("the upstream socket can't be looked at");
    let _engine = StandIn::builder().path(&path).start();
    testkit::eventually(DEADLINE, "it serves", || get(&bridge.endpoint(), "/_ping").text() == "OK");
}

#[test]
fn root_keeps_the_one_capability_that_opens_a_socket_of_somebodys() {
    requires_root!();
    let socket = Socket::new(0o755, 990);
    chown(socket.path(), Some(1234), Some(990)).unwrap();
    fs::set_permissions(socket.path(), fs::Permissions::from_mode(0o600)).unwrap();
    let bridge = Bridge::start(socket.path());
    for set in ["CapPrm", "CapEff", "CapBnd"] {
        let dac_override = if set == "CapBnd" { 0 } else { 1 << 1 };
        assert_eq!(status(&bridge, set), format!("{dac_override:016x}"), "{set}");
    }
    assert_serves(&bridge);
}

/// `cap_drop: [ALL]` in an old compose file: users can't be changed, and root is all there is.
#[test]
fn without_the_right_to_change_users_it_goes_on_as_it_is() {
    requires_root!();
    let socket = Socket::new(0o755, 0);
    let bridge = Bridge::builder()
        .upstream(socket.path())
        .under(["setpriv", "--bounding-set=-all", "--inh-caps=-all"])
        .start();
    assert_rights(&bridge, 0, 0);
    assert_serves(&bridge);
    bridge.wait_for_log_containing("users can't be changed here");
}

/// As Docker Desktop and rootless Docker show it.
#[test]
fn it_becomes_nonroot_with_roots_group_where_the_socket_is_that_groups() {
    requires_root!();
    let socket = Socket::new(0o755, 0);
    let bridge = Bridge::start(socket.path());
    assert_rights(&bridge, 65532, 0);
    assert_serves(&bridge);
}

/// As `unshare --map-root-user` and many sandboxes make it: there is nobody to become.
#[test]
fn in_a_namespace_of_one_user_it_goes_on_as_it_is() {
    requires_root!();
    let socket = Socket::new(0o755, 990);
    let bridge = Bridge::builder()
        .upstream(socket.path())
        .under(["unshare", "--user", "--map-root-user"])
        .start();
    assert_rights(&bridge, 0, 0);
    assert_serves(&bridge);
    bridge.wait_for_log_containing("users can't be changed here");
}

/// As Docker's `userns-remap` makes it: the socket's owner and group show as 65534, so that mode
/// bits and names say nothing of who gets in.
#[test]
fn in_a_user_namespace_that_does_not_know_the_sockets_owner_it_is_tried_who_gets_in() {
    requires_root!();
    let holder = Program::new("unshare").args(["--user", "sleep", "infinity"]).start();
    let map = |file: &str| {
        let path = format!("/proc/{}/{file}", holder.pid());
        fs::write(path, format!("0 {FIRST} 65536")).is_ok()
    };
    // Not before it has its namespace.
    testkit::eventually(DEADLINE, "its users are mapped", || map("uid_map"));
    assert!(map("gid_map"));
    let folder = tempfile::tempdir().unwrap();
    set(folder.path(), 0o755, 0);
    let program = testkit::binary::copy("bridge", folder.path());
    for (mode, uid, gid) in [(0o666, FIRST + 65532, FIRST + 65534), (0o660, FIRST, FIRST)] {
        let socket = Socket::new(0o755, 990);
        set(socket.path(), mode, 990);
        let address = SocketAddr::from((Ipv4Addr::LOCALHOST, testkit::ports::free_port()));
        let bridge = Program::new("nsenter")
            .args([&format!("--target={}", holder.pid()), "--user", "--setuid=0", "--setgid=0"])
            .arg(&program)
            .args(["--listen", &address.to_string(), "--upstream"])
            .arg(socket.path())
            .start();
        bridge.wait_for_log_containing(" INFO listening on");
        assert_rights(&bridge, uid, gid);
        let stays = bridge.logs().contains("can't open the upstream socket");
        assert_eq!(stays, mode == 0o660, "{}", bridge.logs());
        if mode == 0o666 {
            assert_eq!(get(&address.into(), "/_ping").text(), "OK");
        }
    }
}

/// The first user of a namespace, to the machine.
const FIRST: u32 = 100_000;

#[test]
fn a_user_that_is_named_is_become_with_the_group_of_the_socket_or_its_own() {
    requires_root!();
    let socket = Socket::new(0o755, 990);
    for (user, uid, gid) in [("1234", 1234, 990), ("1234:990", 1234, 990), ("nobody", 65534, 990)] {
        let bridge = Bridge::builder().upstream(socket.path()).args(["--user", user]).start();
        assert_rights(&bridge, uid, gid);
        assert_serves(&bridge);
    }
    let bridge = Bridge::builder().upstream(socket.path()).env("BRIDGE_USER", "1234:7").start();
    assert_rights(&bridge, 1234, 7);
    bridge.wait_for_log_containing("user 1234 with group 7, as --user says, can't open");
}

#[test]
fn root_stays_root_where_that_is_asked_for() {
    requires_root!();
    let socket = Socket::new(0o755, 990);
    let bridge = Bridge::builder().upstream(socket.path()).args(["--user", "root"]).start();
    assert_eq!(status(&bridge, "Uid"), "0 0 0 0");
    assert_ne!(status(&bridge, "CapEff"), "0000000000000000");
    assert_serves(&bridge);
    assert!(!bridge.logs().contains("stays root"), "{}", bridge.logs());
    drop(socket.folder);
}

#[test]
fn who_isnt_root_stays_who_it_is() {
    requires_root!();
    let socket = Socket::new(0o755, 990);
    let bridge = Bridge::builder()
        .upstream(socket.path())
        .under(["setpriv", "--reuid=1234", "--regid=990", "--clear-groups"])
        .start();
    assert_rights(&bridge, 1234, 990);
    assert_serves(&bridge);
}

/// A directory of certificates that root owns, which nonroot may or may not get to.
fn certificates(mode: u32) -> (tempfile::TempDir, std::path::PathBuf) {
    let folder = tempfile::tempdir().unwrap();
    set(folder.path(), mode, 0);
    let path = folder.path().join("certs");
    (folder, path)
}

fn behind_tls(socket: &Socket, cert_dir: &Path) -> BridgeBuilder {
    Bridge::builder().over(Transport::Tls(Version::V1_3)).upstream(socket.path()).cert_dir(cert_dir)
}

fn owner(path: &Path) -> u32 {
    fs::symlink_metadata(path).unwrap().uid()
}

#[test]
fn in_a_container_the_certificates_are_handed_to_nonroot_who_goes_on_renewing_them() {
    requires_root!();
    let socket = Socket::new(0o755, 990);
    let (_folder, dir) = certificates(0o755);
    let bridge = behind_tls(&socket, &dir).env("container", "oci").start();
    assert_rights(&bridge, 65532, 990);
    assert_serves(&bridge);
    for path in ["", "ca/key.pem", "ca/clients.json", "server/cert.pem", "client", "client/key.pem"]
    {
        assert_eq!(owner(&dir.join(path)), 65532, "{path}");
    }
    fs::remove_file(dir.join("server/cert.pem")).unwrap();
    bridge.signal(Signal::HUP);
    bridge.wait_for_log_containing("the new certificates are in force");
    assert_eq!(owner(&dir.join("server/cert.pem")), 65532);
    assert_serves(&bridge);
}

#[test]
fn certificates_are_handed_to_a_user_that_is_named() {
    requires_root!();
    let socket = Socket::new(0o755, 990);
    let (_folder, dir) = certificates(0o755);
    let bridge = behind_tls(&socket, &dir).args(["--user", "1234"]).start();
    assert_rights(&bridge, 1234, 990);
    assert_eq!(owner(&dir.join("ca/key.pem")), 1234);
    assert_serves(&bridge);
}

#[test]
fn certificates_that_nonroot_cannot_get_to_stay_roots() {
    requires_root!();
    let socket = Socket::new(0o755, 990);
    let (_folder, dir) = certificates(0o700);
    let bridge = behind_tls(&socket, &dir).env("container", "oci").start();
    assert_rights(&bridge, 0, 0);
    assert_eq!(owner(&dir), 0);
    bridge.wait_for_log_containing("stays root");
    assert_serves(&bridge);
}

#[test]
fn a_directory_of_somebodys_is_served_as_that_somebody() {
    requires_root!();
    let socket = Socket::new(0o755, 990);
    let (_folder, dir) = certificates(0o755);
    fs::create_dir(&dir).unwrap();
    chown(&dir, Some(1234), Some(1234)).unwrap();
    let bridge = behind_tls(&socket, &dir).start();
    assert_rights(&bridge, 1234, 990);
    assert_eq!(owner(&dir.join("ca/key.pem")), 1234);
    assert_serves(&bridge);
}

/// As in a volume of kekru's. A next start reads the directory as its owner.
#[test]
fn a_directory_with_a_key_that_nonroot_cannot_read_stays_roots_and_the_key_gets_a_warning() {
    requires_root!();
    let socket = Socket::new(0o755, 990);
    let (_folder, dir) = certificates(0o755);
    drop(behind_tls(&socket, &dir).start());
    let theirs = dir.with_file_name("theirs");
    fs::create_dir(&theirs).unwrap();
    fs::set_permissions(&theirs, fs::Permissions::from_mode(0o755)).unwrap();
    for (from, to) in
        [("ca/cert", "ca-cert"), ("server/cert", "server-cert"), ("server/key", "server-key")]
    {
        let to = theirs.join(format!("{to}.pem"));
        fs::copy(dir.join(format!("{from}.pem")), &to).unwrap();
        chown(&to, Some(0), Some(0)).unwrap();
    }
    for _ in ["first", "next"] {
        let port = testkit::ports::free_port();
        let program = Program::ours("bridge-tls")
            .args(["--listen", &format!("127.0.0.1:{port}"), "--upstream"])
            .arg(socket.path())
            .arg("--cert-dir")
            .arg(&theirs)
            .env("container", "oci")
            .start();
        let key = theirs.join("server-key.pem").display().to_string();
        let warning = format!("user 65532 can't read {key} again: a reload needs other rights");
        program.wait_for_log_containing(&warning);
        program.wait_for_log_containing("listening on");
        assert_eq!(owner(&theirs), 0);
    }
}

#[test]
fn a_key_that_nonroot_cannot_read_again_gets_a_warning() {
    requires_root!();
    let socket = Socket::new(0o755, 990);
    let (_folder, dir) = certificates(0o755);
    drop(behind_tls(&socket, &dir).start());
    chown(dir.join("server/key.pem"), Some(0), Some(0)).unwrap();
    let file = |name: &str| dir.join(name).display().to_string();
    let port = testkit::ports::free_port();
    let program = Program::ours("bridge-tls")
        .args(["--listen", &format!("127.0.0.1:{port}"), "--upstream"])
        .arg(socket.path())
        .args(["--tlscacert", &file("ca/cert.pem"), "--tlscert", &file("server/cert.pem")])
        .args(["--tlskey", &file("server/key.pem")])
        .start();
    let line = program.wait_for_log_containing("a reload needs other rights on it, or --user root");
    assert!(line.contains(&file("server/key.pem")), "{line}");
}

/// Root reads it with a capability that it then gives up.
#[test]
fn a_policy_that_root_without_capabilities_cannot_read_again_gets_a_warning() {
    requires_root!();
    let socket = Socket::new(0o700, 990);
    let policy = socket.folder.path().join("policy.toml");
    fs::write(&policy, "[roles.looker]\nextends = [\"monitor\"]\n").unwrap();
    chown(&policy, Some(1234), Some(1234)).unwrap();
    fs::set_permissions(&policy, fs::Permissions::from_mode(0o600)).unwrap();
    let bridge = Bridge::builder().upstream(socket.path()).arg("--policy").arg(&policy).start();
    assert_rights(&bridge, 0, 0);
    let warning = format!(
        "user 0 can't read {} again: a reload needs other rights on it, or --user root",
        policy.display()
    );
    bridge.wait_for_log_containing(&warning);
    bridge.signal(Signal::HUP);
    bridge.wait_for_log_containing("Permission denied");
    assert_serves(&bridge);
}
