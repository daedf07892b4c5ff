//! Addresses and words that are none: 64.

use testkit::{Program, refusal};

use crate::assert_bad_address;

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
fn a_port_that_is_none_leaves_an_ipv6_address_its_brackets() {
    for (address, port) in [("tcp://[::1]:0", "0"), ("[::1]:70000", "70000")] {
        assert_bad_address(
            "--listen",
            address,
            &format!(
                "has the port `{port}`, which isn't a number from 1 to 65535 (write \
                 tcp://[::1]:2375)"
            ),
        );
    }
    assert_bad_address(
        "--upstream",
        "127.0.0.1:2375/version",
        "has the port `2375/version`, which isn't a number from 1 to 65535 (write \
         tcp://127.0.0.1:2375)",
    );
}

#[test]
fn a_scheme_without_its_slashes_is_told_so() {
    for (address, scheme) in [
        ("unix:/var/run/docker.sock", "unix"),
        ("unix:docker.sock", "unix"),
        ("tcp:127.0.0.1:2375", "tcp"),
        ("tcp:/127.0.0.1:2375", "tcp"),
    ] {
        assert_bad_address(
            "--listen",
            address,
            &format!(
                "has no `//` behind `{scheme}:` (write tcp://127.0.0.1:2375 or \
                 unix:///var/run/docker.sock)"
            ),
        );
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
