//! Bad input gets one line that says what, why and what to write; never a panic or a backtrace.

#![expect(clippy::panic, clippy::unwrap_used, reason = "to a test a panic is an answer")]

use std::fs;
use std::net::{Ipv4Addr, SocketAddr, TcpListener};
use std::os::unix::fs::PermissionsExt as _;
use std::os::unix::net::UnixListener;
use std::path::{Path, PathBuf};

use testkit::process::{Process, finish_with_input};
use testkit::stream::get;
use testkit::{DEADLINE, Endpoint, Program, Signal, StandIn, binary, ports, refusal, skip};

/// A place of the test's own in which every user may look about.
fn folder() -> tempfile::TempDir {
    let folder = tempfile::tempdir().unwrap();
    fs::set_permissions(folder.path(), fs::Permissions::from_mode(0o755)).unwrap();
    folder
}

fn assert_bad_address(flag: &str, address: &str, message: &str) {
    let (code, why) = refusal(&Program::ours("bridge").args([flag, address]));
    assert_eq!(why, format!("bad setting: {flag}: `{address}` {message}"));
    assert_eq!(code, 64, "{address}");
}

/// `why`: what stands behind the address in the line of a bridge that can't listen on it.
fn assert_cannot_listen(program: Program, address: &str, why: &str) {
    let (code, line) = refusal(&program.args(["--listen", address, "--upstream", "/unused.sock"]));
    assert_eq!(line, format!("cannot listen: on {address}: {why}"));
    assert_eq!(code, 69, "{address}");
}

/// Starts a bridge, whose Engine isn't as it should be; gives its one warning, and stops it.
fn warning_of(program: Program, upstream: &Path) -> String {
    let port = ports::free_port();
    let upstream = format!("unix://{}", upstream.display());
    warning_before(program, port, &upstream)
}

fn warning_before(program: Program, port: u16, upstream: &str) -> String {
    let address = SocketAddr::from((Ipv4Addr::LOCALHOST, port));
    let listen = address.to_string();
    let bridge = program
        .args(["--listen", &listen, "--upstream", upstream])
        .env("RUST_BACKTRACE", "1")
        .start();
    bridge.wait_for_log_containing(" WARN cannot reach the Engine");
    // Everyone who comes is closed, and that is no news.
    for _ in 0..2 {
        let mut client = Endpoint::from(address).connect();
        client.send("GET /version HTTP/1.1\r\nHost: docker\r\n\r\n");
        client.expect_closed(DEADLINE);
    }
    bridge.signal(Signal::TERM);
    assert_eq!(bridge.wait_exit(DEADLINE).code(), Some(0));
    let logs = bridge.logs();
    let unusual: Vec<_> = logs.lines().filter(|line| !line.contains(" INFO ")).collect();
    assert_eq!(unusual.len(), 1, "{logs}");
    let (_, warning) = unusual[0].split_once(" WARN ").unwrap();
    let begin = format!("cannot reach the Engine at {upstream}: ");
    warning.strip_prefix(&begin).unwrap_or_else(|| panic!("{warning}")).to_owned()
}

/// The bridge as a user with no rights at all; `None`, skipped, without root.
fn as_nobody(folder: &Path) -> Option<Program> {
    if !skip::require_root() {
        return None;
    }
    let setpriv = skip::require_tool("setpriv")?;
    // Where it was built, other users may not look.
    let copy = folder.join("bridge");
    fs::copy(binary::binary("bridge"), &copy).unwrap();
    fs::set_permissions(&copy, fs::Permissions::from_mode(0o755)).unwrap();
    let rights = ["--reuid=65534", "--regid=65534", "--clear-groups", "--bounding-set=-all"];
    Some(Program::new(setpriv).args(rights).arg(copy))
}

#[test]
fn an_unknown_scheme_is_named_with_two_that_are_known() {
    for address in ["http://127.0.0.1:2375", "https://h:2376", "ssh://user@host", "npipe:////./p"] {
        let scheme = address.split(':').next().unwrap();
        for flag in ["--listen", "--upstream"] {
            assert_bad_address(
                flag,
                address,
                &format!(
                    "has the unknown scheme `{scheme}` (write tcp://127.0.0.1:2375 or \
                     unix:///var/run/docker.sock)"
                ),
            );
        }
    }
}

#[test]
fn a_relative_path_gets_an_absolute_one() {
    for flag in ["--listen", "--upstream"] {
        for (address, message) in [
            ("unix://run/docker.sock", "has a relative path (write unix:///run/docker.sock)"),
            ("unix://", "has no path (write unix:///var/run/docker.sock)"),
            ("run/docker.sock", "is a relative path (write unix:///var/run/docker.sock)"),
            ("./docker.sock", "is a relative path (write unix:///var/run/docker.sock)"),
            (
                "docker.sock",
                "is neither an address nor an absolute path (write tcp://127.0.0.1:2375 or \
                 unix:///var/run/docker.sock)",
            ),
            ("/var/run/", "is a directory (name the socket in it, such as /var/run/docker.sock)"),
        ] {
            assert_bad_address(flag, address, message);
        }
    }
}

#[test]
fn a_port_that_is_none_gets_the_range() {
    for flag in ["--listen", "--upstream"] {
        for (scheme, port) in
            [("tcp://", "0"), ("tcp://", "70000"), ("", "65536"), ("", "-1"), ("", "http")]
        {
            assert_bad_address(
                flag,
                &format!("{scheme}127.0.0.1:{port}"),
                &format!(
                    "has the port `{port}`, which isn't a number from 1 to 65535 (write \
                     tcp://127.0.0.1:2375)"
                ),
            );
        }
    }
}

#[test]
fn a_host_that_is_none_gets_one() {
    for (address, message) in [
        (
            "tcp://:2375",
            "has no host (write tcp://127.0.0.1:2375, or tcp://[::]:2375 for every interface)",
        ),
        (
            ":2375",
            "has no host (write tcp://127.0.0.1:2375, or tcp://[::]:2375 for every interface)",
        ),
        ("tcp://::1:2375", "looks like an IPv6 address without brackets (write tcp://[::1]:2375)"),
        ("tcp://[::1", "has no `]` (write tcp://[::1]:2375)"),
        (
            "tcp://[host]:2375",
            "has brackets around what isn't an IPv6 address (write tcp://[::1]:2375)",
        ),
        ("tcp://a b:2375", "has a host that isn't a name (write tcp://127.0.0.1:2375)"),
    ] {
        assert_bad_address("--listen", address, message);
    }
}

#[test]
fn an_inherited_listener_is_no_engine() {
    assert_bad_address(
        "--upstream",
        "fd://",
        "can be listened on but not dialled (write unix:///var/run/docker.sock)",
    );
    assert_bad_address(
        "--listen",
        "fd://1",
        "is not a passed descriptor: they begin at 3 (write fd://3)",
    );
}

#[test]
fn a_path_too_long_for_a_socket_says_by_how_much() {
    let address = format!("/{}", "x".repeat(120));
    assert_bad_address("--listen", &address, "is too long for a socket: 121 bytes, at most 107");
}

#[test]
fn a_command_line_that_is_not_text_is_no_panic() {
    use std::os::unix::ffi::OsStrExt as _;
    let word = std::ffi::OsStr::from_bytes(b"--listen=\xff");
    let (code, why) = refusal(&Program::ours("bridge").arg(word));
    assert_eq!(why, "bad command line: --listen=\u{fffd}: isn't valid UTF-8");
    assert_eq!(code, 64);
    let value = std::ffi::OsStr::from_bytes(b"\xff");
    let (code, why) = refusal(&Program::ours("bridge").env("BRIDGE_LISTEN", value));
    assert_eq!(why, "bad setting: BRIDGE_LISTEN: its value isn't valid UTF-8");
    assert_eq!(code, 64);
}

#[test]
fn a_port_in_use_is_69() {
    let port = ports::free_port();
    let _taken = TcpListener::bind((Ipv4Addr::LOCALHOST, port)).unwrap();
    let why = format!("something already listens on port {port}; stop it, or choose another port");
    let address = format!("tcp://127.0.0.1:{port}");
    assert_cannot_listen(Program::ours("bridge"), &address, &why);

    let words = [format!("TCP-LISTEN:{port},fork,bind=127.0.0.1"), "UNIX:/unused.sock".to_owned()];
    let (code, line) = refusal(&Program::ours("bridge").args(words));
    assert_eq!(line, format!("cannot listen: on {address}: {why}"));
    assert_eq!(code, 69);
}

#[test]
fn where_one_of_two_listeners_fails_neither_is_left() {
    let port = ports::free_port();
    let _taken = TcpListener::bind((Ipv4Addr::LOCALHOST, port)).unwrap();
    let folder = folder();
    let socket = folder.path().join("docker.sock");
    let first = Program::ours("bridge").args(["--listen", socket.to_str().unwrap()]);
    let why = format!("something already listens on port {port}; stop it, or choose another port");
    assert_cannot_listen(first, &format!("tcp://127.0.0.1:{port}"), &why);
    assert!(UnixListener::bind(&socket).is_ok(), "the socket's file was left behind");
}

#[test]
fn a_socket_in_use_is_69_and_stays() {
    let engine = StandIn::start();
    let address = format!("unix://{}", engine.socket().display());
    let why = "another program listens on it; stop it, or choose another path";
    assert_cannot_listen(Program::ours("bridge"), &address, why);
    assert_eq!(get(&engine.endpoint(), "/version").status, 200);
}

#[test]
fn what_is_no_socket_is_never_removed() {
    let folder = folder();
    let file = folder.path().join("file");
    fs::write(&file, "precious").unwrap();
    assert_cannot_listen(
        Program::ours("bridge"),
        &format!("unix://{}", file.display()),
        "there is a file that isn't a socket; remove it, or choose another path",
    );
    assert_eq!(fs::read(&file).unwrap(), b"precious");

    assert_cannot_listen(
        Program::ours("bridge"),
        &format!("unix://{}", folder.path().display()),
        &format!(
            "it is a directory; name a socket in it, such as {}/docker.sock",
            folder.path().display()
        ),
    );
}

#[test]
fn a_directory_that_is_missing_is_named() {
    let folder = folder();
    let missing = folder.path().join("missing");
    assert_cannot_listen(
        Program::ours("bridge"),
        &format!("unix://{}/docker.sock", missing.display()),
        &format!("there is no directory {}; make it first", missing.display()),
    );
}

#[test]
fn an_address_that_the_machine_lacks_is_69() {
    assert_cannot_listen(
        Program::ours("bridge"),
        "tcp://192.0.2.1:2375",
        "this machine has no address 192.0.2.1; tcp://[::]:2375 is every interface",
    );
}

#[test]
fn a_name_that_is_none_is_69() {
    let words = ["--listen", "tcp://no-such-host.invalid:2375"];
    let (code, line) = refusal(&Program::ours("bridge").args(words));
    let begin = "cannot listen: on tcp://no-such-host.invalid:2375: the name \
                 `no-such-host.invalid` can't be resolved: ";
    assert!(line.starts_with(begin), "{line}");
    assert_eq!(code, 69);
}

#[test]
fn descriptors_that_nobody_passed_are_69() {
    for address in ["fd://*", "fd://7", "fd://docker"] {
        assert_cannot_listen(
            Program::ours("bridge"),
            address,
            "no such descriptor was passed; start it by a systemd socket unit, or with \
             systemd-socket-activate",
        );
    }
}

#[test]
fn a_user_who_may_not_listen_is_told_where_it_could() {
    let folder = folder();
    let Some(bridge) = as_nobody(folder.path()) else { return };
    assert_cannot_listen(
        bridge.clone(),
        &format!("unix://{}/docker.sock", folder.path().display()),
        &format!(
            "this user may not write to {}; choose another directory",
            folder.path().display()
        ),
    );

    let engine = StandIn::start();
    assert_cannot_listen(
        bridge.clone(),
        &format!("unix://{}", engine.socket().display()),
        "there is a socket that this user may not open; remove it, or choose another path",
    );

    let first = fs::read_to_string("/proc/sys/net/ipv4/ip_unprivileged_port_start").unwrap();
    if first.trim() == "1024" {
        let why = "port 80 needs root; ports from 1024 on don't";
        assert_cannot_listen(bridge, "tcp://127.0.0.1:80", why);
    }
}

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
    let denied = "Permission denied (os error 13); run as root, or with the group that owns the \
                  socket (often `docker`)";
    let engine = StandIn::start();
    assert_eq!(warning_of(bridge.clone(), engine.socket()), denied);

    let private = folder.path().join("private");
    fs::create_dir(&private).unwrap();
    fs::set_permissions(&private, fs::Permissions::from_mode(0o700)).unwrap();
    assert_eq!(warning_of(bridge, &private.join("engine.sock")), denied);
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
