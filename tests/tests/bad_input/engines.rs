//! An Engine that is not as it should be, and outputs that are closed.

use std::fs;
use std::net::{Ipv4Addr, SocketAddr};
use std::os::unix::fs::PermissionsExt as _;
use std::path::PathBuf;

use testkit::process::{Process, finish_with_input};
use testkit::stream::get;
use testkit::{DEADLINE, Endpoint, Program, StandIn, binary, ports, requires_tool};

use crate::{as_nobody, folder, warning_before, warning_of};

#[test]
fn an_engine_that_is_absent_at_start_is_a_warning_and_is_found_later() {
    let folder = folder();
    let socket = folder.path().join("engine.sock");
    assert_eq!(
        warning_of(Program::ours("bridge"), &socket),
        "No such file or directory (os error 2); is the Engine running, and its socket mounted \
         here?"
    );

    let address = SocketAddr::from((Ipv4Addr::LOCALHOST, ports::free_port()));
    let bridge = Program::ours("bridge")
        .args(["--listen", &address.to_string(), "--upstream", socket.to_str().unwrap()])
        .start();
    bridge.wait_for_log_containing(" WARN cannot reach the Engine");
    let _engine = StandIn::builder().path(&socket).start();
    assert_eq!(get(&address.into(), "/version").status, 200);
    bridge.wait_for_log_containing(" INFO the Engine at unix://");
}

#[test]
fn an_upstream_that_is_no_socket_is_told_apart() {
    let folder = folder();
    let file = folder.path().join("file");
    fs::write(&file, "").unwrap();
    assert_eq!(
        warning_of(Program::ours("bridge"), &file),
        "Connection refused (os error 111); it is a file, not a socket"
    );
    assert_eq!(
        warning_of(Program::ours("bridge"), folder.path()),
        "Connection refused (os error 111); it is a directory: it was mounted before the Engine \
         had made its socket"
    );
}

#[test]
fn an_upstream_that_nobody_listens_on_is_told_apart() {
    let folder = folder();
    let socket = folder.path().join("engine.sock");
    StandIn::builder().path(&socket).start().kill();
    assert_eq!(
        warning_of(Program::ours("bridge"), &socket),
        "Connection refused (os error 111); nobody listens on it: is the Engine running?"
    );
    let port = ports::free_port();
    assert_eq!(
        warning_before(
            Program::ours("bridge"),
            ports::free_port(),
            &format!("tcp://127.0.0.1:{port}")
        ),
        "Connection refused (os error 111); nobody listens there: is the Engine running?"
    );
}

#[test]
fn an_upstream_that_is_not_permitted_says_who_may() {
    let folder = folder();
    let Some(bridge) = as_nobody(folder.path()) else { return };
    let socket = folder.path().join("engine.sock");
    let _engine = StandIn::builder().path(&socket).start();
    fs::set_permissions(&socket, fs::Permissions::from_mode(0o660)).unwrap();
    assert_eq!(
        warning_of(bridge.clone(), &socket),
        "Permission denied (os error 13); run as root, or with the group that owns the socket \
         (often `docker`)"
    );

    let private = folder.path().join("private");
    fs::create_dir(&private).unwrap();
    fs::set_permissions(&private, fs::Permissions::from_mode(0o700)).unwrap();
    let warning = warning_of(bridge, &private.join("engine.sock"));
    let above = "Permission denied (os error 13); a directory above it is closed to this user";
    assert!(warning.starts_with(above) && warning.contains("or SELinux keeps it"), "{warning}");
}

/// A security module says no although the file says yes; strace stands in for it.
#[test]
fn an_upstream_that_a_security_module_forbids_names_selinux_and_how_to_get_past_it() {
    requires_tool!("strace");
    let engine = StandIn::start();
    let strace = ["strace", "-D", "-f", "-qq", "-o", "/dev/null"];
    let forbidding = ["-e", "inject=connect:error=EACCES", "--"];
    let bridge = Program::ours("bridge").under(strace.iter().chain(&forbidding));
    assert_eq!(
        warning_of(bridge, engine.socket()),
        "Permission denied (os error 13); its mode lets this user in, so it's a security module \
         such as SELinux that doesn't: a container gets past SELinux (Fedora, RHEL) with \
         `--security-opt label=disable` (Quadlet: SecurityLabelDisable=true)"
    );
}

#[test]
fn standard_input_and_output_without_an_engine_are_one_error() {
    let folder = folder();
    let socket = folder.path().join("engine.sock");
    let command = Program::ours("bridge")
        .arg("STDIO")
        .arg(format!("UNIX-CONNECT:{}", socket.display()))
        .env("RUST_BACKTRACE", "1")
        .command();
    let output = finish_with_input(command, "GET /version HTTP/1.1\r\n\r\n", DEADLINE);
    let stderr = String::from_utf8(output.stderr).unwrap();
    let unusual: Vec<_> = stderr.lines().filter(|line| !line.contains(" INFO ")).collect();
    assert_eq!(
        unusual,
        [format!(
            "error: cannot reach the Engine at unix://{}: No such file or directory (os error 2); \
             is the Engine running, and its socket mounted here?",
            socket.display()
        )]
    );
    assert_eq!(output.status.code(), Some(70));
    assert!(output.stdout.is_empty());
}

#[test]
fn closed_outputs_are_no_panic() {
    for (words, code) in [("--help", 0), ("--check", 0), ("--listen x", 64)] {
        let script = format!("'{}' {words} >&- 2>&-", binary::binary("bridge").display());
        let output = Program::new("sh").args(["-c", &script]).env("RUST_BACKTRACE", "1").run();
        let ended = output.status.code().unwrap();
        assert!(ended == code || (code == 0 && ended == 70), "{words}: {ended}");
    }
    // A reader that leaves is no error: `bridge --help | head -1`.
    let bridge: PathBuf = binary::binary("bridge");
    let script = format!("('{}' --completions zsh; echo \"$?\" >&2) | true", bridge.display());
    let output = Program::new("sh").args(["-c", &script]).run();
    assert_eq!(String::from_utf8(output.stderr).unwrap(), "0\n");
}

#[test]
fn closed_log_is_no_end() {
    let engine = StandIn::start();
    let address = SocketAddr::from((Ipv4Addr::LOCALHOST, ports::free_port()));
    let script = format!(
        "exec '{}' --listen {address} --upstream '{}' 2>&-",
        binary::binary("bridge").display(),
        engine.socket().display()
    );
    let bridge = Process::spawn(Program::new("sh").args(["-c", &script]).command());
    testkit::eventually(DEADLINE, "it serves without a log", || {
        Endpoint::from(address).try_connect().is_ok()
    });
    assert_eq!(get(&address.into(), "/version").status, 200);
    assert_eq!(bridge.exit_status(), None);
}
