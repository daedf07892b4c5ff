//! A Docker host makes and drops interfaces with every container.

use std::fs;
use std::ops::Range;
use std::path::Path;
use std::process::Command;
use std::time::Duration;

use tempfile::TempDir;
use testkit::clock::Clock;
use testkit::process::{clean_environment, finish};
use testkit::skip::{require_root, skip};
use testkit::{Bridge, DEADLINE, Signal, StandIn, eventually, requires_tool};

use crate::clock::seeing;
use crate::{bridge_tls, certificate, count, openssl};

const MADE: &str = "made the server's certificate: ";

#[test]
fn a_hundred_interfaces_that_come_and_go_make_one_certificate_a_minute_at_most() {
    requires_tool!("openssl");
    requires_tool!("ip");
    requires_tool!("nsenter");
    let Some(clock) = Clock::or_skip() else { return };
    if !require_root() || !has_namespaces() {
        return;
    }
    let engine = StandIn::start();
    let folder = TempDir::new().unwrap();
    let batch = folder.path().join("batch");
    fs::write(&batch, with_addresses_of_all_kinds() + &made(0..100)).unwrap();
    let script = "ip link set lo up && ip -batch \"$0\" && exec \"$@\"";
    let in_namespace = ["unshare", "--net", "sh", "-c", script, batch.to_str().unwrap()];
    clock.behind(Duration::from_secs(3600));
    let bridge = seeing(&clock, bridge_tls(&engine)).under(in_namespace).start();

    let server = bridge.cert_dir().join("server/cert.pem");
    let names = names_of(&server);
    for there in ["10.9.0.1", "10.9.99.1", "2001:DB8:0:0:0:0:0:1", "127.0.0.1"] {
        assert!(names.contains(&format!("IP Address:{there}")), "{there}: {names:?}");
    }
    for there in ["docker", "localhost"] {
        assert!(names.contains(&format!("DNS:{there}")), "{there}: {names:?}");
    }
    let left_out = ["IP Address:FE80", "IP Address:169.254", "IP Address:2001:DB8:0:0:0:0:0:2"];
    for kind in left_out {
        assert!(!names.iter().any(|name| name.starts_with(kind)), "{kind}: {names:?}");
    }

    let first = certificate(&server);
    for round in 1..=5 {
        let (old, new) = (20 * (round - 1)..20 * round, 80 + 20 * round..100 + 20 * round);
        inside(&bridge, &folder, &(dropped(old) + &made(new)));
        bridge.signal(Signal::HUP);
        eventually(DEADLINE, "it has looked", || count(&bridge, "haven't changed") == round);
    }
    assert!(certificate(&server) == first, "within a minute there is none");
    clock.behind(Duration::from_secs(3600 - 61));
    bridge.signal(Signal::HUP);
    bridge.wait_for_log_containing("made the server's certificate: there are new names");
    eventually(DEADLINE, "it is in force", || count(&bridge, "are in force") == 1);
    assert_eq!(count(&bridge, MADE), 2, "{}", bridge.logs());
    let names = names_of(&server);
    assert!(names.contains(&"IP Address:10.9.199.1".to_owned()), "{names:?}");
    assert!(!names.contains(&"IP Address:10.9.0.1".to_owned()), "{names:?}");
}

/// `ip` with this batch where the bridge is.
fn inside(bridge: &Bridge, folder: &TempDir, batch: &str) {
    let file = folder.path().join("batch");
    fs::write(&file, batch).unwrap();
    let target = format!("--target={}", bridge.pid());
    let mut command = Command::new("nsenter");
    clean_environment(&mut command).args([&target, "--net", "--", "ip", "-batch"]).arg(file);
    let output = finish(command, DEADLINE);
    assert!(output.status.success(), "{output:?}");
}

/// Bridges, which every kernel of a Docker host has.
fn made(numbers: Range<usize>) -> String {
    lines(numbers, |n| format!("link add b{n} type bridge\naddr add 10.9.{n}.1/24 dev b{n}\n"))
}

fn dropped(numbers: Range<usize>) -> String {
    lines(numbers, |n| format!("link del b{n}\n"))
}

fn lines(numbers: Range<usize>, line: impl Fn(usize) -> String) -> String {
    numbers.map(line).collect::<Vec<_>>().concat()
}

fn with_addresses_of_all_kinds() -> String {
    let begin = "link add docker0 type bridge\nlink set docker0 up\n".to_owned();
    let addresses = [
        "2001:db8::1/64 nodad",
        "2001:db8::2/64 nodad preferred_lft 0",
        "fe80::77/64 nodad",
        "169.254.7.7/16",
    ];
    let lines = addresses.map(|address| {
        let (address, rest) = address.split_once(' ').unwrap_or((address, ""));
        format!("addr add {address} dev docker0 {rest}\n")
    });
    begin + &lines.concat()
}

/// As openssl writes them: `DNS:docker`, `IP Address:127.0.0.1`.
fn names_of(certificate: &Path) -> Vec<String> {
    let file = certificate.to_str().unwrap();
    let text = openssl(&["x509", "-noout", "-ext", "subjectAltName", "-in", file]);
    let text = String::from_utf8(text).unwrap();
    text.lines().nth(1).unwrap().split(',').map(|name| name.trim().to_owned()).collect()
}

fn has_namespaces() -> bool {
    let mut unshare = Command::new("unshare");
    unshare.args(["--net", "ip", "link", "add", "b0", "type", "bridge"]);
    let has = finish(unshare, DEADLINE).status.success();
    if !has {
        skip("no network namespaces, or no bridges in them");
    }
    has
}
