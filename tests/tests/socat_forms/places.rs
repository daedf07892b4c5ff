//! Unix sockets, abstract names, Engines on TCP, standard input and output.

use std::fs;
use std::net::Ipv4Addr;
use std::os::unix::fs::{FileTypeExt as _, MetadataExt as _};
use std::path::Path;

use testkit::process::{Process, finish_with_input};
use testkit::{DEADLINE, Endpoint, Signal, StandIn, ports, skip};

use crate::{assert_serves, bridge, listening, local};

#[test]
fn a_unix_listener_has_its_mode_and_its_group_and_goes_at_the_end() {
    let engine = StandIn::start();
    let folder = tempfile::tempdir().unwrap();
    let socket = folder.path().join("docker.sock");
    let own = rustix::process::getegid().as_raw();
    // Only root may give a file to a group that it isn't in.
    let group = if own == 0 { 12_345 } else { own };
    for (options, mode) in [("mode=600", 0o600), ("perm=0666,reuseaddr", 0o666), ("", 0o660)] {
        let options = if options.is_empty() { String::new() } else { format!(",{options}") };
        let words = format!(
            "--user root UNIX-LISTEN:{},fork,group={group}{options} UNIX-CONNECT:ENGINE",
            socket.display()
        );
        let bridge = listening(&words, 0, engine.socket());
        let file = fs::metadata(&socket).unwrap();
        assert!(file.file_type().is_socket());
        assert_eq!(file.mode() & 0o7777, mode, "{words}");
        assert_eq!(file.gid(), group, "{words}");
        assert_serves(&Endpoint::Unix(socket.clone()), &words);
        bridge.signal(Signal::TERM);
        assert_eq!(bridge.wait_exit(DEADLINE).code(), Some(0));
        assert!(!socket.exists(), "{words}");
    }
}

#[test]
fn a_unix_listener_belongs_to_the_user_that_is_named() {
    if !skip::require_root() {
        return;
    }
    let engine = StandIn::start();
    let folder = tempfile::tempdir().unwrap();
    let socket = folder.path().join("docker.sock");
    let words = format!("UNIX-LISTEN:{},fork,user=12345 UNIX:ENGINE", socket.display());
    let _bridge = listening(&words, 0, engine.socket());
    assert_eq!(fs::metadata(&socket).unwrap().uid(), 12_345);
}

#[test]
fn a_unix_listener_takes_the_place_of_a_socket_that_nobody_listens_on() {
    let engine = StandIn::start();
    let folder = tempfile::tempdir().unwrap();
    let socket = folder.path().join("docker.sock");
    for words in ["UNIX-LISTEN:HERE,fork UNIX:ENGINE", "unix-l:HERE,unlink-early,fork unix:ENGINE"]
    {
        StandIn::builder().path(&socket).start().kill();
        assert!(socket.exists());
        let words = words.replace("HERE", &socket.display().to_string());
        let _bridge = listening(&words, 0, engine.socket());
        assert_serves(&Endpoint::Unix(socket.clone()), &words);
    }
}

#[test]
fn a_unix_listener_stands_before_an_engine_on_tcp() {
    let engine = StandIn::builder().tcp((Ipv4Addr::LOCALHOST, 0).into()).start();
    let folder = tempfile::tempdir().unwrap();
    let socket = folder.path().join("docker.sock");
    let port = engine.addr().port();
    for dial in [
        "TCP:127.0.0.1:PORT",
        "tcp-connect:127.0.0.1:PORT",
        "TCP4:localhost:PORT",
        "TCP:127.0.0.1:PORT,nodelay,keepalive,connect-timeout=5",
    ] {
        let words = format!("UNIX-LISTEN:{},fork,reuseaddr {dial}", socket.display());
        let bridge = listening(&words, port, Path::new("/unused"));
        assert_serves(&Endpoint::Unix(socket.clone()), &words);
        bridge.signal(Signal::TERM);
        assert_eq!(bridge.wait_exit(DEADLINE).code(), Some(0));
    }
}

#[test]
fn a_port_may_lead_to_an_engine_on_another_port() {
    let engine = StandIn::builder().tcp((Ipv4Addr::LOCALHOST, 0).into()).start();
    let port = ports::free_port();
    let words = format!("TCP-LISTEN:PORT,fork TCP:{}", engine.addr());
    let _bridge = listening(&words, port, Path::new("/unused"));
    assert_serves(&local(port), &words);
}

#[test]
fn abstract_sockets_are_listened_on_and_dialled() {
    let engine = StandIn::start();
    let port = ports::free_port();
    let name = format!("docker-api-test-{port}");
    let words = format!("ABSTRACT-LISTEN:{name},fork UNIX:ENGINE");
    let _inner = listening(&words, port, engine.socket());
    let words = format!("TCP-LISTEN:PORT,fork abstract-connect:{name}");
    let _outer = listening(&words, port, engine.socket());
    assert_serves(&local(port), &words);
}

#[test]
fn a_relative_path_is_taken_from_where_the_bridge_stands() {
    let engine = StandIn::start();
    let port = ports::free_port();
    let mut command =
        bridge("TCP-LISTEN:PORT,fork UNIX:engine.sock", port, engine.socket()).command();
    command.current_dir(engine.socket().parent().unwrap());
    let process = Process::spawn(command);
    process.wait_for_log_containing("INFO listening on ");
    assert_serves(&local(port), "a relative path");
}

#[test]
fn standard_input_and_output_are_a_client_under_each_of_their_names() {
    let engine = StandIn::start();
    let ask = "GET /version HTTP/1.1\r\nHost: docker\r\nConnection: close\r\n\r\n";
    for words in [
        "STDIO UNIX-CONNECT:ENGINE",
        "stdio unix-connect:ENGINE",
        "- UNIX:ENGINE",
        "UNIX-CONNECT:ENGINE STDIO",
        "-d -d -t 5 STDIO UNIX:ENGINE",
    ] {
        let command = bridge(words, 0, engine.socket()).command();
        let output = finish_with_input(command, ask, DEADLINE);
        let answer = String::from_utf8(output.stdout).unwrap();
        assert!(answer.starts_with("HTTP/1.1 200 OK\r\n"), "{words}: {answer}");
        assert!(answer.contains("Docker Engine stand-in"), "{words}: {answer}");
        assert!(output.status.success(), "{words}");
    }
}
