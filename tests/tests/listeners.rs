//! Every kind of address that a bridge can listen on.

use std::fs;
use std::net::{Ipv4Addr, Ipv6Addr, SocketAddr};
use std::os::unix::fs::{MetadataExt as _, PermissionsExt as _, chown};
use std::os::unix::net::UnixListener;
use std::process::Output;

use testkit::engine::full_backlog;
use testkit::process::run_to_end;
use testkit::stream::get;
use testkit::{
    Bridge, DEADLINE, Endpoint, Program, Signal, StandIn, binary, ports, requires_tool, skip,
};

#[test]
fn ipv4_and_a_name_can_be_listened_on() {
    let engine = StandIn::start();
    for host in ["tcp://127.0.0.1", "127.0.0.1", "tcp://localhost", "tcp://0.0.0.0"] {
        let listen = format!("{host}:{}", ports::free_port());
        let bridge = Bridge::builder().listen(&listen).upstream(engine.socket()).start();
        assert_eq!(get(&bridge.endpoint(), "/_ping").text(), "OK", "{listen}");
    }
}

#[test]
fn ipv6_can_be_listened_on_alone() {
    if !skip::require_ipv6() {
        return;
    }
    let engine = StandIn::start();
    let port = ports::free_port_v6();
    let bridge =
        Bridge::builder().listen(format!("tcp://[::1]:{port}")).upstream(engine.socket()).start();
    assert_eq!(get(&bridge.endpoint(), "/_ping").text(), "OK");
    let v4 = Endpoint::Tcp((Ipv4Addr::LOCALHOST, port).into());
    assert!(v4.try_connect().is_err());
}

#[test]
fn a_dual_stack_listener_serves_both_and_calls_ipv4_peers_by_their_names() {
    if !skip::require_ipv6() {
        return;
    }
    let engine = StandIn::start();
    let port = ports::free_port_on(Ipv6Addr::UNSPECIFIED.into());
    let bridge = Bridge::builder()
        .listen(format!("tcp://[::]:{port}"))
        .upstream(engine.socket())
        .args(["--log-level", "debug"])
        .start();
    for address in [
        SocketAddr::from((Ipv4Addr::LOCALHOST, port)),
        SocketAddr::from((Ipv6Addr::LOCALHOST, port)),
    ] {
        let mut client = Endpoint::Tcp(address).connect();
        let peer = client.local_addr().unwrap();
        assert_eq!(client.exchange(PING).text(), "OK");
        drop(client);
        bridge.wait_for_log_containing(&format!(" {peer} "));
    }
    assert!(!bridge.logs().contains("::ffff"), "{}", bridge.logs());
}

/// strace stands in for a kernel without IPv6.
#[test]
fn without_ipv6_every_interface_is_those_of_ipv4() {
    requires_tool!("strace");
    let engine = StandIn::start();
    let port = ports::free_port_on(Ipv4Addr::UNSPECIFIED.into());
    let first_socket = "inject=socket:error=EAFNOSUPPORT:when=1";
    let bridge = Program::ours("bridge")
        .args(["--listen", &format!("tcp://[::]:{port}"), "--upstream"])
        .arg(engine.socket())
        .under(["strace", "-D", "-qq", "-o", "/dev/null", "-e", first_socket, "--"])
        .start();
    bridge.wait_for_log_containing(&format!("INFO listening on tcp://0.0.0.0:{port}"));
    let logs = bridge.logs();
    let told = "this kernel has no IPv6: listening on 0.0.0.0 instead of [::]";
    assert!(logs.contains(told), "{logs}");
    let address = SocketAddr::from((Ipv4Addr::LOCALHOST, port));
    assert_eq!(get(&address.into(), "/_ping").text(), "OK");
}

#[test]
fn several_addresses_are_listened_on_at_once() {
    let engine = StandIn::start();
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("bridge.sock");
    let addresses = [(); 2].map(|()| SocketAddr::from((Ipv4Addr::LOCALHOST, ports::free_port())));
    let bridge = Bridge::builder()
        .listen(addresses[0])
        .listen(format!("tcp://{}", addresses[1]))
        .listen(path.display())
        .upstream(engine.socket())
        .start();
    for endpoint in [addresses[0].into(), addresses[1].into(), Endpoint::Unix(path.clone())] {
        assert_eq!(get(&endpoint, "/_ping").text(), "OK", "{endpoint}");
        bridge.wait_for_log_containing(&format!("listening on {endpoint}"));
    }
}

#[test]
fn a_list_of_addresses_can_come_from_the_environment() {
    let engine = StandIn::start();
    let addresses = [(); 2].map(|()| SocketAddr::from((Ipv4Addr::LOCALHOST, ports::free_port())));
    let bridge = Program::ours("bridge")
        .env("BRIDGE_LISTEN", format!("tcp://{}, {}", addresses[0], addresses[1]))
        .env("BRIDGE_UPSTREAM", engine.socket())
        .start();
    for address in addresses {
        bridge.wait_for_log_containing(&format!("listening on tcp://{address}"));
        assert_eq!(get(&address.into(), "/_ping").text(), "OK");
    }
}

#[test]
fn a_unix_listener_lets_in_the_group_of_the_upstream_socket() {
    let engine = StandIn::start();
    if rustix::process::geteuid().is_root() {
        chown(engine.socket(), None, Some(GROUP)).unwrap();
    }
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("bridge.sock");
    // The folder is root's, and only its owner may remove a file there.
    let bridge = Bridge::builder().listen(path.display()).upstream(engine.socket());
    let bridge = bridge.args(["--user", "root"]).start();
    assert_eq!(get(&bridge.endpoint(), "/_ping").text(), "OK");
    let there = fs::metadata(&path).unwrap();
    assert_eq!(there.permissions().mode() & 0o777, 0o660);
    assert_eq!(there.gid(), fs::metadata(engine.socket()).unwrap().gid());

    bridge.signal(Signal::TERM);
    assert_eq!(bridge.wait_exit(DEADLINE).code(), Some(0));
    assert!(!path.exists(), "the file goes with the bridge");
}

#[test]
fn mode_and_group_of_a_unix_listener_can_be_chosen() {
    if !skip::require_root() {
        return;
    }
    let engine = StandIn::start();
    let folder = tempfile::tempdir().unwrap();
    for (group, mode, bits) in [("65534", "0600", 0o600), ("nogroup", "666", 0o666)] {
        let path = folder.path().join(mode);
        let _bridge = Bridge::builder()
            .listen(format!("unix://{}", path.display()))
            .upstream(engine.socket())
            .args(["--socket-mode", mode, "--socket-group", group])
            .start();
        let there = fs::metadata(&path).unwrap();
        assert_eq!((there.permissions().mode() & 0o777, there.gid()), (bits, GROUP));
    }
}

#[test]
fn a_socket_that_nobody_listens_on_is_replaced() {
    let engine = StandIn::start();
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("bridge.sock");
    drop(UnixListener::bind(&path).unwrap());
    let bridge = Bridge::builder().listen(path.display()).upstream(engine.socket()).start();
    assert_eq!(get(&bridge.endpoint(), "/_ping").text(), "OK");
}

#[test]
fn a_socket_that_somebody_listens_on_is_left_alone() {
    let engine = StandIn::start();
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("bridge.sock");
    let listener = UnixListener::bind(&path).unwrap();
    let output = fails_to_listen(&path.display().to_string(), &engine);
    assert_eq!(
        stderr(&output),
        format!(
            "error: cannot listen: on unix://{}: another program listens on it; stop it, or \
             choose another path\n",
            path.display()
        )
    );
    assert!(path.exists());
    drop(listener);
}

#[test]
fn a_socket_whose_listener_has_no_room_is_not_waited_for() {
    let engine = StandIn::start();
    let busy = full_backlog();
    let output = fails_to_listen(&busy.socket().display().to_string(), &engine);
    assert!(stderr(&output).contains(": another program listens on it; "), "{output:?}");
}

#[test]
fn a_file_that_is_no_socket_is_left_alone() {
    let engine = StandIn::start();
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("precious");
    fs::write(&path, "data").unwrap();
    let output = fails_to_listen(&path.display().to_string(), &engine);
    assert!(stderr(&output).contains("there is a file that isn't a socket"), "{output:?}");
    assert_eq!(fs::read_to_string(&path).unwrap(), "data");
}

#[test]
fn a_directory_that_is_missing_is_named() {
    let engine = StandIn::start();
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("missing/bridge.sock");
    let output = fails_to_listen(&path.display().to_string(), &engine);
    let directory = path.parent().unwrap().display().to_string();
    assert!(stderr(&output).contains(&format!("there is no directory {directory}")), "{output:?}");
}

#[test]
fn a_port_in_use_is_an_error_that_says_what_to_do() {
    let engine = StandIn::start();
    let taken = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
    let address = taken.local_addr().unwrap();
    let output = fails_to_listen(&format!("tcp://{address}"), &engine);
    let line = stderr(&output);
    let why = format!(
        "error: cannot listen: on tcp://{address}: something already listens on port {}; stop it, \
         or choose another port",
        address.port()
    );
    assert!(line.starts_with(&why), "{line}");
}

#[test]
fn an_address_of_another_machine_is_an_error() {
    let engine = StandIn::start();
    // RFC 5737: nobody has it.
    let output = fails_to_listen("tcp://192.0.2.1:23750", &engine);
    assert!(stderr(&output).contains("this machine has no address 192.0.2.1"), "{output:?}");
}

#[test]
fn one_address_that_fails_fails_all() {
    let engine = StandIn::start();
    let taken = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("bridge.sock");
    let list = format!("{} tcp://{}", path.display(), taken.local_addr().unwrap());
    let upstream = engine.socket().display().to_string();
    let output =
        run_to_end("bridge", &["--upstream", &upstream], &[("BRIDGE_LISTEN", list.as_str())]);
    assert_eq!(output.status.code(), Some(69), "{output:?}");
}

#[test]
fn a_socket_of_systemd_is_taken_over() {
    requires_tool!("systemd-socket-activate");
    let engine = StandIn::start();
    for listen in ["fd://", "fd://*", "fd://3", "fd://web"] {
        let address = SocketAddr::from((Ipv4Addr::LOCALHOST, ports::free_port()));
        let bridge = Program::new("systemd-socket-activate")
            .arg(format!("--listen={address}"))
            .arg("--fdname=web")
            .arg(binary::binary("bridge"))
            .args(["--listen", listen, "--upstream"])
            .arg(engine.socket())
            .start();
        bridge.wait_for_log_containing("Listening on");
        assert_eq!(get(&address.into(), "/_ping").text(), "OK", "{listen}");
        bridge.wait_for_log_containing(&format!("listening on tcp://{address}"));
        bridge.signal(Signal::TERM);
        assert_eq!(bridge.wait_exit(DEADLINE).code(), Some(0));
    }
}

#[test]
fn a_unix_socket_of_systemd_stays_when_the_bridge_goes() {
    requires_tool!("systemd-socket-activate");
    let engine = StandIn::start();
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("bridge.sock");
    let bridge = Program::new("systemd-socket-activate")
        .arg(format!("--listen={}", path.display()))
        .arg(binary::binary("bridge"))
        .args(["--listen", "fd://", "--upstream"])
        .arg(engine.socket())
        .start();
    bridge.wait_for_log_containing("Listening on");
    assert_eq!(get(&Endpoint::Unix(path.clone()), "/_ping").text(), "OK");
    bridge.signal(Signal::TERM);
    assert_eq!(bridge.wait_exit(DEADLINE).code(), Some(0));
    assert!(path.exists(), "it is systemd's");
}

#[test]
fn a_descriptor_that_was_not_passed_is_an_error() {
    let engine = StandIn::start();
    for listen in ["fd://", "fd://3", "fd://web"] {
        let output = fails_to_listen(listen, &engine);
        assert!(stderr(&output).contains("no such descriptor was passed"), "{output:?}");
    }
}

/// Runs a bridge that can't listen: exit 69, and one line.
fn fails_to_listen(listen: &str, engine: &StandIn) -> Output {
    let upstream = engine.socket().display().to_string();
    let output = run_to_end(
        "bridge",
        &["--listen", listen, "--upstream", &upstream, "--log-level", "error"],
        &[],
    );
    assert_eq!(output.status.code(), Some(69), "{output:?}");
    assert_eq!(stderr(&output).lines().count(), 1, "{output:?}");
    output
}

fn stderr(output: &Output) -> String {
    String::from_utf8_lossy(&output.stderr).into_owned()
}

/// Debian's `nogroup`.
const GROUP: u32 = 65534;
const PING: &str = "GET /_ping HTTP/1.1\r\nHost: docker\r\n\r\n";
