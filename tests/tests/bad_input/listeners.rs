//! Addresses that cannot be listened on: 69.

use std::fs;
use std::net::{Ipv4Addr, TcpListener};
use std::os::unix::net::UnixListener;

use testkit::stream::get;
use testkit::{Program, StandIn, ports, refusal};

use crate::{as_nobody, assert_cannot_listen, folder};

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
