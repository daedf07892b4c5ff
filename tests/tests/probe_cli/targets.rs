//! Where targets come from.

use std::fs;

use testkit::process::finish_with_input;
use testkit::{DEADLINE, StandIn, refusal};

use crate::{objects, probe, text, verdict};

#[test]
fn arguments_come_before_the_file_and_each_is_asked_once() {
    let engine = StandIn::builder().tcp("127.0.0.1:0".parse().unwrap()).start();
    let address = engine.addr();
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("hosts.txt");
    let list = format!("# all\ntcp://{address}\n/absent.sock # gone\n\nunix:///absent.sock\n");
    fs::write(&file, list).unwrap();
    let program = probe().arg(address.to_string()).arg(format!("http://{address}"));
    let (objects, code) = objects(program.arg("--targets").arg(&file));
    let targets: Vec<_> = objects.iter().map(|object| object["target"].clone()).collect();
    assert_eq!(targets, [address.to_string().as_str(), "/absent.sock"]);
    assert_eq!(code, 1);
    assert_eq!(engine.requests().len(), 2);
}

#[test]
fn standard_input_is_a_list_too() {
    let engine = StandIn::start();
    let command = probe().args(["--targets", "-"]).command();
    let input = format!("{}\n", engine.endpoint());
    let output = finish_with_input(command, input, DEADLINE);
    assert!(text(&output).starts_with("healthy  unix://"), "{output:?}");
}

#[test]
fn a_list_that_is_wrong_names_its_line() {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("hosts.txt");
    for (list, part) in [
        ("tcp://a:1\nnonsense\n", "hosts.txt:2: `nonsense` is neither"),
        ("# nobody\n", "hosts.txt: names no target (write one a line)"),
    ] {
        fs::write(&file, list).unwrap();
        let (code, why) = refusal(&probe().arg("--targets").arg(&file));
        assert!(code == 64 && why.contains(part), "{why}");
    }
}

#[test]
fn without_a_target_it_is_the_default_socket() {
    let home = tempfile::tempdir().unwrap();
    let alone = probe().env("HOME", home.path());
    let said = verdict(alone.clone());
    assert_eq!(said["target"], "unix:///var/run/docker.sock");
    assert_eq!(said["source"], "default");
    let said = verdict(alone.env("DOCKER_TLS", "1").env("DOCKER_HOST", "").arg("--timeout=1s"));
    assert_eq!(said["target"], "tcp://localhost:2376");
}
